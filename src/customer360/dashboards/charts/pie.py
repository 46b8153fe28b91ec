"""Draw parts of a whole as a donut whose legend carries each part's share; small parts beyond nine become "Other"."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from customer360.dashboards.charts.canvas import HEIGHT, Canvas, category, one_dimension, one_metric, share
from customer360.dashboards.colours import colours_of, has_order, ordered
from customer360.dashboards.filled import Drawn
from customer360.errors import QueryError

if TYPE_CHECKING:
    from customer360.dashboards.frame import Frame

MOST = 11
OTHER = "Other"


def draw_pie(frame: Frame, canvas: Canvas) -> Drawn:
    """Return a donut of the first metric by the first dimension. Errors: QueryError for a negative part."""
    dimension, metric = one_dimension(frame, "pie"), one_metric(frame)
    parts = {category(row[dimension.name]): float(row[metric.name] or 0) for row in frame.rows()}
    if min(parts.values()) < 0:
        raise QueryError("A pie cannot show a negative part.", next_step="Use a bar chart for this metric.")
    whole = sum(parts.values())
    if whole <= 0:
        raise QueryError("All parts of this pie are zero.")
    shown = _few(parts)
    points: list[dict[str, Any]] = [
        {"c": name, "y": value, "v": metric.text(value), "s": share(value, whole)} for name, value in shown.items()
    ]
    largest = max(points, key=lambda point: point["y"])
    alt = (
        f"{canvas.title}: {metric.label} {metric.text(_as_count(whole))} in {len(parts)} parts by {dimension.label}; "
        f"the largest is {largest['c']} with {largest['s']}."
    )
    return Drawn(alt, canvas.spec(frame, data={"values": points}, **_donut(frame, points)))


def _as_count(whole: float) -> float:
    return int(whole) if whole.is_integer() else whole


def _few(parts: dict[str, float]) -> dict[str, float]:
    """Return parts in the vocabulary's order, else largest first; the smallest of too many become one."""
    names = list(parts)
    by_size = sorted(parts, key=parts.__getitem__, reverse=True)
    order = ordered(names if has_order(names) else by_size)
    if len(order) <= MOST:
        return {name: parts[name] for name in order}
    kept = order[: MOST - 1]
    return {name: parts[name] for name in kept} | {OTHER: sum(parts[name] for name in order[MOST - 1 :])}


def _donut(frame: Frame, points: list[dict[str, Any]]) -> dict[str, Any]:
    names = [point["c"] for point in points]
    colours = colours_of(names)
    labels = json.dumps({point["c"]: f"{point['c']}  {point['s']}" for point in points})
    radius = f"min(width, {HEIGHT}) / 2 - 2"
    arc = {
        "type": "arc",
        "outerRadius": {"expr": radius},
        "innerRadius": {"expr": f"({radius}) * 0.62"},
        "stroke": "@surface",
        "strokeWidth": 1.5,
    }
    colour = {
        "field": "c",
        "type": "nominal",
        "sort": names,
        "scale": {"domain": names, "range": [colours[name] for name in names]},
        "legend": {"orient": "right", "labelExpr": f"({labels})[datum.label]", "offset": 12, "labelLimit": 190},
    }
    dimension, metric = frame.dimensions[0], frame.metrics[0]
    tips = [
        {"field": "c", "title": dimension.label},
        {"field": "v", "title": metric.label},
        {"field": "s", "title": "Share"},
    ]
    order = {"field": "i", "type": "ordinal"}
    for index, point in enumerate(points):
        point["i"] = index
    theta = {"field": "y", "type": "quantitative", "stack": True}
    return {"mark": arc, "encoding": {"theta": theta, "color": colour, "order": order, "tooltip": tips}}
