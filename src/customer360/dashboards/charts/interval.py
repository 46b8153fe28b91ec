"""Draw what is expected, with the range that it will lie in: a line, and a band around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.dashboards import formats
from customer360.dashboards.charts.canvas import Canvas, one_dimension, tooltip, values
from customer360.dashboards.charts.line import time_axis, time_tooltip, value_axis
from customer360.dashboards.filled import Drawn
from customer360.errors import QueryError

if TYPE_CHECKING:
    from customer360.dashboards.frame import Frame

_THREE = 3
_BAND = 0.18


def draw_interval(frame: Frame, canvas: Canvas) -> Drawn:
    """Return the first metric by time, between the second (low) and the third (high)."""
    time = one_dimension(frame, "interval")
    if not time.is_time or len(frame.metrics) < _THREE:
        raise QueryError(
            "An interval is a figure by time with its low and its high end.",
            next_step="Name three metrics and a time dimension.",
        )
    middle, low, high = frame.metrics[:_THREE]
    rows = sorted((row for row in frame.rows() if row[time.name] is not None), key=lambda row: row[time.name])
    if not rows:
        raise QueryError(f"No row has a value of '{time.label}'.")
    data = values(frame, {"x": time, "y": middle, "low": low, "high": high}, rows)
    shown = [time_tooltip(time), tooltip(middle, "y"), tooltip(low, "low"), tooltip(high, "high")]
    band = {
        "mark": {"type": "area", "color": "@accent", "opacity": _BAND, "line": False},
        "encoding": {"y": {**value_axis(middle), "field": "low"}, "y2": {"field": "high"}},
    }
    line = {
        "mark": {"type": "line", "color": "@accent", "point": {"filled": True, "color": "@accent"}},
        "encoding": {"y": value_axis(middle), "tooltip": shown},
    }
    spec = canvas.spec(frame, data={"values": data}, encoding={"x": time_axis(time)}, layer=[band, line])
    first, last = rows[0], rows[-1]
    alt = (
        f"{canvas.title}: {middle.text(first[middle.name])} in {formats.period(first[time.name], time.grain)} "
        f"({low.text(first[low.name])} to {high.text(first[high.name])}), {middle.text(last[middle.name])} in "
        f"{formats.period(last[time.name], time.grain)}."
    )
    return Drawn(alt, spec)
