"""Hand out read sessions: one DuckDB instance per process and lake, one transaction per session."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

import duckdb

from customer360.engines.at_hand import AtHand
from customer360.engines.failures import translated
from customer360.engines.lake import LAKE, Lake, identity, newest_snapshot
from customer360.engines.sessions import LakeSession
from customer360.errors import C360Error
from customer360.names import Relation, quoted

_inherited: list[duckdb.DuckDBPyConnection] = []
"""Instances that a forked child got from its parent: never used and never closed, their threads are not here."""


@dataclass(frozen=True)
class Instance:
    """A DuckDB instance with the lake attached, and what says that it is still the right one."""

    base: duckdb.DuckDBPyConnection
    stamp: tuple[int, int, int]
    lake: str


class Readers:
    """Read sessions on one lake. Thread-safe; sessions see what was published when they began, for their whole life."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._guard = threading.Lock()
        self._instance: Instance | None = None
        self._at_hand: AtHand | None = None
        self._listed: dict[str, frozenset[Relation]] = {}
        self._numbers = itertools.count(1)

    @contextmanager
    def session(self, *, at_snapshot: int | None = None) -> Iterator[LakeSession]:
        """Open a session on the newest snapshot, or on an earlier one (SnapshotMissing when it is not kept)."""
        with self._pinned(at_snapshot) as (connection, snapshot, alias, lake):
            yield LakeSession(connection, snapshot=snapshot, database=alias, lake=lake, listed=self._listed)

    @contextmanager
    def _pinned(self, at_snapshot: int | None = None) -> Iterator[tuple[duckdb.DuckDBPyConnection, int, str, str]]:
        """Give a connection in a read-only transaction on a snapshot that cannot expire meanwhile, and which lake."""
        alias = LAKE if at_snapshot is None else f"{LAKE}_{at_snapshot:d}_{next(self._numbers)}"
        with ExitStack() as session:
            snapshot = None
            while snapshot is None:  # again when the snapshot expired, or the lake was replaced, in these few ms
                with translated(self._lake.place), ExitStack() as attempt:
                    instance = self._current()
                    connection = instance.base.cursor()
                    attempt.callback(connection.close)
                    snapshot = self._pin(attempt, connection, alias, at_snapshot)
                    if identity(connection) != instance.lake:
                        self._forget(instance)
                        snapshot = None
                    elif snapshot is not None:
                        session.push(attempt.pop_all())
            if at_snapshot is None and self._at_hand is not None:
                session.enter_context(self._at_hand.lent(instance, connection, snapshot))
            yield connection, snapshot, alias, instance.lake

    def _pin(
        self, attempt: ExitStack, connection: duckdb.DuckDBPyConnection, alias: str, at_snapshot: int | None
    ) -> int | None:
        """Begin a transaction and claim its snapshot; None when that snapshot went before the claim was made."""
        if at_snapshot is not None:
            attempt.enter_context(self._lake.claim(at_snapshot))
            self._lake.attach(connection, alias, read_only=True, snapshot=at_snapshot)
            attempt.callback(_detach, connection, alias)
        connection.execute("BEGIN TRANSACTION READ ONLY")
        attempt.callback(connection.rollback)
        connection.execute(f"USE {quoted(alias)}")  # within: before it would look at the catalogue for itself
        snapshot = newest_snapshot(connection, alias)
        if at_snapshot is None:
            attempt.enter_context(self._lake.claim(snapshot))
        return snapshot if self._lake.is_kept(connection, snapshot, alias) else None

    def warm(self) -> None:
        """Open the instance in the background; whatever goes wrong, the first session meets it again and tells it."""

        def opened() -> None:
            with suppress(C360Error, duckdb.Error):
                self._current()

        threading.Thread(target=opened, name="warming").start()

    def keep_at_hand(self) -> None:
        """Keep copies of the newest state's small tables from now on."""
        if self._lake.at_hand_rows > 0 and self._at_hand is None:
            self._at_hand = AtHand(self._lake)
        with suppress(C360Error), self.session():
            pass  # the first session has the copies made

    def settled(self) -> None:
        """Wait until copies that are being made are made."""
        if self._at_hand is not None:
            self._at_hand.settled()

    def close(self) -> None:
        """Give the instance back; sessions still open keep theirs until they end."""
        if self._at_hand is not None:
            self._at_hand.close()
        if self._instance is not None:
            self._forget(self._instance)

    def _current(self) -> Instance:
        """Return the instance; a new one after a fork or when the catalogue is another file."""
        with self._guard:
            stamp = self._stamp()
            if self._instance is not None and self._instance.stamp != stamp:
                if self._instance.stamp[0] != os.getpid():
                    _inherited.append(self._instance.base)
                self._instance = None
            if self._instance is None:
                base = self._open()
                self._instance = Instance(base, stamp, identity(base))
            return self._instance

    def _open(self) -> duckdb.DuckDBPyConnection:
        base = self._lake.instance()
        self._lake.attach(base, read_only=True)
        return base

    def _stamp(self) -> tuple[int, int, int]:
        """Return this process and which file the catalogue is."""
        return os.getpid(), *self._lake.stamp()

    def _forget(self, instance: Instance) -> None:
        """Let go of an instance. Not ``close()``: that would also close the connections of open sessions."""
        with self._guard:
            if self._instance is instance:
                self._instance = None


def _detach(connection: duckdb.DuckDBPyConnection, alias: str) -> None:
    connection.execute("USE memory")
    connection.execute(f"DETACH DATABASE IF EXISTS {quoted(alias)}")
