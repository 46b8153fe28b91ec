"""Write the next state of a PostgreSQL warehouse: new versions of tables, all shown at once by one commit.

A publication is one transaction. It takes the writer lock (an advisory lock of that transaction), makes
``<table>__v<N>`` for whatever changes, lets the views of those names point at them last, and commits.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from customer360.clock import now, stopwatch
from customer360.engines.base import Snapshot
from customer360.engines.lock import Holder
from customer360.engines.postgres_locks import WRITER, busy, writer_of
from customer360.engines.postgres_public import show
from customer360.engines.postgres_publication import PostgresPublication
from customer360.engines.postgres_server import Server, translated
from customer360.engines.postgres_versions import Versions, physical_sql
from customer360.errors import CommitFailed, WarehouseError

if TYPE_CHECKING:
    from psycopg import Connection

    from customer360.engines.postgres_versions import Member
    from customer360.names import Relation

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05
LOST_SECONDS = 20.0
"""How long a server may take to end a transaction whose connection was lost."""


@dataclass(frozen=True)
class Cleaned:
    """What a clean-up took away."""

    snapshots: int = 0
    files: int = 0
    bytes: int = 0


class Writer:
    """The one writer of a warehouse: the server's lock settles who it is, also between machines."""

    def __init__(self, server: Server, versions: Versions, *, keep: int, patience: float) -> None:
        self._server = server
        self._versions = versions
        self._keep = keep
        self._patience = patience

    @contextmanager
    def publication(self, *, note: str, wait: float, earlier: int | None = None) -> Iterator[PostgresPublication]:
        """Publish what the block writes; ``earlier``: begin with the tables of that state instead of the newest."""
        holder = Holder.here(note)
        connection = self._server.opened(f"{holder.command} ({holder.pid} on {socket.gethostname()})")
        made: list[Snapshot] = []
        try:
            with self._transaction(connection, made):
                self._lock(connection, wait)
                self._versions.create(connection)
                self._versions.equip(connection)
                before = self._versions.newest(connection)
                members = self._versions.members(connection, before)
                publication = PostgresPublication(
                    connection,
                    members if earlier is None else self._versions.members(connection, earlier),
                    snapshot=before,
                    state=f"{self._versions.identity(connection)}/{before}",
                )
                yield publication
                publication.snapshot_after = self._finish(connection, publication, members, holder, made)
            self._clean_quietly(connection)
        finally:
            connection.close()

    def maintain(self, *, keep: int | None = None, wait: float = 0.0) -> Cleaned:
        """Drop states beyond those to keep, with every version of a table that only they had."""
        connection = self._server.opened("c360 maintenance")
        try:
            return self._clean(connection, self._keep if keep is None else keep, wait)
        finally:
            connection.close()

    @contextmanager
    def _transaction(self, connection: Connection[Any], made: Sequence[Snapshot]) -> Iterator[None]:
        """Run the block in one transaction; what fails at its end is a publish that did not go through.

        When the connection is lost while the server commits, the server is asked whether it did.
        """
        import psycopg

        done = False
        try:
            with connection.transaction():
                yield
                done = True
        except psycopg.Error as error:
            if not done:
                with translated():
                    raise
            if connection.broken and made and self._was_published(made[-1], error):
                return
            raise CommitFailed(
                "The build could not be committed, so nothing was published.",
                next_step="Run it again; readers keep the old state.",
            ) from error

    def _was_published(self, state: Snapshot, lost: Exception) -> bool:
        """Say whether a state is there, once the transaction that made it has ended; CommitFailed when nobody knows."""
        unknown = CommitFailed(
            "The connection to the PostgreSQL warehouse was lost while it committed, so it is not known whether the"
            f" state {state.id} was published.",
            next_step="Look at `c360 history` when the server answers, and run again if it is not there.",
        )
        try:
            connection = self._server.opened("c360 after a lost connection")
        except WarehouseError:
            raise unknown from lost
        try:
            with translated(), connection.transaction():
                self._lock(connection, LOST_SECONDS)
                return state in self._versions.states(connection)
        except WarehouseError:
            raise unknown from lost
        finally:
            connection.close()

    def _finish(
        self,
        connection: Connection[Any],
        publication: PostgresPublication,
        before: Mapping[Relation, Member],
        holder: Holder,
        made: list[Snapshot],
    ) -> int:
        """Write the new state down, and into ``made``, and show it; return its number (the old one without changes)."""
        publication.end()
        publication.renew_views()
        after = publication.members
        if after == dict(before):
            return publication.snapshot_before
        state = Snapshot(publication.snapshot_before + 1, now(), holder.purpose, str(holder))
        made.append(state)
        with translated():
            self._versions.record(connection, state, before, after)
            show(connection, before, after, patience=self._patience)
        return state.id

    def _lock(self, connection: Connection[Any], wait: float) -> None:
        deadline = stopwatch() + wait
        while not self._locked(connection):
            if stopwatch() >= deadline:
                with translated():
                    raise busy(writer_of(connection, self._versions.lock_class))
            time.sleep(POLL_SECONDS)

    def _locked(self, connection: Connection[Any]) -> bool:
        with translated():
            row = connection.execute(
                "SELECT pg_try_advisory_xact_lock(%s, %s)", [self._versions.lock_class, WRITER]
            ).fetchone()
        return bool(row and row[0])

    def _clean_quietly(self, connection: Connection[Any]) -> None:
        """Clean up after a publish; what cannot be dropped now (somebody looks at it) goes the next time."""
        try:
            self._clean(connection, self._keep, 0.0)
        except WarehouseError as error:
            log.info("The clean-up after a publish waits for the next one: %s", error)

    def _clean(self, connection: Connection[Any], keep: int, wait: float) -> Cleaned:
        with translated(), connection.transaction():
            if not self._versions.is_there(connection):
                return Cleaned()
            self._lock(connection, wait)
            states = self._versions.expired(connection, keep)
            if not states:
                return Cleaned()
            connection.execute("SET LOCAL lock_timeout = '2s'")
            gone = self._versions.forget(connection, states)
            stored = 0
            views = [physical_sql(name) for name, is_view in gone if is_view]
            tables = [physical_sql(name) for name, is_view in gone if not is_view]
            for name in tables:
                row = connection.execute("SELECT pg_total_relation_size(%s::regclass)", [name])
                stored += (row.fetchone() or (0,))[0]
            for kind, names in (("VIEW", views), ("TABLE", tables)):  # in one go: views stand on tables and views
                if names:
                    connection.execute(f"DROP {kind} IF EXISTS {', '.join(names)}".encode())
        return Cleaned(len(states), len(gone), stored)
