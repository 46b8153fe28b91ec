"""Draw a funnel: each metric is a stage, a part of the one before; a dimension sets several funnels side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from customer360.dashboards import formats
from customer360.dashboards.charts.canvas import Canvas, category, share
from customer360.dashboards.colours import colours_of, ordered
from customer360.dashboards.filled import Drawn
from customer360.errors import QueryError

if TYPE_CHECKING:
    from customer360.dashboards.frame import Column, Frame
    from customer360.dashboards.theme import Spec

MOST_GROUPS = 5
_LEAST_STAGES = 2


def draw_funnel(frame: Frame, canvas: Canvas) -> Drawn:
    """Return the stages in the order of ``query.metrics``. Errors: QueryError with a single metric."""
    if len(frame.metrics) < _LEAST_STAGES:
        raise QueryError("A funnel needs two metrics at least.", next_step="Name the stages under query.metrics.")
    rows = [row for row in frame.rows() if row[frame.metrics[0].name]]
    if not rows:
        raise QueryError(f"Nobody reached '{frame.metrics[0].label}'.", next_step="Choose a longer period.")
    if not frame.dimensions:
        return _one(frame, canvas, rows[0])
    return _several(frame, canvas, frame.dimensions[0], rows)


def _one(frame: Frame, canvas: Canvas, row: dict[str, Any]) -> Drawn:
    stages = frame.metrics
    first = float(row[stages[0].name])
    counts = [float(row[stage.name] or 0) for stage in stages]
    points = [
        {
            "c": stage.label,
            "y": count,
            "t": f"{_short(stage, row[stage.name])} \N{MIDDLE DOT} {share(count, first)}",
            "v": stage.text(row[stage.name]),
            "s": share(count, first),
            "b": share(count, before) if index else formats.NOTHING,
        }
        for index, (stage, count, before) in enumerate(zip(stages, counts, [first, *counts], strict=False))
    ]
    tips = [
        {"field": "c", "title": "Stage"},
        {"field": "v", "title": "Count"},
        {"field": "s", "title": "Of the first"},
        {"field": "b", "title": "Of the one before"},
    ]
    y = {**_stages([stage.label for stage in stages]), "scale": {"paddingInner": 0.32, "paddingOuter": 0.1}}
    x = {"field": "y", "type": "quantitative", "axis": None, "scale": {"zero": True, "nice": False}}
    bar = {"mark": {"type": "bar", "color": "@accent", "cornerRadiusEnd": 3}, "encoding": {"tooltip": tips}}
    text = {"type": "text", "align": "left", "baseline": "middle", "dx": 6, "color": "@muted", "fontSize": 12}
    layers = [bar, {"mark": text, "encoding": {"text": {"field": "t"}}}]
    alt = (
        f"{canvas.title}: {stages[0].label} {stages[0].text(row[stages[0].name])}; "
        f"{points[-1]['s']} reach {stages[-1].label.lower()}."
    )
    return Drawn(alt, canvas.spec(frame, data={"values": points}, encoding={"y": y, "x": x}, layer=layers))


def _several(frame: Frame, canvas: Canvas, dimension: Column, rows: list[dict[str, Any]]) -> Drawn:
    """Return for each stage after the first what share of the first each group keeps."""
    first, *later = frame.metrics
    rows.sort(key=lambda row: row[first.name], reverse=True)
    shown = rows[:MOST_GROUPS]
    names = ordered(category(row[dimension.name]) for row in shown)
    points = [
        {
            "r": stage.label,
            "c": category(row[dimension.name]),
            "y": float(row[stage.name] or 0) / float(row[first.name]),
            "t": share(float(row[stage.name] or 0), float(row[first.name])),
            "v": stage.text(row[stage.name]),
        }
        for row in shown
        for stage in later
    ]
    ends = {category(row[dimension.name]): float(row[later[-1].name] or 0) / float(row[first.name]) for row in shown}
    best = max(ends, key=ends.__getitem__)
    alt = (
        f"{canvas.title}: shares of {first.label.lower()} by {dimension.label}; {best} leads with "
        f"{share(ends[best], 1)} that reach {later[-1].label.lower()}."
    )
    notes = (f"The {len(shown)} largest of {len(rows)}; the table has all.",) if len(rows) > len(shown) else ()
    spec = _groups(frame, canvas, points, names, [stage.label for stage in later], dimension)
    return Drawn(alt, spec, notes=(f"Shares of {first.label.lower()}.", *notes), picks=dimension.asked)


def _groups(
    frame: Frame, canvas: Canvas, points: list[Spec], names: list[str], stages: list[str], dimension: Column
) -> Spec:
    tokens = colours_of(names)
    colour = {
        "field": "c",
        "type": "nominal",
        "sort": names,
        "scale": {"domain": names, "range": [tokens[name] for name in names]},
        "legend": {"orient": "top", "symbolType": "square"},
    }
    tips = [
        {"field": "c", "title": dimension.label},
        {"field": "r", "title": "Stage"},
        {"field": "v", "title": "Count"},
        {"field": "t", "title": "Share"},
    ]
    y = {**_stages(stages), "field": "r", "scale": {"paddingInner": 0.28, "paddingOuter": 0.05}}
    x = {"field": "y", "type": "quantitative", "axis": None, "scale": {"zero": True, "nice": False}}
    offset = {"field": "c", "sort": names, "scale": {"paddingInner": 0.18}}
    bar = {"mark": {"type": "bar", "cornerRadiusEnd": 2}, "encoding": {"color": colour, "tooltip": tips}}
    text = {"type": "text", "align": "left", "baseline": "middle", "dx": 5, "color": "@muted", "fontSize": 10}
    layers = [bar, {"mark": text, "encoding": {"text": {"field": "t"}}}]
    return canvas.spec(frame, data={"values": points}, encoding={"y": y, "x": x, "yOffset": offset}, layer=layers)


def _stages(names: list[str]) -> Spec:
    axis = {"title": None, "labelColor": "@ink", "labelLimit": 150, "grid": False}
    return {"field": "c", "type": "nominal", "sort": names, "axis": axis}


def _short(stage: Column, value: Any) -> str:
    return formats.compact(value, stage.style, whole_up_to=10_000) if stage.style else str(value)
