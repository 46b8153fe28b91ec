"""Force data files to disk before the catalogue names them, most of them while the build still goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from customer360.clock import stopwatch

EVERY = 0.5
"""Least seconds between two flushes ahead: each walks through all data files."""


def flush_to_disk(data: Path, *, newer_than: Path) -> None:
    """Force this publish's data files to disk before the catalogue names them; DuckDB itself does not.

    The catalogue is forced by SQLite. Without this, a power cut after the commit could leave it naming empty files.
    """
    since = newer_than.stat().st_mtime_ns
    for folder, _, names in os.walk(data):
        fresh = [path for name in names if (path := Path(folder, name)).stat().st_mtime_ns >= since]
        for path in [*fresh, *([Path(folder)] if fresh and os.name != "nt" else [])]:
            handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


class FlushAhead:
    """Flushes in a thread what is written so far, now and then; the commit still flushes all, and finds little to do.

    A failed fsync is told once only: a later one of the same file may pass, so ``finish`` raises what went wrong here.
    """

    def __init__(self, flush: Callable[[], None], *, tell: Callable[[str], None]) -> None:
        self._flush = flush
        self._tell = tell
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="flush")
        self._runs: list[Future[None]] = []
        self._last = stopwatch()

    def tell(self, moment: str) -> None:
        """Pass a moment on; after a file was written, begin a flush when the last one is long enough ago."""
        if moment == "file written" and stopwatch() - self._last > EVERY:
            if not self._runs or self._runs[-1].done():
                self._runs.append(self._thread.submit(self._flush))
            self._last = stopwatch()
        self._tell(moment)

    def finish(self) -> None:
        """Wait for the flush that is under way. OSError when one failed; a file that went meanwhile needs none."""
        for run in self._runs:
            error = run.exception()
            if error is not None and not isinstance(error, FileNotFoundError):
                raise error

    def __enter__(self) -> FlushAhead:
        """Begin to listen."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Wait for the thread."""
        self._thread.shutdown()
