"""Read one table of a source, cast and staged, and say whether it brings anything new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa

from customer360.clock import now, stopwatch
from customer360.connectors.base import Connector, Extract
from customer360.engines.base import Engine, Publication
from customer360.errors import SourceMalformed
from customer360.names import raw_relation
from customer360.project.spec import Contract, Project, SourceTable
from customer360.raw.land import changed_rows, land_as_read
from customer360.raw.log import LastLoad
from customer360.raw.plan import Mode, Plan, contract_for, plan, signature_of
from customer360.raw.quarantine import quarantine_changes, refuse_rejected
from customer360.raw.report import TableLoad
from customer360.raw.scratch import engine_types, open_scratch
from customer360.raw.screen import Screen
from customer360.raw.stage import CastRun, Staged, stage


@dataclass(frozen=True)
class Known:
    """What the warehouse holds of one table."""

    last: LastLoad | None
    landed: Mapping[str, str] | None
    """Columns and types of the raw table, None when there is none."""


@dataclass(frozen=True)
class Waiting:
    """A table whose rows are new for sure: they are read while they are written, without a stop on disk."""

    plan: Plan
    schema: pa.Schema
    source_types: Mapping[str, str]
    known: Known
    fingerprint: str | None
    started_at: datetime
    began: float

    @property
    def name(self) -> tuple[str, str]:
        """Source and table."""
        return self.plan.table.source, self.plan.table.name


@dataclass(frozen=True)
class Landing:
    """A table that has been read; ``is_new`` says whether there is anything to write."""

    plan: Plan
    staged: Staged
    known: Known
    fingerprint: str | None
    started_at: datetime
    rows_changed: int
    is_new: bool
    seconds: float

    @property
    def name(self) -> tuple[str, str]:
        """Source and table."""
        return self.plan.table.source, self.plan.table.name

    def outcome(self) -> TableLoad:
        """Return the report's line, for when it has been published where it is new."""
        status: Literal["loaded", "unchanged"] = "loaded" if self.is_new else "unchanged"
        return TableLoad(
            *self.name,
            status=status,
            rows_read=self.staged.rows_read,
            rows_landed=self.staged.rows_landed if self.is_new else 0,
            rows_changed=self.rows_changed,
            rows_rejected=self.staged.bad.num_rows if self.is_new else 0,
            rejected=dict(self.staged.rejected),
            drift=self.plan.drift.sentences(),
            seconds=self.seconds,
        )


class TableReader:
    """Reads the tables of one source; its scratch database is opened when first needed."""

    def __init__(
        self,
        engine: Engine,
        project: Project,
        connector: Connector,
        folder: Path,
        *,
        full: bool,
        screen: Screen | None = None,
    ) -> None:
        self._engine = engine
        self._screen = screen
        self._project = project
        self._connector = connector
        self._folder = folder
        self._full = full
        self._opened: duckdb.DuckDBPyConnection | None = None

    def read(self, table: SourceTable, known: Known) -> Landing | Waiting | None:
        """Return what a table brought, or that it waits; None when its files are those that were loaded last."""
        began, started_at = stopwatch(), now().astimezone(UTC).replace(tzinfo=None)
        contract = contract_for(self._project, table)
        fingerprint = self._connector.fingerprint(table)
        if not self._full and _is_seen(known, fingerprint, signature_of(table, contract)):
            return None
        schema = self._connector.schema(table, _named_fields(table, contract))
        types = engine_types(self._scratch, schema)
        planned = plan(
            table, contract, schema, source_types=types, last=known.last, landed=known.landed, full=self._full
        )
        if self._screen is not None:
            planned = replace(planned, screen=self._screen.of(raw_relation(table.source, table.name)))
        if self._is_new_for_sure(planned, types, known):
            return Waiting(planned, schema, types, known, fingerprint, started_at, began)
        staged = stage(self._scratch, planned, types, self._rows(planned, schema), self._folder_of(table))
        refuse_rejected(planned, staged)
        if planned.since is not None and not staged.rows_read:
            raise _cursor_reset(table)
        rows_changed, is_new = self._compared(planned, staged, known)
        return Landing(planned, staged, known, fingerprint, started_at, rows_changed, is_new, stopwatch() - began)

    def write(self, publication: Publication, waiting: Waiting, load_id: int) -> Landing:
        """Read a waiting table into the warehouse; raises what its source raises."""
        planned, table = waiting.plan, waiting.plan.table
        rows = self._rows(planned, waiting.schema)
        run = CastRun(self._scratch, planned, waiting.source_types, rows, self._folder_of(table))
        land_as_read(publication, planned, run, load_id)
        staged = run.summary(run.empty)
        refuse_rejected(planned, staged)
        seconds = stopwatch() - waiting.began
        return Landing(
            planned, staged, waiting.known, waiting.fingerprint, waiting.started_at, staged.rows_landed, True, seconds
        )

    def close(self) -> None:
        """Give the scratch database back."""
        if self._opened is not None:
            self._opened.close()

    @property
    def _scratch(self) -> duckdb.DuckDBPyConnection:
        if self._opened is None:
            self._opened = open_scratch(self._folder)
        return self._opened

    def _is_new_for_sure(self, planned: Plan, types: Mapping[str, str], known: Known) -> bool:
        """Say whether nothing has to be compared or put in order before rows can be written."""
        if planned.mode is not Mode.replace or not (self._full or known.landed is None or known.last is None):
            return False
        key = [column for column in planned.columns if column.name in planned.key]
        if planned.is_deduplicated and any(types.get(str(c.source)) != c.type for c in key):
            return False  # what the source keeps apart, 7 and '07', may be one key here
        return self._connector.may_stream(planned.table)

    def _rows(self, planned: Plan, schema: pa.Schema) -> pa.RecordBatchReader:
        return self._connector.read(Extract(planned.table, planned.since, tuple(schema.names)))

    def _folder_of(self, table: SourceTable) -> Path:
        folder = self._folder / table.name
        folder.mkdir()
        return folder

    def _compared(self, planned: Plan, staged: Staged, known: Known) -> tuple[int, bool]:
        """Return how many rows change, and whether there is anything to publish at all."""
        if known.landed is None or known.last is None:
            return staged.good.num_rows, True
        with self._engine.read() as session:
            rows = changed_rows(session, planned, staged, known.last, known.landed)
            return rows or 0, rows is not None or bool(quarantine_changes(session, planned, staged))


def _named_fields(table: SourceTable, contract: Contract | None) -> tuple[str, ...]:
    """Return every column that the project's files name for a table; nothing when no contract describes it."""
    if contract is None:
        return ()
    named = (*(c.name for c in contract.columns), *table.key, *([table.cursor] if table.cursor else []))
    return tuple(dict.fromkeys(named))


def _is_seen(known: Known, fingerprint: str | None, signature: str) -> bool:
    last = known.last
    return (
        fingerprint is not None
        and last is not None
        and known.landed is not None
        and (last.fingerprint, last.signature) == (fingerprint, signature)
    )


def _cursor_reset(table: SourceTable) -> SourceMalformed:
    return SourceMalformed(
        f"The source of {table.source}.{table.name} has no row as new as one that was loaded before:"
        f" it was emptied, or its cursor '{table.cursor}' started again.",
        place=table.place,
        next_step=f"What was loaded stays. To take the source as it is now: c360 load {table.source} --full.",
    )
