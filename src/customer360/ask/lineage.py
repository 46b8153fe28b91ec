"""Say which tables of which sources stand behind tables of the warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.engines.sessions import named_tables
from customer360.names import RAW_PREFIX, Relation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from customer360.project.spec import Project


def sources_behind(project: Project, tables: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return sources with those of their tables that ``tables`` are made of, both by name.

    A project read only to answer is read again with its models. Raises ProjectErrors when they are broken.
    """
    from customer360.models.graph import Graph
    from customer360.project.reader import read_project

    whole = project if project.models else read_project(project.root)
    graph = Graph.lenient(whole)
    found: dict[str, set[str]] = {}
    for relation in (each for name in tables for each in relations_of(name)):
        if relation not in graph.nodes:
            continue
        for model in (relation, *graph.upstream(relation)):
            node = graph.nodes.get(model)
            for read in node.dependencies if node else ():
                if read.schema.startswith(RAW_PREFIX):
                    found.setdefault(read.schema.removeprefix(RAW_PREFIX), set()).add(read.table)
    return {source: tuple(sorted(found[source])) for source in sorted(found)}


def relations_of(source: str) -> tuple[Relation, ...]:
    """Return the tables that a dataset is made of: the one it names, or those of its query."""
    return named_tables(source) if " " in source.strip() else (Relation.parse(source),)
