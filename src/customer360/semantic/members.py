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
    from collections.abc import Sequence
    from datetime import date

    from customer360.semantic.elements import SemanticField
    from customer360.semantic.model import SemanticModel


MEMBER = "member_{}"
"""How the columns of ``members_sql`` are called, by the place of their field."""


def members_sql(
    model: SemanticModel,
    fields: Sequence[SemanticField],
    *,
    as_of: date,
    dialect: str = "duckdb",
    principal: Principal | None = None,
) -> str:
    """Return the SQL of the distinct values of fields of one dataset, read once.

    There is a column for each field, in their order; in each row all columns but one are empty.
    """
    owner = fields[0].dataset
    rows = Scope(Setting(model, as_of, principal or OWNER, dialect), owner)
    names = [identifier(MEMBER.format(number)) for number in range(len(fields))]
    values = [rows.column(owner, each.name) for each in fields]
    inner = rows.select().select(*(named(value, name) for value, name in zip(values, names, strict=True)), copy=False)
    sets = [exp.Tuple(expressions=[exp.column(name.copy())]) for name in names]
    query = exp.select(*(exp.column(name.copy()) for name in names)).from_(inner.subquery("members", copy=False))
    query.set("group", exp.Group(grouping_sets=[exp.GroupingSets(expressions=sets)]))
    text = query.sql(dialect="duckdb", pretty=True)
    return text if dialect == "duckdb" else transpile(text, dialect, pretty=True)


def members_among_sql(
    model: SemanticModel,
    field: SemanticField,
    among: tuple[SemanticField, str],
    *,
    as_of: date,
    dialect: str = "duckdb",
    principal: Principal | None = None,
) -> str:
    """Return the SQL of a field's distinct values, of rows where another field of its table has a value: ``member``."""
    rows = Scope(Setting(model, as_of, principal or OWNER, dialect), field.dataset)
    value, other = rows.column(field.dataset, field.name), rows.column(among[0].dataset, among[0].name)
    query = rows.select().select(named(value.copy(), identifier("member")), copy=False).distinct()
    query = query.where(exp.not_(value.is_(exp.null())), copy=False)
    text = query.where(other.eq(exp.Literal.string(among[1])), copy=False).sql(dialect="duckdb", pretty=True)
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


__all__ = ["MEMBER", "extremes_sql", "members_among_sql", "members_sql"]
