"""Hand out read sessions: one DuckDB instance per process and lake, one transaction per session."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import duckdb

from customer360.engines.claims import claim
from customer360.engines.failures import translated
from customer360.engines.lake import LAKE, Lake, is_kept, newest_snapshot, nothing_built
from customer360.engines.sessions import LakeSession
from customer360.names import quoted

_inherited: list[duckdb.DuckDBPyConnection] = []
"""Instances that a forked child got from its parent: never used and never closed, their threads are not here."""


class Readers:
    """Read sessions on one lake. Thread-safe; sessions see what was published when they began, for their whole life."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._guard = threading.Lock()
        self._base: duckdb.DuckDBPyConnection | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._numbers = itertools.count(1)

    @contextmanager
    def session(self, *, at_snapshot: int | None = None) -> Iterator[LakeSession]:
        """Open a session on the newest snapshot, or on an earlier one (SnapshotMissing when it is not kept)."""
        with self._pinned(at_snapshot) as (connection, snapshot, alias):
            yield LakeSession(connection, snapshot=snapshot, database=alias)

    @contextmanager
    def _pinned(self, at_snapshot: int | None = None) -> Iterator[tuple[duckdb.DuckDBPyConnection, int, str]]:
        """Give a connection in a read-only transaction on a snapshot that cannot expire meanwhile."""
        with ExitStack() as ending:
            connection = self._cursor()
            ending.callback(connection.close)
            alias = LAKE if at_snapshot is None else f"{LAKE}_{at_snapshot:d}_{next(self._numbers)}"
            snapshot = at_snapshot
            while True:
                with translated(self._lake.folder), ExitStack() as attempt:
                    if at_snapshot is not None:
                        attempt.enter_context(claim(self._lake.readers, at_snapshot))
                        self._lake.attach(connection, alias, read_only=True, snapshot=at_snapshot)
                        attempt.callback(_detach, connection, alias)
                    connection.execute(f"USE {quoted(alias)}")
                    connection.execute("BEGIN TRANSACTION READ ONLY")
                    attempt.callback(connection.rollback)
                    snapshot = newest_snapshot(connection, alias)
                    if at_snapshot is None:
                        attempt.enter_context(claim(self._lake.readers, snapshot))
                    if is_kept(connection, snapshot, alias):
                        ending.push(attempt.pop_all())
                        break
            yield connection, snapshot, alias

    def close(self) -> None:
        """Give the instance back; sessions still open keep theirs until they end."""
        with self._guard:
            self._forget()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection to the instance; a new instance after a fork or when the lake was replaced."""
        with self._guard:
            stamp = self._present()
            if self._base is None or stamp != self._stamp:
                self._forget()
                self._base, self._stamp = self._open(), stamp
            return self._base.cursor()

    def _open(self) -> duckdb.DuckDBPyConnection:
        base = self._lake.instance()
        self._lake.attach(base, read_only=True)
        return base

    def _present(self) -> tuple[int, int, int]:
        """Return this process and the identity of the catalogue file."""
        try:
            found = self._lake.catalogue.stat()
        except FileNotFoundError:
            raise nothing_built() from None
        if found.st_size == 0:
            raise nothing_built()
        return os.getpid(), found.st_dev, found.st_ino

    def _forget(self) -> None:
        """Let go of the instance. Not ``close()``: that would also close the connections of open sessions."""
        if self._base is not None and self._stamp is not None and self._stamp[0] != os.getpid():
            _inherited.append(self._base)
        self._base = self._stamp = None


def _detach(connection: duckdb.DuckDBPyConnection, alias: str) -> None:
    connection.execute("USE memory")
    connection.execute(f"DETACH DATABASE IF EXISTS {quoted(alias)}")
