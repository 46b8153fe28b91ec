"""Draw frames: one chart kind a file, one line here."""

from customer360.dashboards.charts.area import draw_area
from customer360.dashboards.charts.bar import draw_bar
from customer360.dashboards.charts.canvas import Canvas, Chart
from customer360.dashboards.charts.cohort import draw_cohort
from customer360.dashboards.charts.flow import draw_flow
from customer360.dashboards.charts.funnel import draw_funnel
from customer360.dashboards.charts.gauge import draw_gauge
from customer360.dashboards.charts.heatmap import draw_heatmap
from customer360.dashboards.charts.histogram import draw_histogram
from customer360.dashboards.charts.interval import draw_interval
from customer360.dashboards.charts.kpi import draw_kpi
from customer360.dashboards.charts.line import draw_line
from customer360.dashboards.charts.pie import draw_pie
from customer360.dashboards.charts.scatter import draw_scatter
from customer360.dashboards.charts.table import draw_table
from customer360.dashboards.charts.treemap import draw_treemap
from customer360.dashboards.layout import Room

CHARTS = {
    "kpi": Chart(draw_kpi, Room(3, 4), Room(6, 6)),
    "line": Chart(draw_line, Room(6, 8), Room(12, 12)),
    "bar": Chart(draw_bar, Room(5, 6), Room(6, 7)),
    "pie": Chart(draw_pie, Room(3, 4), Room(5, 6)),
    "gauge": Chart(draw_gauge, Room(3, 4), Room(5, 6)),
    "table": Chart(draw_table, Room(5, 6), Room(7, 8)),
    "scatter": Chart(draw_scatter, Room(5, 7), Room(6, 8)),
    "heatmap": Chart(draw_heatmap, Room(5, 6), Room(6, 7)),
    "cohort": Chart(draw_cohort, Room(6, 8), Room(12, 12)),
    "funnel": Chart(draw_funnel, Room(5, 6), Room(6, 7)),
    "area": Chart(draw_area, Room(6, 8), Room(12, 12)),
    "interval": Chart(draw_interval, Room(6, 8), Room(12, 12)),
    "histogram": Chart(draw_histogram, Room(5, 6), Room(6, 7)),
    "flow": Chart(draw_flow, Room(6, 8), Room(12, 12)),
    "treemap": Chart(draw_treemap, Room(6, 7), Room(12, 12)),
}

__all__ = ["CHARTS", "Canvas", "Chart"]
