"""What forms offer together is what the compiler can answer: neither more nor less."""

from __future__ import annotations

from typing import Any

import pytest
from tests.semantic.shop import AS_OF, Shop, element, set_c360

from customer360.errors import QueryError
from customer360.semantic.compile import compile_query
from customer360.semantic.describe import describe, describe_dimensions
from customer360.semantic.model import SemanticModel
from customer360.semantic.query import parse_query
from customer360.semantic.reach import reach_of


def compiles(model: SemanticModel, metric: str, dimension: str) -> bool:
    try:
        compile_query(model, parse_query({"metrics": [metric], "dimensions": [{"name": dimension}]}), as_of=AS_OF)
    except QueryError:
        return False
    return True


def undecided(model: dict[str, Any]) -> None:
    """Leave two ways to the calendar, so that only its roles can be asked for."""
    set_c360(element(model, "relationships", "sales_order_date"), default=False)


@pytest.mark.parametrize("change", [None, undecided], ids=["as it is", "two ways"])
def test_a_metric_reaches_what_it_can_be_split_by_and_nothing_else(change: Any) -> None:
    model = (Shop(change) if change else Shop()).model
    reach = reach_of(model)
    tried = 0
    for metric in describe(model):
        for dimension in describe_dimensions(model):
            owner = dimension.name.rpartition(".")[0]
            assert (owner in reach.of[metric.name]) == compiles(model, metric.name, dimension.name), (metric, dimension)
            tried += 1
        roles = reach.of[metric.name] - set(model.datasets)
        assert all(compiles(model, metric.name, f"{role}.weekday") for role in roles)
    assert tried > 100
    assert ("order_date" in reach.owners) == (change is not None), (
        "roles are offered where the dataset alone is unclear"
    )


def test_time_is_offered_where_every_part_of_a_metric_has_its_own() -> None:
    model = Shop().model
    asked = {"dimensions": [{"name": "time", "grain": "month"}]}
    for metric in describe(model):
        query = parse_query({"metrics": [metric.name], **asked})
        try:
            compile_query(model, query, as_of=AS_OF)
            answered = True
        except QueryError:
            answered = False
        assert (metric.name in reach_of(model).timed) == answered, metric.name
