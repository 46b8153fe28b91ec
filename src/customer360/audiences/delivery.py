"""Work out what one destination has to be told: who is new, whose values changed, who must go."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from customer360.errors import QueryError, SettingMissing

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from customer360.project.audiences import Audience, Destination


@dataclass(frozen=True)
class Took:
    """What a destination has taken so far: members with the fingerprints of their values, and members it dropped."""

    kept: Mapping[str, str]
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Delivery:
    """What is sent: ``rows`` by member in the order of their ids, each with the values of ``columns``."""

    audience: Audience
    destination: Destination
    member: str
    """What the column with the member's id is called."""
    columns: tuple[str, ...]
    rows: Mapping[str, tuple[Any, ...]]
    added: frozenset[str]
    changed: frozenset[str]
    removed: tuple[str, ...]
    withheld: int
    as_of: date
    refreshed_at: datetime
    types: tuple[pa.DataType, ...] = ()
    """Types of ``columns``, as the warehouse has them."""
    after: int = 0
    """Number of the last export that this destination took as a whole."""

    @property
    def upserts(self) -> list[str]:
        """Members whose rows are sent: everybody in full mode, else who is new or changed."""
        if self.destination.mode == "full":
            return list(self.rows)
        return [id_ for id_ in self.rows if id_ in self.added or id_ in self.changed]

    def record(self, member: str) -> dict[str, Any]:
        """Return one row by column name."""
        return {self.member: member, **dict(zip(self.columns, self.rows[member], strict=True))}

    def took(self, members: list[str], removed: tuple[str, ...] = ()) -> Took:
        """Return what the destination has taken once it has these."""
        return Took({id_: fingerprint(self.rows[id_]) for id_ in members}, removed)


Send = Callable[[Delivery, "Path"], Iterator[Took]]
"""Sends a delivery; yields what was taken as it is taken. Errors: ExportFailed, SettingMissing."""


def fingerprint(values: tuple[Any, ...]) -> str:
    """Return a text that changes with a row's values and does not hold them."""
    text = json.dumps(values, default=str, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def difference(
    rows: Mapping[str, tuple[Any, ...]], sent: Mapping[str, str]
) -> tuple[frozenset[str], frozenset[str], tuple[str, ...]]:
    """Return who is new, who changed and who is gone since a destination was last told."""
    added = frozenset(rows.keys() - sent.keys())
    changed = frozenset(id_ for id_ in rows.keys() & sent.keys() if fingerprint(rows[id_]) != sent[id_])
    return added, changed, tuple(sorted(sent.keys() - rows.keys()))


_RESERVED = {"csv": {"change"}, "parquet": {"change"}, "postgres": {"audience", "refreshed_at"}, "webhook": set[str]()}
"""Names of columns of ours, by kind of destination."""


def check_names(destination: Destination, member: str) -> None:
    """Raise QueryError when a column would have the name of one of ours: the member's id, or what changed."""
    for name in destination.columns:
        short = name.rpartition(".")[2]
        if short == member or short in _RESERVED[destination.kind]:
            raise QueryError(
                f"A column '{short}' is written beside the columns of '{destination.name}' already.",
                place=destination.place,
                next_step="Leave it out, or give the field another name in the semantic model.",
            )


def from_environment(destination: Destination, key: str, *, purpose: str) -> str:
    """Return what the variable holds that a destination names. Errors: SettingMissing."""
    variable = str(destination.options[key]["env"])
    value = os.environ.get(variable)
    if not value:
        raise SettingMissing(variable, purpose=purpose, place=destination.place)
    return value
