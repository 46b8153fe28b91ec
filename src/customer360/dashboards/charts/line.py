"""Draw figures over time: one metric as an area from zero, several series as lines.

A period that the as-of date cuts short is drawn dashed and named, because it is lower for that reason alone.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from customer360.dashboards import formats
from customer360.dashboards.charts.canvas import Canvas, axis, category, one_dimension, one_metric, tooltip
from customer360.dashboards.colours import colours_of, ordered
from customer360.dashboards.filled import Drawn
from customer360.dashboards.filters import months_back
from customer360.dashboards.frame import Column, Frame, plain
from customer360.errors import QueryError

if TYPE_CHECKING:
    from customer360.dashboards.theme import Spec

_MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}

_LABELS = {
    # The year stands under January and under the first label only.
    "month": "(datum.index === 0 || utcmonth(datum.value) === 0) ? "
    "[utcFormat(datum.value, '%b'), utcFormat(datum.value, '%Y')] : utcFormat(datum.value, '%b')",
    "quarter": "'Q' + (floor(utcmonth(datum.value) / 3) + 1) + ' ' + utcFormat(datum.value, '%Y')",
    "year": "utcFormat(datum.value, '%Y')",
}
_DAY_LABEL = "utcFormat(datum.value, '%-d %b')"
_TOOLTIPS = {"month": "%B %Y", "year": "%Y"}


def draw_line(frame: Frame, canvas: Canvas) -> Drawn:
    """Return the chart of the first metric by time, one line per value of a second dimension."""
    time = one_dimension(frame, "line")
    if not time.is_time:
        raise QueryError(
            f"The first dimension of a line chart is time, '{time.name}' is not.", next_step="Use a bar chart."
        )
    metric = one_metric(frame)
    split = frame.dimensions[1] if len(frame.dimensions) > 1 else None
    rows = sorted((row for row in frame.rows() if row[time.name] is not None), key=lambda row: row[time.name])
    if not rows:
        raise QueryError(f"No row has a value of '{time.label}'.")
    last = rows[-1][time.name]
    partial = is_cut_short(last, time.grain, canvas.as_of)
    spec = _lines(frame, canvas, rows, split) if split else _area(frame, canvas, rows, partial=partial)
    name = formats.period(last, time.grain)
    notes = (f"{name} is not complete: figures end on {formats.day(canvas.as_of)}.",) if partial else ()
    return Drawn(_alt(canvas, time, metric, rows, split), spec, notes=notes, picks=split.asked if split else None)


def is_cut_short(start: date, grain: str | None, as_of: date) -> bool:
    """Say whether the period that begins on ``start`` ends after the as-of date."""
    if grain in _MONTHS_OF:
        end = months_back(date(start.year, start.month, 1), -_MONTHS_OF[grain]) - timedelta(days=1)
        return end > as_of
    first = date(start.year, start.month, start.day)
    return grain == "week" and first + timedelta(days=6) > as_of


def time_axis(time: Column) -> Spec:
    """Return the axis of a time at its grain."""
    grain = time.grain or "day"
    label = _LABELS.get(grain, _DAY_LABEL)
    ticks: Any = {"interval": grain, "step": 1} if grain in ("month", "year") else 6
    shown = {"title": None, "labelExpr": label, "labelOverlap": "parity", "labelFlush": False, "tickCount": ticks}
    shown["labelSeparation"] = 6
    return {"field": "x", "type": "temporal", "scale": {"type": "utc"}, "axis": shown}


def value_axis(metric: Column) -> Spec:
    """Return the axis of a figure, from zero."""
    return {"field": "y", "type": "quantitative", "axis": axis(metric), "scale": {"zero": True, "nice": True}}


def time_tooltip(time: Column) -> Spec:
    """Return a tooltip's line of a time at its grain."""
    shown = _TOOLTIPS.get(time.grain or "day", "%-d %B %Y")
    return {"field": "x", "type": "temporal", "scale": {"type": "utc"}, "title": time.label, "format": shown}


def _area(frame: Frame, canvas: Canvas, rows: list[dict[str, Any]], *, partial: bool) -> Spec:
    time, metric = frame.dimensions[0], frame.metrics[0]
    points = [{"x": plain(row[time.name]), "y": plain(row[metric.name])} for row in rows]
    x, y = time_axis(time), value_axis(metric)
    tips = [{**time_tooltip(time), "timeUnit": "utcyearmonthdate"}, tooltip(metric, "y")]
    whole = points[:-1] if partial else points
    line = {"type": "line", "color": "@accent", "strokeWidth": 2, "interpolate": "linear"}
    layers: list[Spec] = [
        {"mark": {"type": "area", "color": "@accent-soft", "opacity": 0.8}, "encoding": {"x": x, "y": y}},
        {"data": {"values": whole}, "mark": line, "encoding": {"x": x, "y": y}},
    ]
    if partial:
        dashed = {**line, "strokeDash": [4, 4]}
        layers.append({"data": {"values": points[-2:]}, "mark": dashed, "encoding": {"x": x, "y": y}})
    near = {"param": "near", "empty": False}
    dot = {"type": "point", "filled": True, "size": 64, "color": "@accent", "stroke": "@surface", "strokeWidth": 2}
    layers.append(
        {
            "mark": dot,
            "params": [
                {
                    "name": "near",
                    "select": {"type": "point", "nearest": True, "on": "pointermove", "clear": "pointerout"},
                }
            ],
            "encoding": {"x": x, "y": y, "opacity": {"condition": {**near, "value": 1}, "value": 0}, "tooltip": tips},
        }
    )
    return canvas.spec(frame, data={"values": points}, layer=layers)


def _lines(frame: Frame, canvas: Canvas, rows: list[dict[str, Any]], split: Column) -> Spec:
    time, metric = frame.dimensions[0], frame.metrics[0]
    points = [
        {"x": plain(row[time.name]), "y": plain(row[metric.name]), "c": category(row[split.name])} for row in rows
    ]
    names = ordered((point["c"] for point in points), split.members)
    colours = colours_of(names)
    colour = {
        "field": "c",
        "type": "nominal",
        "scale": {"domain": names, "range": [colours[name] for name in names]},
        "legend": {"orient": "top", "symbolType": "stroke"},
    }
    tips = [
        {**time_tooltip(time), "timeUnit": "utcyearmonthdate"},
        {"field": "c", "title": split.label},
        tooltip(metric, "y"),
    ]
    return canvas.spec(
        frame,
        data={"values": points},
        mark={"type": "line", "strokeWidth": 2, "point": {"size": 24}},
        encoding={"x": time_axis(time), "y": value_axis(metric), "color": colour, "tooltip": tips},
    )


def _alt(canvas: Canvas, time: Column, metric: Column, rows: list[dict[str, Any]], split: Column | None) -> str:
    first, last = (formats.period(row[time.name], time.grain) for row in (rows[0], rows[-1]))
    known = [row for row in rows if row[metric.name] is not None]
    if split is not None or not known:
        by = f" by {split.label}" if split is not None else ""
        return f"{canvas.title}: {metric.label}{by} from {first} to {last}."
    top = max(known, key=lambda row: row[metric.name])
    latest = known[-1]
    return (
        f"{canvas.title}: {metric.label} from {first} to {last}, {metric.text(latest[metric.name])} in "
        f"{formats.period(latest[time.name], time.grain)}, highest {metric.text(top[metric.name])} in "
        f"{formats.period(top[time.name], time.grain)}."
    )
