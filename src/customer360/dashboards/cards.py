"""Draw the tiles of a dashboard for a picture of it: figures, charts and tables whose texts are whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.dashboards.images import svg
from customer360.dashboards.lettering import broken, paragraph, width_of, written
from customer360.dashboards.theme import PALETTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.dashboards.filled import FilledWidget
    from customer360.dashboards.frame import Column
    from customer360.dashboards.theme import Mode

PADDING = 18
"""Pixels between a card's edge and what is in it."""
ROWS = 12
"""Rows of a table at most; the files and the page have all."""
_TITLE, _TITLE_SIZE = 30, 14
_LINE, _BETWEEN, _GUTTER = 17, 10, 14
"""Pixels: a line of a table, between its rows, between its columns."""
_SIZES = (13.0, 12.0, 11.0, 10.0)
"""Sizes of a table's text: the largest in which no cell is broken, else the smallest."""
_SIGNS = {
    "up": "\N{BLACK UP-POINTING TRIANGLE}",
    "down": "\N{BLACK DOWN-POINTING TRIANGLE}",
    "level": "\N{BLACK SQUARE}",
}
_ROOT = re.compile(r"^.*?<svg\b(?P<tag>[^>]*)>", re.DOTALL)
_SIZE = re.compile(r'\b(width|height)="([\d.]+)"')
_NAMES = re.compile(r'\b(id="|href="#|xlink:href="#|url\(#)')


@dataclass(frozen=True)
class Card:
    """The inside of a tile, drawn from its upper left corner, and how high it is."""

    content: str
    height: float


def card(widget: FilledWidget, width: float, mode: Mode, prefix: str) -> Card:
    """Return a tile of this width; ``prefix`` keeps the names inside it apart from those of other tiles."""
    palette, inner = PALETTES[mode], width - 2 * PADDING
    title, high = paragraph(widget.title, _TITLE, palette["ink"], width=inner, size=_TITLE_SIZE, weight=600, x=PADDING)
    if widget.state != "ok":
        text, below = paragraph(widget.message or "", 14, palette["muted"], width=inner)
        body = Card(text, below + 6)
    elif widget.chart == "kpi":
        body = _figure(widget, inner, mode, prefix)
    elif widget.spec is not None:
        body = _nested(svg(widget.spec, mode=mode, width=int(inner), padding=3), prefix)
    else:
        body = _table(widget, inner, mode)
    top = _TITLE + high - 4
    inside = f'<g transform="translate({PADDING} {top})">{body.content}</g>'
    parts, y = [title, inside], top + body.height
    if widget.chart != "kpi" and widget.notes:
        notes, below = paragraph(" ".join(widget.notes), y + 14, palette["muted"], width=inner, size=12, x=PADDING)
        parts.append(notes)
        y += below
    return Card("".join(parts), y + PADDING)


def _figure(widget: FilledWidget, width: float, mode: Mode, prefix: str) -> Card:
    palette, figure = PALETTES[mode], widget.figure
    parts = [written(figure.compact if figure else "", 0, 26, palette["ink"], size=30, weight=700)]
    height = 34.0
    if figure and figure.trend:
        trend = figure.trend
        colour = "muted" if trend.is_good is None else "good" if trend.is_good else "bad"
        said = f"{_SIGNS[trend.direction]} {trend.text} vs {trend.against}"
    else:
        colour, said = "muted", " ".join(widget.notes)
    if said:
        text, below = paragraph(said, 50, palette[colour], width=width, size=12)
        parts.append(text)
        height += below + 3
    if widget.spec is not None:
        spark = _nested(svg(widget.spec, mode=mode, width=int(width * 0.42), padding=0), prefix)
        parts.append(f'<g transform="translate({width * 0.58:.1f} 0)">{spark.content}</g>')
    return Card("".join(parts), height)


def _nested(image: str, prefix: str) -> Card:
    """Return an SVG as a part of another; its names get a prefix, so that no two charts share one."""
    root = _ROOT.match(image)
    if root is None:
        return Card("", 0)
    height = float(dict(_SIZE.findall(root["tag"])).get("height", 0))
    named = _NAMES.sub(lambda found: f"{found[1]}{prefix}", image[root.start("tag") - len("<svg") :])
    return Card(named, height)


def _table(widget: FilledWidget, width: float, mode: Mode) -> Card:
    """Return the first rows. Columns share the width by what stands in them; texts shrink, then break, never end."""
    frame, palette = widget.frame, PALETTES[mode]
    if frame is None:
        return Card("", 0)
    rows = [[column.text(row[column.name]) for column in frame.columns] for row in frame.rows(ROWS)]
    texts = [[column.label for column in frame.columns], *rows]
    size, widths = _columns(texts, width)
    parts, y = [], 14.0
    for at, line in enumerate(texts):
        colour = palette["muted"] if at == 0 else palette["ink"]
        cells, lines = _cells(frame.columns, line, widths, y, colour, size)
        parts += cells
        y += (lines - 1) * _LINE
        if at < len(texts) - 1:
            parts.append(f'<path d="M0 {y + 9}H{width:.1f}" stroke="{palette["line"]}"/>')
        y += _LINE + _BETWEEN
    left = frame.table.num_rows - len(rows)
    if left > 0:
        parts.append(written(f"and {left:,} rows more", 0, y, palette["muted"], size=12))
        y += _LINE + _BETWEEN
    return Card("".join(parts), y - 14)


def _columns(texts: Sequence[Sequence[str]], width: float) -> tuple[float, list[float]]:
    """Return the size of a table's text and the width of each column, its gutter included."""
    head, *rows = texts
    count = len(head)
    for size in _SIZES:
        # A head may stand in lines of a word each; a cell stands in one.
        whole = [[*head[at].split(" "), *(line[at] for line in rows)] for at in range(count)]
        needs = [max(width_of(text, size) for text in column) + _GUTTER for column in whole]
        if sum(needs) <= width:
            return size, [need + (width - sum(needs)) / count for need in needs]
    # Too much for one line each: what is narrow stays whole, the wide ones share the rest and are broken.
    size, room, widths, open_ = _SIZES[-1], width, dict.fromkeys(range(count), 0.0), list(range(count))
    for at in sorted(open_, key=needs.__getitem__):
        widths[at] = min(needs[at], room / len(open_))
        room -= widths[at]
        open_.remove(at)
    return size, [widths[at] for at in range(count)]


def _cells(
    columns: Sequence[Column], line: Sequence[str], widths: Sequence[float], y: float, colour: str, size: float
) -> tuple[list[str], int]:
    """Return the cells of a row and how many lines the highest has."""
    parts, x, most = [], 0.0, 1
    for at, (column, cell, room) in enumerate(zip(columns, line, widths, strict=True)):
        is_figure = column.style is not None
        gutter = 0.0 if at == len(columns) - 1 and is_figure else _GUTTER
        lines = broken(cell, room - gutter, size)
        end = x + room - gutter
        parts += [
            written(each, end if is_figure else x, y + n * _LINE, colour, size=size, end=is_figure)
            for n, each in enumerate(lines)
        ]
        most = max(most, len(lines))
        x += room
    return parts, most
