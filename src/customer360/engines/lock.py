"""Let one process write at a time, and say who it is: an operating-system file lock with its holder's name in it.

The system frees the lock when its holder ends, however it ends; nobody ever has to delete a stale lock file.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from customer360.clock import now, stopwatch
from customer360.errors import WarehouseError, WriterBusy

POLL_SECONDS = 0.05


def _is_held() -> None:
    """Say nothing: the system keeps a file locked as long as its process lives."""


@dataclass(frozen=True)
class Holder:
    """Who holds the lock: never more than the name of the program and its sub-command, arguments may be personal."""

    pid: int
    host: str
    command: str
    purpose: str
    since: str

    @classmethod
    def here(cls, purpose: str) -> Holder:
        """Describe this process."""
        since = now().strftime("%Y-%m-%d %H:%M:%S UTC")
        return cls(os.getpid(), socket.gethostname(), _command(), purpose, since)

    def __str__(self) -> str:
        return f"{self.command} (process {self.pid} on {self.host}, {self.purpose}, since {self.since})"


@dataclass(frozen=True)
class Held:
    """A lock that is held: by whom, and how to make sure that it still is (WarehouseError when it is not)."""

    by: Holder
    confirm: Callable[[], None] = _is_held


class WriterLock:
    """The lock of one warehouse. Not re-entrant: a second thread, or the same one again, is busy too."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def hold(self, purpose: str, *, wait: float = 0.0) -> Iterator[Holder]:
        """Hold the lock for a block, waiting up to ``wait`` seconds for it; WriterBusy names who has it."""
        handle = self._opened()
        try:
            self._acquire(handle, wait)
            holder = Holder.here(purpose)
            _write(handle, json.dumps(asdict(holder)))
            try:
                yield holder
            finally:
                if holder.pid == os.getpid():  # a forked child that falls out of the block holds nothing
                    _write(handle, "")
                    unlock(handle)
        finally:
            os.close(handle)

    def holder(self) -> Holder | None:
        """Return who says in the lock file to hold it (for messages: only trying to lock tells for certain)."""
        try:
            return Holder(**json.loads(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _opened(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise WarehouseError(
                f"The warehouse's lock file cannot be opened: {error.strerror}.",
                place=str(self._path),
                next_step="Writing needs permission to write in the warehouse folder.",
            ) from error

    def _acquire(self, handle: int, wait: float) -> None:
        deadline = stopwatch() + wait
        while not try_lock(handle):
            if stopwatch() >= deadline:
                holder = self.holder()
                raise WriterBusy(
                    f"The warehouse is being written by {holder or 'another process'}.",
                    next_step="Wait until it is done, or stop that process; readers are not affected.",
                )
            time.sleep(POLL_SECONDS)


@contextmanager
def hold(path: Path, purpose: str, *, wait: float) -> Iterator[Held]:
    """Hold the lock of a file for a block."""
    with WriterLock(path).hold(purpose, wait=wait) as holder:
        yield Held(holder)


def _command() -> str:
    """Return the program and, when it looks like one, its sub-command: ``c360 build``."""
    program = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "python"
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    return f"{program} {word}" if re.fullmatch(r"[a-z][a-z-]{1,15}", word) else program


def _write(handle: int, text: str) -> None:
    """Put the holder's name into the file; on a full disk the lock holds without it."""
    with suppress(OSError):
        os.lseek(handle, 0, os.SEEK_SET)
        os.ftruncate(handle, 0)
        os.write(handle, text.encode())


if sys.platform == "win32":  # pragma: no cover - Windows only
    import msvcrt

    BEYOND_TEXT = 1 << 30
    """Windows refuses reads of locked bytes, so the byte that is locked lies far behind the holder's name."""

    def try_lock(handle: int) -> bool:
        """Lock an open file unless somebody else, in this process or another, has it locked."""
        os.lseek(handle, BEYOND_TEXT, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def unlock(handle: int) -> None:
        """Unlock a file; closing it does so too."""
        os.lseek(handle, BEYOND_TEXT, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def try_lock(handle: int) -> bool:
        """Lock an open file unless somebody else, in this process or another, has it locked."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(handle: int) -> None:
        """Unlock a file; closing it does so too."""
        fcntl.flock(handle, fcntl.LOCK_UN)
