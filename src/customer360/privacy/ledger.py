"""Keep what was erased when, by whom and how far it got: numbers and moments, nothing of the person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from customer360.privacy.failures import PrivacyError
from customer360.raw.suppressed import Suppressed

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

Status = Literal["begun", "removed", "complete"]
_TABLE = """
CREATE TABLE IF NOT EXISTS erasure (
  id INTEGER PRIMARY KEY AUTOINCREMENT, started_at TEXT NOT NULL, actor TEXT NOT NULL, mode TEXT NOT NULL,
  status TEXT NOT NULL, facts TEXT NOT NULL DEFAULT '{}', finished_at TEXT)
"""


@dataclass(frozen=True)
class Erasure:
    """One erasure. ``status``: begun (nothing published yet), removed (older states are still on disk), complete."""

    id: int
    started_at: datetime
    actor: str
    mode: str
    status: Status
    facts: Mapping[str, Any]
    finished_at: datetime | None


class Ledger:
    """The erasures of one project, in the same file as the list of erased people."""

    def __init__(self, root: Path) -> None:
        self.suppressed = Suppressed(root)

    def begin(self, at: datetime, actor: str, mode: str) -> int:
        """Open an entry and return its number."""
        with self.suppressed.opened() as database:
            database.execute(_TABLE)
            made = database.execute(
                "INSERT INTO erasure (started_at, actor, mode, status) VALUES (?, ?, ?, 'begun')",
                (at.isoformat(), actor, mode),
            )
            return int(made.lastrowid or 0)

    def withdraw(self, number: int) -> None:
        """Forget an erasure that changed nothing."""
        self.suppressed.withdraw(number)
        with self.suppressed.opened() as database:
            database.execute("DELETE FROM erasure WHERE id = ?", (number,))

    def advance(self, number: int, status: Status, facts: Mapping[str, Any], *, at: datetime | None = None) -> None:
        """Write down how far an erasure got."""
        with self.suppressed.opened() as database:
            database.execute(
                "UPDATE erasure SET status = ?, facts = ?, finished_at = ? WHERE id = ?",
                (status, json.dumps(facts, sort_keys=True), at.isoformat() if at else None, number),
            )

    def all(self) -> tuple[Erasure, ...]:
        """Return every erasure, newest first."""
        if not self.suppressed.path.is_file():
            return ()
        with self.suppressed.opened() as database:
            database.execute(_TABLE)
            rows = database.execute(
                "SELECT id, started_at, actor, mode, status, facts, finished_at FROM erasure ORDER BY id DESC"
            ).fetchall()
        return tuple(_erasure(row) for row in rows)

    def named(self, number: int) -> Erasure:
        """Return one erasure. Errors: PrivacyError."""
        found = next((each for each in self.all() if each.id == number), None)
        if found is None:
            raise PrivacyError(f"There is no erasure {number}.", next_step="`c360 privacy list` shows them.")
        return found


def _erasure(row: sqlite3.Row | tuple[Any, ...]) -> Erasure:
    number, started, actor, mode, status, facts, finished = row
    return Erasure(
        number,
        datetime.fromisoformat(started),
        actor,
        mode,
        status,
        json.loads(facts),
        datetime.fromisoformat(finished) if finished else None,
    )
