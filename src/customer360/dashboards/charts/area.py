"""Draw how parts of a whole move over time, stacked; ``options.share`` draws their shares instead of their size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.dashboards import formats
from customer360.dashboards.charts.canvas import Canvas, category, one_metric, share, tooltip
from customer360.dashboards.charts.line import is_cut_short, time_axis, time_tooltip, value_axis
from customer360.dashboards.colours import colours_of, has_order, ordered
from customer360.dashboards.filled import Drawn
from customer360.dashboards.frame import plain
from customer360.errors import QueryError

if TYPE_CHECKING:
    from customer360.dashboards.frame import Frame

MOST = 8
OTHER = "Other"
_BOTH = 2


def draw_area(frame: Frame, canvas: Canvas) -> Drawn:
    """Return stacked areas of the first metric by time and a second dimension. Errors: QueryError."""
    if len(frame.dimensions) < _BOTH or not frame.dimensions[0].is_time:
        raise QueryError("An area chart needs time, then a dimension.", next_step="Name both under query.dimensions.")
    (time, split), metric = frame.dimensions[:2], one_metric(frame)
    rows = [row for row in frame.rows() if row[time.name] is not None and row[metric.name] is not None]
    if not rows or min(row[metric.name] for row in rows) < 0:
        raise QueryError("An area chart needs figures, none below zero.", next_step="Use a line chart.")
    totals: dict[str, float] = {}
    for row in rows:
        name = category(row[split.name])
        totals[name] = totals.get(name, 0.0) + float(row[metric.name])
    by_size = sorted(totals, key=lambda name: (-totals[name], name))
    names = ordered(sorted(by_size) if has_order(by_size) else by_size)[:MOST]
    sizes: dict[tuple[str, str], float] = {}
    for row in rows:
        name = category(row[split.name])
        place = (str(plain(row[time.name])), name if name in names else OTHER)
        sizes[place] = sizes.get(place, 0.0) + float(row[metric.name])
    days = sorted({day for day, _ in sizes})
    shown = [*names, OTHER] if len(totals) > len(names) else names
    points = [{"x": day, "c": name, "y": sizes.get((day, name), 0.0)} for name in shown for day in days]
    tokens = colours_of(shown)
    as_share = bool(canvas.options.get("share"))
    y = {**value_axis(metric), "stack": "normalize" if as_share else "zero"}
    if as_share:
        y["axis"] = {"format": ".0%", "title": None, "tickCount": 5}
    colour = {
        "field": "c",
        "type": "nominal",
        "sort": shown,
        "scale": {"domain": shown, "range": [tokens[name] for name in shown]},
        "legend": {"orient": "top", "symbolType": "square"},
    }
    tips = [time_tooltip(time), {"field": "c", "title": split.label}, tooltip(metric, "y")]
    spec = canvas.spec(
        frame,
        data={"values": points},
        mark={"type": "area", "opacity": 0.9, "stroke": "@surface", "strokeWidth": 0.75},
        encoding={
            "x": time_axis(time),
            "y": y,
            "color": colour,
            "order": {"field": "i", "type": "ordinal"},
            "tooltip": tips,
        },
    )
    for point in points:
        point["i"] = shown.index(str(point["c"]))
    last = max(row[time.name] for row in rows)
    partial = is_cut_short(last, time.grain, canvas.as_of)
    name = formats.period(last, time.grain)
    notes = (f"{name} is not complete: figures end on {formats.day(canvas.as_of)}.",) if partial else ()
    whole = sum(totals.values())
    first = formats.period(min(row[time.name] for row in rows), time.grain)
    alt = (
        f"{canvas.title}: {metric.label} by {split.label} from {first} to {name}; "
        f"{by_size[0]} is the largest part with {share(totals[by_size[0]], whole)}."
    )
    return Drawn(alt, spec, notes=notes, picks=split.asked)
