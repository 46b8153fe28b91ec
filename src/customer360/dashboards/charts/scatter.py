"""Draw one point per row: two metrics place it, a third sizes it, a dimension colours it.

Above ``MOST_POINTS`` rows a fixed sample is drawn, taken evenly from every colour; the table and the download have all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer360.dashboards.charts.canvas import Canvas, axis, category, in_sentence, tooltip, values
from customer360.dashboards.colours import colours_of, ordered
from customer360.dashboards.filled import Drawn
from customer360.errors import QueryError

if TYPE_CHECKING:
    from customer360.dashboards.frame import Column, Frame
    from customer360.dashboards.theme import Spec

MOST_POINTS = 2_000
_SEED = 8360
_LOG_TICKS = [10**power for power in range(13)]
_CANVAS_FROM = 500  # points: from here on a bitmap is drawn faster than so many SVG elements
_NARROW = {"height": 340, "encoding": {"color": {"legend": {"orient": "bottom", "columns": 2, "symbolOpacity": 1}}}}
"""What changes where the chart is narrower than a phone is long: the legend goes below."""


def draw_scatter(frame: Frame, canvas: Canvas) -> Drawn:
    """Return points of the first two metrics (x, y); ``options.colour`` names the dimension of the colour.

    Errors: QueryError with fewer than two metrics.
    """
    if len(frame.metrics) < len("xy"):
        raise QueryError("A scatter chart needs two metrics: x and y.", next_step="Name two under query.metrics.")
    x, y = frame.metrics[:2]
    colour = _colour(frame, canvas)
    known = frame.replaced(frame.table.filter(_both(frame.table, x, y)))
    drawn = known.replaced(sample(known.table, colour.name if colour else None, MOST_POINTS))
    all_rows, points = known.table.num_rows, drawn.table.num_rows
    notes: tuple[str, ...] = (
        (f"{points:,} of {all_rows:,} points are drawn, taken evenly; the download has all.",)
        if points < all_rows
        else ()
    )
    without = frame.table.num_rows - all_rows
    notes += (f"Not drawn: {without:,} without {in_sentence(x.label)} or {in_sentence(y.label)}.",) if without else ()
    by = f", coloured by {colour.label}" if colour else ""
    alt = f"{canvas.title}: {all_rows:,} points, {x.label} across and {y.label} up{by}; {_middle(known, x, y)}."
    return Drawn(alt, _points(drawn, canvas, colour), notes=notes, picks=colour.asked if colour else None)


def sample(table: pa.Table, by: str | None, most: int) -> pa.Table:
    """Return about ``most`` rows, the same ones each time: an even share of each value of ``by``, one row at least."""
    total = table.num_rows
    if total <= most:
        return table
    shuffled = np.random.default_rng(_SEED).permutation(total)
    if by is None:
        return table.take(pa.array(np.sort(shuffled[:most])))
    codes = pc.fill_null(table[by].combine_chunks().dictionary_encode().indices, -1).to_numpy(zero_copy_only=False)
    chosen: list[np.ndarray[Any, Any]] = []
    for code in np.unique(codes):
        members = shuffled[codes[shuffled] == code]
        chosen.append(members[: max(1, int(len(members) * most / total))])
    return table.take(pa.array(np.sort(np.concatenate(chosen))))


def _both(table: pa.Table, x: Column, y: Column) -> pa.ChunkedArray:
    return pc.and_(pc.is_valid(table[x.name]), pc.is_valid(table[y.name]))


def _colour(frame: Frame, canvas: Canvas) -> Column | None:
    asked = canvas.options.get("colour", canvas.options.get("color"))
    if asked is not None:
        found = next((c for c in frame.dimensions if asked in (c.name, c.asked)), None)
        if found is None:
            raise QueryError(
                f"The colour '{asked}' is no dimension of the query.", next_step="Add it to query.dimensions."
            )
        return found
    return frame.dimensions[-1] if len(frame.dimensions) > 1 else None


def _middle(frame: Frame, x: Column, y: Column) -> str:
    def middle(column: Column) -> str:
        floats = pc.cast(frame.table[column.name], pa.float64())
        return column.text(pc.quantile(floats, 0.5)[0].as_py())

    return f"the median lies at {middle(x)} and {middle(y)}"


def _points(frame: Frame, canvas: Canvas, colour: Column | None) -> Spec:
    x, y, *more = frame.metrics
    size = more[0] if more else None
    names = {"x": x, "y": y} | ({"z": size} if size else {}) | ({"c": colour} if colour else {})
    rows = values(frame, names)
    encoding: Spec = {
        "x": _scale(frame, x, "x", canvas),
        "y": _scale(frame, y, "y", canvas),
        "tooltip": [tooltip(column, short) for short, column in names.items()],
    }
    if size:
        encoding["size"] = {"field": "z", "type": "quantitative", "legend": None, "scale": {"range": [8, 110]}}
    if colour:
        for row in rows:
            row["c"] = category(row["c"])
        order = ordered(row["c"] for row in rows)
        tokens = colours_of(order)
        encoding["color"] = {
            "field": "c",
            "type": "nominal",
            "scale": {"domain": order, "range": [tokens[name] for name in order]},
            "legend": {"orient": "right", "symbolOpacity": 1, "offset": 12},
        }
    mark: Spec = {"type": "point", "filled": True, "opacity": 0.5, "size": 20}
    if not colour:
        mark["color"] = "@accent"
    usermeta: Spec = {"renderer": "canvas" if len(rows) >= _CANVAS_FROM else "svg"}
    if colour:
        usermeta["narrow"] = _NARROW
    return canvas.spec(frame, data={"values": rows}, mark=mark, encoding=encoding, usermeta=usermeta)


def _scale(frame: Frame, column: Column, short: str, canvas: Canvas) -> Spec:
    """Return a position on a linear scale, or a logarithmic one where most points would crowd at its start.

    ``options.x_scale`` and ``y_scale`` (``linear`` or ``log``) decide instead.
    """
    floats = pc.cast(frame.table[column.name], pa.float64())
    asked = canvas.options.get(f"{short}_scale", "log" if _is_crowded(floats) else "linear")
    if asked != "log":
        shown = axis(column, title=column.label, grid=True, tickCount=4)
        return {**_position(short, shown), "scale": {"zero": True, "padding": 6}}
    high = pc.max(floats).as_py() or 1
    ticks = [0, *(tick for tick in _LOG_TICKS if tick <= high)]
    shown = axis(column, title=f"{column.label} (log scale)", grid=True, values=ticks, labelOverlap="greedy")
    return {**_position(short, shown), "scale": {"type": "symlog", "padding": 6, "nice": False}}


def _position(short: str, shown: Spec) -> Spec:
    return {"field": short, "type": "quantitative", "axis": shown}


def _is_crowded(values: pa.ChunkedArray) -> bool:
    """Say whether nothing is negative and three quarters of the values lie in the first eighth of the range."""
    low, high = pc.min(values).as_py(), pc.max(values).as_py()
    return low is not None and low >= 0 and pc.quantile(values, 0.75)[0].as_py() < high / 8
