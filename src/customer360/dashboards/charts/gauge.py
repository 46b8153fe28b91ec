"""Draw one figure on a half circle between ``options.min`` and ``options.max`` (0 to 1 for shares)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from customer360.dashboards import formats
from customer360.dashboards.charts.canvas import HEIGHT, Canvas, one_metric
from customer360.dashboards.filled import Drawn, Figure
from customer360.errors import QueryError

if TYPE_CHECKING:
    from customer360.dashboards.frame import Column, Frame
    from customer360.dashboards.theme import Spec

_HALF = 1.5707963267948966  # a quarter turn to either side of twelve o'clock


def draw_gauge(frame: Frame, canvas: Canvas) -> Drawn:
    """Return the gauge of the first metric; a second metric stands below as what it rests on. Errors: QueryError."""
    column = one_metric(frame)
    row = frame.rows(1)[0]
    value = row[column.name]
    low, high = _ends(column, canvas)
    if value is None:
        raise QueryError(f"'{column.label}' has no value.")
    rests = "; ".join(f"{other.label} {other.text(row[other.name])}" for other in frame.metrics[1:])
    scale = f"on a scale from {_end(low, column)} to {_end(high, column)}"
    figure = Figure(formats.compact(value, column.style) if column.style else str(value), column.text(value))
    alt = f"{canvas.title}: {figure.full} {scale}{'; ' + rests if rests else ''}."
    part = min(max((float(value) - low) / (high - low), 0.0), 1.0)
    return Drawn(alt, _dial(frame, canvas, figure=figure.compact, part=part, ends=(low, high), rests=rests), figure)


def _ends(column: Column, canvas: Canvas) -> tuple[float, float]:
    low, high = (
        canvas.options.get("min", 0),
        canvas.options.get("max", 1 if column.style and column.style.is_share else None),
    )
    if not isinstance(low, int | float) or not isinstance(high, int | float) or high <= low:
        raise QueryError("A gauge needs its scale.", next_step="Set options.min and options.max of the widget.")
    return float(low), float(high)


def _end(value: float, column: Column) -> str:
    return f"{value:.0%}" if column.style and column.style.is_share else f"{value:g}"


def _dial(frame: Frame, canvas: Canvas, *, figure: str, part: float, ends: tuple[float, float], rests: str) -> Spec:
    radius = f"min(width / 2 - 8, {HEIGHT} * 0.68)"
    centre = {"x": {"expr": "width / 2"}, "y": {"expr": f"{HEIGHT} * 0.76"}}

    def arc(colour: str, to: float) -> Spec:
        band = {"outerRadius": {"expr": radius}, "innerRadius": {"expr": f"({radius}) * 0.8"}}
        return {
            "mark": {"type": "arc", **centre, **band, "theta": -_HALF, "theta2": to, "color": colour, "cornerRadius": 3}
        }

    def words(text: str, size: int, colour: str, **place: Any) -> Spec:
        mark = {"type": "text", **centre, "text": text, "fontSize": size, "color": colour, "align": "center", **place}
        return {"mark": mark}

    metric = frame.metrics[0]
    low, high = (_end(end, metric) for end in ends)
    below = {"y": {"expr": f"{HEIGHT} * 0.76 + 18"}}
    at = f"({radius}) * 0.9"
    layers = [
        arc("@line", _HALF),
        arc("@accent", -_HALF + part * 2 * _HALF),
        words(figure, 40, "@ink", fontWeight=600, baseline="bottom", dy=-4),
        words(low, 12, "@muted", **below, x={"expr": f"width / 2 - {at}"}),
        words(high, 12, "@muted", **below, x={"expr": f"width / 2 + {at}"}),
    ]
    if rests:
        layers.append(words(rests, 12, "@muted", y={"expr": f"{HEIGHT} * 0.76 + 18"}))
    return canvas.spec(frame, data={"values": [{}]}, layer=layers)
