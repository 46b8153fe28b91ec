"""Draw how members moved from one grouping to another as bands between two columns, as Sankey (1898) drew steam.

Columns and bands are worked out here, so that page, picture and report show the same; the browser only stretches them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from customer360.dashboards.charts.canvas import HEIGHT, Canvas, category, one_metric, share, tooltip
from customer360.dashboards.charts.heatmap import names_in_order, short
from customer360.dashboards.colours import colours_of
from customer360.dashboards.filled import Drawn
from customer360.dashboards.frame import Column, Frame, plain
from customer360.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from customer360.dashboards.theme import Spec

MOST = 14
"""Names on each side at most."""
_GAP = 0.014
"""Space between two names, as a share of the height."""
_LEFT, _RIGHT = 0.16, 0.84
"""Where the columns stand, as shares of the width; names are written outside of them."""
_THICK = 0.012
_STEPS = 12
"""Points of a band's edge."""
_TALLER = 1.6
_WIDE = {"encoding": {"x": {"scale": {"domain": {"0": _LEFT, "1": _RIGHT}}}}}
_SMALL = {"fontSize": 10, "limit": 130}
_NARROW = {
    "layer": {
        "0": _WIDE,
        "1": _WIDE,
        "2": {**_WIDE, "mark": {**_SMALL, "align": "left", "dx": 8}},
        "3": {**_WIDE, "mark": {**_SMALL, "align": "right", "dx": -8}},
    }
}
"""On a phone the columns stand at the edges and the names within the bands, so that those of both sides have room."""


@dataclass(frozen=True)
class Side:
    """One column: where each name begins and ends, from the top."""

    places: Mapping[str, tuple[float, float]]


def draw_flow(frame: Frame, canvas: Canvas) -> Drawn:
    """Return bands from the first dimension to the second. Errors: QueryError without two, or for a negative figure."""
    if len(frame.dimensions) < len("ab"):
        raise QueryError("A flow needs two dimensions.", next_step="Name two under query.dimensions: from, to.")
    (before, after), metric = frame.dimensions[:2], one_metric(frame)
    rows = [row for row in frame.rows() if row[metric.name]]
    if not rows or min(row[metric.name] for row in rows) < 0:
        raise QueryError("A flow shows figures above zero only.", next_step="Use a table for this metric.")
    orders = [names_in_order(column, metric, rows) for column in (before, after)]
    if max(map(len, orders)) > MOST:
        raise QueryError(f"A flow has {MOST} names on a side at most.", next_step="Use a heatmap.")
    moves = {(category(row[before.name]), category(row[after.name])): plain(row[metric.name]) for row in rows}
    left = side_of(orders[0], [(one, size) for (one, _), size in moves.items()])
    right = side_of(orders[1], [(other, size) for (_, other), size in moves.items()])
    whole = sum(moves.values())
    stayed = sum(size for (one, other), size in moves.items() if one == other)
    alt = (
        f"{canvas.title}: {metric.label} from {len(left.places)} values of {before.label} to {len(right.places)} of "
        f"{after.label}; {share(stayed, whole)} stayed where they were."
    )
    bands = bands_of(moves, left, right)
    spec = canvas.spec(frame, **_drawn(bands, left, right, (before, after, metric), moves))
    spec |= {"height": int(HEIGHT * _TALLER), "usermeta": {"narrow": _NARROW}}
    return Drawn(alt, spec)


def side_of(order: Sequence[str], parts: Sequence[tuple[str, float]]) -> Side:
    """Return the column of names in their order, as high as what they hold, with a gap between two."""
    sizes: dict[str, float] = defaultdict(float)
    for name, size in parts:
        sizes[name] += size
    room = 1 - _GAP * (len(order) - 1)
    scale, at, places = room / sum(sizes.values()), 0.0, {}
    for name in order:
        places[name] = (at, at + sizes[name] * scale)
        at += sizes[name] * scale + _GAP
    return Side(places)


def bands_of(moves: Mapping[tuple[str, str], float], left: Side, right: Side) -> list[Spec]:
    """Return the points of each band's upper and lower edge; on each side bands lie in the order of the other."""
    begins, ends = ({name: top for name, (top, _) in side.places.items()} for side in (left, right))
    scales = [_scale(side, moves, at) for at, side in enumerate((left, right))]
    orders = [list(side.places) for side in (left, right)]
    starts, stops = {}, {}
    for one, other in sorted(moves, key=lambda move: (orders[0].index(move[0]), orders[1].index(move[1]))):
        starts[one, other] = begins[one]
        begins[one] += moves[one, other] * scales[0]
    for one, other in sorted(moves, key=lambda move: (orders[1].index(move[1]), orders[0].index(move[0]))):
        stops[one, other] = ends[other]
        ends[other] += moves[one, other] * scales[1]
    points = []
    for number, ((one, other), size) in enumerate(moves.items()):
        for step in range(_STEPS + 1):
            way = step / _STEPS
            bend = way * way * (3 - 2 * way)
            top = starts[one, other] + (stops[one, other] - starts[one, other]) * bend
            thick = size * (scales[0] + (scales[1] - scales[0]) * bend)
            x = _LEFT + _THICK + (_RIGHT - _LEFT - 2 * _THICK) * way
            points.append({"n": number, "c": one, "x": round(x, 4), "y": round(top, 4), "z": round(top + thick, 4)})
    return points


def _scale(side: Side, moves: Mapping[tuple[str, str], float], at: int) -> float:
    held: dict[str, float] = defaultdict(float)
    for move, size in moves.items():
        held[move[at]] += size
    name = max(held, key=held.__getitem__)
    top, bottom = side.places[name]
    return (bottom - top) / held[name]


def _drawn(
    bands: list[Spec],
    left: Side,
    right: Side,
    columns: tuple[Column, Column, Column],
    moves: Mapping[tuple[str, str], float],
) -> dict[str, Any]:
    before, after, metric = columns
    names = list(dict.fromkeys([*left.places, *right.places]))
    colours = colours_of(names)
    colour: Spec = {
        "field": "c",
        "type": "nominal",
        "scale": {"domain": names, "range": [colours[name] for name in names]},
        "legend": None,
    }
    down: Spec = {"type": "quantitative", "axis": None, "scale": {"domain": [0, 1], "nice": False, "reverse": True}}
    x = {"field": "x", "type": "quantitative", "axis": None, "scale": {"domain": [0, 1], "nice": False}}
    told = list(moves.items())
    points = [{**point, "o": told[point["n"]][0][1], "v": told[point["n"]][1]} for point in bands]
    tips = [{"field": "c", "title": before.label}, {"field": "o", "title": after.label}, tooltip(metric, "v")]
    flow = {
        "data": {"values": points},
        "mark": {"type": "area", "opacity": 0.35, "interpolate": "monotone"},
        "encoding": {
            "x": x,
            "y": {"field": "y", **down},
            "y2": {"field": "z"},
            "detail": {"field": "n"},
            "color": colour,
            "tooltip": tips,
        },
    }
    posts = [*_posts(left, moves, 0, _LEFT, metric), *_posts(right, moves, 1, _RIGHT - _THICK, metric)]
    post = {
        "data": {"values": posts},
        "mark": {"type": "rect", "cornerRadius": 1},
        "encoding": {"x": x, "x2": {"field": "w"}, "y": {"field": "y", **down}, "y2": {"field": "z"}, "color": colour},
    }
    return {"layer": [flow, post, _names(posts, "right", _LEFT, x, down), _names(posts, "left", _RIGHT, x, down)]}


def _posts(side: Side, moves: Mapping[tuple[str, str], float], at: int, x: float, metric: Column) -> list[Spec]:
    held: dict[str, float] = defaultdict(float)
    for move, size in moves.items():
        held[move[at]] += size
    return [
        {
            "c": name,
            "x": x,
            "w": x + _THICK,
            "y": round(top, 4),
            "z": round(bottom, 4),
            "m": round((top + bottom) / 2, 4),
            "t": f"{name}  {short(metric, held[name])}",
        }
        for name, (top, bottom) in side.places.items()
    ]


def _names(posts: list[Spec], align: str, x: float, across: Spec, down: Spec) -> Spec:
    """Return the names of one side, written outside of its column."""
    is_left = align == "right"
    mine = [post for post in posts if (post["x"] < 0.5) == is_left]  # noqa: PLR2004  # the middle
    place = {"align": align, "baseline": "middle", "dx": -6 if is_left else 6}
    mark = {"type": "text", **place, "fontSize": 12, "limit": 150}
    return {
        "data": {"values": [{**post, "x": x} for post in mine]},
        "mark": {**mark, "color": "@ink"},
        "encoding": {"x": across, "y": {"field": "m", **down}, "text": {"field": "t"}},
    }
