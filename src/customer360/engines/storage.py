"""Keep a lake's data files: what it asks of the place where they lie, and how a folder answers.

How a bucket of object storage answers is in bucket.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from customer360.engines.flush import flush_to_disk
from customer360.errors import WarehouseError

if TYPE_CHECKING:
    import duckdb


class Storage(Protocol):
    """Where data files lie. Paths are DuckLake's: from ``root`` on, or whole."""

    @property
    def root(self) -> str:
        """The place in DuckDB's words."""
        ...

    def let_in(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Give a DuckDB instance what it needs to read and write here."""
        ...

    def prepare(self) -> None:
        """Make the place ready. Errors: WarehouseError."""
        ...

    def is_marked(self) -> bool:
        """Say whether somebody writes, or died while writing."""
        ...

    def mark(self) -> None:
        """Say that somebody writes."""
        ...

    def unmark(self) -> None:
        """Say that the writing ended well."""
        ...

    def flush(self) -> None:
        """Make sure that what was written since the mark outlives a power cut."""
        ...

    def delete(self, paths: Iterable[str]) -> Iterator[int]:
        """Delete files and yield the bytes of each; 0 for one that is not there."""
        ...

    def tidy(self) -> None:
        """Delete what a writer that died left and no list of files shows."""
        ...

    def forget(self) -> tuple[int, int]:
        """Delete what the place kept of deleted files; return how many and their bytes. Errors: WarehouseError."""
        ...

    def about(self) -> str | None:
        """Look whether the place answers, and say what is to know about it. Errors: WarehouseError."""
        ...


@dataclass(frozen=True)
class Folder:
    """Data files in a folder that this machine sees; ``unfinished`` is the mark that stands while somebody writes."""

    path: Path
    unfinished: Path

    @property
    def root(self) -> str:
        """The folder."""
        return str(self.path)

    def let_in(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Do nothing: DuckDB reads and writes files by itself."""

    def prepare(self) -> None:
        """Make the folder."""
        make(self.path)

    def is_marked(self) -> bool:
        """Say whether the mark stands."""
        return self.unfinished.exists()

    def mark(self) -> None:
        """Set the mark, with the time of now."""
        self.unfinished.touch()

    def unmark(self) -> None:
        """Take the mark away."""
        self.unfinished.unlink(missing_ok=True)

    def flush(self) -> None:
        """Force files that are newer than the mark to disk."""
        flush_to_disk(self.path, newer_than=self.unfinished)

    def delete(self, paths: Iterable[str]) -> Iterator[int]:
        """Delete files and yield the bytes of each."""
        for path in paths:
            file = self.path / path
            size = file.stat().st_size if file.exists() else 0
            file.unlink(missing_ok=True)
            yield size

    def tidy(self) -> None:
        """Do nothing: whatever was written is a file."""

    def forget(self) -> tuple[int, int]:
        """Do nothing: what is deleted from a folder is gone."""
        return 0, 0

    def about(self) -> str | None:
        """Say nothing: a folder that is not there is told by whatever reads it."""
        return None


def make(folder: Path) -> None:
    """Make a folder of the warehouse unless it is there. Errors: WarehouseError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WarehouseError(
            f"The folder of the warehouse cannot be made: {error.strerror}.",
            place=str(folder),
            next_step="Mount it here, or choose another: folder and data, under engine: in c360.yaml.",
        ) from error
