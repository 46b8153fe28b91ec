"""Draw parts of a whole as rectangles whose area is the figure, laid out in rows of nearly square ones.

The layout is the squarified treemap of Bruls, Huizing and van Wijk (2000). It is worked out here, so that page, picture
and report show the same rectangles; the browser only stretches them to the width of the card.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from customer360.dashboards import formats
from customer360.dashboards.charts.canvas import Canvas, category, one_dimension, one_metric, share, tooltip
from customer360.dashboards.colours import colours_of
from customer360.dashboards.filled import Drawn
from customer360.dashboards.frame import Column, Frame, plain
from customer360.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.dashboards.theme import Spec

MOST = 24
OTHER = "Other"
RATIO = 2.2
"""Width of a usual card by its height: rectangles are nearly square there, and longer where the card is."""
NARROW_RATIO = 1.2
"""The same on a phone, where the rectangles are laid out anew."""
_WORD, _EDGE = 6.2, 14
"""Pixels of a letter of a name on a phone, about, and beside it."""
_GAP = 1.5
"""Pixels between a rectangle and its place, on each side."""


@dataclass(frozen=True)
class Place:
    """A rectangle in a plot of ``RATIO`` by 1."""

    x: float
    y: float
    width: float
    height: float


def draw_treemap(frame: Frame, canvas: Canvas) -> Drawn:
    """Return rectangles of the first metric by the first dimension; a second metric is written beside it.

    Errors: QueryError for a negative part, or when nothing is more than zero.
    """
    dimension, metric = one_dimension(frame, "treemap"), one_metric(frame)
    rows = sorted(
        (row for row in frame.rows() if row[metric.name] is not None), key=lambda row: row[metric.name], reverse=True
    )
    if rows and rows[-1][metric.name] < 0:
        raise QueryError("A treemap cannot show a negative part.", next_step="Use a bar chart for this metric.")
    rows = [row for row in rows if row[metric.name] > 0]
    if not rows:
        raise QueryError("All parts of this treemap are zero.")
    second = frame.metrics[1] if len(frame.metrics) > 1 else None
    points = _points(rows, dimension, metric, second)
    notes = (f"The smallest {len(rows) - MOST + 1} of {len(rows)} stand together.",) if len(rows) > MOST else ()
    whole = sum(float(row[metric.name]) for row in rows)
    first = points[0]
    alt = (
        f"{canvas.title}: {metric.label} in {len(rows)} parts by {dimension.label}; "
        f"the largest is {first['c']} with {first['t']}, {share(first['y'], whole)}."
    )
    spec = canvas.spec(frame, **_drawn(points, dimension, metric, second))
    return Drawn(alt, spec, notes=notes, picks=dimension.asked)


def squarified(sizes: Sequence[float], width: float = RATIO, height: float = 1.0) -> list[Place]:
    """Return a rectangle for each size, largest first, that together fill the plot."""
    scale = width * height / sum(sizes)
    areas = [size * scale for size in sizes]
    found: list[Place] = []
    left = Place(0.0, 0.0, width, height)
    while areas:
        side = min(left.width, left.height)
        count = 1
        while count < len(areas) and _worst(areas[: count + 1], side) <= _worst(areas[:count], side):
            count += 1
        row, areas = areas[:count], areas[count:]
        found += _row(row, left)
        thick = sum(row) / side
        if left.width >= left.height:
            left = Place(left.x + thick, left.y, max(left.width - thick, 0.0), left.height)
        else:
            left = Place(left.x, left.y + thick, left.width, max(left.height - thick, 0.0))
    return found


def _worst(row: Sequence[float], side: float) -> float:
    """Return the longest of the rectangles' sides by its shortest when these areas share one side."""
    total = sum(row)
    return max(side**2 * max(row) / total**2, total**2 / (side**2 * min(row)))


def _row(row: Sequence[float], left: Place) -> list[Place]:
    """Lay areas along the shorter side of what is left."""
    stands = left.width >= left.height
    thick = sum(row) / min(left.width, left.height)
    places, at = [], 0.0
    for area in row:
        long = area / thick
        place = Place(left.x, left.y + at, thick, long) if stands else Place(left.x + at, left.y, long, thick)
        places.append(place)
        at += long
    return places


def _points(
    rows: Sequence[dict[str, Any]], dimension: Column, metric: Column, second: Column | None
) -> list[dict[str, Any]]:
    """Return each part with its rectangle, as shares of the plot's width and height."""
    parts: list[dict[str, Any]] = [
        {
            "c": category(row[dimension.name]),
            "y": plain(row[metric.name]),
            "t": _short(metric, row[metric.name]),
            **({"z": plain(row[second.name]), "u": _short(second, row[second.name])} if second else {}),
        }
        for row in rows[: MOST if len(rows) <= MOST else MOST - 1]
    ]
    if len(rows) > MOST:
        rest = sum(row[metric.name] for row in rows[MOST - 1 :])
        parts.append({"c": OTHER, "y": plain(rest), "t": _short(metric, rest)})
        parts.sort(key=lambda part: part["y"], reverse=True)
    whole = sum(part["y"] for part in parts)
    for part, place in zip(parts, squarified([part["y"] for part in parts]), strict=True):
        part |= {
            "s": share(part["y"], whole),
            **_shares(place, RATIO),
        }
    return parts


def _shares(place: Place, ratio: float) -> dict[str, float]:
    """Return a rectangle as shares of the plot's width and height."""
    left, right = place.x / ratio, (place.x + place.width) / ratio
    return {"a": round(left, 5), "b": round(right, 5), "d": round(place.y, 5), "e": round(place.y + place.height, 5)}


def _narrow(points: Sequence[dict[str, Any]], layers: int) -> Spec:
    """Return what changes on a phone: the layout, and names of a word a line where all of it fits, else cut."""
    places = squarified([point["y"] for point in points], NARROW_RATIO)
    values = {
        str(at): {**_shares(place, NARROW_RATIO), "q": max(len(word) for word in point["c"].split()) * _WORD + _EDGE}
        for at, (place, point) in enumerate(zip(places, points, strict=True))
    }
    lines = "length(split(datum.c, ' '))"
    fits = f"(datum.b - datum.a) * width > datum.q && (datum.e - datum.d) * height > {lines} * 13 + {{}}"
    room = "floor(((datum.b - datum.a) * width - 14) / 6)"
    cut = f"{room} > 2 && (datum.e - datum.d) * height > 20 ? truncate(datum.c, {room}) : ''"
    name = {"text": {"expr": f"{fits.format(12)} ? split(datum.c, ' ') : {cut}"}, "fontSize": 11, "lineHeight": 13}
    figure = {
        "text": {"expr": f"{fits.format(28)} ? datum.t : ''"},
        "fontSize": 11,
        "dy": {"expr": f"10 + {lines} * 13"},
    }
    patch: dict[str, Any] = {"1": {"mark": name}, "2": {"mark": figure}}
    if layers > len("012"):
        patch["3"] = {"mark": {"opacity": 0}}
    return {"data": {"values": values}, "layer": patch}


def _short(metric: Column, value: Any) -> str:
    return formats.compact(value, metric.style, whole_up_to=10_000) if metric.style else str(value)


def _drawn(points: list[dict[str, Any]], dimension: Column, metric: Column, second: Column | None) -> dict[str, Any]:
    """Return the rectangles with their names and figures, as far as these fit."""
    colours = colours_of([point["c"] for point in points])
    names = list(colours)
    scale: Spec = {"domain": names, "range": [colours[name] for name in names]}
    colour: Spec = {"field": "c", "type": "nominal", "scale": scale, "legend": None}
    tips = [
        {"field": "c", "title": dimension.label},
        tooltip(metric, "y"),
        {"field": "s", "title": "Share"},
        *([tooltip(second, "z")] if second else []),
    ]
    ground = {
        "mark": {"type": "rect", "fillOpacity": 0.2, "strokeWidth": 1.25, "cornerRadius": 4, **_inset()},
        "encoding": {"x2": {"field": "b"}, "y2": {"field": "e"}, "fill": colour, "stroke": colour, "tooltip": tips},
    }
    layers = [ground, _words("c", 8, 600, "@ink", 46, 24), _words("t", 25, 400, "@ink", 46, 40)]
    if second:
        layers.append(_words("u", 41, 400, "@muted", 60, 57))
    places = {
        "x": {"field": "a", "type": "quantitative", "axis": None, "scale": {"domain": [0, 1], "nice": False}},
        "y": {
            "field": "d",
            "type": "quantitative",
            "axis": None,
            "scale": {"domain": [0, 1], "nice": False, "reverse": True},
        },
    }
    narrow = {"narrow": _narrow(points, len(layers))}
    return {"data": {"values": points}, "encoding": places, "layer": layers, "usermeta": narrow}


def _inset() -> Spec:
    return {"xOffset": _GAP, "x2Offset": -_GAP, "yOffset": _GAP, "y2Offset": -_GAP}


def _words(field: str, down: int, weight: int, colour: str, least_width: int, least_height: int) -> Spec:
    """Return a line of text in each rectangle that is wide and high enough for it, cut where it ends."""
    fits = (
        f"(datum.b - datum.a) * width > {least_width} && (datum.e - datum.d) * height > {least_height}"
        f" ? datum.{field} : ''"
    )
    mark = {
        "type": "text",
        "align": "left",
        "baseline": "top",
        "dx": 8,
        "dy": {"expr": str(down)},
        "fontSize": 12,
        "fontWeight": weight,
        "color": colour,
        "clip": True,
        "limit": {"expr": "(datum.b - datum.a) * width - 14"},
        "text": {"expr": fits},
    }
    return {"mark": mark}
