"""Keep, beside the project, who must not come back: salted digests of ids, never the ids themselves.

The list lives in a SQLite file of the project's state and is read at the beginning of every load. Erasing a person
adds to it. ``screened`` says which columns of which raw tables hold such ids, so a load needs to know no model.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from customer360.errors import C360Error
from customer360.names import Relation

STATE_FILE = Path("state") / "privacy.sqlite"
DIGEST_BYTES = 16

_TABLES = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS suppressed (
  domain TEXT NOT NULL, digest TEXT NOT NULL, replacement TEXT, token TEXT, erasure INTEGER NOT NULL,
  PRIMARY KEY (domain, digest));
CREATE TABLE IF NOT EXISTS screened (
  schema_name TEXT NOT NULL, table_name TEXT NOT NULL, column_name TEXT NOT NULL, domain TEXT NOT NULL,
  role TEXT NOT NULL, PRIMARY KEY (schema_name, table_name, column_name, domain, role));
"""


@dataclass(frozen=True)
class Entry:
    """One id that must not come back. ``replacement``: the id that stands in its place, None where rows are left out.

    ``token`` stands in the place of required personal values. ``domain`` says what the id is one of: a system of
    customers, or a column that rows of a removed person were keyed by.
    """

    domain: str
    digest: str
    replacement: str | None
    token: str | None = None


@dataclass(frozen=True)
class Screened:
    """A column of a raw table that a load looks at.

    ``role``: ``id`` holds ids of ``domain`` whose rows these are, ``mention`` names them in rows of others; ``key`` is
    a key of rows that others name (``domain``: itself); ``null``, ``text``, ``mail``, ``zero`` say what stands in the
    place of a personal value.
    """

    relation: Relation
    column: str
    domain: str
    role: str


class Suppressed:
    """The list of one project."""

    def __init__(self, root: Path) -> None:
        self.path = root / STATE_FILE

    def salt(self) -> bytes:
        """Return the secret of the digests, made when first needed."""
        with self.opened() as database:
            made = secrets.token_hex(32)
            database.execute("INSERT OR IGNORE INTO setting VALUES ('salt', ?)", (made,))
            row = database.execute("SELECT value FROM setting WHERE name = 'salt'").fetchone()
        return bytes.fromhex(row[0])

    def entries(self) -> tuple[Entry, ...]:
        """Return the list; empty before anybody was erased."""
        if not self.path.is_file():
            return ()
        with self.opened() as database:
            rows = database.execute("SELECT domain, digest, replacement, token FROM suppressed").fetchall()
        return tuple(Entry(*row) for row in rows)

    def screened(self) -> tuple[Screened, ...]:
        """Return the columns that a load looks at."""
        if not self.path.is_file():
            return ()
        with self.opened() as database:
            rows = database.execute(
                "SELECT schema_name, table_name, column_name, domain, role FROM screened ORDER BY 1, 2, 3, 4, 5"
            ).fetchall()
        return tuple(Screened(Relation(row[0], row[1]), *row[2:]) for row in rows)

    def screen_columns(self, columns: Iterable[Screened]) -> None:
        """Keep which columns a load looks at; those that held ids before stay, whatever the contracts say now."""
        rows = {(c.relation.schema, c.relation.table, c.column, c.domain, c.role) for c in columns}
        with self.opened() as database:
            database.execute("DELETE FROM screened WHERE role NOT IN ('id', 'key', 'mention')")
            database.executemany(
                "DELETE FROM screened WHERE schema_name = ? AND table_name = ? AND column_name = ? AND domain = ?"
                " AND role IN ('id', 'mention') AND ? IN ('id', 'mention')",
                sorted(rows),
            )
            database.executemany("INSERT OR IGNORE INTO screened VALUES (?, ?, ?, ?, ?)", sorted(rows))

    def add(self, entries: Iterable[Entry], *, erasure: int) -> None:
        """Add to the list; an id that stands there already gets what holds now."""
        with self.opened() as database:
            database.executemany(
                "INSERT OR REPLACE INTO suppressed VALUES (?, ?, ?, ?, ?)",
                [(e.domain, e.digest, e.replacement, e.token, erasure) for e in entries],
            )

    def withdraw(self, erasure: int) -> None:
        """Take back what an erasure that did not go through added."""
        with self.opened() as database:
            database.execute("DELETE FROM suppressed WHERE erasure = ?", (erasure,))

    def count(self, erasure: int) -> int:
        """Return how many ids an erasure added."""
        with self.opened() as database:
            row = database.execute("SELECT count(*) FROM suppressed WHERE erasure = ?", (erasure,)).fetchone()
        return int(row[0])

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file in a transaction; what is deleted is overwritten with zeros."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not self.path.exists():
                self.path.touch(mode=0o600)
            with closing(sqlite3.connect(self.path, timeout=5)) as database:
                database.execute("PRAGMA secure_delete = ON")
                database.executescript(_TABLES)
                with database:
                    yield database
        except sqlite3.OperationalError as error:
            raise C360Error(f"The list of erased people cannot be used: {error}.", place=str(self.path)) from error


def digest(salt: bytes, domain: str, value: str) -> str:
    """Return the salted digest of an id; the domain keeps ids of two systems apart."""
    return hashlib.blake2b(f"{domain}\n{value}".encode(), key=salt, digest_size=DIGEST_BYTES).hexdigest()


def by_domain(entries: Iterable[Entry]) -> Mapping[str, Mapping[str, Entry]]:
    """Return entries by domain and digest."""
    found: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        found.setdefault(entry.domain, {})[entry.digest] = entry
    return found
