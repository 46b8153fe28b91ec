"""Leave rows as a table: the page writes it, no chart is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.dashboards.charts.canvas import Canvas, category
from customer360.dashboards.filled import Drawn

if TYPE_CHECKING:
    from customer360.dashboards.frame import Frame


def draw_table(frame: Frame, canvas: Canvas) -> Drawn:
    """Return the sentence that names the first row."""
    count = frame.table.num_rows
    rows = "1 row" if count == 1 else f"{count:,} rows"
    first = frame.rows(1)[0]
    cells = [
        f"{c.label} {category(first[c.name]) if c.role == 'dimension' else c.text(first[c.name])}"
        for c in frame.columns
    ]
    return Drawn(f"{canvas.title}: {rows}; the first: {', '.join(cells)}.")
