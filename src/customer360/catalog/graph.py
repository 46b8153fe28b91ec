"""Draw what feeds what as a graph: tables, metrics, dashboards, questions, audiences; whole, around one, by column.

It knows names only, never rows. Positions are worked out here, so that a page needs nothing but the shapes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from customer360.ask.questionfiles import plain_questions
from customer360.catalog.footing import footing
from customer360.catalog.metrics import metrics_of, models_by_name, node_of, shown_on
from customer360.engines.sessions import named_tables
from customer360.errors import UnknownName
from customer360.models.lineage import Edge, upstream
from customer360.names import RAW_PREFIX, Relation
from customer360.semantic.describe import describe

if TYPE_CHECKING:
    from customer360.project.audiences import Audience
    from customer360.project.spec import Dashboard, Project
    from customer360.semantic.extensions import VerifiedQuestion
    from customer360.semantic.model import SemanticModel

Kind = Literal["source", "table", "metric", "dashboard", "question", "audience", "product", "column"]
FURTHEST = 3
FOLDED_FROM = 4
"""Columns of one table above which they are drawn as one."""


@dataclass(frozen=True, order=True)
class Node:
    """A thing that data flow through; ``id`` is unique among all kinds."""

    id: str
    kind: Kind
    label: str


@dataclass(frozen=True)
class Layout:
    """Nodes in columns from left to right, each column from the top, and the lines between them."""

    columns: tuple[tuple[Node, ...], ...]
    links: tuple[tuple[str, str], ...]
    focus: str | None = None


@dataclass(frozen=True)
class Own:
    """What people made on the pages, beside the project's files: dashboards with their owners, and audiences."""

    boards: tuple[tuple[str, Dashboard], ...] = ()
    audiences: tuple[Audience, ...] = ()


class LineageGraph:
    """What feeds what in one project."""

    def __init__(self, project: Project, edges: Iterable[Edge], *models: SemanticModel) -> None:
        self._project = project
        self._edges = tuple(edges)
        self._models = models

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """Everything that is drawn, by id."""
        tables = {each for edge in self._edges for each in (edge.to, edge.source) if each is not None}
        found = [_table(each) for each in sorted(tables)]
        for name, model in models_by_name(self._project, self._models):
            found += [Node(node_of((name, each.name)), "metric", each.title) for each in model.metrics.values()]
        boards, audiences = self._project.dashboards.values(), self._project.audiences.values()
        found += [Node(f"dashboard:{each.name}", "dashboard", each.title) for each in boards]
        found += [Node(f"audience:{each.name}", "audience", each.label) for each in audiences]
        found += [Node(f"question:{each.id}", "question", each.question) for each in self._questions]
        return {node.id: node for node in found}

    @cached_property
    def _questions(self) -> tuple[VerifiedQuestion, ...]:
        return plain_questions(self._project.root)

    def joined_by(self, own: Own) -> LineageGraph:
        """Return the graph with what people made on the pages."""
        other = copy(self)
        nodes = [Node(f"dashboard:{each.name}", "dashboard", each.title) for _, each in own.boards]
        nodes += [Node(f"audience:{each.name}", "audience", each.label) for each in own.audiences]
        known = {**self.nodes, **{node.id: node for node in nodes}}
        links = {pair for _, board in own.boards for pair in self._of_board(board)} | set(
            self._of_audiences(own.audiences)
        )
        kept = frozenset(pair for pair in links if pair[0] in known and pair[1] in known)
        other.__dict__.update(nodes=known, links=self.links | kept)
        return other

    @cached_property
    def links(self) -> frozenset[tuple[str, str]]:
        """Pairs of ids: what the second is made of."""
        found = {(str(edge.source), str(edge.to)) for edge in self._edges if edge.source and edge.source != edge.to}
        found.update(self._of_metrics())
        for board in self._project.dashboards.values():
            found.update(self._of_board(board))
        found.update(self._of_audiences(self._project.audiences.values()))
        for each in self._questions:
            found.update((node_of(metric), f"question:{each.id}") for metric in metrics_of(each.query))
        return frozenset(pair for pair in found if pair[0] in self.nodes and pair[1] in self.nodes)

    def _of_metrics(self) -> Iterable[tuple[str, str]]:
        for name, model in models_by_name(self._project, self._models):
            for metric in describe(model):
                for base in metric.bases:
                    for table in _tables_of(model.datasets[base].source):
                        yield table, node_of((name, metric.name))

    def _of_board(self, board: Dashboard) -> set[tuple[str, str]]:
        return {(node_of(metric), f"dashboard:{board.name}") for metric in shown_on(board, self._project)}

    def _of_audiences(self, audiences: Iterable[Audience]) -> Iterable[tuple[str, str]]:
        for audience in audiences if self._models else ():
            stands = footing(audience, self._project.settings, self._models[0])
            for name in stands.metrics:
                yield f"metric:{name}", f"audience:{audience.name}"
            for table, _ in stands.columns:
                yield table, f"audience:{audience.name}"

    def around(self, id_: str, *, steps: int = 1) -> Layout:
        """Return what feeds a node and what it feeds, so many steps away. Errors: UnknownName."""
        if id_ not in self.nodes:
            raise UnknownName("table, metric, dashboard, question or audience", id_, list(self.nodes))
        before, after = _neighbours(self.links)
        back, forth = _levels(id_, before, steps), _levels(id_, after, steps)
        levels = [*reversed(back), [id_], *forth]
        kept = {each for level in levels for each in level}
        place = {each: at for at, level in enumerate(levels) for each in level}
        links = sorted((a, b) for a, b in self.links if a in kept and b in kept and place[a] < place[b])
        columns = [[self.nodes[each] for each in level] for level in levels]
        return Layout(_ordered(columns, links), tuple(links), id_)

    def overview(self) -> Layout:
        """Return the whole project at a glance: systems, data products and dashboards."""
        products = sorted({_product(each) for each, node in self.nodes.items() if node.kind in ("source", "table")})
        boards = [each for each in self.nodes.values() if each.kind == "dashboard"]
        tables = {each for each, node in self.nodes.items() if node.kind in ("source", "table")}
        weights = Counter((_product(a), _product(b)) for a, b in self.links if a in tables and b in tables)
        links = set(weights)
        links.update((_product(table), board.id) for board in boards for table in self._tables_behind(board.id))
        ranks = _ranks(products, weights)
        columns: list[list[Node]] = [[] for _ in range(max(ranks.values(), default=0) + 2)]
        for name, rank in sorted(ranks.items()):
            is_raw = name.startswith(RAW_PREFIX)
            label = name.removeprefix(RAW_PREFIX) if is_raw else name
            columns[rank].append(Node(name, "source" if is_raw else "product", label))
        columns[-1] = list(boards)
        place = {node.id: at for at, column in enumerate(columns) for node in column}
        shown = sorted((a, b) for a, b in links if a != b and a in place and b in place and place[a] < place[b])
        return Layout(_ordered(columns, shown), tuple(shown))

    def within(self, schema: str) -> Layout:
        """Return the tables of one product (or system), with what they read and what reads them."""
        inside = {
            id_ for id_, node in self.nodes.items() if node.kind in ("source", "table") and _product(id_) == schema
        }
        if not inside:
            raise UnknownName("data product", schema, sorted({_product(each) for each in self.nodes if "." in each}))
        own = {(a, b) for a, b in self.links if a in inside and b in inside}
        before, _ = _neighbours(own)
        depth = {each: max((len(_longest(each, before)),)) for each in inside}
        reads = {a for a, b in self.links if b in inside and a not in inside}
        read_by = {
            b for a, b in self.links if a in inside and b not in inside and self.nodes[b].kind == "table"
        } - reads
        levels = [sorted(reads)] if reads else []
        levels += [sorted(each for each, at in depth.items() if at == level) for level in sorted(set(depth.values()))]
        levels += [sorted(read_by)] if read_by else []
        place = {each: at for at, level in enumerate(levels) for each in level}
        links = sorted((a, b) for a, b in self.links if a in place and b in place and place[a] < place[b])
        return Layout(_ordered([[self.nodes[each] for each in level] for level in levels], links), tuple(links))

    def of_column(self, table: str, column: str) -> Layout:
        """Return what a column is made of, back to the sources. Errors: UnknownName."""
        relation = Relation.parse(table)
        if (relation, column) not in {(edge.to, edge.to_column) for edge in self._edges}:
            raise UnknownName("column", f"{table}.{column}", [f"{e.to}.{e.to_column}" for e in self.columns(table)])
        used = [edge for edge in upstream(self._edges, relation, column) if edge.source is not None]
        end = f"{table}.{column}"
        names = _folded(used, end)
        pairs = {
            (names[e.source, e.source_column], names[e.to, e.to_column]) for e in used if e.source and e.source_column
        }
        pairs = {(one, other) for one, other in pairs if one.rpartition(".")[0] != other.rpartition(".")[0]}
        before, _ = _neighbours(pairs)
        levels = [*reversed(_longest(end, before)), [end]]
        columns = [[Node(each, "column", each) for each in level] for level in levels]
        links = sorted(pairs)
        return Layout(_ordered(columns, links), tuple(links), end)

    def columns(self, table: str) -> tuple[Edge, ...]:
        """Return what each column of a table is made of, one step back."""
        return tuple(edge for edge in self._edges if str(edge.to) == table)

    def _tables_behind(self, id_: str) -> set[str]:
        before, _ = _neighbours(self.links)
        return {table for metric in before.get(id_, ()) for table in before.get(metric, ())}


def _table(relation: Relation) -> Node:
    if relation.schema.startswith(RAW_PREFIX):
        return Node(str(relation), "source", f"{relation.schema.removeprefix(RAW_PREFIX)}.{relation.table}")
    return Node(str(relation), "table", str(relation))


def _folded(edges: Iterable[Edge], end: str) -> dict[tuple[Relation, str], str]:
    """Return how each column is called; those of a table that gives many of them (to a method) are one."""
    by_table: dict[Relation, set[str]] = defaultdict(set)
    for edge in edges:
        by_table[edge.to].add(edge.to_column)
        if edge.source and edge.source_column:
            by_table[edge.source].add(edge.source_column)
    folded = {table for table, columns in by_table.items() if len(columns) > FOLDED_FROM}
    return {
        (table, column): f"{table}.*" if table in folded and f"{table}.{column}" != end else f"{table}.{column}"
        for table, columns in by_table.items()
        for column in columns
    }


def _product(id_: str) -> str:
    return id_.partition(".")[0]


def _tables_of(source: str) -> list[str]:
    is_query = " " in source.strip() or "\n" in source.strip()
    return [str(table) for table in named_tables(source)] if is_query else [source]


def _neighbours(links: Iterable[tuple[str, str]]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    before: dict[str, set[str]] = defaultdict(set)
    after: dict[str, set[str]] = defaultdict(set)
    for one, other in links:
        before[other].add(one)
        after[one].add(other)
    return before, after


def _levels(start: str, next_: Mapping[str, set[str]], steps: int) -> list[list[str]]:
    """Return what lies one step away, two steps away ..., each thing at its shortest way."""
    seen, level, found = {start}, {start}, []
    for _ in range(steps):
        level = {each for one in level for each in next_.get(one, ())} - seen
        if not level:
            break
        seen |= level
        found.append(sorted(level))
    return found


def _ranks(products: Iterable[str], weights: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """Return how many products lie before each, on the longest way; of two that read each other one goes first."""
    before: dict[str, set[str]] = {name: set() for name in products}
    for (one, other), weight in weights.items():
        if one != other and weight > weights.get((other, one), 0):
            before[other].add(one)
    found: dict[str, int] = {}

    def rank(name: str, above: frozenset[str]) -> int:
        if name not in found:
            nearer = [rank(each, above | {name}) for each in sorted(before[name]) if each not in above]
            found[name] = 1 + max(nearer, default=-1)
        return found[name]

    return {name: rank(name, frozenset({name})) for name in before}


def _longest(start: str, before: Mapping[str, set[str]]) -> list[list[str]]:
    """Return what lies before, each thing at its longest way, so that every line goes to the right."""
    place = {start: 0}
    waiting = [start]
    while waiting:
        each = waiting.pop(0)
        for one in before.get(each, ()):
            if place.get(one, 0) < place[each] + 1:
                place[one] = place[each] + 1
                waiting.append(one)
    depth = max(place.values())
    return [sorted(each for each, at in place.items() if at == level) for level in range(1, depth + 1)]


def _ordered(columns: list[list[Node]], links: Iterable[tuple[str, str]]) -> tuple[tuple[Node, ...], ...]:
    """Return the columns with each node near what it is connected with, so that few lines cross."""
    near: dict[str, set[str]] = defaultdict(set)
    for one, other in links:
        near[one].add(other)
        near[other].add(one)
    place = {node.id: at / max(1, len(column)) for column in columns for at, node in enumerate(column)}
    for _ in range(4):
        for column in columns:
            middle = {
                node.id: sum(place[each] for each in near[node.id]) / len(near[node.id])
                if near[node.id]
                else place[node.id]
                for node in column
            }
            column.sort(key=lambda node, middle=middle: (middle[node.id], node.id))  # type: ignore[misc]
            place.update({node.id: at / max(1, len(column)) for at, node in enumerate(column)})
    return tuple(tuple(column) for column in columns)
