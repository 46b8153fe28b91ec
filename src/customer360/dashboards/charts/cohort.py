"""Draw what became of each cohort: one row per month of entry, one column per month since, shaded by the share left.

The query counts customers by two times: when they came, and when they were active. Shares are of the cohort's own
first month; the table has the counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from customer360.dashboards import formats
from customer360.dashboards.charts.canvas import Canvas, one_metric, share, tooltip
from customer360.dashboards.charts.heatmap import grid
from customer360.dashboards.charts.line import is_cut_short
from customer360.dashboards.filled import Drawn
from customer360.errors import QueryError

if TYPE_CHECKING:
    from datetime import date

    from customer360.dashboards.frame import Column, Frame
    from customer360.dashboards.theme import Spec

MOST = 13
"""Cohorts and months since at most, the newest cohorts."""
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_TIMES = 2


def draw_cohort(frame: Frame, canvas: Canvas) -> Drawn:
    """Return the triangle. Errors: QueryError unless both dimensions are times of one grain (month, quarter, year)."""
    entry, activity, grain = _times(frame)
    metric = one_metric(frame)
    counts: dict[date, dict[int, float]] = {}
    for row in frame.rows():
        came, active = row[entry.name], row[activity.name]
        if came is not None and active is not None and row[metric.name] is not None and active >= came:
            counts.setdefault(came, {})[_since(came, active, grain)] = float(row[metric.name])
    whole = {came: steps for came, steps in counts.items() if steps.get(0)}
    newest = sorted(whole)[-MOST:]
    if not newest:
        raise QueryError("No cohort has figures for its first month.", next_step="Choose a longer period.")
    cells = [cell for came in newest for cell in _cells(came, whole[came], grain, canvas.as_of)]
    order = (
        [formats.period(came, grain) for came in newest],
        [str(step) for step in range(min(MOST, 1 + max(int(cell["c"]) for cell in cells)))],
    )
    tips = [
        {"field": "r", "title": entry.label},
        {"field": "c", "title": f"{grain.capitalize()}s since"},
        {"field": "t", "title": "Share"},
        tooltip(metric, "n"),
    ]
    alt = _alt(canvas, newest, whole, grain)
    left_out = len(whole) - len(newest)
    notes = (f"The {len(newest)} newest of {len(whole)} cohorts; the table has all.",) if left_out else ()
    return Drawn(alt, grid(frame, canvas, cells, order, (None, f"{grain.capitalize()}s since"), tips), notes=notes)


def _times(frame: Frame) -> tuple[Column, Column, str]:
    times = [column for column in frame.dimensions if column.is_time]
    if len(times) != _TIMES or times[0].grain != times[1].grain or times[0].grain not in _MONTHS:
        raise QueryError(
            "A cohort chart needs two times of one grain: when customers came, and when they were active.",
            next_step="Name both under query.dimensions with grain: month.",
        )
    return times[0], times[1], str(times[0].grain)


def _since(came: date, active: date, grain: str) -> int:
    return ((active.year - came.year) * 12 + active.month - came.month) // _MONTHS[grain]


def _cells(came: date, steps: dict[int, float], grain: str, as_of: date) -> list[Spec]:
    """Return the cells of one cohort, months that are not over left out: they would look like a loss."""
    row: list[dict[str, Any]] = []
    for step in sorted(steps):
        index = came.year * 12 + came.month - 1 + step * _MONTHS[grain]
        start = came.replace(year=index // 12, month=index % 12 + 1, day=1)
        if step < MOST and (step == 0 or not is_cut_short(start, grain, as_of)):
            row.append(
                {
                    "r": formats.period(came, grain),
                    "c": str(step),
                    "y": 0.0 if step == 0 else steps[step] / steps[0],
                    "t": share(steps[step], steps[0]) if step else formats.compact(steps[0], _COUNT),
                    "n": steps[step],
                }
            )
    return row


_COUNT = formats.NumberStyle(",d")


def _alt(canvas: Canvas, newest: list[date], counts: dict[date, dict[int, float]], grain: str) -> str:
    after = [
        (counts[came][1], counts[came][0])
        for came in newest
        if 1 in counts[came] and _cells(came, counts[came], grain, canvas.as_of)[-1]["c"] != "0"
    ]
    kept, came_in = (sum(pair) for pair in zip(*after, strict=True)) if after else (0.0, 0.0)
    told = f"; {share(kept, came_in)} are active one {grain} later" if after else ""
    first, last = (formats.period(day, grain) for day in (newest[0], newest[-1]))
    return f"{canvas.title}: {len(newest)} cohorts from {first} to {last}{told}."
