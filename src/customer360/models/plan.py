"""Decide what a build has to do: which tables no longer match what they are made from, which checks are out of date."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from customer360.errors import BuildFailed, UnknownName
from customer360.models.quality.check import Check, checks_of
from customer360.models.state import Built, raw_versions, read_state
from customer360.names import STATE_SCHEMA, Relation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from customer360.engines.base import Session
    from customer360.models.graph import Graph, Node
    from customer360.project.spec import Project

_FORMAT = 1
"""Raise when the same model would be built differently: everything is then built anew."""
HISTORIES = ("incremental", "scd2", "step")
"""Kinds whose tables may hold what cannot be computed again: they stay when their model is gone."""


@dataclass
class Plan:
    """What to do. ``versions`` digests what each table is (or will be) made from."""

    as_of: date
    present: frozenset[Relation]
    state: dict[Relation, Built]
    definitions: dict[Relation, str] = field(default_factory=dict)
    versions: dict[Relation, str] = field(default_factory=dict)
    rebuild: list[Relation] = field(default_factory=list)
    check: dict[Relation, tuple[Check, ...]] = field(default_factory=dict)
    checked: dict[Relation, str] = field(default_factory=dict)
    drop: list[Relation] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Say whether everything is as it should be."""
        return not (self.rebuild or self.check or self.drop)


def make_plan(
    session: Session,
    project: Project,
    graph: Graph,
    selected: Sequence[Relation],
    as_of: date,
    *,
    full_refresh: bool,
    prune: bool,
) -> Plan:
    """Compare the project with what the warehouse remembers; BuildFailed when an input is not there.

    ``prune`` also drops tables whose models are gone.
    """
    present = session.relations()
    plan = Plan(as_of, present, read_state(session, present))
    plan.versions |= _inputs(session, graph, selected, plan)
    wanted = set(selected)
    for relation in graph.order:
        if relation in wanted:
            _plan_table(graph.nodes[relation], plan, full_refresh=full_refresh)
    _plan_checks(project, graph, wanted, plan)
    if prune:
        plan.drop = sorted(r for r, b in plan.state.items() if r not in graph.nodes and b.kind not in HISTORIES)
    return plan


def _inputs(session: Session, graph: Graph, selected: Sequence[Relation], plan: Plan) -> dict[Relation, str]:
    """Return the versions of all tables that are read but not made by this build."""
    wanted = set(selected)
    raw: set[Relation] = set()
    found = {relation: built.version for relation, built in plan.state.items() if relation not in wanted}
    for relation in selected:
        for read in sorted(graph.nodes[relation].dependencies - wanted):
            if read in graph.nodes:
                if read not in found:
                    raise BuildFailed(
                        f"{relation} reads {read}, which has not been built yet.",
                        place=graph.nodes[relation].model.place,
                        next_step=f"Build it too: c360 build --select +{relation}",
                    )
            elif read in plan.present and read.schema != STATE_SCHEMA:
                raw.add(read)
            else:
                raise _missing(graph.nodes[relation], read, plan)
    return found | raw_versions(session, raw, plan.present)


def _missing(node: Node, read: Relation, plan: Plan) -> BuildFailed:
    known = sorted(str(relation) for relation in plan.present if relation.schema != STATE_SCHEMA)
    hint = UnknownName("table", str(read), known).nearest
    return BuildFailed(
        f"{node.relation} reads {read}, which is not in the warehouse.",
        place=node.model.place,
        next_step=f"Run `c360 load` first{f', or did you mean {hint}' if hint else ''}.",
    )


def _plan_table(node: Node, plan: Plan, *, full_refresh: bool) -> None:
    relation = node.relation
    definition = definition_of(node)
    inputs = {str(read): plan.versions[read] for read in node.dependencies}
    version = digest([definition, inputs, plan.as_of.isoformat() if node.uses_as_of else None])
    before = plan.state.get(relation)
    plan.definitions[relation], plan.versions[relation] = definition, version
    if full_refresh or before is None or before.version != version:
        plan.rebuild.append(relation)


def definition_of(node: Node) -> str:
    """Return a text that differs when a table is made in another way."""
    return digest(_definition(node))


def _definition(node: Node) -> list[object]:
    step = node.model.step
    made = [step.method, {k: str(v) for k, v in step.inputs.items()}, repr(step.parameters)] if step else None
    typed = node.config.kind in {"union", "step"} and node.contract
    columns = [(c.name, c.type) for c in node.contract.columns] if typed and node.contract else None
    return [_FORMAT, repr(node.config), [[part.name, part.text] for part in node.parts], made, columns]


def _plan_checks(project: Project, graph: Graph, wanted: set[Relation], plan: Plan) -> None:
    """Choose the checks to run: of new tables, and of all others whose rules, rows or parents are new."""
    rebuilt = set(plan.rebuild)
    for relation in graph.order:
        contract = graph.nodes[relation].contract
        if contract is None or (relation not in wanted and relation not in plan.state):
            continue
        checks = checks_of(contract, project, plan.as_of)
        reads = {read for check in checks for read in check.reads}
        if relation not in wanted and not reads & rebuilt:
            continue
        dated = any(check.type == "sla" or "as_of" in check.sql for check in checks)
        seen = digest(
            [
                plan.versions.get(relation),
                repr((contract.columns, contract.rules, contract.references, contract.sla)),
                {str(read): plan.versions.get(read) for read in reads},
                plan.as_of.isoformat() if dated else None,
            ]
        )
        plan.checked[relation] = seen
        before = plan.state.get(relation)
        if relation in rebuilt or before is None or before.checked != seen:
            plan.check[relation] = checks


def digest(value: object) -> str:
    """Return a short text that differs when the value does."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:32]


def from_zero(plan: Plan, relation: Relation, kind: str, *, full_refresh: bool) -> bool:
    """Say whether a table is made anew: nothing there to go on from, or it was made in another way."""
    before: Mapping[Relation, Built] = plan.state
    built = before.get(relation)
    if full_refresh or built is None:
        return True
    return built.kind != kind or built.definition != plan.definitions[relation]
