"""Publish: take the writer lock, write in one transaction, commit, clean up. A death at any moment does no harm.

The named moments, in order, as a listener hears them (``file written`` once per table or append, ``file deleted``
once per file):

    lock taken -> leftovers deleted (only after a writer died) -> transaction open -> file written ...
    -> before commit -> after commit -> files merged -> snapshots expired -> file deleted ... -> cleaned up
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

from customer360.engines import retention
from customer360.engines.failures import translated, translation
from customer360.engines.flush import FlushAhead
from customer360.engines.lake import LAKE, Lake, identity, newest_snapshot
from customer360.engines.lock import Held
from customer360.engines.retention import Cleaned
from customer360.engines.sessions import LakePublication, Listener, PublicationFactory
from customer360.errors import CommitFailed, WarehouseError, WarehouseLost
from customer360.names import text_literal

log = logging.getLogger(__name__)

_inherited: list[duckdb.DuckDBPyConnection | None] = []
"""Connections that a forked child got from its parent: never used and never closed, their threads are not here."""


class Writer:
    """The one writer of a lake, as far as this process goes; the lock settles it between processes."""

    def __init__(self, lake: Lake, *, keep: int, tell: Listener, make: PublicationFactory = LakePublication) -> None:
        self._lake = lake
        self._make = make
        self._keep = keep
        self._tell = tell
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._identity = ""
        self._pid = os.getpid()

    @contextmanager
    def publication(self, *, note: str, wait: float, earlier: int | None = None) -> Iterator[LakePublication]:
        """Publish what the block writes; ``earlier`` attaches that snapshot, read-only, as ``earlier``."""
        with self._alone(note, wait) as (connection, held):
            if earlier is not None:
                self._lake.attach(connection, "earlier", read_only=True, snapshot=earlier)
            with translated(self._lake.place):
                connection.execute("BEGIN")
                before = newest_snapshot(connection)
            self._tell("transaction open")
            with FlushAhead(self._lake.store.flush, tell=self._tell) as ahead:
                publication = self._make(connection, snapshot=before, tell=ahead.tell)
                try:
                    yield publication
                    self._commit(connection, note, held, ahead)
                except BaseException:  # also Ctrl-C: the lock must not be given back with a transaction open
                    with suppress(duckdb.Error):  # DuckDB ends the process when one is closed whose server is lost
                        connection.execute("ROLLBACK")
                    raise
            publication.snapshot_after = newest_snapshot(connection)
            self._tell("after commit")
            if earlier is not None:
                connection.execute("DETACH earlier")
            self._clean_up(connection)

    def maintain(self, *, purge: bool, wait: float) -> Cleaned:
        """Merge, rewrite, expire, delete. ``purge``: keep the newest state only and leave nothing older on disk."""
        with self._alone("maintenance", wait) as (connection, _), translated(self._lake.place):
            if purge:
                self._refuse_while_read()
            retention.rewrite_deleted_rows(connection, threshold=0.0 if purge else 0.5)
            retention.merge_small_files(connection, more_than=1)
            if purge:  # a merge's snapshot is not counted otherwise, and what it merged would stay
                expired = retention.expire(connection, self._lake, keep=1, uncounted=None)
            else:
                expired = retention.expire(connection, self._lake, keep=self._keep)
            deleted = retention.delete_scheduled_files(connection, self._lake, tell=self._tell)
            orphans = retention.delete_orphans(connection, self._lake)
            if purge:
                deleted += Cleaned(0, *self._lake.store.forget())
                self.discard()
                self._lake.vacuum()
        return Cleaned(snapshots=expired) + deleted + orphans

    def _refuse_while_read(self) -> None:
        reading = self._lake.claimed()
        if reading.snapshots:
            raise WarehouseError(
                f"Older states cannot be purged while {len(reading.snapshots)} of them are being read.",
                place=self._lake.place,
                next_step="Stop the programs that read the warehouse (c360 serve) and run again.",
            )

    def discard(self) -> None:
        """Close this process's writing connection; the next publish opens a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _alone(self, note: str, wait: float) -> Iterator[tuple[duckdb.DuckDBPyConnection, Held]]:
        """Hold the lock, with a connection, after tidying up behind a writer that died.

        The mark of unfinished work goes only when the block ends well; so whatever else happens, the next writer
        looks for leftovers. A connection that saw an error is not used again: DuckLake's can be wedged after one.
        """
        self._lake.prepare()
        store = self._lake.store
        with self._lake.hold(note, wait=wait) as held:
            self._tell("lock taken")
            died = store.is_marked()
            try:
                with translated(self._lake.place):
                    store.mark()
                    connection = self._opened()
                    if died:
                        retention.delete_orphans(connection, self._lake)
                if died:
                    self._tell("leftovers deleted")
                yield connection, held
                store.unmark()
            except BaseException:  # whatever it was, a connection that saw it is not used again
                self.discard()
                raise

    def _opened(self) -> duckdb.DuckDBPyConnection:
        """Return the kept connection, or a new one; also when the lake was deleted or replaced meanwhile."""
        if self._pid != os.getpid():
            _inherited.append(self._connection)
            self._connection, self._pid = None, os.getpid()
        if self._connection is not None and (not self._lake.is_there or identity(self._connection) != self._identity):
            self.discard()
        if self._connection is None:
            connection = self._lake.instance(spill=self._lake.spill)
            self._lake.attach(connection, read_only=False)
            self._lake.choose_encoding(connection)
            connection.execute(f"USE {LAKE}")
            self._connection, self._identity = connection, identity(connection)
        return self._connection

    def _commit(self, connection: duckdb.DuckDBPyConnection, note: str, held: Held, ahead: FlushAhead) -> None:
        self._tell("before commit")
        try:
            ahead.finish()
            self._lake.store.flush()
            held.confirm()
            author = f"{held.by.command} (process {held.by.pid} on {held.by.host})"
            connection.execute(f"CALL ducklake_set_commit_message({text_literal(LAKE)}, $1, $2)", [author, note])
            connection.execute("COMMIT")
        except (duckdb.Error, OSError) as error:
            cause = translation(error, self._lake.place)
            if isinstance(cause, WarehouseLost):
                raise CommitFailed(
                    "The server of the catalogue was lost while it committed, so it is not known whether this was"
                    " published.",
                    next_step="Look at `c360 history` when it answers, and run again if it is not there.",
                ) from error
            raise CommitFailed(
                f"Nothing was published, readers keep the old state. {cause.what}",
                place=cause.place,
                next_step=cause.next_step,
            ) from error

    def _clean_up(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Apply retention; a failure here is logged, not raised: the new state is published all the same.

        It goes on the log and the connection away; the next publish or `maintain` does the work.
        """
        try:
            retention.retain(connection, self._lake, keep=self._keep, tell=self._tell)
        except (duckdb.Error, OSError, WarehouseError) as error:
            known = error if isinstance(error, WarehouseError) else translation(error)
            log.warning("Published, but old snapshots could not be cleaned up: %s", known)
            self._tell("clean-up failed")
            self.discard()
