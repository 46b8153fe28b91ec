"""Keep what people asked, for themselves, and what they said of the answers, for those who mend the vocabulary.

``state/asked.sqlite`` holds the last questions of each person until they clear them, and every
opinion of an answer, with its question.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from customer360.clock import now
from customer360.errors import C360Error, UnknownName
from customer360.statefile import StateFile

STATE_FILE = Path("state") / "asked.sqlite"
KEPT = 50
"""Questions of one person that are remembered."""
LONGEST_NOTE = 500

Verdict = Literal["up", "down"]
_TABLES = """
CREATE TABLE IF NOT EXISTS question (
  id INTEGER PRIMARY KEY AUTOINCREMENT, who TEXT NOT NULL, at TEXT NOT NULL, text TEXT NOT NULL, status TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS question_who ON question (who, id);
CREATE TABLE IF NOT EXISTS opinion (
  id INTEGER PRIMARY KEY AUTOINCREMENT, who TEXT NOT NULL, at TEXT NOT NULL, text TEXT NOT NULL, reading TEXT,
  status TEXT NOT NULL, verdict TEXT NOT NULL, note TEXT, closed_by TEXT, closed_at TEXT);
"""


@dataclass(frozen=True)
class Question:
    """Something that somebody asked."""

    at: datetime
    text: str
    status: str


@dataclass(frozen=True)
class Opinion:
    """What somebody said of an answer. ``reading`` is the metric query that it came from, None for a refusal."""

    id: int
    who: str
    at: datetime
    text: str
    reading: Mapping[str, Any] | None
    status: str
    verdict: Verdict
    note: str | None
    closed_by: str | None


class Asked:
    """The questions of one project."""

    def __init__(self, root: Path, *, clock: Callable[[], datetime] = now) -> None:
        self._file = StateFile(root / STATE_FILE, _TABLES)
        self._clock = clock

    def remember(self, who: str, text: str, status: str) -> None:
        """Keep a question; the same one again moves to the front."""
        with self._file.writing() as database:
            database.execute("DELETE FROM question WHERE who = ? AND text = ?", (who, text))
            database.execute(
                "INSERT INTO question (who, at, text, status) VALUES (?, ?, ?, ?)", (who, self._now(), text, status)
            )
            database.execute(
                "DELETE FROM question WHERE who = ? AND id NOT IN"
                " (SELECT id FROM question WHERE who = ? ORDER BY id DESC LIMIT ?)",
                (who, who, KEPT),
            )

    def last(self, who: str, *, limit: int = KEPT) -> tuple[Question, ...]:
        """Return what somebody asked, newest first."""
        rows = self._file.rows(
            "SELECT at, text, status FROM question WHERE who = ? ORDER BY id DESC LIMIT ?", (who, limit)
        )
        return tuple(Question(datetime.fromisoformat(row["at"]), row["text"], row["status"]) for row in rows)

    def clear(self, who: str) -> None:
        """Forget what somebody asked."""
        with self._file.writing() as database:
            database.execute("DELETE FROM question WHERE who = ?", (who,))

    def judge(
        self,
        who: str,
        text: str,
        verdict: Verdict,
        *,
        status: str,
        reading: Mapping[str, Any] | None = None,
        note: str | None = None,
    ) -> int:
        """Keep what somebody says of an answer, and return its number; a later word of theirs replaces an open one."""
        if verdict not in ("up", "down"):
            raise C360Error("An opinion is up or down.")
        said = (note or "").strip()[:LONGEST_NOTE] or None
        shape = None if reading is None else json.dumps(reading, sort_keys=True)
        with self._file.writing() as database:
            database.execute("DELETE FROM opinion WHERE who = ? AND text = ? AND closed_by IS NULL", (who, text))
            made = database.execute(
                "INSERT INTO opinion (who, at, text, reading, status, verdict, note) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (who, self._now(), text, shape, status, verdict, said),
            )
            return int(made.lastrowid or 0)

    def opinions(self, *, open_only: bool = True, verdict: Verdict | None = None) -> tuple[Opinion, ...]:
        """Return opinions, newest first: those that wait for somebody, or all."""
        rows = self._file.rows(
            "SELECT * FROM opinion WHERE (closed_by IS NULL OR NOT ?) AND verdict = coalesce(?, verdict)"
            " ORDER BY id DESC",
            (open_only, verdict),
        )
        return tuple(_opinion(row) for row in rows)

    def close(self, number: int, *, by: str) -> Opinion:
        """Say that somebody looked into an opinion. Errors: UnknownName when none of this number is open."""
        known = {each.id: each for each in self.opinions()}
        if number not in known:
            raise UnknownName("open opinion", str(number), [str(each) for each in known])
        with self._file.writing() as database:
            database.execute("UPDATE opinion SET closed_by = ?, closed_at = ? WHERE id = ?", (by, self._now(), number))
        return known[number]

    def _now(self) -> str:
        return self._clock().isoformat(timespec="microseconds")


def _opinion(row: Any) -> Opinion:
    reading = json.loads(row["reading"]) if row["reading"] else None
    return Opinion(
        row["id"],
        row["who"],
        datetime.fromisoformat(row["at"]),
        row["text"],
        reading,
        row["status"],
        row["verdict"],
        row["note"],
        row["closed_by"],
    )
