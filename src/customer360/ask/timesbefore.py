"""Find times that are told by the one said before them: since then, in that same quarter, the year after."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from customer360.ask.inflect import stems
from customer360.ask.meaning import When
from customer360.errors import QueryError
from customer360.semantic.resolve import period_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.ask.frame import Ground
    from customer360.semantic.periods import Period

SINCE = "since"
_UNITS = ("year", "quarter", "month", "week")
_SAME = ("that {0}", "that same {0}", "the same {0}", "same {0}", "that very {0}", "this same {0}", "the very same {0}")
_NEXT = (
    "the {0} after",
    "{0} after",
    "the {0} after that",
    "{0} after that",
    "the following {0}",
    "following {0}",
    "the next {0}",
    "a {0} later",
    "one {0} later",
    "{0} later",
    "the {0} afterwards",
    "{0} afterwards",
    "the {0} following",
    "the subsequent {0}",
    "subsequent {0}",
    "the {0} thereafter",
    "the {0} that followed",
)
_PHRASES = {
    stems(tuple(phrase.format(unit).split())): f"{how} {unit}"
    for how, phrases, units in (("same", _SAME, (*_UNITS, "period")), ("next", _NEXT, _UNITS))
    for phrase in phrases
    for unit in units
}
LONGEST_REFERRED = max(map(len, _PHRASES))


def referred(words: tuple[str, ...]) -> When | None:
    """Return the time that words tell by the one before it."""
    refers = _PHRASES.get(words)
    return When(text=" ".join(words), refers=refers) if refers is not None else None


def referred_times(words: tuple[str, ...]) -> Iterator[tuple[int, int, When]]:
    """Yield each time that is told by the one before it, with its place."""
    for start in range(len(words)):
        for end in range(start + 2, min(start + LONGEST_REFERRED, len(words)) + 1):
            when = referred(words[start:end])
            if when is not None:
                yield start, end, when


def resolved(ground: Ground, when: When, before: When | None) -> When | None:
    """Return the days of a time that another one before it tells; None when they do not fit each other."""
    from customer360.ask.frame import time_range

    try:
        period = period_of(time_range(before), ground.as_of, ground.calendar)
    except QueryError:
        return None
    if before is None or period is None:
        return None
    if when.refers == SINCE:
        if period.end is None or period.end >= ground.as_of:
            return None
        start = period.end + timedelta(days=1)
        return When(start=start.isoformat(), end=ground.as_of.isoformat(), text="since then")
    how, _, unit = when.refers.partition(" ")
    if how == "same":
        return before if unit in (period.unit, "period") and period.count == 1 else None
    return _next(ground, period) if period.unit == unit and period.count == 1 else None


def _next(ground: Ground, period: Period) -> When | None:
    """Return the year, quarter, month or week after one."""
    if period.start is None:
        return None
    first = ground.calendar.shift(period.start, period.unit, 1)
    if period.unit == "week":
        return When(start=first.isoformat(), end=(first + timedelta(days=6)).isoformat())
    names = {"year": f"{first.year}", "quarter": f"{first.year}-Q{(first.month + 2) // 3}", "month": f"{first:%Y-%m}"}
    return When(relative=names.get(period.unit))
