"""Work out from models and contracts where a project keeps people: which columns hold whose ids, and what is personal.

It starts at ``conformed.person_record``, whose ``record_id`` names the person in each system, and goes back through the
models to raw columns. References of contracts lead on: ``shop.orders.customer_id`` points at ``shop.customers``, so it
holds ids of the shop's customers. A table without such a column whose rows belong to those of one that has (returns of
an order) is found by the reference between them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.models.graph import Graph
from customer360.models.known import Known
from customer360.models.lineage import ROWS, part_lineage
from customer360.names import RAW_PREFIX, Relation, raw_relation
from customer360.privacy.failures import PrivacyError
from customer360.raw.plan import contract_for

if TYPE_CHECKING:
    from customer360.models.render import RenderedPart
    from customer360.project.spec import Contract, ContractColumn, Project

Column = tuple[Relation, str]
PERSON_RECORD = Relation("conformed", "person_record")
XREF = Relation("identity", "customer_xref")
KEYS_METHOD = "surrogate_keys"


@dataclass(frozen=True, order=True)
class Link:
    """Rows of ``child`` belong to rows of ``parent`` with the same value in these columns. Both are raw tables."""

    child: Relation
    child_column: str
    parent: Relation
    parent_column: str

    @property
    def domain(self) -> str:
        """Return under which name the list of erased people knows the parent's keys."""
        return f"{self.parent}.{self.parent_column}"


class Places:
    """Where one project keeps people."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.graph = Graph.from_project(project)
        self._known = Known(project, self.graph)
        self._origins: dict[Relation, Mapping[str, frozenset[Column]]] = {}

    def check(self) -> None:
        """Raise PrivacyError unless the project says who a person is."""
        missing = {PERSON_RECORD, XREF} - self.project.models.keys()
        if missing:
            raise PrivacyError(
                f"This project has no table {min(missing)}, so it does not say who a person is.",
                next_step="Add conformed.person_record and identity: see docs/how-to/resolve-identity.md.",
            )

    @cached_property
    def raw(self) -> Mapping[Relation, Contract | None]:
        """Every raw table that a source declares, with the contract that types it."""
        return {
            raw_relation(source.name, table.name): contract_for(self.project, table)
            for source in self.project.sources.values()
            for table in source.tables.values()
        }

    @cached_property
    def persons(self) -> Mapping[Column, frozenset[str]]:
        """Columns that hold ids of people, and of which systems."""
        found: dict[Column, set[str]] = defaultdict(set)
        waiting = list(self._seeds())
        while waiting:
            column, system = waiting.pop()
            if system in found[column]:
                continue
            found[column].add(system)
            waiting += [(origin, system) for origin in self._made_of(column)]
            waiting += [(child, system) for child in self._pointing_at(column)]
        return {column: frozenset(systems) for column, systems in found.items()}

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """How rows of raw tables without ids of people belong to rows of others; those of a parent stand first."""
        placed = {relation for relation, _ in self.persons if relation in self.raw}
        known = sorted({link for link in self._references() if link.child not in placed})
        reached, found = set(placed), list[Link]()
        while fresh := {link.child for link in known if link.parent in reached} - reached:
            reached |= fresh

        def late(child: Relation) -> tuple[bool, int, Relation]:
            """Put children last whose parents wait; where references run in a circle, one of them must be first."""
            parents = [link.parent in placed for link in known if link.child == child and link.parent in reached]
            return not any(parents), parents.count(False), child

        while waiting := reached - placed:
            child = min(waiting, key=late)
            found += [link for link in known if link.child == child and link.parent in placed]
            placed.add(child)
        return tuple(found)

    def columns_of(self, relation: Relation) -> dict[str, frozenset[str]]:
        """Return the columns of one table that hold ids of people, with their systems."""
        return {column: systems for (table, column), systems in self.persons.items() if table == relation}

    def owners_of(self, relation: Relation) -> dict[str, frozenset[str]]:
        """Return those columns of one table whose person its rows are about."""
        return {name: ids for name, ids in self.columns_of(relation).items() if (relation, name) not in self.mentions}

    def mentions_of(self, relation: Relation) -> dict[str, frozenset[str]]:
        """Return those columns of one table that name a person in rows about another one."""
        return {name: ids for name, ids in self.columns_of(relation).items() if (relation, name) in self.mentions}

    @cached_property
    def mentions(self) -> frozenset[Column]:
        """Columns that only name a person in another's rows, such as who recommended a customer.

        A row is about the person whose id becomes ``record_id`` of a conformed entity. Where a table has such a column,
        its other columns of people are mentions, unless contracts require them.
        """
        about = {origin for column in self._record_ids() for origin in self._first_origins(column)}
        found = {
            (relation, column)
            for relation, column in self.persons
            if relation in self.raw
            and (relation, column) not in about
            and any((relation, other) in about for other in self.columns_of(relation))
            and not any(each.required for each in self.declared(relation, column))
        }
        for column in self.persons:
            origins = self._first_origins(column) - {column}
            if found and origins and origins <= found:
                found.add(column)
        return frozenset(found)

    def _record_ids(self) -> Iterator[Column]:
        for relation, node in self.graph.nodes.items():
            if relation.schema == PERSON_RECORD.schema and node.parts:
                for name in ("record_id", "record_id_a", "record_id_b"):
                    yield relation, name

    def _first_origins(self, column: Column) -> frozenset[Column]:
        """Return the raw columns that a column is made of, through every table between."""
        found, waiting = {column}, [column]
        while waiting:
            fresh = self._made_of(waiting.pop()) - found
            found |= fresh
            waiting += fresh
        return frozenset(each for each in found if each[0] in self.raw)

    @cached_property
    def personal(self) -> Mapping[Relation, tuple[str, ...]]:
        """Personal columns of raw tables: by their own contract, or by that of a product that shows them."""
        found: dict[Relation, set[str]] = defaultdict(set)
        for contract in self.project.contracts.values():
            for column in contract.columns:
                if is_personal(column):
                    for relation, name in self.raw_of((contract.relation, column.name)):
                        found[relation].add(name)
        for relation, own in self.raw.items():
            found[relation] |= {column.name for column in (own.columns if own else ()) if is_personal(column)}
        return {relation: tuple(sorted(names)) for relation, names in found.items() if names}

    def declared(self, relation: Relation, column: str) -> list[ContractColumn]:
        """Return what contracts say of a raw column: its own, and those of columns that show it."""
        found = []
        for contract in self.project.contracts.values():
            for each in contract.columns:
                if (relation, column) in self.raw_of((contract.relation, each.name)):
                    found.append(each)
        own = self.raw.get(relation)
        return [*(each for each in (own.columns if own else ()) if each.name == column), *found]

    @cached_property
    def kept(self) -> tuple[Relation, ...]:
        """Tables that remember what they held before: histories, keys given once, what identity learned."""
        return tuple(
            relation
            for relation, node in self.graph.nodes.items()
            if node.config.kind in {"incremental", "scd2"}
            or (node.model.step is not None and relation in node.model.step.inputs.values())
        )

    @cached_property
    def keys(self) -> tuple[tuple[Relation, Relation, str, str], ...]:
        """Tables that give keys once: the table, its members, the business key and the key."""
        found = []
        for relation, node in self.graph.nodes.items():
            step = node.model.step
            if step is not None and step.method == KEYS_METHOD and "members" in step.inputs:
                names = step.parameters
                found.append(
                    (relation, step.inputs["members"], str(names["business_key"]), str(names["surrogate_key"]))
                )
        return tuple(found)

    def _seeds(self) -> Iterator[tuple[Column, str]]:
        records = self.graph.nodes.get(PERSON_RECORD)
        for part in records.parts if records is not None else ():
            for origin in part_lineage(part, self._known.columns).get("record_id", {}):
                yield origin, _system(part)

    def _made_of(self, column: Column) -> frozenset[Column]:
        relation, name = column
        if relation not in self._origins:
            node = self.graph.nodes.get(relation)
            merged: dict[str, set[Column]] = defaultdict(set)
            for part in node.parts if node is not None else ():
                for made, origins in part_lineage(part, self._known.columns).items():
                    merged[made] |= {origin for origin in origins if origin[1] != ROWS}
            self._origins[relation] = {made: frozenset(origins) for made, origins in merged.items()}
        return self._origins[relation].get(name, frozenset())

    def _pointing_at(self, column: Column) -> Iterator[Column]:
        relation, name = column
        for contract in self.project.contracts.values():
            for reference in contract.references:
                if reference.to == relation:
                    for own, to in zip(reference.columns, reference.to_columns, strict=True):
                        if to == name:
                            yield contract.relation, own

    def _references(self) -> Iterator[Link]:
        for contract in self.project.contracts.values():
            for reference in contract.references:
                for own, to in zip(reference.columns, reference.to_columns, strict=True):
                    for child in self.raw_of((contract.relation, own)):
                        for parent in self.raw_of((reference.to, to)):
                            if child[0] != parent[0]:
                                yield Link(*child, *parent)

    def raw_of(self, column: Column) -> frozenset[Column]:
        """Return the raw columns that a column of a source-aligned table shows."""
        relation, _ = column
        if relation.schema.startswith(RAW_PREFIX):
            return frozenset({column})
        return frozenset(origin for origin in self._made_of(column) if origin[0].schema.startswith(RAW_PREFIX))


def is_personal(column: ContractColumn) -> bool:
    """Say whether a contract calls a column personal."""
    return "pii" in column.tags or column.mask is not None


def _system(part: RenderedPart) -> str:
    """Return the system that a part of the person records is for: the text it gives, else the file's name."""
    for item in part.tree.selects:
        if item.alias_or_name == "system" and isinstance(item.unalias(), exp.Literal):
            return str(item.unalias().this)
    return part.name
