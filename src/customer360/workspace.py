"""Open a project: the rooms that command line, web app and Python share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer360.errors import ProjectError, ProjectErrors, UnknownName

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from customer360.answering import Desk
    from customer360.ask.asker import Asker
    from customer360.ask.reply import Reply
    from customer360.catalog.cards import Card, Catalogue
    from customer360.engines.base import Engine, Session, Snapshot
    from customer360.governance.office import Governance
    from customer360.governance.reading import Seen
    from customer360.identity.card import CustomerCard
    from customer360.identity.lifecycle import People
    from customer360.models.report import BuildReport
    from customer360.progress import Progress
    from customer360.project.spec import Project
    from customer360.raw.load import LoadReport
    from customer360.semantic.answer import Answer
    from customer360.semantic.findings import Finding
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.principal import Principal
    from customer360.semantic.profile import Profile
    from customer360.semantic.query import MetricQuery
    from customer360.semantic.query_log import QueryLog
    from customer360.semantic.suggest import Suggestion

PROJECT_FILE = "c360.yaml"


@dataclass(frozen=True)
class RunReport:
    """What one ``run`` did: its load and its build."""

    load: LoadReport
    build: BuildReport


class Workspace:
    """One project with its warehouse. Cheap to make: files are read at once, the warehouse when first needed."""

    def __init__(self, project: Project, engine: Engine) -> None:
        self.project = project
        self.engine = engine
        self._models: dict[str, SemanticModel] = {}
        self._askers: dict[str, Asker] = {}
        self._sessions: dict[tuple[str | None, str], tuple[str, ...]] = {}
        self._desk: Desk | None = None
        self._log: QueryLog | None = None
        self._governance: Governance | None = None
        self._found: Catalogue | None = None

    # ---- doing ------------------------------------------------------------------------------------------------

    def load(
        self, *, sources: Sequence[str] | None = None, full: bool = False, progress: Progress | None = None
    ) -> LoadReport:
        """Pull new rows from the sources into raw tables. Errors: SourceError family, WriterBusy."""
        from customer360.catalog.telling import told
        from customer360.privacy.loading import load

        with told(self.project, "load") as tell:
            report = load(self.engine, self.project, sources=sources, full=full, progress=progress)
            tell(report)
            return report

    def build(
        self,
        *,
        select: str | None = None,
        full_refresh: bool = False,
        as_of: date | None = None,
        progress: Progress | None = None,
    ) -> BuildReport:
        """Build, check and publish, all or nothing.

        Errors: ProjectErrors (models or dashboards that cannot be right), BuildFailed, ChecksFailed, WriterBusy.
        """
        from customer360.catalog.telling import told
        from customer360.identity.configured import configured
        from customer360.models.build import build

        if findings := self.lint_dashboards():
            raise ProjectErrors([finding.as_error() for finding in findings])
        with told(self.project, "build") as tell:
            whole, again = configured(self.project), full_refresh
            report = build(self.engine, whole, select=select, full_refresh=again, as_of=as_of, progress=progress)
            tell(report)
            return report

    def run(
        self,
        *,
        full: bool = False,
        as_of: date | None = None,
        progress: Progress | None = None,
        loaded: Callable[[LoadReport], None] | None = None,
    ) -> RunReport:
        """Load, build, check: the line for a scheduler. A source that cannot be read stops before the build.

        ``full`` loads every row again; ``loaded`` is told what the load did before the build begins, which may fail.
        """
        load = self.load(full=full, progress=progress)
        load.raise_failures()
        if loaded is not None:
            loaded(load)
        return RunReport(load, self.build(as_of=as_of, progress=progress))

    def lint_dashboards(self) -> list[Finding]:
        """Return what in the dashboards the semantic model cannot answer. Errors: ProjectError when there is none."""
        from customer360.dashboards.lint import lint_dashboards

        if not self.project.dashboards:
            return []
        return lint_dashboards(self.project.dashboards.values(), self.semantic_model(), self.semantic_model)

    # ---- asking -----------------------------------------------------------------------------------------------

    def as_of(self, *, at_snapshot: int | None = None) -> date:
        """Return the as-of date that figures of this project (in an earlier snapshot) stand on."""
        from customer360.models.as_of import published_as_of

        with self.engine.read(at_snapshot=at_snapshot) as session:
            return published_as_of(session, self.project)

    def semantic_model(self, name: str | None = None) -> SemanticModel:
        """Return a semantic model of the project; without a name the only (else the first) one."""
        from customer360.semantic.model import SemanticModel

        documents = self.project.semantics
        if not documents:
            raise ProjectError(
                "The project has no semantic model, so it has no metrics.",
                place=str(self.project.root / "semantic"),
                next_step="Add semantic/<name>.yaml; `c360 init --template blank` shows one.",
            )
        name = name or next(iter(documents))
        if name not in documents:
            raise UnknownName("semantic model", name, list(documents))
        if name not in self._models:
            self._models[name] = SemanticModel.from_document(documents[name])
        return self._models[name]

    def answer(
        self,
        query: MetricQuery | Mapping[str, Any],
        *,
        model: str | None = None,
        at_snapshot: int | None = None,
        as_of: date | None = None,
        principal: Principal | None = None,
    ) -> Answer:
        """Answer a metric query with its table, SQL, column facts and as-of date. Errors: QueryError, UnknownName.

        Without a principal it is whoever the door says (``governance.asking``), else the owner of the project, who
        sees everything. Answers are kept in memory for the state they come from, and the shape of the question is
        counted in the log.
        """
        from customer360.semantic.query import parse_query

        asked = parse_query(query)
        self.semantic_model(model)  # a name that does not exist is told before a warehouse that does not
        with self.desk.open(as_of=as_of, at_snapshot=at_snapshot, principal=principal) as ask:
            return ask(asked, model=model)

    @property
    def desk(self) -> Desk:
        """Return what answers several metric queries from one state (``desk.open``)."""
        from customer360.answering import Desk
        from customer360.semantic.answer import Memory

        if self._desk is None:
            log = self.query_log
            self._desk = Desk(self.project, self.engine, self.governance, self.semantic_model, Memory(), log)
        return self._desk

    def profile(
        self, key: str, *, model: str | None = None, as_of: date | None = None, principal: Principal | None = None
    ) -> Profile:
        """Return what is known about one customer, as the principal may see it. Errors: QueryError, NotPermitted."""
        from customer360.governance.reading import read_as
        from customer360.models.as_of import published_as_of
        from customer360.semantic.profile import profile

        found = self.semantic_model(model)
        with self.engine.read() as session:
            day = as_of or published_as_of(session, self.project)
            with read_as(self.governance, session, "customers", principal, found) as seen:
                known = profile(seen.session, found, key, as_of=day, principal=seen.principal)
                seen.answered(known.sql, 1)
                return known

    @property
    def governance(self) -> Governance:
        """Return who may see what: accounts, requests, grants."""
        from customer360.governance.office import Governance

        self._governance = self._governance or Governance(self.project, warehouse=self.engine)
        return self._governance

    @property
    def catalogue(self) -> Catalogue:
        """Return the catalogue of the project's output ports, and what feeds what."""
        from customer360.catalog.cards import Catalogue

        self._found = self._found or Catalogue(self.project, *map(self.semantic_model, self.project.semantics))
        return self._found

    def cards(self, *, search: str | None = None) -> tuple[Card, ...]:
        """Return the output ports of the catalogue (that fit a search), with what the last build says of them."""
        return self.catalogue.published(self.engine, search=search)

    def card(self, port: str) -> Card:
        """Return one output port of the catalogue. Errors: UnknownName."""
        return self.catalogue.published_card(self.engine, port)

    def sees(self, principal: Principal | None = None) -> str:
        """Return a text that differs whenever what the asker may see differs. Errors: NotPermitted."""
        from customer360.governance.reading import sight

        return sight(self.governance, principal)

    def customer(self, key: str, *, last: int | None = None, at_snapshot: int | None = None) -> CustomerCard:
        """Return one customer with a timeline, by id, e-mail address or record. Errors: C360Error, WarehouseMissing."""
        from customer360.governance.reading import read_as
        from customer360.identity.card import PROFILE, card

        with (
            self.engine.read(at_snapshot=at_snapshot) as session,
            read_as(self.governance, session, "customers") as seen,
        ):
            found = card(seen.session, key, tables=self.project.models.keys(), last=last)
            seen.answered(f"SELECT * FROM {PROFILE.sql}", 1)
            return found

    def people(self) -> People:
        """Return what identity found, as far as whoever asks may read its tables, and where decisions are kept."""
        from customer360.governance.people import PeopleDoor
        from customer360.identity.lifecycle import People

        return People(self.engine, self.project.root, door=PeopleDoor(self.governance))

    @property
    def query_log(self) -> QueryLog:
        """Return the log of which shapes of questions are asked, without the values they compare with."""
        from customer360.semantic.query_log import QueryLog

        self._log = self._log or QueryLog(self.project.root)
        return self._log

    def suggest_rollups(self, model: str | None = None) -> list[Suggestion]:
        """Return roll-ups that would have made the questions of the log faster, the most worthwhile first."""
        from customer360.models.as_of import published_as_of
        from customer360.semantic.suggest import suggest

        with self.engine.read() as session:
            day = published_as_of(session, self.project)
            return suggest(session, self.semantic_model(model), self.query_log.asked(), as_of=day)

    def query(
        self,
        query: MetricQuery | Mapping[str, Any] | None = None,
        /,
        *,
        as_of: date | None = None,
        at_snapshot: int | None = None,
        principal: Principal | None = None,
        **parts: Any,
    ) -> pa.Table:
        """Answer a metric query as Arrow: ``query(metrics=["revenue"], dimensions=["segment"])``."""
        asked = query if query is not None else parts
        return self.answer(asked, as_of=as_of, at_snapshot=at_snapshot, principal=principal).table

    def ask(
        self,
        text: str,
        *,
        model: str | None = None,
        as_of: date | None = None,
        at_snapshot: int | None = None,
        principal: Principal | None = None,
        context: Sequence[str] = (),
        session: str | None = None,
        settled: MetricQuery | None = None,
    ) -> Reply:
        """Answer a question in plain language; what cannot be answered rightly is refused or asked back.

        A follow-up ("only VIP") needs the questions before it: ``context`` (from the reply before), or the name of a
        ``session``, which is remembered as long as this workspace is open. ``settled`` is one of the choices of a
        question that was asked back. Errors: NotPermitted for an account that is gone or a key that is not for asking.
        """
        from customer360.governance.reading import read_as

        found = self.semantic_model(model)

        def seen(session: Session) -> AbstractContextManager[Seen]:
            return read_as(self.governance, session, "metrics", principal, found)

        key = (session, self.sees(principal) if session else "")
        before = context or (self._sessions.get(key, ()) if session else ())
        reply = self.asker(model).ask(
            text, as_of=as_of, at_snapshot=at_snapshot, context=before, settled=settled, seen=seen
        )
        if session and reply.context:
            self._sessions[key] = reply.context
        return reply

    def asker(self, model: str | None = None) -> Asker:
        """Return the question space of a semantic model; without a name of the only (else the first) one."""
        from customer360.ask.asker import Asker

        found = self.semantic_model(model)
        if found.name not in self._askers:
            self._askers[found.name] = Asker(self.project, self.engine, found)
        return self._askers[found.name]

    def sql(
        self,
        text: str,
        *,
        at_snapshot: int | None = None,
        as_of: date | None = None,
        principal: Principal | None = None,
    ) -> pa.Table:
        """Run one SELECT over the warehouse, read-only and without access to other files.

        ``as_of()`` in the text is the as-of date, as in models. A principal (else whoever the door says) reads what
        was granted, with rows and columns as they may see them. Errors: QueryError, NotPermitted.
        """
        from customer360.governance.reading import permitted, read_as
        from customer360.models.render import with_as_of

        if "as_of" in text.lower():
            text = with_as_of(text, as_of or self.as_of())
        relations = permitted(self.governance, principal)
        with (
            self.engine.read_untrusted(at_snapshot=at_snapshot, relations=relations) as session,
            read_as(self.governance, session, "sql", principal, typed=True) as seen,
        ):
            table = seen.session.query(text)
            seen.answered(text, table.num_rows)
            return table

    def history(self) -> tuple[Snapshot, ...]:
        """Return the kept snapshots, newest first."""
        return self.engine.history()

    def rollback(self, snapshot: int) -> Snapshot:
        """Publish an earlier snapshot's state again. Errors: SnapshotMissing, WriterBusy."""
        return self.engine.rollback(snapshot)

    def close(self) -> None:
        """Give back the warehouse's connections."""
        self.engine.close()


def find_project(start: Path) -> Path:
    """Return the nearest folder at or above ``start`` that holds a c360.yaml. Errors: ProjectError."""
    if not start.exists():
        raise ProjectError(f"There is no folder {start}.", next_step="Correct --project, or make one: `c360 init`.")
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise ProjectError(
        f"There is no {PROJECT_FILE} here or in any folder above.",
        place=str(start),
        next_step="Run `c360 init my_project` for a new project, or name one with --project FOLDER.",
    )


def open_project(path: str | Path = ".", *, to_answer: bool = False) -> Workspace:
    """Open the project at (or above) ``path``. Errors: ProjectErrors with everything that is wrong in its files.

    ``to_answer`` reads only what answers about the published state need, settings and semantic models: a mistake in
    any other file is no hindrance, and the workspace can neither load nor build.
    """
    from customer360.engines.registry import open_engine

    if to_answer:
        from customer360.project.answering import read_to_answer as read
    else:
        from customer360.project.reader import read_project as read
    project = read(find_project(Path(path)))
    return Workspace(project, open_engine(project.settings, project.root, warm=to_answer))
