"""Keep the index of values between processes, in files that may be deleted at any time.

A file is named after everything its content follows from: the state of the data, the model, the as-of date, who sees
it and the code that makes it. So it is never stale: what differs in any of these looks for another file.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from customer360.ask import inflect, valueindex, words
from customer360.ask.valueindex import ValueIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CACHE = Path(".cache")
"""Folder of a project for what can be made anew."""
FOLDER = CACHE / "ask"
KEPT = 8
"""Indexes that are kept, the newest."""


def kept_values(root: Path | None, facts: Iterable[object], make: Callable[[], ValueIndex]) -> ValueIndex:
    """Return the index that was kept under these facts, else make it and keep it where files can be written."""
    if root is None:
        return make()
    path = root / FOLDER / f"{_name(facts)}.arrow"
    with suppress(OSError, KeyError, ValueError):  # not there, or not whole: ArrowInvalid is a ValueError
        return ValueIndex.read(path.read_bytes())
    made = make()
    with suppress(OSError):  # a project on a disk that cannot be written is answered all the same
        _keep(root, path, made.written())
    return made


def clear(root: Path) -> int:
    """Delete what is kept and return how many files there were. Errors: OSError."""
    found = list((root / FOLDER).glob("*"))
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def _keep(root: Path, path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignored = root / CACHE / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n", encoding="utf-8")
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix="new-")  # for its owner alone
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(partial).replace(path)
    except OSError:
        Path(partial).unlink(missing_ok=True)
        raise
    for old in sorted(path.parent.glob("*.arrow"), key=lambda each: each.stat().st_mtime, reverse=True)[KEPT:]:
        old.unlink(missing_ok=True)


def _name(facts: Iterable[object]) -> str:
    return sha256(json.dumps([_made_by(), *map(str, facts)]).encode()).hexdigest()[:40]


@cache
def _made_by() -> str:
    """Return a text that changes with the code that makes an index, and with Arrow."""
    made = sha256(pa.__version__.encode())
    for module in (inflect, valueindex, words):
        made.update(Path(str(module.__file__)).read_bytes())
    return made.hexdigest()
