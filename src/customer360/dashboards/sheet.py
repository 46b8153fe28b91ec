"""Draw a whole dashboard as a picture: one sheet as SVG or PNG, or A4 pages with head and foot as PDF."""

from __future__ import annotations

from html import escape
from itertools import count
from typing import TYPE_CHECKING, Literal

from customer360.dashboards import formats
from customer360.dashboards.cards import card
from customer360.dashboards.images import SCALE
from customer360.dashboards.layout import COLUMNS
from customer360.dashboards.lettering import paragraph, written
from customer360.dashboards.pdf import joined
from customer360.dashboards.theme import FONT, PALETTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from customer360.dashboards.cards import Card
    from customer360.dashboards.filled import FilledDashboard, FilledWidget
    from customer360.dashboards.theme import Mode

Kind = Literal["svg", "png", "pdf"]
WIDTH, MARGIN, GAP = 1200, 28, 16
"""Pixels: the sheet, its edge, between cards."""
PAGE = (841.89, 595.28)
"""Points: A4 on its side."""
PAGE_HEIGHT = WIDTH * PAGE[1] / PAGE[0]
_FOOT = 26
_COLUMN = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS

SQUEEZED = 0.9
"""How much smaller the cards of a page may be for one row more on it."""

Row = tuple[list[tuple[float, str]], float]
"""Cards side by side: where each begins, what is drawn, and how high they all are."""


def sheet(board: FilledDashboard, *, mode: Mode = "light", chosen: str = "") -> str:
    """Return the dashboard as one SVG; ``chosen`` says in words which filters were set."""
    head, top = _head(board, chosen, mode)
    rows = list(_rows(board, mode))
    height = top + sum(high + GAP for _, high in rows) - GAP + MARGIN
    return _svg(head + _stacked(rows, top), (WIDTH, height), (WIDTH, height), mode)


def pages(board: FilledDashboard, *, mode: Mode = "light", chosen: str = "") -> list[str]:
    """Return the dashboard as SVGs of an A4 page each: cards stay whole, head and foot say what the page belongs to."""
    head, first = _head(board, chosen, mode)
    later, top = _later_head(board, chosen, mode)
    sheets: list[list[Row]] = [[]]
    at = first
    for row in _rows(board, mode):
        begin = first if len(sheets) == 1 else top
        if sheets[-1] and (at + row[1] - begin) * SQUEEZED > PAGE_HEIGHT - _FOOT - MARGIN - begin:
            sheets.append([])
            at = top
        sheets[-1].append(row)
        at += row[1] + GAP
    drawn = []
    for number, rows in enumerate(sheets, 1):
        content, begin = (head, first) if number == 1 else (later, top)
        body = _fitted(rows, begin)
        foot = _foot(board, f"Page {number} of {len(sheets)}", mode)
        drawn.append(_svg(content + body + foot, PAGE, (WIDTH, PAGE_HEIGHT), mode))
    return drawn


def picture(board: FilledDashboard, kind: Kind, *, mode: Mode = "light", chosen: str = "") -> bytes:
    """Return the dashboard as a file: one picture, or a PDF of A4 pages."""
    import vl_convert

    if kind == "pdf":
        return joined([vl_convert.svg_to_pdf(page) for page in pages(board, mode=mode, chosen=chosen)], board.title)
    text = sheet(board, mode=mode, chosen=chosen)
    if kind == "svg":
        return text.encode()
    done: bytes = vl_convert.svg_to_png(text, scale=SCALE)
    return done


def _svg(content: str, size: tuple[float, float], box: tuple[float, float], mode: Mode) -> str:
    ground = f'<rect width="{box[0]}" height="{box[1]:.0f}" fill="{PALETTES[mode]["canvas"]}"/>'
    frame = f'width="{size[0]:g}" height="{size[1]:g}" viewBox="0 0 {box[0]:g} {box[1]:g}"'
    family = escape(FONT, quote=True)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {frame} font-family="{family}">{ground}{content}</svg>'


def _head(board: FilledDashboard, chosen: str, mode: Mode) -> tuple[str, float]:
    """Return title, description and filters, and where the cards begin."""
    palette, end = PALETTES[mode], WIDTH - MARGIN
    title, below = paragraph(board.title, MARGIN + 20, palette["ink"], size=24, weight=700, width=WIDTH * 0.7, x=MARGIN)
    under = " · ".join(part for part in (board.description, chosen) if part)
    y = MARGIN + 8 + below
    text, high = paragraph(under, y, palette["muted"], width=WIDTH * 0.75, x=MARGIN)
    stand = written(f"Figures as of {formats.day(board.as_of)}", end, MARGIN + 20, palette["muted"], end=True)
    return title + text + stand, y + high - 2


def _later_head(board: FilledDashboard, chosen: str, mode: Mode) -> tuple[str, float]:
    """Return the head of pages after the first: title, filters and day."""
    palette, y = PALETTES[mode], MARGIN + 10
    parts = " · ".join(part for part in (board.title, chosen) if part)
    text, high = paragraph(parts, y, palette["ink"], width=WIDTH * 0.75, weight=600, x=MARGIN)
    stand = f"Figures as of {formats.day(board.as_of)}"
    return text + written(stand, WIDTH - MARGIN, y, palette["muted"], end=True), y + high


def _foot(board: FilledDashboard, number: str, mode: Mode) -> str:
    colour, y = PALETTES[mode]["muted"], PAGE_HEIGHT - MARGIN + 6
    left = written(board.title, MARGIN, y, colour, size=11)
    return left + written(number, WIDTH - MARGIN, y, colour, size=11, end=True)


def _rows(board: FilledDashboard, mode: Mode) -> Iterator[Row]:
    """Yield the cards row by row, each row as high as its highest card."""
    palette, number = PALETTES[mode], count()
    for widgets in _side_by_side(board.widgets):
        cards: list[Card] = [card(each, _width(each), mode, f"w{next(number)}-") for each in widgets]
        height, left = max(each.height for each in cards), float(MARGIN)
        parts: list[tuple[float, str]] = []
        for widget, drawn in zip(widgets, cards, strict=True):
            frame = f'width="{_width(widget):.1f}" height="{height:.1f}"'
            box = f'<rect {frame} rx="10" fill="{palette["surface"]}" stroke="{palette["line"]}"/>'
            parts.append((left, box + drawn.content))
            left += _width(widget) + GAP
        yield parts, height


def _stacked(rows: Sequence[Row], top: float) -> str:
    parts = []
    for cards, height in rows:
        parts += [f'<g transform="translate({left:.1f} {top:.1f})">{content}</g>' for left, content in cards]
        top += height + GAP
    return "".join(parts)


def _fitted(rows: Sequence[Row], top: float) -> str:
    """Return rows below each other; what is higher than its page is made smaller."""
    height, room = sum(high + GAP for _, high in rows) - GAP, PAGE_HEIGHT - _FOOT - MARGIN - top
    if height <= room:
        return _stacked(rows, top)
    scale = room / height
    left = (WIDTH - WIDTH * scale) / 2
    return f'<g transform="translate({left:.1f} {top:.1f}) scale({scale:.4f})">{_stacked(rows, 0)}</g>'


def _side_by_side(widgets: Sequence[FilledWidget]) -> Iterator[list[FilledWidget]]:
    row: list[FilledWidget] = []
    for widget in widgets:
        if row and sum(each.spans.wide for each in row) + widget.spans.wide > COLUMNS:
            yield row
            row = []
        row.append(widget)
    if row:
        yield row


def _width(widget: FilledWidget) -> float:
    return widget.spans.wide * (_COLUMN + GAP) - GAP
