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
    from datetime import date

    from customer360.dashboards.frame import Frame
    from customer360.dashboards.theme import Spec

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
    sizes: dict[tuple[date, str], float] = {}
    for row in rows:
        place = (row[time.name], category(row[split.name]))
        sizes[place] = sizes.get(place, 0.0) + float(row[metric.name])
    totals = _totals(sizes)
    first, last = min(day for day, _ in sizes), max(day for day, _ in sizes)
    name = formats.period(last, time.grain)
    partial = is_cut_short(last, time.grain, canvas.as_of)
    notes = (f"{name} is not complete: figures end on {formats.day(canvas.as_of)}.",) if partial else ()
    largest = next(iter(totals))
    alt = (
        f"{canvas.title}: {metric.label} by {split.label} from {formats.period(first, time.grain)} to {name}; "
        f"{largest} is the largest part with {share(totals[largest], sum(totals.values()))}."
    )
    names = list(totals)
    shown = ordered(sorted(names) if has_order(names) else names, split.members)[:MOST]
    return Drawn(alt, _stack(frame, canvas, sizes, shown), notes=notes, picks=split.asked)


def _totals(sizes: dict[tuple[date, str], float]) -> dict[str, float]:
    """Return the whole of each part, the largest first."""
    found: dict[str, float] = {}
    for (_, name), size in sizes.items():
        found[name] = found.get(name, 0.0) + size
    return dict(sorted(found.items(), key=lambda part: (-part[1], part[0])))


def _stack(frame: Frame, canvas: Canvas, sizes: dict[tuple[date, str], float], names: list[str]) -> Spec:
    """Return the areas of the parts named, what is left as one more on top."""
    (time, split), metric = frame.dimensions[:2], frame.metrics[0]
    parts: dict[tuple[str, date], float] = {}
    for (day, name), size in sizes.items():
        place = (name if name in names else OTHER, day)
        parts[place] = parts.get(place, 0.0) + size
    shown = [*names, OTHER] if any(name == OTHER for name, _ in parts) and OTHER not in names else names
    days = sorted({day for day, _ in sizes})
    points = [
        {"x": plain(day), "c": name, "y": parts.get((name, day), 0.0), "i": index}
        for index, name in enumerate(shown)
        for day in days
    ]
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
    order = {"field": "i", "type": "ordinal"}
    return canvas.spec(
        frame,
        data={"values": points},
        mark={"type": "area", "opacity": 0.9, "stroke": "@surface", "strokeWidth": 0.75},
        encoding={"x": time_axis(time), "y": y, "color": colour, "order": order, "tooltip": tips},
    )
