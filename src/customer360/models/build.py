"""Build the tables of a project: all that changed, checked, published at once or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from customer360.clock import now, stopwatch
from customer360.errors import C360Error, ProjectErrors
from customer360.models.as_of import resolve_as_of
from customer360.models.failures import failure
from customer360.models.graph import Graph, Node
from customer360.models.kinds import KINDS, Work
from customer360.models.lint import lint_graph
from customer360.models.log import build_log
from customer360.models.plan import Plan, from_zero, make_plan
from customer360.models.quality.run import Inspector
from customer360.models.report import BlockingChecks, BuildReport, NodeResult
from customer360.models.state import Built, append_builds, append_checks, write_state
from customer360.progress import Progress, Silent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from customer360.engines.base import Engine, Publication, Session
    from customer360.names import Relation
    from customer360.project.spec import Contract, Project

_TASK = "build"


def build(
    engine: Engine,
    project: Project,
    *,
    select: str | Sequence[str] | None = None,
    full_refresh: bool = False,
    as_of: date | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Bring the selected models up to date in one publication and say what was done.

    A model is built when its SQL, its parameters, its inputs or the as-of date it uses changed; when nothing changed,
    nothing is published. ``full_refresh`` builds all selected ones from zero. Raises ProjectErrors (the linter's
    findings), BuildFailed, BlockingChecks (with all check results); then readers keep the state from before.
    """
    watch, progress = stopwatch(), progress or Silent()
    with ThreadPoolExecutor(1) as meanwhile:  # opening the warehouse takes as long as the linter
        exists = meanwhile.submit(engine.exists)
        graph = Graph.lenient(project)
        errors = lint_graph(project, graph)
    if errors:
        raise ProjectErrors(errors)
    selected = graph.select(select)
    job = _Job(engine, project, graph, selected, full_refresh, select is None, as_of, progress)
    plan, planned_at = None, None
    if exists.result():
        with engine.read() as session:
            plan, planned_at = job.plan(session), session.snapshot
        if plan.is_empty:
            return job.report(plan, None, watch)
    note = "build" if select is None else f"build {select if isinstance(select, str) else ','.join(select)}"
    with engine.publish(note=note) as publication:
        if plan is None or planned_at != publication.snapshot_before:
            plan = job.plan(publication)
        job.run(publication, plan)
    return job.report(plan, publication.snapshot_after, watch)


def build_within(
    publication: Publication,
    engine: Engine,
    project: Project,
    *,
    as_of: date | None = None,
    progress: Progress | None = None,
) -> tuple[NodeResult, ...]:
    """Bring every model up to date inside a publication that is open already; return what was made.

    So what a caller changed below the models and the models themselves become visible together, or not at all.
    Raises as ``build`` does.
    """
    graph = Graph.lenient(project)
    if errors := lint_graph(project, graph):
        raise ProjectErrors(errors)
    job = _Job(engine, project, graph, graph.select(None), False, True, as_of, progress or Silent())
    plan = job.plan(publication)
    if not plan.is_empty:
        job.run(publication, plan)
    return tuple(job.done.values())


@dataclass
class _Job:
    """One build from plan to report."""

    engine: Engine
    project: Project
    graph: Graph
    selected: tuple[Relation, ...]
    full_refresh: bool
    prune: bool
    as_of: date | None
    progress: Progress
    build_id: str = field(default_factory=lambda: uuid4().hex)
    started: datetime = field(default_factory=lambda: now().replace(tzinfo=None))
    done: dict[Relation, NodeResult] = field(default_factory=dict)
    inspector: Inspector | None = None

    def plan(self, session: Session) -> Plan:
        as_of = self.as_of or resolve_as_of(session, self.project)
        return make_plan(
            session,
            self.project,
            self.graph,
            self.selected,
            as_of,
            full_refresh=self.full_refresh,
            prune=self.prune,
        )

    def run(self, publication: Publication, plan: Plan) -> None:
        """Make every table, check them, remember what was done."""
        build_log().info(
            "build_started", build_id=self.build_id, as_of=plan.as_of.isoformat(), models=len(plan.rebuild)
        )
        present = plan.present.union(plan.rebuild, self.graph.nodes.keys() & plan.present) - set(plan.drop)
        digest = self.engine.capabilities.row_digest
        inspector = Inspector(publication, self.engine.dialect, plan.as_of, self.build_id, present, digest)
        self.inspector = inspector
        self.progress.start(_TASK, len(plan.rebuild) + len(plan.check))
        try:
            matching = self._make(publication, plan, inspector)
            self._inspect(plan, matching)
        finally:
            self.progress.finish(_TASK)
        self._drop(publication, plan)
        self._remember(publication, plan, inspector)

    def _make(self, publication: Publication, plan: Plan, inspector: Inspector) -> dict[Relation, bool]:
        """Make the tables and return which of them have the columns that their contracts declare."""
        for schema in sorted({relation.schema for relation in plan.rebuild}):
            publication.create_schema(schema)
        matching: dict[Relation, bool] = {}
        for relation in plan.rebuild:
            node = self.graph.nodes[relation]
            try:
                self.done[relation] = self._make_one(publication, plan, node)
                if node.contract is not None:
                    found = publication.describe(f"SELECT * FROM {relation.sql}")
                    matching[relation] = inspector.columns(node.contract, found)
                    if matching[relation]:
                        index_keys(publication, node.contract)
            except C360Error as error:
                if not all(matching.values()):  # most likely the reason: the table it reads is not as declared
                    raise BlockingChecks(inspector.results) from error
                raise failure(node, error) from error
            self.progress.step(_TASK, str(relation))
        return matching

    def _make_one(self, publication: Publication, plan: Plan, node: Node) -> NodeResult:
        watch, relation, kind = stopwatch(), node.relation, node.config.kind
        fresh = from_zero(plan, relation, kind, full_refresh=self.full_refresh)
        exists = relation in plan.present
        rows = KINDS[kind](Work(publication, self.engine.dialect, node, plan.as_of, fresh, exists))
        result = NodeResult(relation, kind, "view" if kind == "view" else "built", rows, stopwatch() - watch)
        build_log().info("model_built", model=str(relation), kind=kind, rows=rows, seconds=round(result.seconds, 4))
        return result

    def _inspect(self, plan: Plan, matching: dict[Relation, bool]) -> None:
        inspector = self.inspector
        if inspector is None:
            return
        for relation in plan.check.keys() - matching.keys():  # not built now, but its contract may be new
            contract = self.graph.nodes[relation].contract
            if contract is not None:
                matching[relation] = inspector.columns(
                    contract, inspector.session.describe(f"SELECT * FROM {relation.sql}")
                )
        sound = {relation: checks for relation, checks in plan.check.items() if matching.get(relation, True)}
        inspector.inspect(sound)
        for relation, checks in plan.check.items():
            if relation not in sound:
                inspector.skip(checks, "the columns are not those of the contract")
            self.progress.step(_TASK, f"checks of {relation}")
        for result in inspector.results:
            if result.outcome in {"failed", "error"}:
                build_log().warning(
                    "check_failed", check=result.rule_id, model=str(result.relation), blocks=result.blocks
                )
        if any(result.blocks for result in inspector.results):
            raise BlockingChecks(inspector.results)

    def _drop(self, publication: Publication, plan: Plan) -> None:
        for relation in plan.drop:
            publication.drop(relation)
            self.done[relation] = NodeResult(relation, plan.state[relation].kind, "dropped")

    def _remember(self, publication: Publication, plan: Plan, inspector: Inspector) -> None:
        state = {relation: built for relation, built in plan.state.items() if relation not in plan.drop}
        for relation in plan.rebuild:
            result = self.done[relation]
            state[relation] = Built(
                relation,
                result.kind,
                plan.definitions[relation],
                plan.versions[relation],
                plan.checked.get(relation, ""),
                result.rows,
                plan.as_of,
                self.started,
                self.build_id,
            )
        for relation in plan.check:
            state[relation] = replace(state[relation], checked=plan.checked[relation])
        write_state(publication, state)
        append_builds(publication, plan.present, self.done.values(), (self.build_id, plan.as_of, self.started))
        append_checks(publication, plan.present, inspector.results)

    def report(self, plan: Plan, snapshot: int | None, watch: float) -> BuildReport:
        """Say what was done, with sizes as they are now."""
        nodes = [self._node(relation, plan) for relation in self.selected]
        nodes += [self.done[relation] for relation in plan.drop]
        tables = [node.relation for node in nodes if node.action == "built"]
        sizes = self.engine.sizes(tables) if tables else {}
        seconds = stopwatch() - watch
        build_log().info("build_finished", build_id=self.build_id, snapshot=snapshot, seconds=round(seconds, 3))
        return BuildReport(
            build_id=self.build_id,
            nodes=tuple(replace(node, bytes=sizes.get(node.relation)) for node in nodes),
            checks=tuple(self.inspector.results) if self.inspector else (),
            as_of=plan.as_of,
            snapshot=snapshot,
            seconds=seconds,
        )

    def _node(self, relation: Relation, plan: Plan) -> NodeResult:
        if relation in self.done:
            return self.done[relation]
        return NodeResult(relation, self.graph.nodes[relation].config.kind, "skipped", plan.state[relation].rows)


def index_keys(publication: Publication, contract: Contract) -> None:
    """Let look-ups and joins by a table's key, and by what points at other tables, be fast."""
    for columns in dict.fromkeys((contract.key, *(tuple(reference.columns) for reference in contract.references))):
        if columns:
            publication.index(contract.relation, columns)
