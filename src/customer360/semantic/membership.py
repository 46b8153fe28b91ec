"""Hold members of a dimension against what their own rows and days say: customers who bought in March, or did not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from customer360.errors import QueryError, UnknownName
from customer360.semantic.expression import named
from customer360.semantic.identifiers import identifier
from customer360.semantic.measure import nothing_is_zero
from customer360.semantic.query import Condition, MemberCondition
from customer360.semantic.steps import column
from customer360.semantic.values import Typed

if TYPE_CHECKING:
    from customer360.semantic.scope import Setting

_MEMBER, _FIGURE, _FOUND = "member", "figure", "figures"


def member_predicate(setting: Setting, given: MemberCondition, member: exp.Expr) -> exp.Expr:
    """Return that a member is one of those that fulfil a condition, true or false, never unknown.

    Who has no rows fulfils what 0 fulfils, where nothing is 0. Raises QueryError.
    """
    formulas = setting.model.formulas_for(setting.dialect)
    if given.metric not in formulas:
        unknown = UnknownName("metric", given.metric, list(formulas))
        raise QueryError(unknown.what, next_step=unknown.next_step)
    has_zero = nothing_is_zero(formulas[given.metric])
    is_inverse = has_zero and _holds(0, given.op, given.value)
    rows = _members(setting, given, is_inverse=is_inverse, has_zero=has_zero)
    found = exp.In(this=member.copy(), query=exp.Subquery(this=rows))
    if not is_inverse:
        return exp.Coalesce(this=found, expressions=[exp.false()])
    return exp.paren(exp.and_(exp.not_(member.copy().is_(exp.null())), exp.not_(found)))


def _members(setting: Setting, given: MemberCondition, *, is_inverse: bool, has_zero: bool) -> exp.Select:
    """Return the query of the members that fulfil the condition, or of those that do not."""
    from customer360.semantic.compile import query_tree
    from customer360.semantic.conditions import Conditions
    from customer360.semantic.resolve import calendar_of

    tree = query_tree(replace(setting, rollups=()), given.asked())
    tree.set("order", None)
    key, figure = (column(part.alias_or_name, _FOUND) for part in tree.expressions[:2])
    value: exp.Expr = exp.Coalesce(this=figure, expressions=[exp.Literal.number(0)]) if has_zero else figure
    metric = setting.model.metrics[given.metric]
    typed = Typed(given.metric, metric.datatype or "Decimal", title=metric.title)
    conditions = Conditions(lambda _name: (value, typed), setting.as_of, calendar_of(setting.model))
    fulfilled = conditions.build(Condition(field=given.metric, op=given.op, value=given.value))
    kept = exp.not_(exp.Coalesce(this=fulfilled, expressions=[exp.false()])) if is_inverse else fulfilled
    inner = exp.Subquery(this=tree, alias=exp.TableAlias(this=identifier(_FOUND)))
    query = exp.select(named(key, identifier(_MEMBER))).from_(inner)
    return query.where(exp.not_(key.copy().is_(exp.null())), copy=False).where(kept, copy=False)


def _holds(number: float, op: str, value: Any) -> bool:
    """Say whether a number fulfils a condition, so that those without rows do."""
    if op in ("in", "not in", "between"):
        several = list(value) if isinstance(value, list | tuple) else [value]
        if op == "between":
            return len(several) == 2 and several[0] <= number <= several[1]  # noqa: PLR2004 -- its two ends
        return (number in several) == (op == "in")
    if not isinstance(value, int | float):
        return False
    return {
        "=": number == value,
        "!=": number != value,
        "<": number < value,
        "<=": number <= value,
        ">": number > value,
        ">=": number >= value,
    }.get(op, False)


__all__ = ["member_predicate"]
