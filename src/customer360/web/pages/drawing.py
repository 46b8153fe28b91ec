"""Turn a graph into the shapes of an SVG: boxes in columns, and curves between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable

    from customer360.catalog.graph import Layout, Node

HEIGHT, DOWN, MARGIN = 30, 10, 4
MOST = 24
"""Boxes of one column; the others are counted, and stand in the table beside."""


@dataclass(frozen=True)
class Measure:
    """How wide boxes are, how far apart, and how many letters of a label fit; the whole is in its title."""

    width: int
    across: int
    letters: int


WIDE, TIGHT = Measure(188, 64, 25), Measure(138, 30, 17)
"""Few columns, and so many that the wide ones would not fit a desk's screen."""
FITTING = 5


@dataclass(frozen=True)
class Box:
    """A node at its place. ``shown`` is its label as far as it fits."""

    node: Node
    x: int
    y: int
    href: str
    is_focus: bool
    measure: Measure = WIDE

    @property
    def shown(self) -> str:
        """The label, cut in the middle so that both ends tell."""
        label = self.node.label
        if len(label) <= self.measure.letters:
            return label
        half = (self.measure.letters - 1) // 2
        return f"{label[:half]}…{label[-half:]}"


@dataclass(frozen=True)
class Curve:
    """A line from one box to another, which are told by their places in the drawing's boxes."""

    path: str
    one: int
    other: int


@dataclass(frozen=True)
class Drawing:
    """What the page draws."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    box: int
    """How wide each box is."""
    more: tuple[tuple[int, int, int], ...]
    """Where a column goes on: x, y, how many more."""

    @property
    def entrance(self) -> int:
        """The box where the keyboard enters the graph: what it is drawn around, else its first."""
        return next((at for at, box in enumerate(self.boxes) if box.is_focus), 0)


def address_of(node: Node) -> str:
    """Return the page that shows the graph around a node."""
    return f"/lineage?of={quote(node.id, safe='')}"


def drawn(layout: Layout, href: Callable[[Node], str] = address_of) -> Drawing:
    """Return the shapes of a graph."""
    size = WIDE if len(layout.columns) <= FITTING else TIGHT
    columns = [column[:MOST] for column in layout.columns]
    tallest = max(len(column) + (len(whole) > MOST) for column, whole in zip(columns, layout.columns, strict=True))
    height = tallest * (HEIGHT + DOWN) - DOWN + 2 * MARGIN
    boxes, more = {}, []
    for at, (column, whole) in enumerate(zip(columns, layout.columns, strict=True)):
        x = MARGIN + at * (size.width + size.across)
        rows = len(column) + (len(whole) > MOST)
        y = MARGIN + (height - 2 * MARGIN - (rows * (HEIGHT + DOWN) - DOWN)) // 2
        for node in column:
            boxes[node.id] = Box(node, x, y, href(node), node.id == layout.focus, size)
            y += HEIGHT + DOWN
        if len(whole) > len(column):
            more.append((x, y + 16, len(whole) - len(column)))
    places = {id_: at for at, id_ in enumerate(boxes)}
    curves = [
        Curve(_curve(boxes[one], boxes[other]), places[one], places[other])
        for one, other in layout.links
        if one in boxes and other in boxes
    ]
    width = len(columns) * (size.width + size.across) - size.across + 2 * MARGIN
    return Drawing(width, height, tuple(boxes.values()), tuple(curves), size.width, tuple(more))


def _curve(one: Box, other: Box) -> str:
    """Return the path of a line that leaves a box to the right and enters one from the left."""
    x1, y1 = one.x + one.measure.width, one.y + HEIGHT // 2
    x2, y2 = other.x, other.y + HEIGHT // 2
    bend = max(one.measure.across // 2, (x2 - x1) // 2)
    return f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
