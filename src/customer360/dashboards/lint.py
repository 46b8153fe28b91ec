"""Check dashboards against the semantic model: every widget's query must have an answer, every filter a dimension."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from customer360.dashboards.filters import TIME
from customer360.errors import C360Error, Place, QueryError, step_of, suggestion
from customer360.project.yamlfile import Block, line_of
from customer360.semantic.compile import compile_query
from customer360.semantic.findings import Finding
from customer360.semantic.query import MetricQuery, parse_query
from customer360.semantic.question import is_axis_name, locate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from customer360.project.spec import Dashboard, Widget
    from customer360.semantic.model import SemanticModel

_SOME_DAY = date(2000, 1, 1)
"""Stands in for the as-of date: the queries are only compiled."""

RULE = "DASHBOARD-QUERY"


ModelOf = Callable[[str], "SemanticModel"]


def lint_dashboards(
    dashboards: Iterable[Dashboard], model: SemanticModel, model_of: ModelOf | None = None
) -> list[Finding]:
    """Return the errors of all dashboards, each with its line and the nearest right word.

    ``model_of`` gives the models that widgets name; without it every widget is one of ``model``.
    """
    return [finding for dashboard in dashboards for finding in _of_dashboard(dashboard, model, model_of)]


def _of_dashboard(dashboard: Dashboard, model: SemanticModel, model_of: ModelOf | None) -> Iterator[Finding]:
    for name in dashboard.filters:
        if name != TIME and (error := _unknown_dimension(model, MetricQuery(metrics=()), name)):
            what = f"The dashboard '{dashboard.name}' cannot be filtered by '{name}': {error.what}"
            yield Finding(RULE, "error", what, dashboard.place, error.next_step)
    for widget in dashboard.widgets:
        try:
            other = model_of(widget.model) if widget.model and model_of else model
        except C360Error as error:
            yield Finding(RULE, "error", f"The widget '{widget.name}': {error.what}", widget.place, error.next_step)
            continue
        yield from _of_widget(widget, other)


def _of_widget(widget: Widget, model: SemanticModel) -> Iterator[Finding]:
    def finding(error: C360Error, *path: str | int) -> Finding:
        what = f"The widget '{widget.name}' cannot be answered: {error.what}"
        return Finding(RULE, "error", what, _place(widget, *path), step_of(error))

    try:
        query = parse_query(widget.query)
    except QueryError as error:
        yield finding(error)
        return
    unknown = [(place, name) for place, name in enumerate(query.metrics) if name not in model.metrics]
    if unknown and "no_data_source" in widget.options:
        return  # the page says so in its words
    found = []
    for i, name in unknown:
        step = suggestion(name, sorted(model.metrics))
        found.append(finding(QueryError(f"No metric is named '{name}'.", next_step=step), "metrics", i))
    for i, dimension in enumerate(query.dimensions):
        if wrong := _unknown_dimension(model, query, dimension.name):
            found.append(finding(wrong, "dimensions", i))
    if not found:
        try:
            compile_query(model, query, as_of=_SOME_DAY)
        except C360Error as error:
            found.append(finding(error))
    yield from found


def _unknown_dimension(model: SemanticModel, query: MetricQuery, name: str) -> C360Error | None:
    """Return what is wrong with a dimension's name, None when it means one."""
    if is_axis_name(name):
        return None
    formulas = [model.formulas[metric] for metric in query.metrics if metric in model.formulas]
    try:
        locate(model, name, formulas)
    except QueryError as error:
        return error
    return None


def _place(widget: Widget, *path: str | int) -> Place:
    """Return the place of a part of a widget's query."""
    if not isinstance(widget.query, Block):
        return widget.place
    return Place(widget.place.file, line_of(widget.query, path))
