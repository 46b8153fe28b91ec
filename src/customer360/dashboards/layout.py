"""Pack widgets into rows of twelve columns, in their order, so that every row is full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = 12


@dataclass(frozen=True)
class Room:
    """How many columns a widget needs at least, and how many it likes to have."""

    least: int
    best: int

    @classmethod
    def exactly(cls, span: int) -> Room:
        """Return room that neither grows nor shrinks."""
        return cls(span, span)


@dataclass(frozen=True)
class Spans:
    """Columns of twelve that a widget takes on wide and on medium screens; on narrow ones it takes the whole width."""

    wide: int
    medium: int


def packed(rooms: Sequence[Room]) -> list[int]:
    """Return the span of each widget: as many in a row as fit at their least, then the row is filled up.

    Widgets that share the least space of their row equally, such as figures, stay equally wide.
    """
    spans: list[int] = []
    row: list[Room] = []
    for room in rooms:
        if row and sum(r.least for r in row) + room.least > COLUMNS:
            spans += _filled(row)
            row = []
        row.append(room)
    return spans + (_filled(row) if row else [])


def _filled(row: Sequence[Room]) -> list[int]:
    spans = [room.least for room in row]
    growing = [i for i, room in enumerate(row) if room.best > room.least]
    while growing and sum(spans) < COLUMNS:
        # The one furthest from what it likes grows first; when all have that, the narrowest does.
        neediest = max(growing, key=lambda i: (row[i].best - spans[i], -spans[i], -i))
        spans[neediest] += 1
    return spans
