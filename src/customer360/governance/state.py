"""Keep accounts, requests, grants and their history in one SQLite file beside the project, never in the warehouse.

The history only grows: each entry carries the digest of the one before it, and triggers refuse to change or delete one.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock, local
from typing import Any

from customer360.clock import now
from customer360.errors import C360Error
from customer360.governance.failures import HistoryBroken

STATE_FILE = Path("state") / "governance.sqlite"
WAIT = 5.0
"""Seconds that a writer waits for another one."""

FIRST = "0" * 64
"""What the first entry of the history follows."""

MIGRATIONS = (
    """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE account (
  name TEXT PRIMARY KEY, password_hash TEXT, roles TEXT NOT NULL, groups TEXT NOT NULL, attributes TEXT NOT NULL,
  is_active INTEGER NOT NULL DEFAULT 1, created_at TEXT NOT NULL);
CREATE TABLE session (
  token_hash TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES account, csrf TEXT NOT NULL,
  created_at TEXT NOT NULL, seen_at TEXT NOT NULL, ended_at TEXT);
CREATE TABLE api_key (
  id TEXT PRIMARY KEY, key_hash TEXT NOT NULL, account TEXT NOT NULL REFERENCES account, label TEXT NOT NULL,
  scopes TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT, revoked_at TEXT);
CREATE TABLE failure (who TEXT NOT NULL, at TEXT NOT NULL);
CREATE INDEX failure_who ON failure (who, at);
CREATE TABLE access_request (
  id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL REFERENCES account, port TEXT NOT NULL,
  purpose TEXT NOT NULL, days INTEGER, personal INTEGER NOT NULL, status TEXT NOT NULL, at TEXT NOT NULL,
  decided_by TEXT, decided_at TEXT, note TEXT);
CREATE UNIQUE INDEX one_open_request ON access_request (account, port, personal) WHERE status = 'open';
CREATE TABLE access_grant (
  id INTEGER PRIMARY KEY AUTOINCREMENT, request_id INTEGER REFERENCES access_request, holder_kind TEXT NOT NULL,
  holder TEXT NOT NULL, port TEXT NOT NULL, personal INTEGER NOT NULL, row_filter TEXT, granted_by TEXT NOT NULL,
  starts_at TEXT NOT NULL, expires_at TEXT, revoked_at TEXT, revoked_by TEXT);
CREATE INDEX grant_holder ON access_grant (holder_kind, holder);
CREATE TABLE event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
  subject TEXT NOT NULL, detail TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the history only grows'); END;
CREATE TRIGGER event_is_kept BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the history only grows'); END;
""",
    """
ALTER TABLE access_grant ADD COLUMN figures_only INTEGER NOT NULL DEFAULT 0;
CREATE TABLE notice (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
  port TEXT NOT NULL, request INTEGER);
CREATE INDEX notice_account ON notice (account, id);
CREATE TRIGGER notice_stays BEFORE UPDATE OF id, at, account, kind, port, request ON notice
  BEGIN SELECT RAISE(ABORT, 'notices only grow'); END;
CREATE TRIGGER notice_is_kept BEFORE DELETE ON notice BEGIN SELECT RAISE(ABORT, 'notices only grow'); END;
CREATE TABLE notice_seen (account TEXT PRIMARY KEY, up_to INTEGER NOT NULL);
CREATE TABLE oidc_attempt (
  state_hash TEXT PRIMARY KEY, browser_hash TEXT NOT NULL, nonce TEXT NOT NULL, verifier TEXT NOT NULL,
  onward TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE oidc_identity (
  issuer TEXT NOT NULL, subject TEXT NOT NULL, account TEXT NOT NULL REFERENCES account, PRIMARY KEY (issuer, subject));
""",
    "ALTER TABLE access_request ADD COLUMN figures_only INTEGER NOT NULL DEFAULT 0;",
    """
DROP INDEX one_open_request;
CREATE UNIQUE INDEX one_open_request ON access_request (account, port, personal, figures_only) WHERE status = 'open';
""",
    "ALTER TABLE access_grant ADD COLUMN note TEXT;",
)
"""One script for each version of the file; a file is brought up to date when it is opened."""


@dataclass(frozen=True)
class Event:
    """One entry of the history. ``detail`` never holds a secret, a personal value, or what people write freely."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]
    digest: str


class Writing:
    """An open transaction of the state."""

    def __init__(self, database: sqlite3.Connection, at: datetime) -> None:
        self.database = database
        self.at = at

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self.database.execute(sql, parameters)

    def note(self, actor: str, action: str, subject: str, **detail: Any) -> None:
        """Write an entry of the history."""
        last = self.run("SELECT digest FROM event ORDER BY seq DESC LIMIT 1").fetchone()
        text = json.dumps(detail, sort_keys=True, separators=(",", ":"), default=str)
        entry = (stamp(self.at), actor, action, subject, text)
        digest = _digest(last[0] if last else FIRST, entry)
        self.run(
            "INSERT INTO event (at, actor, action, subject, detail, digest) VALUES (?, ?, ?, ?, ?, ?)", (*entry, digest)
        )


class State:
    """The state file of one project. Cheap to make; the file appears with the first thing that is kept."""

    def __init__(self, root: Path, *, clock: Callable[[], datetime] = now, patience: float = WAIT) -> None:
        self.path = root / STATE_FILE
        self.clock = clock
        self.patience = patience
        """Seconds to wait for another process that writes."""
        self._holding = Lock()
        self._turn = Lock()
        """Threads of one process write one after the other: SQLite lets those that wait for it starve."""
        self._is_held = False
        self._open = local()

    @property
    def exists(self) -> bool:
        """Whether anything was ever kept."""
        return self.path.is_file()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return the rows of one query; none before anything was kept."""
        if (joined := self._joined) is not None:
            return joined.run(sql, parameters).fetchall()
        if not self.exists:
            return []
        with self._opened() as database:
            return database.execute(sql, parameters).fetchall()

    @property
    def _joined(self) -> Writing | None:
        """The transaction that this thread has open."""
        found: Writing | None = getattr(self._open, "writing", None)
        return found

    @property
    def is_writing(self) -> bool:
        """Whether this thread has a transaction open."""
        return self._joined is not None

    @contextmanager
    def writing(self, *, waits: bool = True) -> Iterator[Writing]:
        """Open a transaction: all of the block is kept, or nothing. One within it joins it, and reading sees it.

        Without ``waits`` it does not wait until the disk has it: other processes see it and a crash of this one loses
        nothing, but a power cut may take the last of such entries, until the next one that waits.
        """
        if (joined := self._joined) is not None:
            yield joined
            return
        if not self.exists:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
        with self._turn, self._opened() as database:
            if not waits:
                database.execute("PRAGMA synchronous = NORMAL")
            database.execute("BEGIN IMMEDIATE")
            self._open.writing = Writing(database, self.clock())
            try:
                yield self._open.writing
            except BaseException:  # whatever ends the block, nothing of it is kept
                database.execute("ROLLBACK")
                raise
            finally:
                self._open.writing = None
            database.execute("COMMIT")

    def salt(self) -> str:
        """Return the project's secret for hashed columns, made when first needed."""
        found = self.rows("SELECT value FROM setting WHERE name = 'salt'")
        if found:
            return str(found[0][0])
        with self.writing() as writing:
            writing.run("INSERT OR IGNORE INTO setting VALUES ('salt', ?)", (secrets.token_hex(32),))
        return self.salt()

    def history(self, *, subject: str | None = None, limit: int = 1_000_000) -> tuple[Event, ...]:
        """Return entries of the history, newest first."""
        where = "WHERE subject = ?" if subject else ""
        found = self.rows(
            f"SELECT * FROM event {where} ORDER BY seq DESC LIMIT ?", (*((subject,) if subject else ()), limit)
        )
        return tuple(_event(row) for row in found)

    def verify(self) -> tuple[int, str]:
        """Return how many entries the history has and the digest of the last. Errors: HistoryBroken.

        Whoever keeps that digest elsewhere can prove later that nothing before it was changed or cut off.
        """
        last, count = FIRST, 0
        for row in self.rows("SELECT * FROM event ORDER BY seq"):
            entry = (row["at"], row["actor"], row["action"], row["subject"], row["detail"])
            count += 1
            if row["seq"] != count or row["digest"] != _digest(last, entry):
                raise HistoryBroken(
                    f"Entry {count} of the history is not what was written.", place=str(self.path), next_step=_RESTORE
                )
            last = row["digest"]
        written = self.rows("SELECT seq FROM sqlite_sequence WHERE name = 'event'")
        if written and written[0][0] != count:
            raise HistoryBroken(
                f"The history ends at entry {count}, and {written[0][0]} were written.",
                place=str(self.path),
                next_step=_RESTORE,
            )
        return count, last

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=self.patience, isolation_level=None)) as database:
                database.row_factory = sqlite3.Row
                database.execute("PRAGMA foreign_keys = ON")
                self._migrate(database)
                self._hold()
                yield database
        except sqlite3.OperationalError as error:
            raise C360Error(f"The state file cannot be used: {error}.", place=str(self.path)) from error

    def _hold(self) -> None:
        """Keep one idle connection as long as this object lives.

        Whoever closes a SQLite file last has to move its log into it, and waits for the disk more than once: without
        this, every single read and write would be the last.
        """
        with self._holding:
            if not self._is_held:
                held = sqlite3.connect(self.path, timeout=self.patience, isolation_level=None, check_same_thread=False)
                held.execute("SELECT count(*) FROM setting").fetchone()
                weakref.finalize(self, held.close)
                self._is_held = True

    def _migrate(self, database: sqlite3.Connection) -> None:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise C360Error(
                "The state file was written by a newer version of customer360.",
                place=str(self.path),
                next_step="Install that version.",
            )
        if version == len(MIGRATIONS):
            return
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("BEGIN IMMEDIATE")
        version = database.execute("PRAGMA user_version").fetchone()[0]  # another process may have been faster
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            for statement in _statements(script):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {number}")
        database.execute("COMMIT")


_RESTORE = "Compare it with a backup; entries before this one are as they were written."


def stamp(moment: datetime) -> str:
    """Return a moment as it is kept: UTC, to the microsecond, so that texts sort as moments do."""
    return moment.isoformat(timespec="microseconds")


def moment_of(text: str | None) -> datetime | None:
    """Return a kept moment."""
    return datetime.fromisoformat(text) if text else None


def _statements(script: str) -> Iterator[str]:
    part = ""
    for line in script.strip().splitlines():
        part += line + "\n"
        if sqlite3.complete_statement(part):
            yield part
            part = ""


def _digest(before: str, entry: Sequence[str]) -> str:
    return hashlib.sha256("\n".join((before, *(json.dumps(part) for part in entry))).encode()).hexdigest()


def _event(row: sqlite3.Row) -> Event:
    return Event(
        row["seq"],
        datetime.fromisoformat(row["at"]),
        row["actor"],
        row["action"],
        row["subject"],
        json.loads(row["detail"]),
        row["digest"],
    )
