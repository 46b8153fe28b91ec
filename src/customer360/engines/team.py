"""Keep a lake's catalogue in PostgreSQL, for a team: builders on several machines, the data files shared.

The server settles what files of a local disk settle otherwise: who writes (an advisory lock, so one wins and the others
hear who it is), and which snapshots are read (a shared lock per session).
"""

from __future__ import annotations

import logging
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from customer360.clock import stopwatch
from customer360.engines.claims import Claimed
from customer360.engines.failures import translation
from customer360.engines.lake import LAKE, Lake, nothing_built
from customer360.engines.lock import Held, Holder
from customer360.engines.postgres_locks import WRITER, busy, writer_of
from customer360.engines.postgres_server import Server, translated
from customer360.engines.storage import Folder, Storage, make
from customer360.errors import WarehouseError, WarehouseLost

if TYPE_CHECKING:
    import duckdb

    from customer360.engines.bucket import Bucket

log = logging.getLogger(__name__)

LOCK_CLASS = zlib.crc32(b"customer360 lake") - 2**31
POLL_SECONDS = 0.2
PATIENCE = "30s"
"""How long the catalogue's clean-up waits for whoever just looks into one of its tables."""
CLOCKS = timedelta(minutes=5)
"""How far the clocks of builders and of the server may lie apart before a file could be deleted under a reader."""


@dataclass(frozen=True)
class TeamLake(Lake):
    """A lake whose catalogue is a database of a PostgreSQL server; ``folder`` holds what is this machine's alone."""

    server: Server = field(kw_only=True, hash=False, compare=False)
    bucket: Bucket | None = field(default=None, kw_only=True, hash=False, compare=False)
    """Where the data files lie when not in a folder."""
    catalogue_extension: ClassVar[str] = "postgres"

    @property
    def store(self) -> Storage:
        """What keeps the data files and, beside them, the mark that builders on other machines have to see."""
        return self.bucket or Folder(self.data, self.data / "unfinished")

    @property
    def place(self) -> str:
        """What errors say about where the lake is."""
        return self.bucket.root if self.bucket else super().place

    @property
    def is_there(self) -> bool:
        """Say whether the catalogue was ever made."""
        with translated(), self.server.connection() as connection:
            row = connection.execute("SELECT to_regclass('public.ducklake_snapshot') IS NOT NULL").fetchone()
        return bool(row and row[0])

    def stamp(self) -> tuple[int, int]:
        """Return always the same: the catalogue tells by its identity when it was replaced."""
        if not self.is_there:
            raise nothing_built()
        return 0, 0

    def prepare(self) -> None:
        """Make this machine's folder and the place of the data files ready. Errors: WarehouseError."""
        make(self.folder)
        self.store.prepare()

    def address(self) -> tuple[str, tuple[str, ...]]:
        """Return what DuckLake attaches; it holds a password, so it must not be shown."""
        return f"ducklake:postgres:{self.server.url}", ()

    def refusal(self, error: duckdb.Error) -> WarehouseError:
        """Return the error of ours for a lake that could not be attached, without its address."""
        if "creating a new DuckLake is explicitly disabled" in str(error):
            return nothing_built()
        known = translation(error)
        if isinstance(known, WarehouseLost):
            return known
        return WarehouseError(
            "The catalogue of the warehouse cannot be opened.",
            next_step="Look whether its PostgreSQL user may create tables there, and whether the database is its own.",
        )

    @contextmanager
    def hold(self, purpose: str, *, wait: float) -> Iterator[Held]:
        """Be the only writer of all machines for a block; WriterBusy, naming the other, after ``wait`` seconds."""
        holder = Holder.here(purpose)
        connection = self.server.opened(f"{holder.command} ({holder.pid} on {socket.gethostname()})")

        def confirm() -> None:
            with translated():
                connection.execute("SELECT 1")

        try:
            with translated():
                _lock(connection, wait)
            yield Held(holder, confirm)
        finally:
            connection.close()

    @contextmanager
    def claim(self, snapshot: int) -> Iterator[None]:
        """Keep a snapshot from expiring while the block runs, on whatever machine."""
        with self.server.connection() as connection:
            with translated():
                connection.execute("SELECT pg_advisory_lock_shared(%s, %s)", [LOCK_CLASS, snapshot])
            try:
                yield
            finally:
                with translated():
                    connection.execute("SELECT pg_advisory_unlock_shared(%s, %s)", [LOCK_CLASS, snapshot])

    def claimed(self) -> Claimed:
        """Return what all machines read at this moment."""
        with translated(), self.server.connection() as connection:
            rows = connection.execute(
                "SELECT l.objid::bigint, min(a.state_change) FROM pg_locks AS l"
                " JOIN pg_stat_activity AS a ON a.pid = l.pid"
                " JOIN pg_database AS d ON d.oid = l.database AND d.datname = current_database()"
                " WHERE l.locktype = 'advisory' AND l.classid = %s::bigint::oid AND l.objid <> %s GROUP BY l.objid",
                [LOCK_CLASS % 2**32, WRITER],
            ).fetchall()
        since = min((began for _, began in rows), default=None)
        return Claimed(frozenset(number for number, _ in rows), since - CLOCKS if since is not None else None)

    def is_kept(self, connection: duckdb.DuckDBPyConnection, snapshot: int, alias: str = LAKE) -> bool:  # noqa: ARG002 - its transaction sees the catalogue of its beginning
        """Say whether the catalogue still has a snapshot, at this moment."""
        with translated(), self.server.connection() as asked:
            found = asked.execute("SELECT 1 FROM public.ducklake_snapshot WHERE snapshot_id = %s", [snapshot])
            return found.fetchone() is not None

    def vacuum(self) -> None:
        """Rewrite the catalogue's tables without what was deleted."""
        with translated(), self.server.connection() as connection:
            rows = connection.execute(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                " WHERE schemaname = 'public' AND tablename LIKE 'ducklake\\_%'"
            ).fetchall()
            connection.execute(f"SET lock_timeout = '{PATIENCE}'".encode())
            try:
                for (name,) in rows:
                    connection.execute(f"VACUUM (FULL) {name}".encode())
            finally:
                connection.execute("RESET lock_timeout")


def _lock(connection: Any, wait: float) -> None:
    deadline, told = stopwatch() + wait, False
    while not connection.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, WRITER]).fetchone()[0]:
        refusal = busy(writer_of(connection, LOCK_CLASS))
        if stopwatch() >= deadline:
            raise refusal
        if not told:
            log.warning("%s Waiting for it, up to %d s.", refusal.what, wait)
            told = True
        time.sleep(POLL_SECONDS)
