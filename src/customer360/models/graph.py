"""Order models by what they read, and pick some of them by a selector."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from customer360.errors import C360Error, ModelError, ProjectErrors, UnknownName
from customer360.models.config import KindConfig, read_config
from customer360.models.render import RenderedPart, collect
from customer360.names import Relation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from customer360.project.spec import Contract, Model, Project


@dataclass(frozen=True)
class Node:
    """A model, ready to build: its parsed SQL, its settings and what it reads."""

    relation: Relation
    model: Model
    config: KindConfig
    parts: tuple[RenderedPart, ...]
    contract: Contract | None
    dependencies: frozenset[Relation]

    @property
    def uses_as_of(self) -> bool:
        """Say whether the rows depend on the as-of date (steps and histories always may)."""
        return self.config.kind in {"step", "scd2"} or any(part.uses_as_of for part in self.parts)


@dataclass(frozen=True)
class Graph:
    """All models of a project and what reads what. Raw tables are leaves that no node stands for."""

    nodes: Mapping[Relation, Node]
    errors: tuple[C360Error, ...] = field(default=(), compare=False)

    @classmethod
    def from_project(cls, project: Project) -> Graph:
        """Parse every model; ProjectErrors with all that cannot be parsed, and with the cycle if there is one."""
        graph = cls.lenient(project)
        if graph.errors:
            raise ProjectErrors(graph.errors)
        return graph

    @classmethod
    def lenient(cls, project: Project) -> Graph:
        """Parse what can be parsed and keep the rest as ``errors``: the linter goes on from here."""
        errors: list[C360Error] = []
        rendered = collect(project, errors)
        contracts = {contract.relation: contract for contract in project.contracts.values()}
        nodes = {}
        for relation, model in project.models.items():
            config, wrong = read_config(model)
            errors += wrong
            reads = {r for r in model.step.inputs.values() if r != relation} if model.step else set()
            found = frozenset(reads.union(*(part.dependencies for part in rendered[relation])))
            nodes[relation] = Node(relation, model, config, rendered[relation], contracts.get(relation), found)
        graph = cls(nodes)
        try:
            graph.order  # noqa: B018 - sorting proves that there is no cycle
        except ModelError as error:
            errors.append(error)
        return cls(nodes, tuple(errors))

    @cached_property
    def order(self) -> tuple[Relation, ...]:
        """Every model after those it reads, names deciding ties; ModelError with the path of a cycle."""
        sorter = TopologicalSorter({r: sorted(self.inputs(r)) for r in sorted(self.nodes)})
        try:
            return tuple(sorter.static_order())
        except CycleError as error:
            path = [str(relation) for relation in reversed(error.args[1])]
            place = self.nodes[Relation.parse(path[0])].model.place
            raise ModelError(
                f"Models read each other in a circle: {' -> '.join(path)}.",
                place=place,
                next_step="Take one of these references out.",
            ) from error

    def inputs(self, relation: Relation) -> frozenset[Relation]:
        """Return the models that a model reads directly."""
        return frozenset(r for r in self.nodes[relation].dependencies if r in self.nodes)

    @cached_property
    def readers(self) -> Mapping[Relation, frozenset[Relation]]:
        """Models by the table (model or raw) that they read directly."""
        found: dict[Relation, set[Relation]] = {}
        for relation, node in self.nodes.items():
            for read in node.dependencies:
                found.setdefault(read, set()).add(relation)
        return {relation: frozenset(readers) for relation, readers in found.items()}

    @cached_property
    def raw(self) -> tuple[Relation, ...]:
        """Tables that models read and no model makes."""
        return tuple(sorted({r for node in self.nodes.values() for r in node.dependencies} - set(self.nodes)))

    def upstream(self, relation: Relation) -> frozenset[Relation]:
        """Return all models that a model needs, itself left out."""
        return self._reached([relation], self.inputs)

    def downstream(self, relation: Relation) -> frozenset[Relation]:
        """Return all models that need a model or raw table, itself left out."""
        return self._reached([relation], lambda r: self.readers.get(r, frozenset()))

    @staticmethod
    def _reached(start: Sequence[Relation], step: Callable[[Relation], frozenset[Relation]]) -> frozenset[Relation]:
        found: set[Relation] = set()
        waiting = list(start)
        while waiting:
            new = step(waiting.pop()) - found
            found |= new
            waiting += new
        return frozenset(found - set(start))

    def select(self, selector: str | Sequence[str] | None = None) -> tuple[Relation, ...]:
        """Return the models a selector means, in building order.

        ``customer_360`` (a table or a whole schema), ``gold.sales``, ``gold.*``, ``+x`` (and all it needs), ``x+``
        (and all that need it), ``+`` or nothing (everything); several with commas. UnknownName offers the nearest.
        """
        if selector is None:
            return self.order
        terms = selector.split(",") if isinstance(selector, str) else list(selector)
        chosen: set[Relation] = set()
        for term in (term.strip() for term in terms):
            if term:
                chosen |= self._term(term)
        return tuple(relation for relation in self.order if relation in chosen)

    def _term(self, term: str) -> set[Relation]:
        name = term.strip("+")
        if name in {"", "*"}:
            return set(self.nodes)
        matched = self._named(name)
        chosen = {relation for relation in matched if relation in self.nodes}
        for relation in matched:
            if term.startswith("+") and relation in self.nodes:
                chosen |= self.upstream(relation)
            if term.endswith("+"):
                chosen |= self.downstream(relation)
        return chosen

    def _named(self, name: str) -> set[Relation]:
        everything = {*self.nodes, *self.raw}
        schema, _, table = name.partition(".")
        if table == "*":
            matched = {r for r in everything if r.schema == schema}
        elif table:
            matched = {r for r in everything if r == Relation(schema, table)}
        else:
            matched = {r for r in everything if name in {r.schema, r.table}}
        if not matched:
            known = {str(r) for r in everything} if table else {n for r in everything for n in (r.schema, r.table)}
            raise UnknownName("model or schema", name, sorted(known))
        return matched
