"""Give a load a private folder on disk, and take away those of loads that were killed: they hold people's data."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "c360-load-"
_NAME = re.compile(rf"{_PREFIX}(\d+)-")


@contextmanager
def staging_folder() -> Iterator[Path]:
    """Yield an empty folder that only this user can read; it is gone when the block ends."""
    base = _base()
    _sweep(base)
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", dir=base) as folder:
        yield Path(folder)


def _base() -> Path:
    """Return where staged rows lie: TMPDIR, else /var/tmp, which is on disk where /tmp may be memory."""
    large = "/var/tmp"  # noqa: S108 - the folder made there has a random name and is private
    if "TMPDIR" not in os.environ and os.access(large, os.W_OK):
        return Path(large)
    return Path(tempfile.gettempdir())


def _sweep(base: Path) -> None:
    """Remove folders of this user's loads whose process is gone."""
    for folder in base.glob(f"{_PREFIX}*"):
        process = _NAME.match(folder.name)
        if process and _is_mine(folder) and not _is_running(int(process[1])):
            shutil.rmtree(folder, ignore_errors=True)


def _is_mine(folder: Path) -> bool:
    try:
        return not hasattr(os, "getuid") or folder.lstat().st_uid == os.getuid()
    except FileNotFoundError:
        return False


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
