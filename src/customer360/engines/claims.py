"""Say which snapshots are being read, so that a clean-up leaves them alone.

DuckLake does not: a session whose snapshot expires under it reads empty tables from then on, without an error. So each
session holds a small locked file named after its snapshot. The lock ends with its process; the file of a killed
reader is found unlocked and removed.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from customer360.engines.lock import try_lock

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Claimed:
    """Snapshots in use, and since when the longest of their sessions reads (None: nobody reads)."""

    snapshots: frozenset[int]
    since: datetime | None


@contextmanager
def claim(folder: Path, snapshot: int) -> Iterator[None]:
    """Keep a snapshot from expiring while the block runs."""
    path, handle = _locked(folder, snapshot)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def claimed(folder: Path) -> Claimed:
    """Return what is claimed at this moment, and remove the files of readers that were killed."""
    snapshots, since = set(), None
    for path in sorted(folder.glob("*.reader")):
        try:
            handle = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            continue  # its session has just ended
        try:
            if try_lock(handle):
                path.unlink(missing_ok=True)
                continue
            snapshots.add(int(path.name.split("-")[0]))
            began = datetime.fromtimestamp(os.fstat(handle).st_mtime, tz=UTC)
            since = began if since is None else min(since, began)
        finally:
            os.close(handle)
    return Claimed(frozenset(snapshots), since)


def _locked(folder: Path, snapshot: int) -> tuple[Path, int]:
    """Make and lock a file of this session's own; again, when a writer took it for a dead reader's in between."""
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        path = folder / f"{snapshot}-{os.getpid()}-{next(_numbers)}.reader"
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if try_lock(handle) and path.exists():
            return path, handle
        os.close(handle)
