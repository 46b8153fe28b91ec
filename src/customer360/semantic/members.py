"""Read the members of a dimension from its own table, as a principal may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.engines.dialect import transpile
from customer360.semantic.expression import named
from customer360.semantic.identifiers import identifier
from customer360.semantic.principal import OWNER, Principal
from customer360.semantic.scope import Scope, Setting

if TYPE_CHECKING:
    from datetime import date

    from customer360.semantic.elements import SemanticField
    from customer360.semantic.model import SemanticModel


def members_sql(
    model: SemanticModel,
    field: SemanticField,
    *,
    as_of: date,
    limit: int,
    dialect: str = "duckdb",
    principal: Principal | None = None,
    among: tuple[SemanticField, str] | None = None,
) -> str:
    """Return the SQL of a dimension's distinct values, empty ones left out, at most ``limit``: column ``member``.

    ``among`` is another field of its table with the value that the members have there.
    """
    rows = Scope(Setting(model, as_of, principal or OWNER, dialect), field.dataset)
    value = rows.column(field.dataset, field.name)
    query = rows.select().select(named(value.copy(), identifier("member")), copy=False).distinct()
    query = query.where(exp.not_(value.is_(exp.null())), copy=False).limit(limit, copy=False)
    if among is not None:
        other = rows.column(among[0].dataset, among[0].name)
        query = query.where(other.eq(exp.Literal.string(among[1])), copy=False)
    text = query.sql(dialect="duckdb", pretty=True)
    return text if dialect == "duckdb" else transpile(text, dialect, pretty=True)


def extremes_sql(
    model: SemanticModel,
    field: SemanticField,
    *,
    as_of: date,
    dialect: str = "duckdb",
    principal: Principal | None = None,
) -> str:
    """Return the SQL of a dimension's smallest and largest value and the rows behind: ``low``, ``high``, ``rows``."""
    rows = Scope(Setting(model, as_of, principal or OWNER, dialect), field.dataset)
    value = rows.column(field.dataset, field.name)
    parts = (
        named(exp.Min(this=value.copy()), identifier("low")),
        named(exp.Max(this=value.copy()), identifier("high")),
        named(exp.Count(this=exp.Star()), identifier("rows")),
    )
    query = rows.select().select(*parts, copy=False)
    text = query.sql(dialect="duckdb", pretty=True)
    return text if dialect == "duckdb" else transpile(text, dialect, pretty=True)


__all__ = ["extremes_sql", "members_sql"]
