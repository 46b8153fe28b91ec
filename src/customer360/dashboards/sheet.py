"""Draw a whole dashboard as one picture: what stands on its page, without controls, as SVG, PNG or PDF."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from itertools import count
from textwrap import wrap
from typing import TYPE_CHECKING, Literal

from customer360.dashboards import formats
from customer360.dashboards.images import SCALE, svg
from customer360.dashboards.layout import COLUMNS
from customer360.dashboards.theme import FONT, PALETTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from customer360.dashboards.filled import FilledDashboard, FilledWidget
    from customer360.dashboards.frame import Column
    from customer360.dashboards.theme import Mode

Kind = Literal["svg", "png", "pdf"]
WIDTH, MARGIN, GAP, PADDING = 1200, 28, 16, 18
"""Pixels: the sheet, its edge, between cards, within a card."""
ROWS = 12
"""Rows of a table at most; the files and the page have all."""
_TITLE, _LINE, _ROW = 46, 18, 27
_LETTER = 0.52
"""Width of a letter by its size, about."""
_COLUMN = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS
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


def sheet(board: FilledDashboard, *, mode: Mode = "light", chosen: str = "") -> str:
    """Return the dashboard as SVG; ``chosen`` says in words which filters were set."""
    palette, number = PALETTES[mode], count()
    top, parts = MARGIN + 58.0, [_head(board, chosen, mode)]
    for row in _rows(board.widgets):
        cards = [_card(widget, _width(widget), mode, f"w{next(number)}-") for widget in row]
        height, left = max(card.height for card in cards), float(MARGIN)
        for widget, card in zip(row, cards, strict=True):
            frame = f'width="{_width(widget):.1f}" height="{height:.1f}"'
            box = f'<rect {frame} rx="10" fill="{palette["surface"]}" stroke="{palette["line"]}"/>'
            parts.append(f'<g transform="translate({left:.1f} {top:.1f})">{box}{card.content}</g>')
            left += _width(widget) + GAP
        top += height + GAP
    whole = f'width="{WIDTH}" height="{top - GAP + MARGIN:.0f}"'
    ground = f'<rect {whole} fill="{palette["canvas"]}"/>'
    family = escape(FONT, quote=True)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {whole} font-family="{family}">{ground}{"".join(parts)}</svg>'


def picture(board: FilledDashboard, kind: Kind, *, mode: Mode = "light", chosen: str = "") -> bytes:
    """Return the dashboard as a file; a PDF has one page as long as the dashboard."""
    import vl_convert

    text = sheet(board, mode=mode, chosen=chosen)
    if kind == "svg":
        return text.encode()
    done: bytes = vl_convert.svg_to_pdf(text) if kind == "pdf" else vl_convert.svg_to_png(text, scale=SCALE)
    return done


def _head(board: FilledDashboard, chosen: str, mode: Mode) -> str:
    palette = PALETTES[mode]
    under = " · ".join(part for part in (board.description, chosen) if part)
    end = WIDTH - MARGIN
    return (
        _text(board.title, MARGIN, MARGIN + 20, palette["ink"], size=24, weight=700, width=WIDTH * 0.7)
        + _text(under, MARGIN, MARGIN + 42, palette["muted"], size=13, width=WIDTH * 0.75)
        + _text(f"Figures as of {formats.day(board.as_of)}", end, MARGIN + 20, palette["muted"], size=13, end=True)
    )


def _rows(widgets: Sequence[FilledWidget]) -> Iterator[list[FilledWidget]]:
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


def _card(widget: FilledWidget, width: float, mode: Mode, prefix: str) -> Card:
    palette, inner = PALETTES[mode], width - 2 * PADDING
    title = _text(widget.title, PADDING, 30, palette["ink"], size=14, weight=600, width=inner)
    if widget.state != "ok":
        body = _said(widget.message or "", inner, palette["muted"])
    elif widget.chart == "kpi":
        body = _figure(widget, inner, mode, prefix)
    elif widget.spec is not None:
        body = _chart(widget, inner, mode, prefix)
    else:
        body = _table(widget, inner, mode)
    notes = "".join(
        _text(note, PADDING, _TITLE + body.height + 14 + at * _LINE, palette["muted"], size=12, width=inner)
        for at, note in enumerate(widget.notes if widget.chart != "kpi" else ())
    )
    under = len(widget.notes) * _LINE if notes else 0
    inside = f'<g transform="translate({PADDING} {_TITLE})">{body.content}</g>'
    return Card(title + inside + notes, _TITLE + body.height + under + PADDING)


def _said(message: str, width: float, colour: str) -> Card:
    lines = wrap(message, max(10, int(width / (13 * _LETTER))))
    return Card(
        "".join(_text(line, 0, 14 + at * _LINE, colour) for at, line in enumerate(lines)), len(lines) * _LINE + 6
    )


def _figure(widget: FilledWidget, width: float, mode: Mode, prefix: str) -> Card:
    palette, figure = PALETTES[mode], widget.figure
    parts = [_text(figure.compact if figure else "", 0, 26, palette["ink"], size=30, weight=700)]
    if figure and figure.trend:
        trend = figure.trend
        colour = "muted" if trend.is_good is None else "good" if trend.is_good else "bad"
        sign = {"up": "\N{BLACK UP-POINTING TRIANGLE}", "down": "\N{BLACK DOWN-POINTING TRIANGLE}"}.get(
            trend.direction, ""
        )
        parts.append(_text(f"{sign} {trend.text} vs {trend.against}", 0, 50, palette[colour], size=12, width=width))
    elif widget.notes:
        parts.append(_text(" ".join(widget.notes), 0, 50, palette["muted"], size=12, width=width))
    if widget.spec is not None:
        spark = _nested(svg(widget.spec, mode=mode, width=int(width * 0.42), padding=0), prefix)
        parts.append(f'<g transform="translate({width * 0.58:.1f} 0)">{spark.content}</g>')
    return Card("".join(parts), 54 if widget.notes or (figure and figure.trend) else 34)


def _chart(widget: FilledWidget, width: float, mode: Mode, prefix: str) -> Card:
    if widget.spec is None:
        return Card("", 0)
    return _nested(svg(widget.spec, mode=mode, width=int(width), padding=3), prefix)


def _nested(image: str, prefix: str) -> Card:
    """Return an SVG as a part of another; its names get a prefix, so that no two charts share one."""
    root = _ROOT.match(image)
    if root is None:
        return Card("", 0)
    height = float(dict(_SIZE.findall(root["tag"])).get("height", 0))
    named = _NAMES.sub(lambda found: f"{found[1]}{prefix}", image[root.start("tag") - len("<svg") :])
    return Card(named, height)


def _table(widget: FilledWidget, width: float, mode: Mode) -> Card:
    """Return the first rows, each column as wide as its texts are among the others."""
    frame, palette = widget.frame, PALETTES[mode]
    if frame is None:
        return Card("", 0)
    rows = [[column.text(row[column.name]) for column in frame.columns] for row in frame.rows(ROWS)]
    texts = [[column.label for column in frame.columns], *rows]
    longest = [min(30, max(len(line[at]) for line in texts)) + 2 for at in range(len(frame.columns))]
    widths = [width * each / sum(longest) for each in longest]
    parts = []
    for at, line in enumerate(texts):
        y = 14 + at * _ROW
        colour = palette["muted"] if at == 0 else palette["ink"]
        parts += _cells(frame.columns, line, widths, y, colour, 12 if at == 0 else 13)
        if at < len(texts) - 1:
            parts.append(f'<path d="M0 {y + 9}H{width:.1f}" stroke="{palette["line"]}"/>')
    left = frame.table.num_rows - len(rows)
    if left > 0:
        parts.append(_text(f"and {left:,} rows more", 0, 14 + len(texts) * _ROW, palette["muted"], size=12))
    return Card("".join(parts), (len(texts) + (left > 0)) * _ROW)


def _cells(
    columns: Sequence[Column], line: Sequence[str], widths: Sequence[float], y: float, colour: str, size: int
) -> list[str]:
    parts, x = [], 0.0
    for column, cell, room in zip(columns, line, widths, strict=True):
        is_figure = column.style is not None
        parts.append(_text(cell, x + room if is_figure else x, y, colour, size=size, width=room - 6, end=is_figure))
        x += room
    return parts


def _text(
    text: str,
    x: float,
    y: float,
    colour: str,
    *,
    size: int = 13,
    weight: int = 400,
    width: float = 0,
    end: bool = False,
) -> str:
    """Return a line of text, cut where its room ends."""
    letters = int(width / (size * _LETTER)) if width else len(text)
    shown = text if len(text) <= letters else f"{text[: max(1, letters - 1)].rstrip()}…"
    anchor = ' text-anchor="end"' if end else ""
    at = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{colour}"{anchor}'
    return f"<text {at}>{escape(_printable(shown))}</text>"


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable() or letter.isspace())
