"""Draw one figure, its change against the period before, and a sparkline.

Options: ``sparkline: {dimension: order_date, grain: month}``, and ``says``, what the line shows where it is not plain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from customer360.dashboards import formats
from customer360.dashboards.charts.canvas import Canvas, one_metric, values
from customer360.dashboards.charts.line import is_cut_short
from customer360.dashboards.filled import Drawn, Figure, Trend
from customer360.errors import QueryError
from customer360.semantic.query import Dimension

if TYPE_CHECKING:
    from customer360.dashboards.frame import Column, Frame
    from customer360.dashboards.theme import Spec

SPARK_HEIGHT = 36
MIN_SPARK_POINTS = 3


def draw_kpi(frame: Frame, canvas: Canvas) -> Drawn:
    """Return the figure of the first metric, with a trend when the page is limited to a period."""
    column = one_metric(frame)
    if column.style is None:
        raise QueryError(f"'{column.label}' is no number.", next_step="Show it in a table.")
    value = frame.rows(1)[0][column.name]
    trend = _trend(value, column, canvas)
    figure = Figure(formats.compact(value, column.style), column.text(value), trend)
    moved = f", {trend.text} against {trend.against}" if trend else ""
    line = _sparkline(canvas)
    says = canvas.options["sparkline"].get("says") if line else None
    return Drawn(f"{canvas.title}: {figure.full}{moved}.", line, figure, (str(says),) if says else ())


def _trend(value: Any, column: Column, canvas: Canvas) -> Trend | None:
    previous = canvas.filters.previous()
    before = canvas.again(None, previous) if previous else None
    if previous is None or before is None or not before.has_figures or column.style is None:
        return None
    old = before.rows(1)[0][column.name]
    moved = formats.change(value, old, column.style)
    if moved is None:
        return None
    direction: Literal["up", "down", "level"] = (
        "up" if moved.startswith("+") else "down" if moved.startswith("\N{MINUS SIGN}") else "level"
    )
    better = canvas.definitions[0].better if canvas.definitions else None
    is_good = None if better in (None, "none") or direction == "level" else direction == better
    return Trend(moved, direction, is_good, previous.text())


def _is_whole(start: Any, time: Column, canvas: Canvas) -> bool:
    """Say whether a period has a date and is over: a month of two weeks would look like a slump."""
    return start is not None and not is_cut_short(start, time.grain, canvas.as_of)


def _sparkline(canvas: Canvas) -> Spec | None:
    asked = canvas.options.get("sparkline")
    if not isinstance(asked, dict):
        return None
    series = canvas.again(Dimension(name=str(asked["dimension"]), grain=asked.get("grain", "month")), canvas.filters)
    if series is None or series.table.num_rows < MIN_SPARK_POINTS:
        return None
    names = {"x": series.dimensions[0], "y": one_metric(series)}
    x = {"field": "x", "type": "temporal", "scale": {"type": "utc", "padding": 3}, "axis": None}
    y = {"field": "y", "type": "quantitative", "axis": None, "scale": {"zero": False, "padding": 3}}
    whole = [row for row in series.rows() if _is_whole(row[names["x"].name], names["x"], canvas)]
    rows = values(series, names, whole)
    line = {"mark": {"type": "line", "color": "@accent", "strokeWidth": 1.5}}
    end = {"data": {"values": rows[-1:]}, "mark": {"type": "point", "filled": True, "color": "@accent", "size": 26}}
    shared = {"encoding": {"x": x, "y": y}}
    return canvas.spec(series, height=SPARK_HEIGHT, data={"values": rows}, layer=[line, end], **shared)
