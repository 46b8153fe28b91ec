"""Draw a figure per category as horizontal bars, largest first; what exceeds ``options.top`` is left to the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from customer360.dashboards import formats
from customer360.dashboards.charts.canvas import Canvas, category, missing_note, one_dimension, one_metric, tooltip
from customer360.dashboards.colours import has_order, is_missing, ordered
from customer360.dashboards.filled import Drawn
from customer360.dashboards.frame import Column, Frame, plain

if TYPE_CHECKING:
    from customer360.dashboards.theme import Spec

TOP = 10
LABEL_PIXELS = 190
FEW, THICKEST = 5, 24
"""So few bars are drawn no thicker than so many pixels."""


def as_drawn(frame: Frame) -> Frame:
    """Return the rows in the order in which bars show them: that of the members, else the largest first."""
    dimension, metric = one_dimension(frame, "bar"), one_metric(frame)
    rows = frame.rows()
    names = [category(row[dimension.name]) for row in rows]
    by_size = sorted(range(len(rows)), key=lambda at: (rows[at][metric.name] is None, -(rows[at][metric.name] or 0)))
    by_size.sort(key=lambda at: is_missing(names[at]))
    if has_order(names, dimension.members):
        place = {name: at for at, name in enumerate(ordered((names[at] for at in by_size), dimension.members))}
        by_size.sort(key=lambda at: place[names[at]])
    return frame.replaced(frame.table.take(by_size))


def draw_bar(frame: Frame, canvas: Canvas) -> Drawn:
    """Return bars of the first metric by the first dimension."""
    dimension, metric = one_dimension(frame, "bar"), one_metric(frame)
    rows = [row for row in frame.rows() if row[metric.name] is not None]
    rows.sort(key=lambda row: row[metric.name], reverse=True)
    rows.sort(key=lambda row: is_missing(category(row[dimension.name])))
    top = canvas.options.get("top", TOP)
    shown = rows[:top]
    points = [
        {"c": category(row[dimension.name]), "y": plain(row[metric.name]), "t": _short(metric, row[metric.name])}
        for row in shown
    ]
    names = [point["c"] for point in points]
    order = ordered(names, dimension.members) if has_order(names, dimension.members) else names
    notes = (f"The {len(shown)} largest of {len(rows)}; the table has all.",) if len(rows) > len(shown) else ()
    notes += missing_note(dimension, names)
    leader = shown[0]
    second = f", then {category(shown[1][dimension.name])}" if len(shown) > 1 else ""
    alt = (
        f"{canvas.title}: {metric.label} of {len(rows)} {'values' if len(rows) > 1 else 'value'} of {dimension.label}; "
        f"{category(leader[dimension.name])} leads with {metric.text(leader[metric.name])}{second}."
    )
    return Drawn(
        alt, canvas.spec(frame, data={"values": points}, **_bars(frame, order)), notes=notes, picks=dimension.asked
    )


def _short(metric: Column, value: Any) -> str:
    return formats.compact(value, metric.style, whole_up_to=10_000) if metric.style else str(value)


def _bars(frame: Frame, order: list[str]) -> dict[str, Any]:
    """Return bars with their figure at the end: no axis to read across to, no grid."""
    dimension, metric = frame.dimensions[0], frame.metrics[0]
    names: Spec = {"title": None, "labelColor": "@ink", "labelLimit": LABEL_PIXELS, "grid": False}
    y = {
        "field": "c",
        "type": "nominal",
        "sort": order,
        "axis": names,
        "scale": {"paddingInner": 0.42, "paddingOuter": 0.2},
    }
    x = {"field": "y", "type": "quantitative", "axis": None, "scale": {"zero": True, "nice": False}}
    tips = [{"field": "c", "title": dimension.label}, tooltip(metric, "y")]
    thick = {"size": THICKEST} if len(order) <= FEW else {}
    encoding: Spec = {"tooltip": tips}
    if missing := [name for name in order if is_missing(name)]:
        grey = {"test": {"field": "c", "oneOf": missing}, "value": "@none"}
        encoding["color"] = {"condition": grey, "value": "@accent"}
    bar = {"mark": {"type": "bar", "color": "@accent", "cornerRadiusEnd": 3, **thick}, "encoding": encoding}
    label = {"type": "text", "align": "left", "baseline": "middle", "dx": 6, "color": "@muted", "fontSize": 12}
    return {"encoding": {"y": y, "x": x}, "layer": [bar, {"mark": label, "encoding": {"text": {"field": "t"}}}]}
