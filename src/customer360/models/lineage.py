"""Trace every column of every table back to the columns it is made of, down to the sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope, traverse_scope

from customer360.engines.dialect_rules import WHOLE_TYPES
from customer360.models.column_types import is_integer, is_number
from customer360.models.columns import ColumnsOf, output_columns, source_columns
from customer360.models.graph import Graph, Node
from customer360.models.known import Known
from customer360.names import Relation

if TYPE_CHECKING:
    from customer360.models.render import RenderedPart
    from customer360.project.spec import Project

Column = tuple[Relation, str]
Origins = dict[str, dict[Column, str]]
"""By column of a query: the table columns it is made of, and how."""
Done = dict[int, Origins]
"""Origins by query, so that each is worked out once."""


ROWS = "*"
"""Stands for the rows of a table where a value counts or numbers them instead of reading a column."""


@dataclass(frozen=True)
class Edge:
    """One column is made (also) of another. ``how``: copied, computed, or step (inside a registered method).

    ``source_column`` is ``*`` where rows are counted. A column made of no other has one edge without a source:
    constant (literals, policies, the as-of date), history (kept by scd2), empty (no system provides it) or step.
    """

    to: Relation
    to_column: str
    source: Relation | None
    source_column: str | None
    how: str

    @property
    def order(self) -> tuple[str, ...]:
        """What edges are sorted by."""
        return (str(self.to), self.to_column, str(self.source or ""), self.source_column or "", self.how)


def column_lineage(project: Project, *, graph: Graph | None = None) -> tuple[Edge, ...]:
    """Return the direct edges of all models, sorted: what each column is made of in the tables its model reads.

    Values only: columns that merely filter, join or sort are left out. A step's columns are made of the columns that
    its ``lineage`` parameter names (``{clv: [purchases.amount]}``), else of all columns of all its inputs.
    Every column has at least one edge; Edge says how one looks that has no source.
    """
    graph = graph or Graph.from_project(project)
    known = Known(project, graph)
    edges: set[Edge] = set()
    for node in graph.nodes.values():
        found = set(_of_step(node, known) if node.model.step else _of_sql(node, known))
        edges |= found | set(_without_source(node, known, {edge.to_column for edge in found}))
    return tuple(sorted(edges, key=lambda edge: edge.order))


def lineage_table(edges: tuple[Edge, ...]) -> pa.Table:
    """Return edges as a table of texts; NULL where an edge has no source."""
    return pa.table(
        {
            "to_table": pa.array([str(edge.to) for edge in edges], pa.string()),
            "to_column": pa.array([edge.to_column for edge in edges], pa.string()),
            "from_table": pa.array([edge.source and str(edge.source) for edge in edges], pa.string()),
            "from_column": pa.array([edge.source_column for edge in edges], pa.string()),
            "how": pa.array([edge.how for edge in edges], pa.string()),
        }
    )


def upstream(edges: tuple[Edge, ...], relation: Relation, column: str) -> tuple[Edge, ...]:
    """Return every edge on a way from a source column to this column."""
    by_target: dict[Column, list[Edge]] = {}
    for edge in edges:
        by_target.setdefault((edge.to, edge.to_column), []).append(edge)
    found: set[Edge] = set()
    waiting: list[Column] = [(relation, column)]
    while waiting:
        for edge in by_target.get(waiting.pop(), ()):
            if edge not in found:
                found.add(edge)
                if edge.source is not None and edge.source_column is not None:
                    waiting.append((edge.source, edge.source_column))
    return tuple(sorted(found, key=lambda edge: edge.order))


def _without_source(node: Node, known: Known, traced: set[str]) -> Iterator[Edge]:
    """Yield one edge for each column that is made of no other: why it has none."""
    written = {name for part in node.parts for name in part.columns if name != "*"}
    kept = set(node.config.version_columns)
    for name in {*(known.columns(node.relation) or ()), *written, *kept} - traced:
        if node.model.step:
            how = "step"
        elif name in kept:
            how = "history"
        else:
            how = "constant" if name in written or not node.model.is_union else "empty"
        yield Edge(node.relation, name, None, None, how)


def _of_sql(node: Node, known: Known) -> Iterator[Edge]:
    for part in node.parts:
        for name, found in part_lineage(part, known.columns).items():
            for (relation, column), how in found.items():
                yield Edge(node.relation, name, relation, column, how)
    config = node.config
    if config.version_key:
        named = [config.durable_key] if config.durable_key else config.key
        for edge in list(_edges_of(node, known, set(named))):
            yield Edge(node.relation, config.version_key, edge.source, edge.source_column, "computed")


def _edges_of(node: Node, known: Known, names: set[str]) -> Iterator[Edge]:
    for part in node.parts:
        for name, found in part_lineage(part, known.columns).items():
            if name in names:
                for (relation, column), how in found.items():
                    yield Edge(node.relation, name, relation, column, how)


def _of_step(node: Node, known: Known) -> Iterator[Edge]:
    step = node.model.step
    columns = known.columns(node.relation) or ()
    declared = step.parameters.get("lineage") if step else None
    for name in columns if step else ():
        if isinstance(declared, Mapping):
            for text in declared.get(name, ()):
                argument, _, column = str(text).partition(".")
                if step and argument in step.inputs:
                    yield Edge(node.relation, name, step.inputs[argument], column, "step")
            continue
        for relation in step.inputs.values() if step else ():
            for column in known.columns(relation) or ():
                if relation != node.relation:
                    yield Edge(node.relation, name, relation, column, "step")


def part_lineage(part: RenderedPart, columns_of: ColumnsOf) -> Origins:
    """Return, per column that a SELECT yields, the table columns it is made of and how."""
    scope = build_scope(part.tree)
    return {} if scope is None else _outputs(scope, columns_of, {})


def _outputs(scope: Scope, columns_of: ColumnsOf, done: Done) -> Origins:
    """Return the origins of a scope's columns by name; each scope is worked out once."""
    key = id(scope.expression)
    if key in done:
        return done[key]
    done[key] = {}  # a recursive WITH part adds nothing to its own first half
    query = scope.expression
    if isinstance(query, exp.SetOperation):
        halves = [_outputs(half, columns_of, done) for half in scope.set_operation_scopes]
        done[key] = _side_by_side(halves)
    elif isinstance(query, exp.Select):
        done[key] = dict(_select(scope, columns_of, done))
    return done[key]


def _side_by_side(halves: list[Origins]) -> Origins:
    """Merge the halves of a UNION: columns belong together by position and are called as in the first."""
    merged = {name: dict(found) for name, found in halves[0].items()} if halves else {}
    for half in halves[1:]:
        for name, found in zip(merged, half.values(), strict=False):
            merged[name] = {**found, **merged[name]}
    return merged


def _select(scope: Scope, columns_of: ColumnsOf, done: Done) -> Iterator[tuple[str, dict[Column, str]]]:
    for item in _items(scope):
        if item.is_star:
            wanted = [item.table] if isinstance(item, exp.Column) else list(scope.selected_sources)
            for source in wanted:
                for name in _source_names(scope, source, columns_of):
                    yield name, _origin(scope, source, name, columns_of, done)
            continue
        value = item.unalias()
        how = "copied" if isinstance(value, exp.Column) else "computed"
        found: dict[Column, str] = {}
        for column in value.find_all(exp.Column):
            for origin, before in _resolved(scope, column, columns_of, done).items():
                found[origin] = "copied" if how == before == "copied" else "computed"
        yield item.alias_or_name, {**dict.fromkeys(_counted(scope, value, alone=not found), "computed"), **found}


def _counted(scope: Scope, value: exp.Expr, *, alone: bool) -> Iterator[Column]:
    """Yield the rows that a value counts; with ``alone`` also those it only numbers or aggregates."""
    for call in value.find_all(exp.AggFunc, exp.Window):
        if alone or (isinstance(call, exp.Count) and isinstance(call.this, exp.Star)):
            inner = (s for s in scope.subquery_scopes if call.find_ancestor(exp.Select) is s.expression)
            yield from _rows(next(inner, scope), set())


def _rows(scope: Scope, seen: set[int]) -> Iterator[Column]:
    """Yield every table that the rows of a scope come from."""
    if id(scope.expression) in seen:
        return
    seen.add(id(scope.expression))
    for half in scope.set_operation_scopes if isinstance(scope.expression, exp.SetOperation) else ():
        yield from _rows(half, seen)
    for _, source in scope.selected_sources.values():
        if isinstance(source, Scope):
            yield from _rows(source, seen)
        elif source.db:
            yield Relation(source.db, source.name), ROWS


def _items(scope: Scope) -> list[exp.Expr]:
    """Return what a scope's SELECT yields, in order."""
    query = scope.expression
    return list(query.selects) if isinstance(query, exp.Query) else []


def _resolved(scope: Scope, column: exp.Column, columns_of: ColumnsOf, done: Done) -> dict[Column, str]:
    """Return the origins of a column as it is written inside a scope (or a subquery of it)."""
    home: Scope | None = next(
        (inner for inner in scope.subquery_scopes if column.find_ancestor(exp.Select) is inner.expression), scope
    )
    while home is not None:
        names = [column.table] if column.table else list(home.selected_sources)
        for name in names:
            if name in home.sources and (column.table or column.name in _source_names(home, name, columns_of)):
                return _origin(home, name, column.name, columns_of, done)
        if not column.table:
            alias = next((i for i in _items(home) if i.alias == column.name and column not in i.walk()), None)
            if alias is not None:
                return dict(_merge(home, alias, columns_of, done))
        home = home.parent
    return {}


def _merge(scope: Scope, item: exp.Expr, columns_of: ColumnsOf, done: Done) -> Iterator[tuple[Column, str]]:
    for column in item.find_all(exp.Column):
        for origin in _resolved(scope, column, columns_of, done):
            yield origin, "computed"


def _source_names(scope: Scope, name: str, columns_of: ColumnsOf) -> tuple[str, ...]:
    return source_columns(scope, name, columns_of) or ()


def _origin(scope: Scope, source: str, column: str, columns_of: ColumnsOf, done: Done) -> dict[Column, str]:
    """Return what a column of something in FROM is made of."""
    found = scope.sources.get(source)
    if isinstance(found, exp.Table):
        return {(Relation(found.db, found.name), column): "copied"} if found.db else {}
    if not isinstance(found, Scope):
        return {}
    inner = _outputs(found, columns_of, done)
    if column in inner:
        return inner[column]
    names = _source_names(scope, source, columns_of)  # renamed by ``AS t(a, b)``
    own = output_columns(found, columns_of) or ()
    if column in names and names.index(column) < len(own):
        return inner.get(own[names.index(column)], {})
    return {}


def narrowed_fractions(part: RenderedPart, known: Known) -> Iterator[tuple[exp.Cast, str, str]]:
    """Yield casts to whole numbers of columns that are declared as fractions: the cast, the column, its type."""
    casts = [
        c for c in part.tree.find_all(exp.Cast) if c.to.this in WHOLE_TYPES and isinstance(c.this.unnest(), exp.Column)
    ]
    if not casts:
        return
    done: Done = {}
    for scope in traverse_scope(part.tree):
        for cast in casts:
            if cast.find_ancestor(exp.Select) is not scope.expression:
                continue
            column = cast.this.unnest()
            for (relation, name), how in _resolved(scope, column, known.columns, done).items():
                type_ = known.type_of(relation, name)
                if how == "copied" and type_ and is_number(type_) and not is_integer(type_):
                    yield cast, column.sql("duckdb"), type_
