"""Keep the audiences that people save on the page, in ``state/own_audiences.sqlite``, beside those of the project.

They are worked out and compared like any other. They have no destinations: what leaves the house stands in a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from customer360.audiences.failures import AudienceError
from customer360.audiences.lint import segment_of
from customer360.clock import now
from customer360.errors import NotPermitted, Place, UnknownName
from customer360.project.audiences import Audience
from customer360.statefile import StateFile

if TYPE_CHECKING:
    from customer360.project.spec import Settings

STATE_FILE = Path("state") / "own_audiences.sqlite"
MOST = 100
"""Audiences of one person."""
PREFIX = "own_"
"""How their names begin, so that no file of the project takes one."""
_HOLD_OUT = 0.9

_TABLES = """
CREATE TABLE IF NOT EXISTS audience (
  name TEXT PRIMARY KEY, owner TEXT NOT NULL, at TEXT NOT NULL, document TEXT NOT NULL);
"""


class OwnAudiences:
    """The audiences that people saved in one project."""

    def __init__(self, root: Path, *, clock: Callable[[], datetime] = now) -> None:
        self._file = StateFile(root / STATE_FILE, _TABLES)
        self._clock = clock

    def all(self) -> dict[str, Audience]:
        """Return every one by name, oldest first."""
        rows = self._file.rows("SELECT name, owner, document FROM audience ORDER BY at")
        return {row["name"]: _audience(row) for row in rows}

    def save(self, owner: str, document: Mapping[str, Any], settings: Settings, *, name: str | None = None) -> Audience:
        """Keep a new audience, or in the place of one's own. Errors: AudienceError, QueryError, NotPermitted."""
        known = self.all()
        if name is not None:
            self._check_owner(name, owner, known)
        elif sum(owner in each.owners for each in known.values()) >= MOST:
            raise AudienceError(f"You have {MOST} audiences already.", next_step="Delete one you do not need.")
        kept = _checked(document)
        chosen = name or _name(kept["label"], known)
        made = _audience({"name": chosen, "owner": owner, "document": json.dumps(kept)})
        segment_of(made, settings)  # says what is wrong before anything is kept
        with self._file.writing() as database:
            database.execute(
                "INSERT INTO audience VALUES (?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET document = excluded.document",
                (chosen, owner, self._clock().isoformat(timespec="microseconds"), json.dumps(kept)),
            )
        return made

    def delete(self, name: str, *, by: str) -> None:
        """Delete one's own audience. Errors: UnknownName, NotPermitted."""
        self._check_owner(name, by, self.all())
        with self._file.writing() as database:
            database.execute("DELETE FROM audience WHERE name = ?", (name,))

    def text(self, name: str) -> str:
        """Return the text of the file that it would be in a project. Errors: UnknownName."""
        rows = self._file.rows("SELECT document FROM audience WHERE name = ?", (name,))
        if not rows:
            raise UnknownName("audience", name, list(self.all()))
        return str(yaml.safe_dump(json.loads(rows[0]["document"]), sort_keys=False, allow_unicode=True))

    @staticmethod
    def _check_owner(name: str, by: str, known: Mapping[str, Audience]) -> None:
        if name not in known:
            raise UnknownName("audience", name, list(known))
        if by not in known[name].owners:
            raise NotPermitted(f"'{known[name].label}' was saved by {', '.join(known[name].owners)}.")


def _audience(row: Any) -> Audience:
    document = json.loads(row["document"])
    return Audience(
        name=row["name"],
        label=document["label"],
        purpose=document["purpose"],
        channel=document.get("channel"),
        place=Place(f"{STATE_FILE} ({row['name']})"),
        members=document["members"],
        description=document.get("description"),
        owners=(row["owner"],),
        consent=document.get("consent", "required"),
        hold_out=document.get("hold_out", 0.0),
        rank=document.get("rank"),
    )


def _checked(document: Mapping[str, Any]) -> dict[str, Any]:
    label = " ".join(str(document.get("label") or "").split())[:120]
    purpose = " ".join(str(document.get("purpose") or "").split())[:120]
    if not label or not purpose:
        raise AudienceError("An audience has a name and says what it is for.", next_step="Write both.")
    hold_out = float(document.get("hold_out") or 0)
    if not 0 <= hold_out <= _HOLD_OUT:
        raise AudienceError("Between none and 90 % of an audience are held out.", next_step="A tenth is usual.")
    return {**{key: value for key, value in document.items() if value}, "label": label, "purpose": purpose}


def _name(label: str, known: Mapping[str, Audience]) -> str:
    name = PREFIX + (re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_")[:40] or "audience")
    return next(each for each in (name, *(f"{name}_{n}" for n in range(2, len(known) + 3))) if each not in known)
