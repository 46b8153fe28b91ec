"""Write aggregates that keep order or a whole row (lists, arg_max) as Spark does."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from customer360.engines.dialect_rules import Rule, Unportable, function, in_window


def best(name: str) -> Rule:
    """Return the rule of arg_max or arg_min: rows whose value is NULL do not count."""

    def rule(node: Any) -> exp.Expr:
        if in_window(node):
            raise Unportable("arg_max() or arg_min() over a window", "Use first_value() with ORDER BY.")
        present = exp.Where(this=exp.Not(this=exp.Is(this=node.this.copy(), expression=exp.Null())))
        return exp.Filter(this=function(name, node.this, node.expression), expression=present)

    return rule


def as_list(node: Any) -> exp.Expr:
    """Return a list of values, NULLs kept, in the order that was asked for."""
    inner = node.this
    if isinstance(inner, exp.Distinct):
        return function("COLLECT_SET", *inner.expressions)
    if not isinstance(inner, exp.Order):  # in a structure, since Spark leaves NULL out of a list
        return _field("item", function("COLLECT_LIST", _structure(item=inner)))
    if len(inner.expressions) != 1:
        raise Unportable("A list ordered by several columns", "Order it by one column.")
    ordered = inner.expressions[0]
    is_null = exp.Is(this=ordered.this.copy(), expression=exp.Null())
    falling = bool(ordered.args.get("desc"))
    last = exp.Not(this=is_null) if falling else is_null  # NULLs come last either way
    pairs = function("COLLECT_LIST", _structure(last=last, place=ordered.this, item=inner.this))
    return _field("item", function("SORT_ARRAY", pairs, exp.false() if falling else exp.true()))


def _structure(**fields: exp.Expr) -> exp.Expr:
    parts = [part for name, value in fields.items() for part in (exp.Literal.string(name), value)]
    return function("NAMED_STRUCT", *parts)


def _field(name: str, structures: exp.Expr) -> exp.Expr:
    """Return the list of one field of each structure of a list."""
    one = exp.to_identifier("one")
    field = exp.Lambda(this=exp.Dot(this=one, expression=exp.to_identifier(name)), expressions=[one.copy()])
    return exp.Anonymous(this="TRANSFORM", expressions=[structures, field])
