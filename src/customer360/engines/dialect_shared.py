"""Hold rules that PostgreSQL and Spark share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from customer360.engines.dialect_rules import Rule, Unportable, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_CLOCK_PARTS = frozenset("YmdHMSyjbBaA")
_PLAIN_JOINS = frozenset({"", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "OUTER"})


def same(node: exp.Expr) -> exp.Expr:
    """Leave a node as it is: SQLGlot prints it right."""
    return node


def one_of_list(node: Any) -> exp.Expr:
    """Let ``list[1]`` pass; Unportable for slices."""
    if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice):
        raise Unportable("A slice such as x[1:3]", "Use substring() for text.")
    return same(node)


def known_join(node: Any) -> exp.Expr:
    """Let the joins pass that every engine has; Unportable for the others."""
    words = {node.text("method"), node.text("side"), node.text("kind")}
    odd = sorted(word for word in words if word.upper() not in _PLAIN_JOINS)
    if odd:
        hint = "Use EXISTS or NOT EXISTS." if odd[0].upper() in {"SEMI", "ANTI"} else "Use a join with ON or a window."
        raise Unportable(f"{' '.join(odd).upper()} JOIN", hint)
    return same(node)


def local_time(node: Any) -> tuple[exp.Expr, exp.Expr] | None:
    """Return moment and zone of ``(moment AT TIME ZONE 'UTC') AT TIME ZONE zone``; None for its inner half.

    Unportable for anything else: what one AT TIME ZONE does depends on the type, which is not known here.
    """
    inner = node.this.unnest()
    if isinstance(inner, exp.AtTimeZone) and text_of(inner.args["zone"]) == "UTC":
        return inner.this, node.args["zone"]
    above = node.parent
    while isinstance(above, exp.Paren):
        above = above.parent
    if isinstance(above, exp.AtTimeZone) and text_of(node.args["zone"]) == "UTC":
        return None
    raise Unportable(
        "AT TIME ZONE", "For the local time of a UTC moment write (at AT TIME ZONE 'UTC') AT TIME ZONE 'Europe/Rome'."
    )


def span(node: exp.Interval) -> tuple[exp.Expr | None, str]:
    """Return amount and unit of an interval whose amount is computed; amount None when it is a literal."""
    amount = node.this
    unit = node.text("unit") or "DAY"
    if amount is None or isinstance(amount, exp.Literal):
        return None, unit
    inner = amount.unnest()
    if isinstance(inner, exp.Neg) and isinstance(inner.this, exp.Literal):
        return inner, unit
    return inner, unit


def series_bounds(node: Any) -> tuple[exp.Expr, exp.Expr, exp.Expr | None, bool, bool]:
    """Return start, end, step of a series, whether its end is left out and whether it runs over dates."""
    start, end, step = node.args["start"], node.args["end"], node.args.get("step")
    dated = any(
        isinstance(part, exp.Interval) or bool(part.find(exp.Interval))
        for part in (step,)
        if isinstance(part, exp.Expr)
    )
    if dated and step is not None and step.find(exp.Neg):
        raise Unportable("A date series that runs backwards", "Let it run forwards and sort it.")
    return start, end, step, bool(node.args.get("is_end_exclusive")), dated


def clock_format(node: Any) -> str:
    """Return the strftime format of a node; Unportable when it is computed or not known everywhere."""
    written = node.args.get("format")
    if not isinstance(written, exp.Literal):
        raise Unportable("A computed date format", "Write the format as a literal such as '%Y-%m'.")
    odd = set(re.findall(r"%(-?.)", written.name)) - _CLOCK_PARTS
    if odd:
        raise Unportable(
            f"The date format part %{sorted(odd)[0]}", "Use EXTRACT or the parts %Y %m %d %H %M %S %j %b %B."
        )
    return written.name


def expand_group_all(node: Any) -> exp.Expr:
    """Write GROUP BY ALL out: every column of the SELECT that holds no aggregate."""
    group = node.args.get("group")
    if group is None or not group.args.get("all") or group.expressions:
        return same(node)
    keys = [item.unalias() for item in node.expressions if not _aggregates(item)]
    if any(isinstance(key, exp.Star) for key in keys):
        raise Unportable("GROUP BY ALL over a star", "Name the columns.")
    group.set("all", None)
    group.set("expressions", [key.copy() for key in keys if not isinstance(key, exp.Literal)])
    if not group.expressions:
        node.set("group", None)
    return same(node)


def _aggregates(item: exp.Expr) -> bool:
    """Say whether an expression aggregates rows itself (a window over rows does not, a subquery's do not count)."""
    for found in item.find_all(exp.AggFunc):
        window = found.find_ancestor(exp.Window)
        inside = window is not None and (window.this is found or getattr(window.this, "this", None) is found)
        if not inside and found.parent_select is item.parent_select:
            return True
    return False


def array_rules(*, length: Rule, agg: Rule, unnest: Rule) -> Mapping[type[exp.Expr], Rule]:
    """Return the rules about lists: those that differ are given, the others are the same."""

    def set_operation(node: Any) -> exp.Expr:
        if node.args.get("by_name"):
            raise Unportable("UNION BY NAME", "Name the columns of each SELECT in the same order.")
        return same(node)

    def star(node: Any) -> exp.Expr:
        if any(node.args.get(word) for word in ("except_", "except", "replace", "rename", "exclude")):
            raise Unportable("SELECT * EXCLUDE, REPLACE or RENAME", "Name the columns.")
        return same(node)

    return {
        exp.Array: same,
        exp.ArrayContains: same,
        exp.ArraySize: length,
        exp.ArrayAgg: agg,
        exp.Unnest: unnest,
        exp.Explode: same,
        exp.Bracket: one_of_list,
        exp.Union: set_operation,
        exp.Star: star,
    }
