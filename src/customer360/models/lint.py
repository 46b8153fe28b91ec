"""Find what is wrong in models before anything runs."""

from __future__ import annotations

from customer360.errors import C360Error
from customer360.models.graph import Graph
from customer360.project.spec import Project


def lint(project: Project) -> list[C360Error]:
    """Return everything that is wrong with a project's models."""
    return lint_graph(project, Graph.lenient(project))


def lint_graph(project: Project, graph: Graph) -> list[C360Error]:
    """Return everything that is wrong with models that are parsed already."""
    return list(graph.errors)
