"""Tell dashboards what a semantic model knows: what metrics mean, how dimensions are called, what a filter reaches."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from customer360.dashboards.fill import Vocabulary
from customer360.dashboards.filled import Definition
from customer360.errors import C360Error
from customer360.semantic.compile import compile_query

if TYPE_CHECKING:
    from customer360.semantic.elements import Metric
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.query import MetricQuery


_MOST_KNOWN = 10_000


def vocabulary_of(model: SemanticModel, *, as_of: date) -> Vocabulary:
    """Return what a dashboard needs to know of a semantic model. Answers about filters are remembered."""
    known: dict[str, bool] = {}

    def accepts(query: MetricQuery) -> bool:
        digest = _undated(query).digest()
        if digest not in known:
            if len(known) >= _MOST_KNOWN:
                known.clear()
            known[digest] = _compiles(model, query, as_of=as_of)
        return known[digest]

    labels = {
        name: field.title
        for dataset in model.datasets.values()
        for field in dataset.fields.values()
        for name in (field.name, field.qualified)
    }
    return Vocabulary({metric.name: definition_of(metric) for metric in model.metrics.values()}, accepts, labels)


def definition_of(metric: Metric) -> Definition:
    """Return what a metric means, for people."""
    text = next((text for _, text in metric.expression.dialects), None)
    return Definition(
        metric.name,
        metric.title,
        metric.description,
        text,
        metric.c360.unit,
        metric.c360.better,
        metric.c360.owner,
        metric.c360.status,
    )


def _undated(query: MetricQuery) -> MetricQuery:
    """Return the query with one and the same period for any two days in order: what it reaches hangs on none."""
    time = query.time
    if time is None or time.start is None or time.end is None or not _is_period(time.start, time.end):
        return query
    return query.model_copy(update={"time": time.model_copy(update={"start": "2000-01-01", "end": "2000-12-31"})})


def _is_period(start: str, end: str) -> bool:
    try:
        return date.fromisoformat(start) <= date.fromisoformat(end)
    except ValueError:
        return False


def _compiles(model: SemanticModel, query: MetricQuery, *, as_of: date) -> bool:
    try:
        compile_query(model, query, as_of=as_of)
    except C360Error:
        return False
    return True
