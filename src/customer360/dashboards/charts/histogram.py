"""Draw how a figure is spread: how many members of a dimension lie in each range of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer360.dashboards import formats
from customer360.dashboards.charts.canvas import Canvas, axis, one_dimension, one_metric
from customer360.dashboards.filled import Drawn

if TYPE_CHECKING:
    from customer360.dashboards.frame import Column, Frame

BINS = 20
_TAIL = 0.99
"""Share of the members that the ranges cover; those above stand in the last range."""
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def draw_histogram(frame: Frame, canvas: Canvas) -> Drawn:
    """Return counts of the first dimension's members by ranges of the first metric; ``options.bins``: about so many."""
    dimension, metric = one_dimension(frame, "histogram"), one_metric(frame)
    floats = pc.drop_null(pc.cast(frame.table[metric.name], pa.float64()))
    numbers: np.ndarray[Any, Any] = floats.to_numpy()
    edges = bin_edges(numbers, int(canvas.options.get("bins", BINS)))
    counts, _ = np.histogram(np.minimum(numbers, edges[-1]), bins=edges)
    is_open = bool((numbers > edges[-1]).any())
    points = [
        {
            "a": float(low),
            "b": float(high),
            "y": int(count),
            "t": _range(metric, float(low), float(high), is_last=is_open and index == len(counts) - 1),
        }
        for index, (low, high, count) in enumerate(zip(edges[:-1], edges[1:], counts, strict=True))
    ]
    x = {
        "field": "a",
        "type": "quantitative",
        "bin": {"binned": True},
        "axis": axis(metric, title=metric.label, grid=False),
        "scale": {"domain": [float(edges[0]), float(edges[-1])], "nice": False},
    }
    y = {"field": "y", "type": "quantitative", "axis": {"format": "~s", "tickCount": 4, "title": None}}
    tips = [{"field": "t", "title": metric.label}, {"field": "y", "title": dimension.label, "format": ",d"}]
    spec = canvas.spec(
        frame,
        data={"values": points},
        mark={"type": "bar", "color": "@accent", "binSpacing": 1.5},
        encoding={"x": x, "x2": {"field": "b"}, "y": y, "tooltip": tips},
    )
    middle = float(np.median(numbers))
    alt = (
        f"{canvas.title}: {metric.label} of {len(numbers):,}; half lie below {_text(metric, middle)}, "
        f"the highest is {_text(metric, float(numbers.max()))}."
    )
    notes = (f"The last bar holds all from {_text(metric, float(edges[-2]))} up.",) if is_open else ()
    return Drawn(alt, spec, notes=notes)


def bin_edges(numbers: np.ndarray[Any, Any], about: int) -> np.ndarray[Any, Any]:
    """Return edges of equal ranges with round steps that cover all but the highest hundredth."""
    low, high = float(numbers.min()), float(np.quantile(numbers, _TAIL))
    low = min(0.0, low) if low < high / 2 else low
    width = (high - low) / about
    if width <= 0:
        return np.array([low, low + 1.0])
    scale = 10.0 ** np.floor(np.log10(width))
    step = float(next(s for s in _STEPS if s * scale >= width * (1 - 1e-9)) * scale)
    start = np.floor(low / step) * step
    steps = int(np.ceil((high - start) / step - 1e-9)) or 1
    return np.asarray(start + step * np.arange(steps + 1), dtype=float)


def _range(metric: Column, low: float, high: float, *, is_last: bool) -> str:
    return f"from {_text(metric, low)}" if is_last else f"{_text(metric, low)} to {_text(metric, high)}"


def _text(metric: Column, value: float) -> str:
    return formats.compact(value, metric.style, whole_up_to=10_000) if metric.style else f"{value:g}"
