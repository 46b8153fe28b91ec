"""Hide a field's values from a principal: nothing, a keyed hash, the last four signs, the year or a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from customer360.semantic.elements import SemanticField
    from customer360.semantic.principal import Principal

_SHOWN = 4
KEYED_HASH = "c360_hash"
"""Stands in SQL for the hash under the project's secret; the guard writes that in, for no text may hold the secret."""


def mask_of(field: SemanticField, principal: Principal) -> str | None:
    """Return the mask that applies to a field for a principal, or None."""
    if principal.owns_everything or field.dataset in principal.lifted:
        return None
    own = principal.masks.get(field.qualified)
    if own is not None:
        return own
    if field.c360.mask and field.c360.classification not in principal.clearances:
        return field.c360.mask
    return None


def masked(tree: exp.Expr, field: SemanticField, principal: Principal) -> exp.Expr:
    """Return the expression as the principal may see it; filters and groups work on what is seen."""
    mask = mask_of(field, principal)
    if mask is None:
        return tree
    if mask == "hash":
        return exp.Anonymous(this=KEYED_HASH, expressions=[exp.cast(tree, "VARCHAR")])
    if mask == "last4":
        shown = exp.Right(this=exp.cast(tree, "VARCHAR"), expression=exp.Literal.number(_SHOWN))
        return exp.Concat(expressions=[exp.Literal.string("***"), shown])
    if mask == "year":
        return exp.cast(exp.TimestampTrunc(this=tree, unit=exp.var("YEAR")), "DATE")
    if mask.startswith("bucket:"):
        size = exp.Literal.number(mask.partition(":")[2])
        return exp.Mul(this=exp.Floor(this=exp.Div(this=tree, expression=size.copy())), expression=size)
    return exp.cast(exp.null(), _SQL_TYPES.get(field.datatype or "String", "VARCHAR"))


_SQL_TYPES = {
    "String": "VARCHAR",
    "Integer": "BIGINT",
    "Decimal": "DECIMAL(38, 4)",
    "Float": "DOUBLE",
    "Boolean": "BOOLEAN",
    "Date": "DATE",
    "Time": "TIME",
    "DateTime": "TIMESTAMP",
    "DateTimeTz": "TIMESTAMPTZ",
}
