"""Look one customer up in the dataset that a model declares as its profile, under the same policies as any figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from customer360.engines.dialect import transpile
from customer360.errors import CustomerMissing, NotPermitted, QueryError
from customer360.semantic.expression import named
from customer360.semantic.facts import restricted
from customer360.semantic.identifiers import identifier, reference
from customer360.semantic.masks import mask_of
from customer360.semantic.principal import OWNER, Principal
from customer360.semantic.scope import Scope, Setting
from customer360.semantic.values import Typed, literal

if TYPE_CHECKING:
    from datetime import date

    from customer360.engines.base import Session
    from customer360.semantic.elements import Dataset, SemanticField
    from customer360.semantic.model import SemanticModel


@dataclass(frozen=True)
class Trait:
    """One thing known about a customer."""

    name: str
    label: str
    value: Any
    unit: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class Profile:
    """What is known about one customer, as the asker may see it."""

    traits: tuple[Trait, ...]
    sql: str
    as_of: date


def profile_sql(
    model: SemanticModel, key: Any, *, as_of: date, principal: Principal | None = None, dialect: str = "duckdb"
) -> str:
    """Return the SQL of a look-up. Raises QueryError without a profile, NotPermitted when the key itself is masked."""
    dataset, by = _declared(model)
    who = principal or OWNER
    if mask_of(by, who):
        raise NotPermitted(f"You may not look customers up by {by.qualified}: it is masked for you.")
    scope = Scope(Setting(model, as_of, who, dialect), dataset.name)
    outputs = [named(scope.column(dataset.name, field.name), identifier(field.name)) for field in _shown(dataset)]
    matches = scope.column(dataset.name, by.name, raw=True).eq(
        literal(key, Typed(by.qualified, by.datatype, title=by.title))
    )
    scd2 = dataset.c360.scd2
    current = [reference(dataset.name, scd2.is_current)] if scd2 and scd2.is_current else []
    query = restricted(scope.select().select(*outputs, copy=False), [matches, *current]).limit(2)
    text = query.sql(dialect="duckdb", pretty=True)
    return text if dialect == "duckdb" else transpile(text, dialect, pretty=True)


def profile(
    session: Session,
    model: SemanticModel,
    key: Any,
    *,
    as_of: date,
    principal: Principal | None = None,
    dialect: str = "duckdb",
) -> Profile:
    """Return what is known about a customer. Raises CustomerMissing when nobody whom the asker may see has this key."""
    sql = profile_sql(model, key, as_of=as_of, principal=principal, dialect=dialect)
    dataset, by = _declared(model)
    rows = session.query(sql).to_pylist()
    if not rows:
        raise CustomerMissing(f"Nobody whom you may see has this {by.title.lower()}.", next_step="Check the spelling.")
    if len(rows) > 1:
        raise QueryError(f"Several rows of {dataset.name} have this {by.title.lower()}; it should be a key.")
    traits = [
        Trait(field.name, field.title, rows[0][field.name], field.c360.unit, field.description)
        for field in _shown(dataset)
    ]
    return Profile(tuple(traits), sql, as_of)


def _declared(model: SemanticModel) -> tuple[Dataset, SemanticField]:
    declared = model.c360.profile
    if declared is None:
        raise QueryError(
            f"The semantic model '{model.name}' does not say where a customer's profile is.",
            next_step='Add "profile": {"dataset": "...", "key": "..."} to its C360 extension.',
        )
    dataset = model.datasets[declared.dataset]
    return dataset, dataset.fields[declared.key]


def _shown(dataset: Dataset) -> list[SemanticField]:
    return [field for field in dataset.fields.values() if field.c360.role != "hidden"]
