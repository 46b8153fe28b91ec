"""Draw a figure over two dimensions as a grid of shaded cells, each with its figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from customer360.dashboards import formats
from customer360.dashboards.charts.canvas import Canvas, category, one_metric, tooltip
from customer360.dashboards.colours import has_order, ordered
from customer360.dashboards.filled import Drawn
from customer360.dashboards.frame import Column, Frame, plain
from customer360.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.dashboards.theme import Spec

MOST = 14
"""Rows and columns of the grid at most; the table has all."""

_DARK_FROM = 0.62
"""Share of the largest figure from which text in the page's colour stands out more than ink, by day and by night."""
_NARROW = {"layer": {"1": {"mark": {"fontSize": 9}}}}
_CROWDED = {"layer": {"1": {"mark": {"opacity": 0}}}}
FEW_ACROSS = 9
"""Columns above which figures would touch on a phone; there the shades are left, and the figures of the table."""


def draw_heatmap(frame: Frame, canvas: Canvas) -> Drawn:
    """Return a grid: the first dimension downwards, the second across. Errors: QueryError without two dimensions."""
    if len(frame.dimensions) < len("yx"):
        raise QueryError("A heatmap needs two dimensions.", next_step="Name two under query.dimensions: down, across.")
    (down, across), metric = frame.dimensions[:2], one_metric(frame)
    rows = [row for row in frame.rows() if row[metric.name] is not None]
    names_down = names_in_order(down, metric, rows)
    if down.is_number:
        names_down.reverse()  # the highest on top, as on an axis
    names_across = names_in_order(across, metric, rows)
    kept = (set(names_down[:MOST]), set(names_across[:MOST]))
    cells = [
        {
            "r": label(down, row[down.name]),
            "c": label(across, row[across.name]),
            "y": plain(row[metric.name]),
            "t": short(metric, row[metric.name]),
        }
        for row in rows
    ]
    shown = [cell for cell in cells if cell["r"] in kept[0] and cell["c"] in kept[1]]
    notes = (f"{len(shown)} of {len(cells)} cells are drawn; the table has all.",) if len(shown) < len(cells) else ()
    top = max(rows, key=lambda row: row[metric.name])
    alt = (
        f"{canvas.title}: {metric.label} by {down.label} and {across.label}; the highest, "
        f"{metric.text(top[metric.name])}, at {label(down, top[down.name])} and {label(across, top[across.name])}."
    )
    order = (names_down[:MOST], names_across[:MOST])
    tips = [{"field": "r", "title": down.label}, {"field": "c", "title": across.label}, tooltip(metric, "y")]
    spec = grid(frame, canvas, shown, order, (down.label, across.label), tips)
    return Drawn(alt, spec, notes=notes, picks=None if across.is_time else across.asked)


def grid(
    frame: Frame,
    canvas: Canvas,
    cells: Sequence[Spec],
    order: tuple[list[str], list[str]],
    titles: tuple[str | None, str | None],
    tips: list[Spec],
) -> Spec:
    """Return cells of ``r``, ``c`` shaded by ``y`` with the text ``t``, in the order of rows and columns given."""
    most = max((float(cell["y"]) for cell in cells if cell["y"] is not None), default=0.0) or 1.0
    names: Spec = {"labelColor": "@ink", "labelLimit": 150, "grid": False, "ticks": False}
    y = {"field": "r", "type": "nominal", "sort": order[0], "axis": {**names, "title": titles[0]}}
    x = {
        "field": "c",
        "type": "nominal",
        "sort": order[1],
        "axis": {**names, "title": titles[1], "labelAngle": 0, "labelOverlap": "greedy"},
    }
    for place in (x, y):
        place["scale"] = {"paddingInner": 0.06, "paddingOuter": 0}
    shade = {
        "field": "y",
        "type": "quantitative",
        "legend": None,
        "scale": {"range": ["@accent-soft", "@accent"], "domainMin": 0, "domainMax": most, "interpolate": "rgb"},
    }
    ground = {"mark": {"type": "rect", "cornerRadius": 3}, "encoding": {"color": shade, "tooltip": tips}}
    on_dark = {"test": f"datum.y > {_DARK_FROM * most!r}", "value": "@surface"}
    figure = {
        "mark": {"type": "text", "fontSize": 11},
        "encoding": {"text": {"field": "t"}, "color": {"condition": on_dark, "value": "@ink"}},
    }
    return canvas.spec(
        frame,
        data={"values": list(cells)},
        encoding={"y": y, "x": x},
        layer=[ground, figure],
        usermeta={"narrow": _NARROW if len(order[1]) <= FEW_ACROSS else _CROWDED},
    )


def names_in_order(column: Column, metric: Column, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the names of a dimension: by time, by number, in their vocabulary's order, else largest first."""
    values = {row[column.name] for row in rows}
    if column.is_time or column.is_number:
        known = sorted(value for value in values if value is not None)
        return [label(column, value) for value in (*known, *((None,) if None in values else ()))]
    names = [category(value) for value in values]
    if has_order(names, column.members):
        return ordered(sorted(names), column.members)
    totals = dict.fromkeys(names, 0.0)
    for row in rows:
        totals[category(row[column.name])] += float(row[metric.name])
    by_size: list[str] = sorted(totals, key=lambda name: (-totals[name], name))
    return ordered(by_size)


def label(column: Column, value: Any) -> str:
    """Return a value of a dimension as an axis shows it."""
    if value is None or not column.is_time:
        return category(value)
    return formats.period(value, column.grain)


def short(metric: Column, value: Any) -> str:
    """Return a figure that fits a cell."""
    return formats.compact(value, metric.style, whole_up_to=10_000) if metric.style else str(value)
