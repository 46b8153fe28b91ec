"""Say which time and filters a figure is for: those of the query, those it is compared with, or a total's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from customer360.errors import QueryError
from customer360.semantic.periods import Period

if TYPE_CHECKING:
    from datetime import date

    from customer360.semantic.calendar_units import Calendar, Unit
    from customer360.semantic.query import Comparison, Filter, Grain

_GRAIN_MONTHS = {"month": 1, "quarter": 3, "year": 12, "fiscal_quarter": 3, "fiscal_year": 12}
_YEAR_MONTHS = 12
_YEAR_WEEKS = 52
_WEEK_DAYS = 7


@dataclass(frozen=True)
class Shift:
    """How far an earlier period is moved so that its points stand beside the later ones."""

    unit: Unit
    count: int


@dataclass(frozen=True)
class Variant:
    """``keep`` are the group columns that stay; None keeps all."""

    name: str
    where: tuple[Filter, ...]
    period: Period | None
    shift: Shift | None = None
    keep: frozenset[str] | None = None

    @property
    def suffix(self) -> str:
        """What is put behind a column name."""
        return f"_{self.name}" if self.name else ""


def compared(
    main: Variant, asked: Comparison, other_time: Period | None, grain: Grain | None, *, as_of: date, calendar: Calendar
) -> Variant:
    """Return the variant a query is compared with; ``grain`` is that of its time axis, None without one.

    Raises QueryError when the two periods cannot be laid beside each other at that grain.
    """
    where = (asked.where,) if asked.where is not None else main.where
    if asked.to is None and asked.time is None:
        if asked.where is None:
            raise QueryError("The comparison says neither when nor what.", next_step="Give it `to`, `time` or `where`.")
        return Variant(asked.name, where, main.period)
    if asked.to is not None and asked.time is not None:
        raise QueryError("A comparison has `to` or `time`, not both.", next_step="Drop one.")
    if asked.time is not None:
        return Variant(asked.name, where, other_time, _between(main.period, other_time, grain))
    last_year = asked.to == "same period last year"
    is_open = main.period is None or main.period.start is None or main.period.end is None
    if is_open:
        return _open_ended(asked, where, grain, as_of, calendar, last_year=last_year)
    assert main.period is not None  # noqa: S101 -- is_open says so
    if last_year:
        return Variant(asked.name, where, _last_year(main.period, grain), _a_year(grain))
    before = main.period.previous(calendar)
    return Variant(asked.name, where, before, _between(main.period, before, grain))


def _last_year(period: Period, grain: Grain | None) -> Period:
    """Return the same days of last year; with weeks the same weekdays, 52 weeks earlier."""
    if grain != "week" or period.start is None or period.end is None:
        return period.year_before()
    gap = timedelta(weeks=_YEAR_WEEKS)
    return Period(period.start - gap, period.end - gap, period.unit, period.count)


def _a_year(grain: Grain | None) -> Shift | None:
    if grain is None:
        return None
    return Shift("week", _YEAR_WEEKS) if grain == "week" else Shift("month", _YEAR_MONTHS)


def _open_ended(
    asked: Comparison,
    where: tuple[Filter, ...],
    grain: Grain | None,
    as_of: date,
    calendar: Calendar,
    *,
    last_year: bool,
) -> Variant:
    """Compare each point of an open range with the one before it (or a year before), up to the as-of date's."""
    if grain is None:
        raise QueryError(
            f"Compared with the {asked.to}, the query needs a time range or a time dimension.",
            next_step='For example "time": {"relative": "last month"}.',
        )
    shift = _a_year(grain) if last_year else Shift(grain, 1)
    assert shift is not None  # noqa: S101 -- the grain is known
    last = calendar.shift(calendar.start(as_of, grain), shift.unit, -shift.count)
    return Variant(asked.name, where, Period(None, calendar.end(last, grain)), shift)


def _between(later: Period | None, earlier: Period | None, grain: Grain | None) -> Shift | None:
    if grain is None:
        return None
    if later is None or earlier is None or later.start is None or earlier.start is None:
        raise QueryError("Periods without a start cannot be laid beside each other.", next_step="Give both a start.")
    gap = (later.start - earlier.start).days
    if grain == "day":
        return Shift("day", gap)
    if grain == "week":
        return Shift("week", round(gap / _WEEK_DAYS))
    months = (later.start.year - earlier.start.year) * 12 + later.start.month - earlier.start.month
    if later.start.day != earlier.start.day or months % _GRAIN_MONTHS[grain]:
        raise QueryError(
            f"The two periods do not start a whole number of {grain}s apart.",
            next_step="Group by a finer grain, or compare periods of that size.",
        )
    return Shift("month", months)
