"""Say a condition of an audience in words, for previews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from customer360.semantic.query import AllOf, AnyOf, Condition, Filter, MemberCondition, MetricCondition, Not
from customer360.semantic.segment_query import (
    AllMembers,
    AnyMembers,
    EventCondition,
    NotMembers,
    SegmentFilter,
)

if TYPE_CHECKING:
    from customer360.semantic.query import TimeRange


def worded(given: SegmentFilter | MemberCondition) -> str:
    """Return a condition as a person would say it."""
    if isinstance(given, AllMembers | AnyMembers):
        parts, word = (given.all, " and ") if isinstance(given, AllMembers) else (given.any, " or ")
        return f"({word.join(worded(part) for part in parts)})"
    if isinstance(given, NotMembers):
        return f"not {worded(given.negate)}"
    if isinstance(given, Condition):
        return _compared(given.field, given.op, given.value)
    if isinstance(given, MetricCondition):
        return f"{_compared(given.metric, given.op, given.value)}{_some(given.where)}{_when(given.time)}"
    return _event(given)


def _event(given: EventCondition) -> str:
    least = given.at_least if given.at_least is not None else (0 if given.at_most is not None else 1)
    times = f"at least {least}" if given.at_most is None else f"{least} to {given.at_most}"
    text = f"{times} {given.event}{_some(given.where)}{_when(given.time)}"
    later = given.not_followed_by
    return f"{text}, not followed by {later.event}{_some(later.where)}" if later else text


def _compared(name: str, op: str, value: Any) -> str:
    if op in ("is null", "is not null"):
        return f"{name} {op}"
    shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
    return f"{name} {op} {str(shown).lower() if isinstance(shown, bool) else shown}"


def _when(time: TimeRange | None) -> str:
    if time is None:
        return ""
    if time.relative:
        return f" in {time.relative}"
    return f" from {time.start or 'the first day'} to {time.end or 'the last day'}"


def _some(where: Filter | None) -> str:
    return f" with {_filter(where)}" if where is not None else ""


def _filter(given: Filter) -> str:
    if isinstance(given, AllOf):
        return " and ".join(_filter(part) for part in given.all)
    if isinstance(given, AnyOf):
        return f"({' or '.join(_filter(part) for part in given.any)})"
    if isinstance(given, Not):
        return f"not ({_filter(given.negate)})"
    return worded(given) if isinstance(given, MemberCondition) else _compared(given.field, given.op, given.value)
