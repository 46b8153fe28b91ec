"""Turn time ranges into days: absolute (2024-03, 2024-W05, Q1 2024) or relative to the as-of date (last 12 months)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from customer360.errors import QueryError
from customer360.semantic.calendar_units import Calendar, Unit, add_months, is_month_end

_UNITS: dict[str, Unit] = {
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
    "fiscal quarter": "fiscal_quarter",
    "fiscal year": "fiscal_year",
}
_UNIT = r"(fiscal quarter|fiscal year|day|week|month|quarter|year)"
_EXAMPLES = (
    "last month, last 12 months, last 3 complete months, last 90 days, this year, year to date, 2024-03, Q1 2024, "
    "since 2024-03-01, all time"
)


@dataclass(frozen=True)
class Period:
    """Days from ``start`` to ``end``, both included; None is open. ``count`` units long, for finding the one before."""

    start: date | None
    end: date | None
    unit: Unit = "day"
    count: int = 0

    def __str__(self) -> str:
        return f"{self.start or 'the first day'} to {self.end or 'the last day'}"

    def previous(self, calendar: Calendar) -> Period:
        """Return the equally long period before. Raises QueryError when the range is open."""
        if self.start is None or self.end is None:
            raise QueryError("A range without start and end has no previous period.", next_step="Give both ends.")
        return Period(
            calendar.shift(self.start, self.unit, -self.count),
            _moved(self.end, self.unit, -self.count, calendar),
            self.unit,
            self.count,
        )

    def year_before(self) -> Period:
        """Return the same days one year earlier."""
        if self.start is None or self.end is None:
            raise QueryError("A range without start and end has no same period last year.", next_step="Give both ends.")
        end = add_months(self.end, -12)
        if is_month_end(self.end):
            end = _month_end(end)
        return Period(add_months(self.start, -12), end, self.unit, self.count)


def _month_end(day: date) -> date:
    return add_months(day.replace(day=1), 1) - timedelta(days=1)


def _moved(day: date, unit: Unit, count: int, calendar: Calendar) -> date:
    moved = calendar.shift(day, unit, count)
    return _month_end(moved) if unit not in ("day", "week") and is_month_end(day) else moved


def days(start: date | None, end: date | None) -> Period:
    """Return the period between two days; whole months count as months, else days."""
    if start is not None and end is not None:
        if start > end:
            raise QueryError(f"The range starts after it ends: {start} to {end}.", next_step="Swap the two.")
        if start.day == 1 and is_month_end(end):
            return Period(start, end, "month", (end.year - start.year) * 12 + end.month - start.month + 1)
        return Period(start, end, "day", (end - start).days + 1)
    return Period(start, end)


def relative(text: str, as_of: date, calendar: Calendar) -> Period:
    """Return the days that a relative or named text means on the as-of date. Raises QueryError with examples.

    ``last month`` is the calendar month before; ``last 12 months`` are twelve calendar months of which the as-of
    date's own, up to that date, is the last; ``last 3 complete months`` ends with the month before.
    """
    words = " ".join(text.lower().replace("-to-", " to ").split())
    for pattern, rule in _RULES:
        match = re.fullmatch(pattern, words)
        if match:
            try:
                return rule(match, as_of, calendar)
            except (ValueError, OverflowError) as error:
                raise QueryError(f"'{text}' is no range of days.", next_step=f"Try: {_EXAMPLES}.") from error
    raise QueryError(f"'{text}' is not a time range that is understood.", next_step=f"Try: {_EXAMPLES}.")


Rule = Callable[[re.Match[str], date, Calendar], Period]


def _day_before(days_back: int) -> Rule:
    def rule(_: re.Match[str], as_of: date, __: Calendar) -> Period:
        day = as_of - timedelta(days=days_back)
        return Period(day, day, "day", 1)

    return rule


def _this(match: re.Match[str], as_of: date, calendar: Calendar) -> Period:
    unit = _UNITS[match[1]]
    return Period(calendar.start(as_of, unit), as_of, unit, 1)


def _last(match: re.Match[str], as_of: date, calendar: Calendar) -> Period:
    unit = _UNITS[match[1]]
    end = calendar.start(as_of, unit) - timedelta(days=1)
    return Period(calendar.start(end, unit), end, unit, 1)


def _last_n(match: re.Match[str], as_of: date, calendar: Calendar) -> Period:
    count, unit = _count(match[1]), _UNITS[match[2]]
    return Period(calendar.shift(calendar.start(as_of, unit), unit, 1 - count), as_of, unit, count)


def _last_n_complete(match: re.Match[str], as_of: date, calendar: Calendar) -> Period:
    count, unit = _count(match[1]), _UNITS[match[2]]
    start = calendar.start(as_of, unit)
    return Period(calendar.shift(start, unit, -count), start - timedelta(days=1), unit, count)


def _count(text: str) -> int:
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


def _day(match: re.Match[str], *_: object) -> Period:
    day = date.fromisoformat(match[0])
    return Period(day, day, "day", 1)


def _month(match: re.Match[str], *_: object) -> Period:
    start = date(int(match[1]), int(match[2]), 1)
    return Period(start, _month_end(start), "month", 1)


def _year(match: re.Match[str], *_: object) -> Period:
    return Period(date(int(match[1]), 1, 1), date(int(match[1]), 12, 31), "year", 1)


def _quarter(match: re.Match[str], *_: object) -> Period:
    groups = match.groupdict()
    start = date(int(groups["year"]), int(groups["quarter"]) * 3 - 2, 1)
    return Period(start, _month_end(add_months(start, 2)), "quarter", 1)


def _iso_week(match: re.Match[str], *_: object) -> Period:
    start = date.fromisocalendar(int(match[1]), int(match[2]), 1)
    return Period(start, start + timedelta(days=6), "week", 1)


def _fiscal_year(match: re.Match[str], _: date, calendar: Calendar) -> Period:
    """Name a fiscal year by the calendar year in which it ends."""
    year = int(match[1]) - (1 if calendar.fiscal_start > 1 else 0)
    start = date(year, calendar.fiscal_start, 1)
    return Period(start, calendar.end(start, "fiscal_year"), "fiscal_year", 1)


def _since(match: re.Match[str], as_of: date, calendar: Calendar) -> Period:
    start = relative(match[1], as_of, calendar).start
    return days(start, max(as_of, start) if start else as_of)


_RULES: tuple[tuple[str, Rule], ...] = (
    ("all time|ever|always", lambda *_: Period(None, None)),
    ("today", _day_before(0)),
    ("yesterday", _day_before(1)),
    (f"(?:this|current) {_UNIT}", _this),
    (f"{_UNIT} to date", _this),
    (f"(?:last|previous) {_UNIT}", _last),
    (f"(?:last|past) ([0-9]{{1,4}}) {_UNIT}s?", _last_n),
    (f"(?:last|past) ([0-9]{{1,4}}) (?:complete|full|whole) {_UNIT}s?", _last_n_complete),
    (f"previous ([0-9]{{1,4}}) {_UNIT}s?", _last_n_complete),
    (r"\d{4}-\d{2}-\d{2}", _day),
    (r"(\d{4})-(\d{2})", _month),
    (r"(\d{4})", _year),
    (r"q(?P<quarter>[1-4]) (?P<year>\d{4})", _quarter),
    (r"(?P<year>\d{4})-?q(?P<quarter>[1-4])", _quarter),
    (r"(\d{4})-w(\d{2})", _iso_week),
    (r"(?:fiscal year|fiscal|fy) ?(\d{4})", _fiscal_year),
    (r"since (\S.*)", _since),
)
