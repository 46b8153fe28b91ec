"""Draw why records belong together: each record a box, each link an arc between two, as thick as it is sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST = 12
"""Records drawn at most; the table has all."""
BOX, ROW, TOP = 232, 46, 26
"""Pixels: the width of a box, from one to the next, from the edge to the middle of the first."""
NEAREST, FURTHER = 44, 30
"""How far an arc between neighbours swings out, and how much more for each record between."""
_LABEL_ROW, _LABEL_ROOM = 34, 260
_THIN, _THICK = 1.0, 3.0


@dataclass(frozen=True)
class Box:
    """A record in the drawing."""

    name: str
    y: float


@dataclass(frozen=True)
class Arc:
    """A link in the drawing: the path of its arc, where its words stand, and the line that leads to them."""

    path: str
    lead: str
    x: float
    y: float
    rule: str
    probability: float
    is_kept: bool
    width: float


@dataclass(frozen=True)
class Drawing:
    """Everything of the picture, in pixels."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    arcs: tuple[Arc, ...]
    says: str
    """The picture in a sentence."""


def drawn(records: Sequence[Mapping[str, Any]], links: Sequence[Mapping[str, Any]]) -> Drawing | None:
    """Return the drawing of one person's records; None where nothing links two of them."""
    names = [f"{row['system']}:{row['record_id']}" for row in records][:MOST]
    place = {name: at for at, name in enumerate(names)}
    found = []
    for link in links:
        ends = [place.get(f"{link[f'system_{end}']}:{link[f'record_id_{end}']}") for end in "ab"]
        known = sorted(end for end in ends if end is not None)
        if len(known) == len("ab"):
            found.append((known[0], known[1], link))
    if not found:
        return None
    found.sort(key=lambda each: (each[0] + each[1], each[1] - each[0]))
    swing = NEAREST + FURTHER * max(low - high for high, low, _ in found)
    labels = BOX + swing + 12
    arcs, free = [], 0.0
    for high, low, link in found:
        arc = _arc(high, low, link, labels, free)
        free = arc.y + _LABEL_ROW
        arcs.append(arc)
    height = max(TOP * 2 + ROW * (len(names) - 1), free - _LABEL_ROW + TOP)
    boxes = tuple(Box(name, TOP + at * ROW) for at, name in enumerate(names))
    kept = sum(arc.is_kept for arc in arcs)
    says = f"{len(names)} records and {len(arcs)} links between them, {kept} of which stand."
    return Drawing(labels + _LABEL_ROOM, height, boxes, tuple(arcs), says)


def _arc(high: int, low: int, link: Mapping[str, Any], labels: float, free: float) -> Arc:
    begin, end = TOP + high * ROW, TOP + low * ROW
    middle, out = (begin + end) / 2, BOX + (NEAREST + FURTHER * (low - high)) * 4 / 3
    apex = BOX + (out - BOX) * 0.75  # a cubic curve reaches three quarters of the way to its handles
    y = max(middle, free, TOP)
    probability = float(link["probability"] or 0)
    return Arc(
        path=f"M{BOX} {begin:g}C{out:.0f} {begin:g} {out:.0f} {end:g} {BOX} {end:g}",
        lead=f"M{apex:.0f} {middle:g}L{labels - 6:.0f} {y:g}",
        x=labels,
        y=y,
        rule=str(link["rule"]),
        probability=probability,
        is_kept=bool(link["is_kept"]),
        width=round(_THIN + (_THICK - _THIN) * probability, 1),
    )
