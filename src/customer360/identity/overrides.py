"""Keep what people decided about records (merge, split, never), with who, when and why, and undo it.

Overrides name records, not person ids, so they hold through every rebuild. They live in a state database beside the
project, never in the warehouse. Nothing is deleted: undoing is written down too.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from customer360.identity.failures import OverrideRefused

Kind = Literal["merge", "split", "never"]
STATE_FILE = Path("state") / "identity.sqlite"
"""Where a project keeps its overrides."""

_TABLE = """
CREATE TABLE IF NOT EXISTS identity_override (
  number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, records_a TEXT NOT NULL, records_b TEXT NOT NULL,
  who TEXT NOT NULL, why TEXT NOT NULL, at TEXT NOT NULL, undone_by TEXT, undone_at TEXT)
"""


@dataclass(frozen=True)
class Override:
    """One decision.

    ``merge``: all records are one person; ``split`` and ``never``: nobody of one side is anybody of the other.
    """

    kind: Kind
    records_a: tuple[str, ...]
    records_b: tuple[str, ...]
    who: str
    why: str
    at: datetime
    number: int = 0
    undone_by: str | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True)
class Overrides:
    """What holds now, as pairs of record ids. ``merged`` come together, ``apart`` never do."""

    merged: tuple[tuple[str, str], ...] = ()
    apart: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, decided: Iterable[Override]) -> Overrides:
        """Return the pairs that decisions (oldest first) stand for; of a merge and a split the later one holds."""
        groups: list[set[str]] = []
        apart: set[tuple[str, str]] = set()
        for each in decided:
            if each.undone_at is not None:
                continue
            if each.kind == "merge":
                one = {*each.records_a, *each.records_b}.union(*(g for g in groups if not _disjoint(g, each)))
                groups = [*(g for g in groups if _disjoint(g, each)), one]
                apart = {pair for pair in apart if not one.issuperset(pair)}
            else:
                gone = set(each.records_a)
                groups = [part for g in groups for part in ((g - gone, g & gone) if g & set(each.records_b) else (g,))]
                apart |= {(one, other) for one in each.records_a for other in each.records_b}
        merged = [(min(g), other) for g in groups if g for other in g - {min(g)}]
        return cls(tuple(sorted(merged)), tuple(sorted(apart)))

    def document(self) -> dict[str, Any]:
        """Return plain data: the parameter of the pipeline's step."""
        return {"merged": [list(pair) for pair in self.merged], "apart": [list(pair) for pair in self.apart]}

    @classmethod
    def read(cls, document: dict[str, Any] | None) -> Overrides:
        """Return overrides from plain data."""
        given = document or {}
        return cls(
            tuple((str(a), str(b)) for a, b in given.get("merged", ())),
            tuple((str(a), str(b)) for a, b in given.get("apart", ())),
        )


NO_OVERRIDES = Overrides()


class SqliteStore:
    """Decisions in one table of a SQLite file, made when the first is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, override: Override) -> Override:
        """Keep a decision and return it with its number. Errors: OverrideRefused."""
        check(override, self.all())
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(_TABLE)
            made = connection.execute(
                "INSERT INTO identity_override (kind, records_a, records_b, who, why, at) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    override.kind,
                    json.dumps(override.records_a),
                    json.dumps(override.records_b),
                    override.who,
                    override.why,
                    override.at.isoformat(),
                ),
            )
            return replace(override, number=int(made.lastrowid or 0))

    def all(self) -> tuple[Override, ...]:
        """Return every decision, undone ones too, oldest first."""
        if not self.path.exists():
            return ()
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(_TABLE)
            rows = connection.execute(
                "SELECT kind, records_a, records_b, who, why, at, number, undone_by, undone_at"
                " FROM identity_override ORDER BY number"
            ).fetchall()
        return tuple(_override(row) for row in rows)

    def undo(self, number: int, *, who: str, at: datetime) -> Override:
        """Take a decision back. Errors: OverrideRefused."""
        found = {each.number: each for each in self.all()}.get(number)
        if found is None:
            raise OverrideRefused(
                f"There is no override number {number}.", next_step="`c360 identity overrides` lists them."
            )
        if found.undone_at is not None:
            raise OverrideRefused(f"Override {number} was undone before, by {found.undone_by}.")
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(
                "UPDATE identity_override SET undone_by = ?, undone_at = ? WHERE number = ?",
                (who, at.isoformat(), number),
            )
        return replace(found, undone_by=who, undone_at=at)

    def forget(self, numbers: Iterable[int]) -> None:
        """Delete decisions for good: those about records of a person who was erased."""
        if not self.path.exists():
            return
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute(_TABLE)
            connection.executemany("DELETE FROM identity_override WHERE number = ?", [(each,) for each in numbers])


def check(new: Override, decided: Sequence[Override]) -> None:
    """Raise OverrideRefused when a decision is empty, lacks its reason, or is a merge against a never."""
    if not new.records_a or not new.records_b:
        raise OverrideRefused(f"A {new.kind} needs records on both sides.")
    if set(new.records_a) & set(new.records_b):
        raise OverrideRefused(
            f"The same record stands on both sides of the {new.kind}.", next_step="Name two different people."
        )
    if not new.why.strip() or not new.who.strip():
        raise OverrideRefused("An override needs a person and a reason.", next_step="Add --why 'reason'.")
    for old in decided:
        if old.undone_at is None and _contradict(new, old):
            raise OverrideRefused(
                f"This {new.kind} contradicts override {old.number} ({old.kind}, by {old.who}).",
                next_step=f"Take that back first: c360 identity undo {old.number}",
            )


def _disjoint(group: set[str], override: Override) -> bool:
    return group.isdisjoint(override.records_a) and group.isdisjoint(override.records_b)


def _contradict(new: Override, old: Override) -> bool:
    """Say whether one says *never* and the other *merge*; a later split takes a merge apart, and back."""
    if {new.kind, old.kind} != {"merge", "never"}:
        return False
    merge, apart = (new, old) if new.kind == "merge" else (old, new)
    together = {*merge.records_a, *merge.records_b}
    return bool(together & set(apart.records_a)) and bool(together & set(apart.records_b))


def _override(row: tuple[Any, ...]) -> Override:
    kind, a, b, who, why, at, number, undone_by, undone_at = row
    return Override(
        kind=kind,
        records_a=tuple(json.loads(a)),
        records_b=tuple(json.loads(b)),
        who=who,
        why=why,
        at=datetime.fromisoformat(at),
        number=number,
        undone_by=undone_by,
        undone_at=datetime.fromisoformat(undone_at) if undone_at else None,
    )
