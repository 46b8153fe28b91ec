"""Keep what people make beside a project in small SQLite files: opened briefly, written whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from customer360.errors import C360Error

WAIT = 5.0
"""Seconds that a writer waits for another one."""


class StateFile:
    """One file. Cheap to make; the file appears, for its owner alone, with the first thing that is kept.

    A file of an older ``version`` gets what ``tables`` says anew (``CREATE TABLE IF NOT EXISTS``).
    """

    def __init__(self, path: Path, tables: str, *, version: int = 1, wait: float = WAIT) -> None:
        self.path = path
        self._tables = tables
        self._version = version
        self._wait = wait

    def rows(self, sql: str, values: Iterable[Any] = ()) -> list[sqlite3.Row]:
        """Return the rows of one query; none before anything was kept. Errors: C360Error."""
        if not self.path.is_file():
            return []
        with self._opened() as database:
            return database.execute(sql, tuple(values)).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction: all of the block is kept, or nothing. Errors: C360Error."""
        if not self.path.is_file():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
        with self._opened() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:  # whatever ends the block, nothing of it is kept
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=self._wait, isolation_level=None)) as database:
                database.row_factory = sqlite3.Row
                database.execute("PRAGMA secure_delete = ON")
                if database.execute("PRAGMA user_version").fetchone()[0] < self._version:
                    database.execute("PRAGMA journal_mode = WAL")
                    database.executescript(f"{self._tables} PRAGMA user_version = {self._version};")
                yield database
        except sqlite3.OperationalError as error:
            raise C360Error(f"The state file cannot be used: {error}.", place=str(self.path)) from error
