"""Keep who is and was in each audience, what each destination has, and every export, in one file beside the project.

Members stand there by the customer's id alone. The file is ``state/audiences.sqlite``; erasing a person empties it of
them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from customer360.audiences.failures import ExportBusy
from customer360.clock import now
from customer360.statefile import StateFile

STATE_FILE = Path("state") / "audiences.sqlite"
_LOCK_FILE = Path("state") / "audiences.lock.sqlite"
_WAIT = 10.0
_VERSION = 3

_TABLES = """
CREATE TABLE IF NOT EXISTS refresh (
  id INTEGER PRIMARY KEY AUTOINCREMENT, audience TEXT NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL, as_of TEXT NOT NULL,
  state TEXT NOT NULL, query TEXT NOT NULL, members INTEGER NOT NULL, held_out INTEGER NOT NULL,
  joined INTEGER NOT NULL, left INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS membership (
  audience TEXT NOT NULL, member TEXT NOT NULL, held_out INTEGER NOT NULL, score REAL, joined INTEGER NOT NULL,
  left INTEGER, PRIMARY KEY (audience, member, joined)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS open_membership ON membership (audience, left);
CREATE TABLE IF NOT EXISTS sent (
  audience TEXT NOT NULL, destination TEXT NOT NULL, member TEXT NOT NULL, fingerprint TEXT NOT NULL,
  PRIMARY KEY (audience, destination, member)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS owed (
  audience TEXT NOT NULL, destination TEXT NOT NULL, member TEXT NOT NULL,
  PRIMARY KEY (audience, destination, member)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS receiver (
  audience TEXT NOT NULL, destination TEXT NOT NULL, digest TEXT NOT NULL,
  PRIMARY KEY (audience, destination)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS export (
  id INTEGER PRIMARY KEY AUTOINCREMENT, audience TEXT NOT NULL, destination TEXT NOT NULL, at TEXT NOT NULL,
  by TEXT NOT NULL, refresh INTEGER NOT NULL, as_of TEXT NOT NULL, query TEXT NOT NULL, mode TEXT NOT NULL,
  added INTEGER NOT NULL, changed INTEGER NOT NULL, removed INTEGER NOT NULL, withheld INTEGER NOT NULL,
  outcome TEXT NOT NULL, detail TEXT);
CREATE TABLE IF NOT EXISTS suppressed (
  hash TEXT NOT NULL, channel TEXT NOT NULL, reason TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (hash, channel)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS readmitted (
  hash TEXT NOT NULL, channel TEXT NOT NULL, reason TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Member:
    """Somebody in an audience now."""

    id: str
    held_out: bool
    score: float | None = None


@dataclass(frozen=True)
class Refresh:
    """One time that an audience was worked out; ``state`` and ``query`` say from what."""

    id: int
    audience: str
    at: datetime
    by: str
    as_of: date
    state: str
    query: str
    members: int
    held_out: int
    joined: int
    left: int


@dataclass(frozen=True)
class Export:
    """One time that members were sent. ``withheld`` did not consent, or are suppressed or held out."""

    id: int
    audience: str
    destination: str
    at: datetime
    by: str
    refresh: int
    as_of: date
    query: str
    mode: str
    added: int
    changed: int
    removed: int
    withheld: int
    outcome: str
    detail: str | None


class Book:
    """The file of one project. Cheap to make; the file appears with the first refresh."""

    def __init__(self, root: Path, *, clock: Callable[[], datetime] = now) -> None:
        self.path = root / STATE_FILE
        self._file = StateFile(self.path, _TABLES, version=_VERSION, wait=_WAIT)
        self._lock_path = root / _LOCK_FILE
        self._clock = clock

    # ---- members ----------------------------------------------------------------------------------------------

    def last_refresh(self, audience: str) -> Refresh | None:
        """Return the newest refresh of an audience, None before the first."""
        rows = self._file.rows("SELECT * FROM refresh WHERE audience = ? ORDER BY id DESC LIMIT 1", (audience,))
        return _refresh(rows[0]) if rows else None

    def refreshes(self, audience: str) -> tuple[Refresh, ...]:
        """Return the refreshes of an audience, newest first."""
        return tuple(
            map(_refresh, self._file.rows("SELECT * FROM refresh WHERE audience = ? ORDER BY id DESC", (audience,)))
        )

    def refresh(self, audience: str, members: Iterable[Member], **facts: Any) -> Refresh:
        """Write down who is in an audience now, who joined and who left. ``facts``: by, as_of, state, query."""
        found = {each.id: each for each in members}
        with self._file.writing() as database:
            open_ = "SELECT member, held_out FROM membership WHERE audience = ? AND left IS NULL"
            before = {row["member"]: bool(row["held_out"]) for row in database.execute(open_, (audience,))}
            stays = {id_ for id_, each in found.items() if before.get(id_) == each.held_out}
            gone, new = before.keys() - stays, found.keys() - stays
            cursor = database.execute(
                "INSERT INTO refresh (audience, at, by, as_of, state, query, members, held_out, joined, left)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    audience, self._clock().isoformat(), facts["by"], facts["as_of"].isoformat(), facts["state"],
                    facts["query"], len(found), sum(each.held_out for each in found.values()), len(new), len(gone),
                ),
            )  # fmt: skip
            number = cursor.lastrowid
            database.executemany(
                "UPDATE membership SET left = ? WHERE audience = ? AND member = ? AND left IS NULL",
                ((number, audience, id_) for id_ in gone),
            )
            database.executemany(
                "INSERT INTO membership VALUES (?, ?, ?, ?, ?, NULL)",
                ((audience, id_, found[id_].held_out, found[id_].score, number) for id_ in sorted(new)),
            )
            database.executemany(
                "UPDATE membership SET score = ? WHERE audience = ? AND member = ? AND left IS NULL",
                ((found[id_].score, audience, id_) for id_ in stays if found[id_].score is not None),
            )
            row = database.execute("SELECT * FROM refresh WHERE id = ?", (number,)).fetchone()
        return _refresh(row)

    def first_refreshes(self, audience: str) -> dict[str, int]:
        """Return in which refresh each member, also those who left, was first in an audience."""
        sql = "SELECT member, min(joined) AS number FROM membership WHERE audience = ? GROUP BY member"
        return {row["member"]: row["number"] for row in self._file.rows(sql, (audience,))}

    def members(self, audience: str, *, at: int | None = None) -> tuple[Member, ...]:
        """Return who is in an audience, or was right after a refresh."""
        sql, values = "SELECT * FROM membership WHERE audience = ? AND left IS NULL ORDER BY member", [audience]
        if at is not None:
            sql = (
                "SELECT * FROM membership WHERE audience = ? AND joined <= ? AND (left IS NULL OR left > ?)"
                " ORDER BY member"
            )
            values += [at, at]  # type: ignore[list-item]  # SQLite takes both
        return tuple(Member(row["member"], bool(row["held_out"]), row["score"]) for row in self._file.rows(sql, values))

    # ---- exports ----------------------------------------------------------------------------------------------

    def sent(self, audience: str, destination: str, *, receiver: str | None = None) -> dict[str, str]:
        """Return what a destination has: the fingerprint of what was sent, by member.

        ``receiver`` says where it is now, as far as known: another place than before has nothing yet.
        """
        sql = "SELECT digest FROM receiver WHERE audience = ? AND destination = ? AND digest <> ?"
        if receiver is not None and self._file.rows(sql, (audience, destination, receiver)):
            return {}
        sql = "SELECT member, fingerprint FROM sent WHERE audience = ? AND destination = ?"
        return {row["member"]: row["fingerprint"] for row in self._file.rows(sql, (audience, destination))}

    def owed(self, audience: str, destination: str) -> frozenset[str]:
        """Return erased members that a destination has not been told of yet."""
        sql = "SELECT member FROM owed WHERE audience = ? AND destination = ?"
        return frozenset(row["member"] for row in self._file.rows(sql, (audience, destination)))

    def owe(self, audience: str, destination: str, members: Iterable[str]) -> None:
        """Remember erased members until a destination was told that they are gone."""
        with self._file.writing() as database:
            database.executemany(
                "INSERT OR REPLACE INTO owed VALUES (?, ?, ?)", ((audience, destination, id_) for id_ in members)
            )

    def has_sent(
        self,
        audience: str,
        destination: str,
        kept: Mapping[str, str],
        removed: Iterable[str] = (),
        *,
        receiver: str | None = None,
    ) -> None:
        """Write down that a destination took members (by fingerprint) and dropped others, and which place it is."""
        moved = not self.sent(audience, destination, receiver=receiver)
        with self._file.writing() as database:
            if moved:
                database.execute("DELETE FROM sent WHERE audience = ? AND destination = ?", (audience, destination))
            if receiver is not None:
                database.execute("INSERT OR REPLACE INTO receiver VALUES (?, ?, ?)", (audience, destination, receiver))
            database.executemany(
                "INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?)",
                ((audience, destination, id_, fingerprint) for id_, fingerprint in kept.items()),
            )
            gone = [(audience, destination, id_) for id_ in removed]
            for table in ("sent", "owed"):
                database.executemany(f"DELETE FROM {table} WHERE audience = ? AND destination = ? AND member = ?", gone)

    def note_export(self, **facts: Any) -> Export:
        """Write an entry of the export log."""
        facts = {"at": self._clock().isoformat(), "detail": None, **facts, "as_of": facts["as_of"].isoformat()}
        names = tuple(facts)
        with self._file.writing() as database:
            sql = f"INSERT INTO export ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
            number = database.execute(sql, tuple(facts.values())).lastrowid
            return _export(database.execute("SELECT * FROM export WHERE id = ?", (number,)).fetchone())

    def exports(self, audience: str | None = None) -> tuple[Export, ...]:
        """Return the export log (of one audience), newest first."""
        where, values = ("WHERE audience = ?", (audience,)) if audience else ("", ())
        return tuple(map(_export, self._file.rows(f"SELECT * FROM export {where} ORDER BY id DESC", values)))

    def last_sent(self, audience: str, destination: str) -> int:
        """Return the number of the last export that a destination took as a whole, 0 before the first."""
        sql = "SELECT max(id) AS id FROM export WHERE audience = ? AND destination = ? AND outcome = 'sent'"
        rows = self._file.rows(sql, (audience, destination))
        return int(rows[0]["id"] or 0) if rows else 0

    @contextmanager
    def sending(self, audience: str, destination: str) -> Iterator[None]:
        """Keep other processes from sending to anywhere at the same time. Errors: ExportBusy.

        The lock is a transaction on a file of its own, so it ends with this process, however it ends.
        """
        self._lock_path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._lock_path, timeout=0, isolation_level=None)) as lock:
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                raise ExportBusy(
                    f"Another process is sending members just now; '{audience}' was not sent to '{destination}'.",
                    next_step="Wait until it has ended, and run the export again.",
                ) from None
            try:
                yield
            finally:
                lock.execute("ROLLBACK")

    # ---- people who must not be there ---------------------------------------------------------------------------

    def suppress(self, hash_: str, *, channel: str, reason: str, by: str) -> None:
        """Keep somebody (by salted hash) out of every export of a channel; channel ``*`` is every one."""
        with self._file.writing() as database:
            database.execute(
                "INSERT OR REPLACE INTO suppressed VALUES (?, ?, ?, ?, ?)",
                (hash_, channel, reason, by, self._clock().isoformat()),
            )

    def suppressed(self, channel: str | None) -> frozenset[str]:
        """Return the salted hashes that are kept out of a channel."""
        rows = self._file.rows("SELECT hash FROM suppressed WHERE channel IN ('*', ?)", (channel or "*",))
        return frozenset(row["hash"] for row in rows)

    def readmit(self, hashes: Iterable[str], *, channel: str, reason: str, by: str) -> int:
        """Let somebody (by salted hashes) be sent again on a channel and return how many entries went."""
        at = self._clock().isoformat()
        gone = 0
        with self._file.writing() as database:
            for each in hashes:
                done = database.execute("DELETE FROM suppressed WHERE hash = ? AND channel = ?", (each, channel))
                if done.rowcount > 0:
                    entry = (each, channel, reason, by, at)
                    database.execute("INSERT INTO readmitted VALUES (?, ?, ?, ?, ?)", entry)
                    gone += 1
        return gone


def _refresh(row: sqlite3.Row) -> Refresh:
    facts = dict(row)
    return Refresh(**{**facts, "at": datetime.fromisoformat(row["at"]), "as_of": date.fromisoformat(row["as_of"])})


def _export(row: sqlite3.Row) -> Export:
    facts = dict(row)
    return Export(**{**facts, "at": datetime.fromisoformat(row["at"]), "as_of": date.fromisoformat(row["as_of"])})
