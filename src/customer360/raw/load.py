"""Load sources: read what is new, cast it by contract, publish each source's tables together or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import UTC
from typing import TypeGuard

from customer360.clock import now, stopwatch
from customer360.connectors.registry import open_connector
from customer360.engines.base import Engine
from customer360.errors import (
    C360Error,
    CommitFailed,
    ExtensionMissing,
    ProjectError,
    SettingMissing,
    SourceError,
    UnknownName,
)
from customer360.names import raw_relation
from customer360.progress import Progress, Silent
from customer360.project.spec import Project, Source, SourceTable
from customer360.raw.cursor import written
from customer360.raw.land import land
from customer360.raw.log import LogEntry, last_loads, open_log, write_log
from customer360.raw.plan import Mode
from customer360.raw.quarantine import put_aside
from customer360.raw.read import Known, Landing, TableReader, Waiting
from customer360.raw.report import LoadReport, TableLoad
from customer360.raw.screen import Screen, read_screen, sweep
from customer360.raw.staging import staging_folder

__all__ = ["LoadReport", "TableLoad", "load"]

_OF_ONE_SOURCE = (SourceError, SettingMissing, ProjectError, ExtensionMissing)
"""Errors that stop their source only; others (the warehouse is busy) stop the load."""


def load(
    engine: Engine,
    project: Project,
    *,
    sources: Sequence[str] | None = None,
    tables: Sequence[str] | None = None,
    full: bool = False,
    progress: Progress | None = None,
) -> LoadReport:
    """Read what is new in the sources into raw tables, typed by contract; bad rows go to quarantine.

    ``sources`` and ``tables`` (``shop.orders``) choose; ``full`` reads and replaces everything. A source's tables
    become visible together; a source that fails keeps its old rows, stands in the report's ``failures`` and does not
    stop the others. Without anything new nothing is published. People who were erased are left out, or come as what
    stands in their place (see ``screen``). Raises UnknownName, WriterBusy, CommitFailed.
    """
    wanted = _wanted(project, sources, tables)
    known = _known(engine, wanted)
    began, screen = stopwatch(), read_screen(project.root)
    done: list[TableLoad] = []
    failures: dict[str, C360Error] = {}
    for source, chosen in wanted:
        loading = _SourceLoad(engine, project, source, known, full=full, screen=screen, progress=progress or Silent())
        try:
            done += loading.run(chosen)
        except _OF_ONE_SOURCE as error:
            failures[source.name] = error
            done += loading.failed(chosen, error)
    if screen is not None:
        sweep(engine, screen)
    return LoadReport(tuple(done), failures, stopwatch() - began)


class _SourceLoad:
    """The load of one source: reads table by table, then publishes once."""

    def __init__(
        self,
        engine: Engine,
        project: Project,
        source: Source,
        known: Mapping[tuple[str, str], Known],
        *,
        full: bool,
        screen: Screen | None,
        progress: Progress,
    ) -> None:
        self._screen = screen
        self._engine = engine
        self._project = project
        self._source = source
        self._known = known
        self._full = full
        self._progress = progress
        self._current: SourceTable | None = None

    def run(self, tables: Sequence[SourceTable]) -> list[TableLoad]:
        """Load these tables; raises what stops the source."""
        task = f"load {self._source.name}"
        self._progress.start(task, len(tables))
        try:
            with ExitStack() as stack:
                folder = stack.enter_context(staging_folder())
                connector = stack.enter_context(closing(open_connector(self._source, self._project.root)))
                reader = TableReader(
                    self._engine, self._project, connector, folder, full=self._full, screen=self._screen
                )
                stack.enter_context(closing(reader))
                landings = {}
                for table in tables:
                    self._current = table
                    landings[table.name] = reader.read(table, self._known[table.source, table.name])
                    self._progress.step(task, table.name)
                self._current = None
                done = self._published(reader, [found for found in landings.values() if _is_to_write(found)])
                return [_outcome(table, done.get(table.name) or landings[table.name]) for table in tables]
        finally:
            self._progress.finish(task)

    def failed(self, tables: Sequence[SourceTable], error: C360Error) -> list[TableLoad]:
        """Return the report's lines of a source that was not published."""
        culprit = self._current
        return [
            TableLoad(t.source, t.name, "failed", error=error)
            if culprit is None or t.name == culprit.name
            else TableLoad(t.source, t.name, "skipped")
            for t in tables
        ]

    def _published(self, reader: TableReader, landings: Sequence[Landing | Waiting]) -> dict[str, Landing]:
        """Write tables and return what landed, by table."""
        done: dict[str, Landing] = {}
        if not landings:
            return done
        with self._engine.publish(note=f"load {self._source.name}") as publication:
            load_id = open_log(publication)
            newest = last_loads(publication)
            for landing in landings:
                self._current = landing.plan.table
                if newest.get(landing.name) != landing.known.last:
                    raise CommitFailed(
                        f"Another load of {'.'.join(landing.name)} finished while this one was reading.",
                        next_step="Run it again; nothing was lost.",
                    )
                if isinstance(landing, Waiting):
                    landed = reader.write(publication, landing, load_id)
                else:
                    landed = landing
                    land(publication, landing.plan, landing.staged, load_id, landing.known.landed)
                put_aside(publication, landed.plan, landed.staged, load_id)
                write_log(publication, load_id, _entry(landed))
                done[landed.plan.table.name] = landed
                load_id += 1
            self._current = None
        return done


def _is_to_write(found: Landing | Waiting | None) -> TypeGuard[Landing | Waiting]:
    return isinstance(found, Waiting) or (found is not None and found.is_new)


def _outcome(table: SourceTable, landing: Landing | Waiting | None) -> TableLoad:
    return landing.outcome() if isinstance(landing, Landing) else TableLoad(table.source, table.name, "unchanged")


def _entry(landing: Landing) -> LogEntry:
    planned, staged, last = landing.plan, landing.staged, landing.known.last
    newest = written(staged.cursor_to)
    if newest is None and last is not None and planned.mode is not Mode.replace:
        newest = last.cursor_to
    return LogEntry(
        source=planned.table.source,
        table_name=planned.table.name,
        started_at=landing.started_at,
        finished_at=now().astimezone(UTC).replace(tzinfo=None),
        mode=planned.mode.value,
        rows_read=staged.rows_read,
        rows_landed=staged.rows_landed,
        rows_changed=landing.rows_changed,
        rows_rejected=staged.bad.num_rows,
        cursor_from=written(planned.since),
        cursor_to=newest,
        fingerprint=landing.fingerprint,
        digest=staged.digest,
        signature=planned.signature,
        schema_json=json.dumps(dict(planned.shape)),
    )


def _wanted(
    project: Project, sources: Sequence[str] | None, tables: Sequence[str] | None
) -> list[tuple[Source, list[SourceTable]]]:
    for name in sources or ():
        if name not in project.sources:
            raise UnknownName("source", name, tuple(project.sources))
    known = {f"{s.name}.{t.name}": t for s in project.sources.values() for t in s.tables.values()}
    for name in tables or ():
        if name not in known:
            raise UnknownName("table of a source", name, tuple(known))
    chosen = [t for name, t in known.items() if not tables or name in tables]
    return [
        (source, [t for t in chosen if t.source == source.name])
        for source in project.sources.values()
        if (not sources or source.name in sources) and any(t.source == source.name for t in chosen)
    ]


def _known(engine: Engine, wanted: Sequence[tuple[Source, Sequence[SourceTable]]]) -> dict[tuple[str, str], Known]:
    names = [(table.source, table.name) for _, tables in wanted for table in tables]
    if not engine.exists():
        return dict.fromkeys(names, Known(None, None))
    with engine.read() as session:
        last, there = last_loads(session), session.relations()
        return {
            name: Known(
                last.get(name),
                {c.name: c.type for c in session.columns(raw_relation(*name))}
                if raw_relation(*name) in there
                else None,
            )
            for name in names
        }
