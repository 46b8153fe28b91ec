"""Cut time to days, ISO or Sunday weeks, months, quarters, years and fiscal periods, as SQL trees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from customer360.semantic.calendar_units import Calendar, Unit


def bucket(
    moment: exp.Expr, unit: Unit, calendar: Calendar, *, datatype: str | None, timezone: str = "UTC"
) -> exp.Expr:
    """Return the first day of the unit that holds a date or moment, as a DATE."""
    if datatype == "DateTimeTz":
        moment = exp.AtTimeZone(this=moment, zone=exp.Literal.string(timezone))
    if unit == "day":
        return moment if datatype == "Date" else exp.cast(moment, "DATE")
    if unit == "week" and calendar.week_start == "sunday":
        return exp.cast(_moved(_truncated(_moved(moment, 1, "DAY"), "WEEK"), -1, "DAY"), "DATE")
    if unit.startswith("fiscal") and calendar.fiscal_start > 1:
        months = calendar.fiscal_start - 1
        return exp.cast(
            _moved(_truncated(_moved(moment, -months, "MONTH"), unit.removeprefix("fiscal_")), months, "MONTH"), "DATE"
        )
    return exp.cast(_truncated(moment, unit.removeprefix("fiscal_")), "DATE")


def moved(day: exp.Expr, unit: Unit, count: int) -> exp.Expr:
    """Return a day moved by whole units, as a DATE."""
    per_unit = {
        "week": (7, "DAY"),
        "quarter": (3, "MONTH"),
        "fiscal_quarter": (3, "MONTH"),
        "fiscal_year": (12, "MONTH"),
    }
    size, base = per_unit.get(unit, (1, unit.upper()))
    if base == "YEAR":
        size, base = 12, "MONTH"
    return exp.cast(_moved(day, size * count, base), "DATE")


def _truncated(moment: exp.Expr, unit: str) -> exp.Expr:
    return exp.TimestampTrunc(this=moment, unit=exp.var(unit.upper()))


def _moved(moment: exp.Expr, count: int, unit: str) -> exp.Expr:
    interval = exp.Interval(this=exp.Literal.string(str(abs(count))), unit=exp.var(unit))
    return exp.paren(
        exp.Add(this=moment, expression=interval) if count > 0 else exp.Sub(this=moment, expression=interval)
    )
