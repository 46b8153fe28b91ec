"""Keep the warehouse in a PostgreSQL database: versioned tables, one transaction a publish, views for everybody."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer360.engines.base import Capabilities, Draft, Lent, Publication, Session, Snapshot
from customer360.engines.postgres_draft import PostgresDraft
from customer360.engines.postgres_grants import let_read
from customer360.engines.postgres_server import Server, translated
from customer360.engines.postgres_sessions import PostgresSession, UntrustedPostgresSession
from customer360.engines.postgres_versions import Member, Versions, physical_sql
from customer360.engines.postgres_writer import Writer
from customer360.errors import ProjectError, SnapshotMissing, UnknownName, WarehouseMissing
from customer360.names import IDENTIFIER, Relation

if TYPE_CHECKING:
    from psycopg import Connection

    from customer360.project.spec import Settings

OPTIONS = ("url", "catalog", "lock_seconds", "work_mem", "maintenance_work_mem")
"""Keys under ``engine:`` of c360.yaml beside ``name``; docs/how-to/postgresql.md says what they do."""
CATALOG = "c360_versions"
LOCK_SECONDS = 30.0
_REMEMBERED = 16
"""States whose tables are remembered; a state never changes."""


class PostgresEngine:
    """The warehouse in the company's PostgreSQL. Thread-safe; a session has a connection of its own."""

    name = "postgres"
    dialect = "duckdb"  # sessions take our SQL and translate it
    capabilities = Capabilities()

    def __init__(
        self, server: Server, *, catalog: str = CATALOG, keep_snapshots: int = 10, lock_seconds: float = LOCK_SECONDS
    ) -> None:
        self._server = server
        self._versions = Versions(catalog)
        self._keep, self._patience = max(keep_snapshots, 1), lock_seconds
        self._writer = Writer(server, self._versions, keep=self._keep, patience=lock_seconds)
        self._known: dict[str, Mapping[Relation, Member]] = {}
        self._guard = threading.Lock()

    @classmethod
    def open(cls, settings: Settings, root: Path) -> PostgresEngine:  # noqa: ARG003 - every engine is opened this way
        """Open a project's warehouse; nothing is connected until it is read or written."""
        options = settings.engine.options
        for key in options:
            if key not in OPTIONS:
                raise UnknownName("option of the postgres engine", key, OPTIONS, place=settings.place)
        catalog = str(options.get("catalog", CATALOG))
        if not IDENTIFIER.match(catalog):
            raise ProjectError(f"'{catalog}' cannot name a schema.", place=settings.place)
        return cls(
            Server.named(options, place=settings.place),
            catalog=catalog,
            keep_snapshots=settings.keep_snapshots,
            lock_seconds=float(options.get("lock_seconds", LOCK_SECONDS)),
        )

    def exists(self) -> bool:
        """Say whether anything has been published here."""
        with translated(), self._server.connection() as connection:
            return self._versions.is_there(connection) and self._versions.newest(connection) > 0

    def warm(self) -> None:
        """Do nothing: a connection is opened in a few milliseconds."""

    @contextmanager
    def read(self, *, at_snapshot: int | None = None) -> Iterator[Session]:
        """Open a read session; WarehouseMissing before the first publish, SnapshotMissing for an unkept one."""
        with self._pinned(at_snapshot) as (connection, number, state, note):
            session = PostgresSession(
                connection, self._members(connection, number, state), snapshot=number, state=state
            )
            session.note = note
            yield session
            session.end()

    @contextmanager
    def read_untrusted(
        self, *, relations: Iterable[Relation] | None = None, seconds: float = 30.0, at_snapshot: int | None = None
    ) -> Iterator[Session]:
        """Open a session for SQL that a person typed, over these relations only (None: all of them)."""
        with self._pinned(at_snapshot) as (connection, number, state, note):
            session = UntrustedPostgresSession(
                connection,
                self._members(connection, number, state),
                snapshot=number,
                state=state,
                seconds=seconds,
                permitted=None if relations is None else frozenset(relations),
            )
            session.note = note
            yield session
            session.end()

    @contextmanager
    def publish(self, *, note: str, wait: float = 0.0) -> Iterator[Publication]:
        """Write in one transaction under the writer lock; committed when the block ends without an error."""
        with self._writer.publication(note=note, wait=wait) as publication:
            yield publication

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        """Open a publication that is written down as a procedure; WarehouseMissing before the first publish."""
        with self._pinned(None) as (connection, number, state, _):
            yield PostgresDraft(
                connection,
                self._members(connection, number, state),
                snapshot=number,
                state=state,
                versions=self._versions,
                keep=self._keep,
                patience=self._patience,
            )

    def history(self) -> tuple[Snapshot, ...]:
        """Return the kept snapshots, newest first; empty before the first publish."""
        with translated(), self._server.connection() as connection:
            return self._versions.states(connection) if self._versions.is_there(connection) else ()

    def rollback(self, snapshot: int) -> Snapshot:
        """Publish an earlier snapshot's tables and views again; returns the new snapshot. No row is copied."""
        self._require(snapshot)
        with self._writer.publication(note=f"rollback to {snapshot}", wait=0.0, earlier=snapshot):
            pass
        return self.history()[0]

    def maintain(self, *, purge: bool = False, wait: float = 0.0) -> Mapping[str, int]:
        """Drop expired snapshots and their tables; returns snapshots, files (tables and views), bytes.

        ``purge`` keeps the newest state only.
        """
        return asdict(self._writer.maintain(keep=1 if purge else None, wait=wait))

    def let_read(self, wanted: Mapping[str, Collection[Relation]]) -> Lent:
        """Let each role of the database read these views and no other of ours. Errors: WarehouseError."""
        with self._pinned(None) as (connection, number, state, _):
            views = self._members(connection, number, state)
            with translated():
                return let_read(connection, views, wanted)

    def sizes(self, relations: Iterable[Relation]) -> Mapping[Relation, int]:
        """Return bytes stored per table, indexes included; 0 for views and for names that are not there."""
        wanted = list(relations)
        with self._pinned(None) as (connection, number, state, _):
            members = self._members(connection, number, state)
            there = [members[r] for r in wanted if r in members and members[r].definition is None]
            names = [physical_sql(member.physical) for member in there]
            with translated():
                row = connection.execute(
                    "SELECT array(SELECT pg_total_relation_size(n::regclass) FROM unnest(%s::text[])"
                    " WITH ORDINALITY AS t (n, place) ORDER BY place)",
                    [names],
                ).fetchone()
        stored = dict(zip((member.relation for member in there), row[0] if row else (), strict=True))
        return {relation: stored.get(relation, 0) for relation in wanted}

    def close(self) -> None:
        """Give back every connection of this process; the engine can be used again."""
        self._server.close()

    @contextmanager
    def _pinned(self, at_snapshot: int | None) -> Iterator[tuple[Connection[Any], int, str, str | None]]:
        """Lend a connection that has claimed a state: nothing in it is dropped until the block ends."""
        with translated(), self._server.connection() as connection:
            if not self._versions.is_there(connection):
                raise WarehouseMissing("Nothing has been built here yet.", next_step="Run `c360 run` first.")
            self._versions.equip(connection)
            number = at_snapshot
            while True:  # again when the newest state went in this moment
                number = self._versions.newest(connection) if at_snapshot is None else at_snapshot
                if self._versions.claim(connection, number):
                    break
                if at_snapshot is not None:
                    self._require(at_snapshot)
            state = f"{self._versions.identity(connection)}/{number}"
            note = None if at_snapshot is None else self._require(number)
            yield connection, number, state, note
            self._versions.release(connection, number)

    def _members(self, connection: Connection[Any], number: int, state: str) -> Mapping[Relation, Member]:
        with self._guard:
            known = self._known.get(state)
        if known is not None:
            return known
        found = self._versions.members(connection, number)
        with self._guard:
            while len(self._known) >= _REMEMBERED:
                self._known.pop(next(iter(self._known)))
            self._known[state] = found
        return found

    def _require(self, snapshot: int) -> str:
        """Return what published a kept snapshot; SnapshotMissing with the kept ones."""
        history = self.history()
        for entry in history:
            if entry.id == snapshot:
                return entry.note
        kept = ", ".join(str(entry.id) for entry in reversed(history))
        raise SnapshotMissing(
            f"There is no snapshot {snapshot}. Kept: {kept or 'none'}.", next_step="Run `c360 history` to see them."
        )
