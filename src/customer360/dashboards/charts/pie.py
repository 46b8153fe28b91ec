"""Draw parts of a whole as a donut whose legend carries each part's share; small parts beyond twelve become "Other"."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from customer360.dashboards import formats
from customer360.dashboards.charts.canvas import Canvas, category, missing_note, one_dimension, one_metric, share
from customer360.dashboards.colours import colours_of, has_order, ordered
from customer360.dashboards.filled import Drawn
from customer360.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.dashboards.frame import Column, Frame
    from customer360.dashboards.theme import Spec

MOST = 12
OTHER = "Other"

_RADIUS = "min(width, height, 216) / 2 - 2"


def draw_pie(frame: Frame, canvas: Canvas) -> Drawn:
    """Return a donut of the first metric by the first dimension. Errors: QueryError for a negative part."""
    dimension, metric = one_dimension(frame, "pie"), one_metric(frame)
    parts = {category(row[dimension.name]): float(row[metric.name] or 0) for row in frame.rows()}
    if min(parts.values()) < 0:
        raise QueryError("A pie cannot show a negative part.", next_step="Use a bar chart for this metric.")
    whole = sum(parts.values())
    if whole <= 0:
        raise QueryError("All parts of this pie are zero.")
    shown = _few(parts, dimension.members)
    points: list[dict[str, Any]] = [
        {"i": index, "c": name, "y": value, "v": metric.text(_as_count(value)), "s": share(value, whole)}
        for index, (name, value) in enumerate(shown.items())
    ]
    largest = max(points, key=lambda point: point["y"])
    alt = (
        f"{canvas.title}: {metric.label} {metric.text(_as_count(whole))} in {len(parts)} parts by {dimension.label}; "
        f"the largest is {largest['c']} with {largest['s']}."
    )
    spec = canvas.spec(frame, **_donut(frame, points, _short(metric, whole)))
    return Drawn(alt, spec, notes=missing_note(dimension, shown), picks=dimension.asked)


def _short(metric: Column, whole: float) -> str:
    return formats.compact(_as_count(whole), metric.style) if metric.style else f"{whole:g}"


def _as_count(whole: float) -> float:
    return int(whole) if whole.is_integer() else whole


def _few(parts: dict[str, float], members: Sequence[str]) -> dict[str, float]:
    """Return parts in the vocabulary's order, else largest first; the smallest of too many become one."""
    names = list(parts)
    by_size = sorted(parts, key=parts.__getitem__, reverse=True)
    order = ordered(names if has_order(names, members) else by_size, members)
    if len(order) <= MOST:
        return {name: parts[name] for name in order}
    kept = order[: MOST - 1]
    return {name: parts[name] for name in kept} | {OTHER: sum(parts[name] for name in order[MOST - 1 :])}


def _donut(frame: Frame, points: list[dict[str, Any]], total: str) -> dict[str, Any]:
    """Return the ring, and the whole in its middle."""
    dimension, metric = frame.dimensions[0], frame.metrics[0]
    ring = {
        "type": "arc",
        "outerRadius": {"expr": _RADIUS},
        "innerRadius": {"expr": f"({_RADIUS}) * 0.64"},
        "stroke": "@surface",
        "strokeWidth": 1.5,
    }
    encoding = {
        "theta": {"field": "y", "type": "quantitative", "stack": True},
        "order": {"field": "i", "type": "ordinal"},
        "color": _colour(points),
        "tooltip": [
            {"field": "c", "title": dimension.label},
            {"field": "v", "title": metric.label},
            {"field": "s", "title": "Share"},
        ],
    }
    layers = [
        {"data": {"values": points}, "mark": ring, "encoding": encoding},
        _words(total, size=22, weight=600, colour="@ink", dy=-7),
        _words(metric.label, size=12, weight="normal", colour="@muted", dy=13),
    ]
    return {"data": {"values": [{}]}, "layer": layers}


def _colour(points: list[dict[str, Any]]) -> Spec:
    names = [point["c"] for point in points]
    colours = colours_of(names)
    labels = json.dumps({point["c"]: f"{point['c']}  {point['s']}" for point in points})
    return {
        "field": "c",
        "type": "nominal",
        "sort": names,
        "scale": {"domain": names, "range": [colours[name] for name in names]},
        "legend": {"orient": "right", "labelExpr": f"({labels})[datum.label]", "offset": 16, "labelLimit": 190},
    }


def _words(text: str, *, size: int, weight: str | int, colour: str, dy: int) -> Spec:
    centre = {"x": {"expr": "width / 2"}, "y": {"expr": "height / 2"}, "align": "center", "baseline": "middle"}
    return {
        "mark": {
            "type": "text",
            "text": text,
            **centre,
            "fontSize": size,
            "fontWeight": weight,
            "color": colour,
            "dy": dy,
        }
    }
