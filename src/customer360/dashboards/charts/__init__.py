"""Draw frames: one chart kind a file, one line here."""

from customer360.dashboards.charts.bar import draw_bar
from customer360.dashboards.charts.canvas import Canvas, Chart
from customer360.dashboards.charts.gauge import draw_gauge
from customer360.dashboards.charts.kpi import draw_kpi
from customer360.dashboards.charts.line import draw_line
from customer360.dashboards.charts.pie import draw_pie
from customer360.dashboards.charts.scatter import draw_scatter
from customer360.dashboards.charts.table import draw_table

CHARTS = {
    "kpi": Chart(draw_kpi, 3),
    "line": Chart(draw_line, 8),
    "bar": Chart(draw_bar, 6),
    "pie": Chart(draw_pie, 4),
    "gauge": Chart(draw_gauge, 4),
    "table": Chart(draw_table, 6),
    "scatter": Chart(draw_scatter, 4),
}

__all__ = ["CHARTS", "Canvas", "Chart"]
