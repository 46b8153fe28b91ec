"""Read a filter as people type it (``segment = 'VIP' and order_date >= 2024-01``) into the canonical form."""

from __future__ import annotations

import re
from typing import Any

import sqlglot
from sqlglot import exp

from customer360.errors import QueryError

_BARE_DATE = re.compile(r"(?<!['\d-])(\d{4}-\d{2}(?:-\d{2})?)(?!['\d-])")
_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def parse_filter(text: str) -> dict[str, Any]:
    """Return the JSON form of a typed filter. Errors: QueryError saying which part is not understood."""
    try:
        tree = sqlglot.parse_one(_BARE_DATE.sub(r"'\1'", text), dialect="duckdb")
    except sqlglot.errors.ParseError as error:
        raise _refusal(text) from error
    return _translate(tree, text)


def _translate(node: exp.Expr, text: str) -> dict[str, Any]:
    if isinstance(node, exp.Paren):
        return _translate(node.this, text)
    if isinstance(node, exp.And | exp.Or):
        kind = "all" if isinstance(node, exp.And) else "any"
        return {kind: [_translate(part, text) for part in node.flatten()]}
    if isinstance(node, exp.Not):
        return {"not": _translate(node.this, text)}
    condition = _comparison(node) or _membership(node) or _pattern(node)
    if condition is None:
        raise _refusal(node.sql(dialect="duckdb"))
    return condition


def _comparison(node: exp.Expr) -> dict[str, Any] | None:
    op = _COMPARISONS.get(type(node))
    if op is None:
        return None
    left, right = node.this, node.expression
    if isinstance(right, exp.Column) and not isinstance(left, exp.Column):
        left, right, op = right, left, _MIRRORED[op]
    if not isinstance(left, exp.Column):
        return None
    return {"field": _name(left), "op": op, "value": _value(right)}


def _membership(node: exp.Expr) -> dict[str, Any] | None:
    if not isinstance(node.this, exp.Column):
        return None
    field = _name(node.this)
    if isinstance(node, exp.In) and node.expressions:
        return {"field": field, "op": "in", "value": [_value(each) for each in node.expressions]}
    if isinstance(node, exp.Between):
        return {"field": field, "op": "between", "value": [_value(node.args["low"]), _value(node.args["high"])]}
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return {"field": field, "op": "is null"}
    return None


def _pattern(node: exp.Expr) -> dict[str, Any] | None:
    if not isinstance(node, exp.Like | exp.ILike) or not isinstance(node.this, exp.Column):
        return None
    pattern = _value(node.expression)
    if not isinstance(pattern, str):
        return None
    inner = pattern.strip("%")
    if "%" in inner or "_" in inner:
        return None
    if pattern == f"%{inner}%":
        return {"field": _name(node.this), "op": "contains", "value": inner}
    return {"field": _name(node.this), "op": "starts with", "value": inner} if pattern == f"{inner}%" else None


def _name(column: exp.Column) -> str:
    return ".".join(part.name for part in column.parts)


def _value(node: exp.Expr) -> Any:
    if isinstance(node, exp.Column) and not node.table:
        return node.name  # an unquoted word: segment = VIP
    if isinstance(node, exp.Literal):
        if node.is_string:
            return node.this
        return int(node.this) if node.this.isdigit() else float(node.this)
    if isinstance(node, exp.Neg):
        return -_value(node.this)
    if isinstance(node, exp.Boolean):
        return node.this
    raise _refusal(node.sql(dialect="duckdb"))


def _refusal(part: str) -> QueryError:
    return QueryError(
        f"The filter '{part}' is not understood.",
        next_step="Write: field, one of = != < <= > >= in between like is null, value; joined by and, or, not.",
    )
