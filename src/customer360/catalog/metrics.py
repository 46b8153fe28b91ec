"""Tell metrics of one name apart: which semantic model a tile, a question or an audience means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from customer360.project.spec import Dashboard, Project
    from customer360.semantic.model import SemanticModel

FIRST = ""
"""The project's first model, which is meant where none is named."""
Named = tuple[str, str]
"""A model (FIRST, or its name) and a metric of it."""


def models_by_name(project: Project, models: Iterable[SemanticModel]) -> Iterator[tuple[str, SemanticModel]]:
    """Yield the project's models, given in its order, with the names that tiles call them by."""
    for place, (name, model) in enumerate(zip(project.semantics, models, strict=False)):
        yield (name if place else FIRST), model


def node_of(named: Named) -> str:
    """Return what a metric is called in the graph: ``metric:revenue``, ``metric:marketing/revenue``."""
    model, name = named
    return f"metric:{model}/{name}" if model else f"metric:{name}"


def metrics_of(query: Mapping[str, Any], model: str = FIRST) -> frozenset[Named]:
    """Return the metrics that a query to a model names."""
    names = (each if isinstance(each, str) else each.get("name") for each in query.get("metrics", ()))
    return frozenset((model, str(name)) for name in names)


def shown_on(board: Dashboard, project: Project) -> frozenset[Named]:
    """Return the metrics that a dashboard shows."""
    first = next(iter(project.semantics), None)
    return frozenset(
        metric
        for widget in board.widgets
        for metric in metrics_of(widget.query, FIRST if widget.model in (None, first) else str(widget.model))
    )


def of_first(metrics: Iterable[Named]) -> frozenset[str]:
    """Return the names of those of the first model."""
    return frozenset(name for model, name in metrics if model == FIRST)
