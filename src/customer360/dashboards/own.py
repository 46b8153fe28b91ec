"""Keep the dashboards that people make for themselves, every version of them, in ``state/dashboards.sqlite``.

A document is what ``dashboards/<name>.yaml`` would hold, so it can move into the project's files as it is.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from customer360.clock import now
from customer360.errors import C360Error, NotPermitted, Place, QueryError, UnknownName
from customer360.project.outside import FileExport
from customer360.project.spec import Dashboard, Widget
from customer360.statefile import StateFile

STATE_FILE = Path("state") / "dashboards.sqlite"
LONGEST_TITLE = 120
MOST = 200
"""Dashboards of one person."""
VERSIONS = 20
"""Earlier versions kept of each, to undo."""

_TABLES = """
CREATE TABLE IF NOT EXISTS board (name TEXT PRIMARY KEY, owner TEXT NOT NULL, version INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS board_owner ON board (owner);
CREATE TABLE IF NOT EXISTS board_version (
  name TEXT NOT NULL, version INTEGER NOT NULL, at TEXT NOT NULL, document TEXT NOT NULL,
  PRIMARY KEY (name, version)) WITHOUT ROWID;
"""
_ONE = (
    "SELECT b.name, b.owner, b.version, v.at, v.document FROM board AS b JOIN board_version AS v USING (name, version)"
)


class BoardChanged(C360Error):
    """Somebody, or another window, changed the dashboard meanwhile."""


@dataclass(frozen=True)
class OwnBoard:
    """A dashboard that somebody made."""

    name: str
    owner: str
    version: int
    at: datetime
    document: Mapping[str, Any]

    @property
    def title(self) -> str:
        """What stands above it."""
        return str(self.document["title"])

    @property
    def yaml(self) -> str:
        """The text of the file that it would be in a project."""
        return str(yaml.safe_dump(dict(self.document), sort_keys=False, allow_unicode=True, width=120))

    def dashboard(self) -> Dashboard:
        """Return it as pages fill it."""
        place = Place(f"{STATE_FILE} ({self.name})")
        widgets = tuple(
            Widget(
                each["name"],
                each["title"],
                each["chart"],
                place,
                each["query"],
                each.get("options", {}),
                each.get("model"),
            )
            for each in self.document["widgets"]
        )
        filters = tuple(self.document.get("filters", ()))
        exports = tuple(FileExport(each["every"], each["kind"]) for each in self.document.get("exports", ()))
        return Dashboard(
            self.name, self.title, place, widgets, self.document.get("description"), filters, exports=exports
        )


class OwnBoards:
    """The dashboards that people made in one project. Everybody who may sign in may look at one by its address."""

    def __init__(self, root: Path, *, clock: Callable[[], datetime] = now) -> None:
        self._file = StateFile(root / STATE_FILE, _TABLES)
        self._clock = clock

    def of(self, owner: str) -> tuple[OwnBoard, ...]:
        """Return somebody's dashboards, the last changed first."""
        return tuple(map(_board, self._file.rows(f"{_ONE} WHERE b.owner = ? ORDER BY v.at DESC", (owner,))))

    def all(self) -> tuple[OwnBoard, ...]:
        """Return everybody's dashboards, by name."""
        return tuple(map(_board, self._file.rows(f"{_ONE} ORDER BY b.name")))

    def find(self, name: str) -> OwnBoard | None:
        """Return a dashboard, None when there is none."""
        found = self._file.rows(f"{_ONE} WHERE b.name = ?", (name,))
        return _board(found[0]) if found else None

    def named(self, name: str) -> OwnBoard:
        """Return a dashboard. Errors: UnknownName."""
        found = self.find(name)
        if found is None:
            raise UnknownName("dashboard", name, [])
        return found

    def create(self, owner: str, document: Mapping[str, Any]) -> OwnBoard:
        """Keep a new dashboard under a name that nobody can guess. Errors: C360Error."""
        checked = _checked(document)
        words = re.sub(r"[^a-z0-9]+", "_", checked["title"].casefold()).strip("_")[:40]
        name = f"own_{words or 'dashboard'}_{secrets.token_hex(4)}"
        with self._file.writing() as database:
            (count,) = database.execute("SELECT count(*) FROM board WHERE owner = ?", (owner,)).fetchone()
            if count >= MOST:
                raise QueryError(f"You have {MOST} dashboards already.", next_step="Delete one you do not need.")
            database.execute("INSERT INTO board VALUES (?, ?, 1)", (name, owner))
            database.execute("INSERT INTO board_version VALUES (?, 1, ?, ?)", (name, self._now(), json.dumps(checked)))
        return self.named(name)

    def save(self, board: OwnBoard, document: Mapping[str, Any], *, by: str) -> OwnBoard:
        """Keep a new version. Errors: NotPermitted, BoardChanged when ``board`` is not the newest any more."""
        _check_owner(board, by)
        checked, version = _checked(document), board.version + 1
        with self._file.writing() as database:
            changed = database.execute(
                "UPDATE board SET version = ? WHERE name = ? AND version = ?", (version, board.name, board.version)
            )
            if changed.rowcount != 1:
                raise BoardChanged(
                    f"The dashboard '{board.title}' was changed meanwhile.",
                    next_step="Look at it, and change it again.",
                )
            database.execute(
                "INSERT INTO board_version VALUES (?, ?, ?, ?)", (board.name, version, self._now(), json.dumps(checked))
            )
            database.execute(
                "DELETE FROM board_version WHERE name = ? AND version < ?", (board.name, version - VERSIONS)
            )
        return self.named(board.name)

    def undo(self, board: OwnBoard, *, by: str) -> OwnBoard:
        """Take the last change back, once for each version that is kept. Errors: NotPermitted, C360Error."""
        _check_owner(board, by)
        with self._file.writing() as database:
            before = database.execute(
                "SELECT max(version) FROM board_version WHERE name = ? AND version < ?", (board.name, board.version)
            ).fetchone()[0]
            if before is None:
                raise QueryError("There is nothing to undo.", next_step="Change something first.")
            database.execute("DELETE FROM board_version WHERE name = ? AND version > ?", (board.name, before))
            database.execute("UPDATE board SET version = ? WHERE name = ?", (before, board.name))
        return self.named(board.name)

    def delete(self, board: OwnBoard, *, by: str, administers: bool = False) -> None:
        """Delete a dashboard with all its versions; administrators may delete anybody's. Errors: NotPermitted."""
        if not administers:
            _check_owner(board, by)
        with self._file.writing() as database:
            database.execute("DELETE FROM board_version WHERE name = ?", (board.name,))
            database.execute("DELETE FROM board WHERE name = ?", (board.name,))

    def _now(self) -> str:
        return self._clock().isoformat(timespec="microseconds")


def _board(row: Any) -> OwnBoard:
    at = datetime.fromisoformat(row["at"])
    return OwnBoard(row["name"], row["owner"], row["version"], at, json.loads(row["document"]))


def _check_owner(board: OwnBoard, by: str) -> None:
    if board.owner != by:
        raise NotPermitted(f"'{board.title}' is {board.owner}'s dashboard.", next_step="Make a copy, and change that.")


def _checked(document: Mapping[str, Any]) -> dict[str, Any]:
    title = " ".join(str(document.get("title") or "").split())
    if not title:
        raise QueryError("A dashboard needs a title.", next_step="Write what it shows.")
    if len(title) > LONGEST_TITLE:
        raise QueryError(f"A title has {LONGEST_TITLE} characters at most.")
    return {**document, "title": title, "widgets": list(document.get("widgets", ()))}
