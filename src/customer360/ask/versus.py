"""Say which time a figure is held against: the one before, last year's, another one that was named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Literal

from customer360.ask.frame import Frame, Ground, time_range
from customer360.ask.reading import NONSENSE, Problem
from customer360.errors import C360Error, QueryError
from customer360.semantic.periods import relative
from customer360.semantic.query import Comparison, TimeRange, WindowedMetric
from customer360.semantic.resolve import period_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.ask.meaning import Draft, Versus, When
    from customer360.semantic.query import Grain

_DAYS = 45
"""Longest range that a trend shows day by day."""
_UNITS: tuple[Literal["year", "quarter", "month"], ...] = ("year", "quarter", "month")


def comparison(
    ground: Ground, versus: Versus, time: TimeRange | None, frame: Frame
) -> tuple[Comparison, TimeRange | None] | Problem:
    """Return the comparison, with the time of the figures themselves; a problem when it makes no sense."""
    is_cut = any(each.name == "time" for each in frame.dimensions)
    said = _said_of_it(ground, versus, time)
    if isinstance(said, Problem):
        return said
    versus = said
    if versus.kind == "previous point":
        if time is not None:
            return Problem("impossible", "Each period against the one before it is shown for all time only.")
        return Comparison(to="previous period"), None
    if versus.kind != "time":
        if time is None and is_cut:
            return Comparison(to=versus.kind, name="last_year" if "year" in versus.kind else "previous"), None
        if time is None:
            return Problem("ambiguous", "It is not said which period to compare.")
        name = "last_year" if versus.kind == "same period last year" else "previous"
        return Comparison(to=versus.kind, name=name), time
    other = time_range(versus.when)
    if other is None:
        return NONSENSE
    if time is None:
        unit = (other.relative or "").removeprefix("last ")
        if not (other.relative or "").startswith("last ") or not unit.replace(" ", "").isalpha():
            return Problem("unclear", "It is not said which period to compare with that.", "Name both periods.")
        time = TimeRange(relative=f"this {unit}")
    if time == other:
        return _one_before(versus.when, time)
    if _is_run_before(time, other):
        return Comparison(to="previous period"), time
    if overlap(ground, time, other):
        return Problem("unclear", "The two periods have days in common.", "Name two that do not overlap.")
    return Comparison(time=other, name="compared"), time


def _one_before(when: When | None, time: TimeRange) -> tuple[Comparison, TimeRange] | Problem:
    """Read ``last month against the previous month`` as the one before it."""
    words = when.text.split() if when is not None else []
    is_before = len(words) == 2 and words[0] in ("previous", "prior", "preceding") and words[1] != "year"  # noqa: PLR2004 -- a pair
    return (Comparison(to="previous period"), time) if is_before else NONSENSE


def _said_of_it(ground: Ground, versus: Versus, time: TimeRange | None) -> Versus | Problem:
    """Return what to compare with, where words say it by the first time: the 7 before, last, same period 2023."""
    when = versus.when
    if when is None:
        return versus
    relative = (time.relative or "").split() if time else []
    if when.relative == "last":
        is_plain = len(relative) > 1 and relative[0] == "this"
        return replace(versus, when=replace(when, relative=f"last {' '.join(relative[1:])}")) if is_plain else NONSENSE
    if versus.kind == "previous period":
        return replace(versus, when=None) if relative[1:2] == [when.text] else NONSENSE
    if versus.kind == "same period last year":
        mine, theirs = (period_of(each, ground.as_of, ground.calendar) for each in (time, time_range(when)))
        years = [each.start.year if each and each.start else None for each in (mine, theirs)]
        is_before = years[0] is not None and years[1] is not None and years[0] - years[1] == 1
        return replace(versus, when=None) if is_before else NONSENSE
    return versus


def _is_run_before(time: TimeRange, other: TimeRange) -> bool:
    """Say whether ``last 3 months`` is held against ``the previous 3 months``: those before it."""
    one, two = (time.relative or "").split(), (other.relative or "").split()
    return len(one) == len("abc") and one[0] == "last" and two == ["last", one[1], "complete", one[2]]


def overlap(ground: Ground, one: TimeRange, other: TimeRange) -> bool:
    """Say whether two ranges have days in common. Ranges that are not understood have none."""
    try:
        first, second = (period_of(each, ground.as_of, ground.calendar) for each in (one, other))
    except QueryError:
        return False
    if first is None or second is None:
        return False
    starts = max(first.start or date.min, second.start or date.min)
    return starts <= min(first.end or date.max, second.end or date.max)


def _inner_time(ground: Ground, one: When | None, other: When | None) -> When | None:
    """Return which of two times lies in the other, None when neither does: October, in 2024."""
    try:
        first, second = (period_of(time_range(each), ground.as_of, ground.calendar) for each in (one, other))
    except QueryError:
        return None
    if first is None or second is None:
        return None
    starts = (first.start or date.min, second.start or date.min)
    ends = (min(first.end or ground.as_of, ground.as_of), min(second.end or ground.as_of, ground.as_of))
    if starts[0] >= starts[1] and ends[0] <= ends[1]:
        return one
    return other if starts[1] >= starts[0] and ends[1] <= ends[0] else None


def in_time(ground: Ground, draft: Draft) -> tuple[Draft, Problem | None]:
    """Return a draft of which two times were said with the one that lies in the other."""
    if draft.within is None:
        return draft, None
    inner = _inner_time(ground, draft.when, draft.within)
    return replace(draft, when=inner, within=None), NONSENSE if inner is None else None


def running(ground: Ground, metrics: Sequence[str], time: TimeRange | None) -> tuple[WindowedMetric, ...] | Problem:
    """Return running figures that start where the range starts: the year's, the quarter's, the month's, or all time."""
    period = period_of(time, ground.as_of, ground.calendar)
    if period is None or period.start is None:
        return tuple(WindowedMetric(metric=name, kind="cumulative") for name in metrics)
    start, end = period.start, period.end or ground.as_of
    for unit in _UNITS:
        if ground.calendar.start(start, unit) == start and end <= ground.calendar.end(start, unit):
            return tuple(WindowedMetric(metric=name, kind="period_to_date", unit=unit) for name in metrics)
    return Problem(
        "impossible",
        f"A running figure cannot start on {start} and end on {end}.",
        "It starts with a year, a quarter or a month and stays in it, or runs over all time.",
    )


def up_to_today(ground: Ground, when: When | None) -> TimeRange | None:
    """Return a range without the days that have not come, which a mean over periods must not count as empty ones."""
    asked = time_range(when)
    try:
        period = period_of(asked, ground.as_of, ground.calendar)
    except QueryError:
        return asked
    if period is None or period.start is None or period.end is None or period.end <= ground.as_of:
        return asked
    return TimeRange(start=period.start.isoformat(), end=max(period.start, ground.as_of).isoformat())


def grain_for(ground: Ground, when: When | None) -> Grain:
    """Return the grain of a trend: days for a month and a half at most, else months."""
    asked = time_range(when)
    if asked is None:
        return "month"
    try:
        period = (
            relative(asked.relative, ground.as_of, ground.calendar)
            if asked.relative
            else relative(f"since {asked.start}", ground.as_of, ground.calendar)
        )
    except C360Error:
        return "month"
    end = min(period.end or ground.as_of, ground.as_of)
    return "day" if period.start is not None and (end - period.start).days < _DAYS else "month"
