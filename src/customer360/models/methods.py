"""List the registered methods that a step may name, loaded only when a build uses them."""

from __future__ import annotations

import importlib
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast

from customer360.engines.base import Clustered
from customer360.errors import Place, UnknownName

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import pyarrow as pa

    from customer360.engines.base import Cluster, Publication
    from customer360.names import Relation
    from customer360.project.spec import Step

METHODS: dict[str, str] = {
    "calendar": "customer360.star.calendar:calendar",
    "surrogate_keys": "customer360.star.keys:surrogate_keys",
    "rfm": "customer360.science.rfm:run",
    "churn_back_test": "customer360.science.churn:run",
    "churn_challenger": "customer360.science.challenger:run",
    "basket_pairs": "customer360.science.basket:run",
    "customer_value": "customer360.science.customer_value:run",
    "identity_records": "customer360.identity.steps:identity_records",
    "identity_model": "customer360.identity.steps:identity_model",
    "identity_pairs": "customer360.identity.steps:identity_pairs",
    "identity_edges": "customer360.identity.steps:identity_edges",
    "customer_xref": "customer360.identity.outcome:customer_xref",
    "identity_alias": "customer360.identity.outcome:identity_alias",
    "identity_review": "customer360.identity.review:identity_review",
    "identity_figures": "customer360.identity.outcome:identity_figures",
    "golden_customer": "customer360.identity.outcome:golden_customer",
    "golden_origin": "customer360.identity.outcome:golden_origin",
    "model_card": "customer360.science.model_card:run",
    "affinity": "customer360.science.affinity:run",
    "attribution": "customer360.science.attribution:run",
    "forecast": "customer360.science.forecast:run",
    "inventory_health": "customer360.science.inventory:run",
    "inventory_positions": "customer360.science.inventory:run_positions",
    "rfm_migration": "customer360.science.rfm:run_migration",
    "basket_rules": "customer360.science.basket:run_rules",
    "cohort_retention": "customer360.science.cohort:run",
    "cart_abandonment": "customer360.science.abandonment:run",
    "care_summary": "customer360.science.care:run",
    "care_backlog": "customer360.science.care:run_backlog",
}
"""Method name in ``<table>.step.yaml`` -> ``module:function``. A new method is one line here and one file."""


ON_CLUSTER = frozenset({"identity_model", "identity_pairs"})
"""Methods that take a keyword ``cluster`` (engines.base.Cluster) and let it compute, with the same outcome."""


IN_SQL: dict[str, str] = {
    "surrogate_keys": "customer360.star.keys:surrogate_keys_in_sql",
}
"""Methods that a database can run by itself -> the function that writes them as one SELECT of our SQL."""


class Method(Protocol):
    """What a step calls: Arrow tables in, one Arrow table out."""

    def __call__(self, inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
        """Return the step's rows; the contract of the table says which columns."""
        ...


class MethodOnCluster(Protocol):
    """What a step calls where there is a cluster: the same rows come back."""

    def __call__(
        self, inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date, cluster: Cluster
    ) -> pa.Table:
        """Return the step's rows."""
        ...


class MethodInSql(Protocol):
    """What writes a step as a SELECT: names of tables in, SQL out."""

    def __call__(self, inputs: Mapping[str, Relation], parameters: Mapping[str, Any]) -> str:
        """Return a SELECT that yields the rows of the method."""
        ...


def method_in_sql(name: str) -> MethodInSql | None:
    """Return what writes a method as SQL, None for one that only Python can run."""
    if name not in IN_SQL:
        return None
    module, _, function = IN_SQL[name].partition(":")
    return cast("MethodInSql", getattr(importlib.import_module(module), function))


def method_of(step: Step, publication: Publication) -> Method:
    """Return the function that makes a step, given the publication's cluster if both want it; UnknownName."""
    found = method(step.method, place=step.place)
    if step.method not in ON_CLUSTER or not isinstance(publication, Clustered):
        return found
    cluster = publication.cluster()
    return partial(cast("MethodOnCluster", found), cluster=cluster) if cluster else found


def method(name: str, *, place: Place | None = None) -> Method:
    """Return the function behind a method's name; UnknownName when there is none."""
    if name not in METHODS:
        raise UnknownName("method", name, list(METHODS), place=place)
    module, _, function = METHODS[name].partition(":")
    return cast("Method", getattr(importlib.import_module(module), function))
