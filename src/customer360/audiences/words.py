"""Say a condition of an audience in words, for previews."""

from __future__ import annotations

from collections.abc import Mapping
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


_SAID = {
    "=": "is", "!=": "is not", ">=": "at least", "<=": "at most", ">": "above", "<": "below", "in": "is one of",
    "not in": "is none of", "is null": "is empty", "is not null": "is not empty",
}  # fmt: skip
NO_LABELS: Mapping[str, str] = {}


def worded(given: SegmentFilter | MemberCondition, labels: Mapping[str, str] = NO_LABELS) -> str:
    """Return a condition as a person would say it; ``labels`` are what people call its names."""
    return _Words(labels).part(given)


class _Words:
    """Says conditions with the labels of one model."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = labels

    def part(self, given: SegmentFilter | MemberCondition) -> str:
        """Return a condition in words."""
        if isinstance(given, AllMembers | AnyMembers):
            parts, word = (given.all, " and ") if isinstance(given, AllMembers) else (given.any, " or ")
            return f"({word.join(map(self.part, parts))})"
        if isinstance(given, NotMembers):
            return f"not {self.part(given.negate)}"
        if isinstance(given, Condition):
            return self._compared(given.field, given.op, given.value)
        if isinstance(given, MetricCondition):
            compared = self._compared(given.metric, given.op, given.value)
            return f"{compared}{self._some(given.where)}{_when(given.time)}"
        return self._event(given)

    def _event(self, given: EventCondition) -> str:
        least = given.at_least if given.at_least is not None else (0 if given.at_most is not None else 1)
        times = f"at least {least}" if given.at_most is None else f"{least} to {given.at_most}"
        text = f"{times} {self._name(given.event)}{self._some(given.where)}{_when(given.time)}"
        later = given.not_followed_by
        return f"{text}, not followed by {self._name(later.event)}{self._some(later.where)}" if later else text

    def _name(self, name: str) -> str:
        return self._labels.get(name, name)

    def _compared(self, name: str, op: str, value: Any) -> str:
        said = f"{self._name(name)} {_SAID.get(op, op)}"
        if op in ("is null", "is not null"):
            return said
        shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
        return f"{said} {str(shown).lower() if isinstance(shown, bool) else shown}"

    def _some(self, where: Filter | None) -> str:
        return f" with {self._filter(where)}" if where is not None else ""

    def _filter(self, given: Filter) -> str:
        if isinstance(given, AllOf):
            return " and ".join(map(self._filter, given.all))
        if isinstance(given, AnyOf):
            return f"({' or '.join(map(self._filter, given.any))})"
        if isinstance(given, Not):
            return f"not ({self._filter(given.negate)})"
        if isinstance(given, MemberCondition):
            return self.part(given)
        return self._compared(given.field, given.op, given.value)


def _when(time: TimeRange | None) -> str:
    if time is None:
        return ""
    if time.relative:
        return f" in {time.relative}"
    return f" from {time.start or 'the first day'} to {time.end or 'the last day'}"
