"""Turn a graph into the shapes of an SVG: boxes in columns, and curves between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable

    from customer360.catalog.graph import Layout, Node

WIDTH, HEIGHT = 188, 30
ACROSS, DOWN = 64, 10
MARGIN = 4
LETTERS = 25
"""Letters of a label that fit into a box; the whole is in its title."""
MOST = 24
"""Boxes of one column; the others are counted, and stand in the table beside."""


@dataclass(frozen=True)
class Box:
    """A node at its place. ``shown`` is its label as far as it fits."""

    node: Node
    x: int
    y: int
    href: str
    is_focus: bool

    @property
    def shown(self) -> str:
        """The label, cut in the middle so that both ends tell."""
        label = self.node.label
        if len(label) <= LETTERS:
            return label
        half = (LETTERS - 1) // 2
        return f"{label[:half]}…{label[-half:]}"


@dataclass(frozen=True)
class Drawing:
    """What the page draws."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    curves: tuple[str, ...]
    more: tuple[tuple[int, int, int], ...]
    """Where a column goes on: x, y, how many more."""


def address_of(node: Node) -> str:
    """Return the page that shows the graph around a node."""
    return f"/lineage?of={quote(node.id, safe='')}"


def drawn(layout: Layout, href: Callable[[Node], str] = address_of) -> Drawing:
    """Return the shapes of a graph."""
    columns = [column[:MOST] for column in layout.columns]
    tallest = max(len(column) + (len(whole) > MOST) for column, whole in zip(columns, layout.columns, strict=True))
    height = tallest * (HEIGHT + DOWN) - DOWN + 2 * MARGIN
    boxes, more = {}, []
    for at, (column, whole) in enumerate(zip(columns, layout.columns, strict=True)):
        x = MARGIN + at * (WIDTH + ACROSS)
        rows = len(column) + (len(whole) > MOST)
        y = MARGIN + (height - 2 * MARGIN - (rows * (HEIGHT + DOWN) - DOWN)) // 2
        for node in column:
            boxes[node.id] = Box(node, x, y, href(node), node.id == layout.focus)
            y += HEIGHT + DOWN
        if len(whole) > len(column):
            more.append((x, y + 16, len(whole) - len(column)))
    curves = [_curve(boxes[one], boxes[other]) for one, other in layout.links if one in boxes and other in boxes]
    width = len(columns) * (WIDTH + ACROSS) - ACROSS + 2 * MARGIN
    return Drawing(width, height, tuple(boxes.values()), tuple(curves), tuple(more))


def _curve(one: Box, other: Box) -> str:
    """Return the path of a line that leaves a box to the right and enters one from the left."""
    x1, y1 = one.x + WIDTH, one.y + HEIGHT // 2
    x2, y2 = other.x, other.y + HEIGHT // 2
    bend = max(ACROSS // 2, (x2 - x1) // 2)
    return f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
