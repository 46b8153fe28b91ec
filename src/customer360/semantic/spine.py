"""Lay out the points of a time axis without gaps: one row per day, week, month, quarter or year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.semantic.identifiers import identifier
from customer360.semantic.steps import column, table
from customer360.semantic.values import date_literal

if TYPE_CHECKING:
    from datetime import date

    from customer360.semantic.calendar_units import Calendar
    from customer360.semantic.periods import Period
    from customer360.semantic.query import Grain
    from customer360.semantic.steps import Steps

_STEP = {"day": (1, "DAY"), "week": (7, "DAY"), "month": (1, "MONTH"), "quarter": (3, "MONTH"), "year": (12, "MONTH")}


def add_spine(
    steps: Steps, name: str, *, grain: Grain, period: Period | None, calendar: Calendar, bounds: exp.Select
) -> str:
    """Add a step with every point of a period in column ``name`` and return it.

    ``bounds`` has the columns ``first_point`` and ``last_point`` of the data; it is used for open ends.
    """
    first: exp.Expr = column("first_point")
    last: exp.Expr = column("last_point")
    if period is not None and period.start is not None:
        first = _point(period.start, grain, calendar)
    if period is not None and period.end is not None:
        last = _point(period.end, grain, calendar)
    size, unit = _STEP[grain.removeprefix("fiscal_")]
    interval = exp.Interval(this=exp.Literal.string(str(size)), unit=exp.var(unit))
    series = exp.Table(
        this=exp.GenerateSeries(start=first, end=last, step=interval),
        alias=exp.TableAlias(this=identifier("points"), columns=[identifier("point")]),
    )
    points = exp.select(exp.alias_(exp.cast(column("point"), "DATE"), identifier(name)))
    if period is None or period.start is None or period.end is None:
        points = points.from_(exp.Subquery(this=bounds, alias=exp.TableAlias(this=identifier("bounds"))))
        points = points.join(exp.Join(this=series, kind="CROSS"), copy=False)
    else:
        points = points.from_(series)
    return steps.add(f"every_{grain}", points, f"every {grain.replace('_', ' ')} of the range, also those without rows")


def _point(day: date, grain: Grain, calendar: Calendar) -> exp.Expr:
    return date_literal(calendar.start(day, grain))


def bounds_of(step: str, name: str) -> exp.Select:
    """Return the first and last point that a step has in a column."""
    first = exp.alias_(exp.Min(this=column(name)), "first_point")
    last = exp.alias_(exp.Max(this=column(name)), "last_point")
    return exp.select(first, last).from_(table(step))
