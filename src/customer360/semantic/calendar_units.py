"""Reckon with days, weeks, months, quarters and (fiscal) years: where each starts, ends, and lies before another."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Unit = Literal["day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year"]

_MONTHS = {"month": 1, "quarter": 3, "year": 12, "fiscal_quarter": 3, "fiscal_year": 12}
_WEEK = 7


@dataclass(frozen=True)
class Calendar:
    """The conventions of a model: the first day of a week and the first month of a fiscal year."""

    week_start: Literal["monday", "sunday"] = "monday"
    fiscal_start: int = 1

    def start(self, day: date, unit: Unit) -> date:
        """Return the first day of the unit that holds ``day``."""
        if unit == "day":
            return day
        if unit == "week":
            offset = day.weekday() if self.week_start == "monday" else (day.weekday() + 1) % _WEEK
            return day - timedelta(days=offset)
        first = self.fiscal_start - 1 if unit.startswith("fiscal") else 0
        months = (day.year * 12 + day.month - 1 - first) // _MONTHS[unit] * _MONTHS[unit] + first
        return date(months // 12, months % 12 + 1, 1)

    def end(self, day: date, unit: Unit) -> date:
        """Return the last day of the unit that holds ``day``."""
        return self.shift(self.start(day, unit), unit, 1) - timedelta(days=1)

    def shift(self, day: date, unit: Unit, count: int) -> date:
        """Move a day by whole units; a day that its month lacks becomes the month's last."""
        if unit in ("day", "week"):
            return day + timedelta(days=count * (_WEEK if unit == "week" else 1))
        return add_months(day, count * _MONTHS[unit])


def add_months(day: date, months: int) -> date:
    """Move a day by months: 31 January plus one month is the last of February."""
    total = day.year * 12 + day.month - 1 + months
    year, month = total // 12, total % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def is_month_end(day: date) -> bool:
    """Say whether a day is the last of its month."""
    return day.day == monthrange(day.year, day.month)[1]
