"""Find the tables that a dashboard stands on: those of its tiles' queries, and of what it may be filtered by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from customer360.dashboards.filters import TIME
from customer360.engines.sessions import named_tables
from customer360.errors import C360Error
from customer360.semantic.compile import compile_query
from customer360.semantic.query import Condition, MetricQuery, parse_query

if TYPE_CHECKING:
    from customer360.names import Relation
    from customer360.project.spec import Dashboard
    from customer360.semantic.model import SemanticModel

_SOME_DAY = date(2000, 1, 1)
"""Stands in for the as-of date: the queries are only compiled."""


def tables_of(board: Dashboard, model_of: Callable[[str | None], SemanticModel]) -> frozenset[Relation]:
    """Return every table that a reader of a dashboard must be able to read; a tile that cannot be answered has none."""
    found: set[Relation] = set()
    for widget in board.widgets:
        try:
            model, query = model_of(widget.model), parse_query(widget.query)
            found.update(_tables(model, query))
        except C360Error:
            continue
        for asked in _filtered(query, board.filters):
            try:
                found.update(_tables(model, asked))
            except C360Error:
                continue  # a filter that does not reach this tile leaves it as it is
    return frozenset(found)


def _tables(model: SemanticModel, query: MetricQuery) -> tuple[Relation, ...]:
    return named_tables(compile_query(model, query, as_of=_SOME_DAY).sql)


def _filtered(query: MetricQuery, filters: tuple[str, ...]) -> Iterator[MetricQuery]:
    for name in filters:
        if name != TIME:
            yield MetricQuery(metrics=query.metrics, where=Condition(field=name, op="is not null"))
