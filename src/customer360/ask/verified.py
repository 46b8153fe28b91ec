"""Recognise verified questions: the same words but for courtesy, with slots for times and values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from customer360.ask.courtesy import courtesy_phrases
from customer360.ask.frame import time_range
from customer360.ask.inflect import stems
from customer360.ask.times import read_times
from customer360.ask.words import phrase, tokens
from customer360.semantic.query import MetricQuery, parse_query

if TYPE_CHECKING:
    from datetime import date

    from customer360.ask.questionfiles import VerifiedQuestion
    from customer360.ask.valueindex import ValueIndex
    from customer360.semantic.calendar_units import Calendar

_SLOT = re.compile(r"(\{[a-z_0-9.]+\})")
_COURTESY = courtesy_phrases()
_LONGEST = max(len(key) for key in _COURTESY)
_TIME_JOINTS = ("in", "for", "during", "over", "of", "on", "from")
Bound = dict[str, Any]


@dataclass(frozen=True)
class Recognised:
    """A verified question, and the metric query it becomes with what stood in its slots."""

    question: VerifiedQuestion
    query: MetricQuery | None


class Verified:
    """The verified questions of a project, ready to be compared with."""

    def __init__(
        self, questions: Sequence[VerifiedQuestion], values: ValueIndex, as_of: date, calendar: Calendar
    ) -> None:
        self._patterns = [(_pattern(text), each) for each in questions for text in each.asks]
        self._values = values
        self._as_of = as_of
        self._calendar = calendar

    def recognised(self, text: str) -> Recognised | None:
        """Return the verified question that a text is, None when it is none."""
        if not self._patterns:
            return None
        words = _bare(stems(tuple(token.text for token in tokens(text) if token.text != ",")))
        for pattern, question in self._patterns:
            bound = next(self._matches(pattern, words, 0), None)
            if bound is not None:
                return Recognised(question, parse_query(_filled(question.query, bound)) if question.query else None)
        return None

    def _matches(self, pattern: tuple[str, ...], words: tuple[str, ...], at: int) -> Iterator[Bound]:
        if not pattern:
            if at == len(words):
                yield {}
            return
        first, rest = pattern[0], pattern[1:]
        if not first.startswith("{"):
            if at < len(words) and words[at] == first:
                yield from self._matches(rest, words, at + 1)
            return
        for end, value in self._slot(first, words, at):
            for bound in self._matches(rest, words, end):
                yield {first: value, **bound}

    def _slot(self, slot: str, words: tuple[str, ...], at: int) -> Iterator[tuple[int, Any]]:
        if slot == "{time}":
            start = at + (at < len(words) and words[at] in _TIME_JOINTS)
            for found in read_times(words, self._as_of, self._calendar):
                asked = time_range(found.when)
                if found.start == start and not found.when.also and asked is not None:
                    yield found.end, asked.model_dump(exclude_defaults=True)
            return
        for end in range(at + 1, min(at + self._values.longest, len(words)) + 1):
            for field, value in self._values.lookup(words[at:end]):
                if "{" + field + "}" == slot:
                    yield end, value


def _pattern(text: str) -> tuple[str, ...]:
    parts = [(part,) if _SLOT.fullmatch(part) else stems(phrase(part)) for part in _SLOT.split(text) if part.strip()]
    return _bare(tuple(word for part in parts for word in part))


def _bare(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return words without courtesy."""
    kept: list[str] = []
    at = 0
    while at < len(words):
        size = next((n for n in range(min(_LONGEST, len(words) - at), 0, -1) if words[at : at + n] in _COURTESY), 0)
        kept += () if size else (words[at],)
        at += size or 1
    return tuple(kept)


def _filled(part: Any, bound: Bound) -> Any:
    """Return a query with what stood in the slots."""
    if isinstance(part, str):
        return bound.get(part, part)
    if isinstance(part, Mapping):
        return {key: _filled(value, bound) for key, value in part.items()}
    return [_filled(value, bound) for value in part] if isinstance(part, list) else part
