"""Frames made from Arrow tables, as answers of the semantic model give them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from customer360.dashboards.charts import Canvas
from customer360.dashboards.frame import Frame, frame_of
from customer360.semantic.answer import Answer
from customer360.semantic.compile import OutputColumn
from customer360.semantic.query import MetricQuery

if TYPE_CHECKING:
    import pyarrow as pa

AS_OF = date(2024, 11, 18)


def frame(table: pa.Table, **described: dict[str, Any]) -> Frame:
    """Return a frame; ``described`` names the dimensions and what is known of each column."""
    columns = tuple(
        OutputColumn(
            name=name,
            asked=facts.get("asked", name),
            label=facts.get("label", name.replace("_", " ").capitalize()),
            kind=facts.get("kind", "metric"),
            unit=facts.get("unit"),
            format=facts.get("format"),
            grain=facts.get("grain"),
        )
        for name, facts in ((name, described.get(name, {})) for name in table.column_names)
    )
    return frame_of(Answer(table, "SELECT 1", MetricQuery(metrics=("m",)), columns, AS_OF))


def canvas(**options: Any) -> Canvas:
    return Canvas(title="Widget", as_of=AS_OF, options=options)
