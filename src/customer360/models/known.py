"""Know what a model may read: tables, their columns and types."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from customer360.names import LOAD_ID, Relation, raw_relation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.models.graph import Graph
    from customer360.project.spec import Project


class Known:
    """What a model may read: tables and their columns."""

    def __init__(self, project: Project, graph: Graph) -> None:
        self._project = project
        self._graph = graph

    @cached_property
    def readable(self) -> frozenset[Relation]:
        """Every model, and every raw table that a source declares."""
        raw = (raw_relation(name, table) for name, source in self._project.sources.items() for table in source.tables)
        return frozenset({*self._project.models, *raw})

    @cached_property
    def _types(self) -> dict[Relation, dict[str, str]]:
        contracts = self._project.contracts
        found = {c.relation: {column.name: column.type for column in c.columns} for c in contracts.values()}
        for name, source in self._project.sources.items():
            for table in source.tables.values():
                contract = contracts.get(table.contract or "")
                if contract is not None:
                    types = {column.name: column.type for column in contract.columns}
                    found[raw_relation(name, table.name)] = {**types, LOAD_ID: "BIGINT"}
        return found

    def columns(self, relation: Relation) -> Sequence[str] | None:
        """Return a table's columns: as its contract declares them, else as its SELECT names them."""
        if relation in self._types:
            return tuple(self._types[relation])
        node = self._graph.nodes.get(relation)
        if node is None or len(node.parts) != 1 or "*" in node.parts[0].columns:
            return None
        return (*node.parts[0].columns, *node.config.version_columns)

    def type_of(self, relation: Relation, column: str) -> str | None:
        """Return a column's declared type, None when no contract says."""
        return self._types.get(relation, {}).get(column)
