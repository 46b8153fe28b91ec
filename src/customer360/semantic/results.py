"""Keep answers in memory, each under the state of the warehouse and the SQL it came from, so that none is ever stale.

The SQL is compiled from the model, the canonical query, the as-of date and the policies and masks of whoever asks, and
it is pure: no clock, no chance. So the published state and the SQL together decide every row.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from customer360.engines.base import Session

MEMORY = 64 * 2**20
"""Bytes of answers that one project keeps."""

_LARGEST_SHARE = 8
"""An answer larger than this part of the memory is not kept: it would push out everything else."""

_OVERHEAD = 1_024  # bytes of a small table besides its values


Key = tuple[str, str]


class ResultCache:
    """The most recently used answers of a project, within a number of bytes. Safe to use from several threads."""

    def __init__(self, memory: int = MEMORY) -> None:
        self._memory = memory
        self._tables: OrderedDict[Key, pa.Table] = OrderedDict()
        self._bytes = 0
        self._newest = -1
        self._lock = Lock()
        self.hits = 0
        self.misses = 0

    @property
    def nbytes(self) -> int:
        """How many bytes the kept answers take."""
        return self._bytes

    def known(self, session: Session, sql: str) -> pa.Table | None:
        """Return the answer of a statement in a session's state, None when it must be run."""
        key = (session.state, sql)
        with self._lock:
            self._forget_older(session.snapshot)
            table = self._tables.get(key)
            if table is None:
                self.misses += 1
                return None
            self.hits += 1
            self._tables.move_to_end(key)
            return table

    def keep(self, session: Session, sql: str, table: pa.Table) -> None:
        """Keep an answer, unless it is too large; the least recently used make room."""
        size = _size(table)
        if size > self._memory // _LARGEST_SHARE:
            return
        key = (session.state, sql)
        with self._lock:
            if session.snapshot < self._newest:
                return  # somebody looks back; only the newest state is asked again and again
            self._forget_older(session.snapshot)
            self._drop(key)
            self._tables[key] = table
            self._bytes += size
            while self._bytes > self._memory:
                self._drop(next(iter(self._tables)))

    def clear(self) -> None:
        """Forget every answer (after an erasure, for one)."""
        with self._lock:
            self._tables.clear()
            self._bytes = 0

    def _forget_older(self, snapshot: int) -> None:
        """Let go of older states as soon as a newer is read: what was erased there must not live on here."""
        if snapshot > self._newest:
            self._newest = snapshot
            self._tables.clear()
            self._bytes = 0

    def _drop(self, key: Key) -> None:
        table = self._tables.pop(key, None)
        if table is not None:
            self._bytes -= _size(table)


def _size(table: pa.Table) -> int:
    return int(table.get_total_buffer_size()) + _OVERHEAD
