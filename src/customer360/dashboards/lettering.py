"""Write text into a picture: how wide it is, where it breaks, and as SVG. Nothing is ever cut."""

from __future__ import annotations

from html import escape

_WIDTHS = (
    ("iljI.,:;'|!\N{NARROW NO-BREAK SPACE}", 0.25),
    (" ftr()[]/-\N{NO-BREAK SPACE}", 0.32),
    ("mwMW%@\N{EM DASH}\N{HORIZONTAL ELLIPSIS}", 0.9),
    ("ABCDEFGHKLNOPQRSTUVXYZ&", 0.7),
)
"""Width of letters by their size, about, as in Liberation Sans and Inter; of any other letter ``_USUAL``."""
_USUAL = 0.57
_OF = {letter: width for letters, width in _WIDTHS for letter in letters}
_BOLD_FROM, _BOLD = 600, 1.06


def width_of(text: str, size: float, weight: int = 400) -> float:
    """Return the pixels that a line of text takes, about, rather too many than too few."""
    bold = _BOLD if weight >= _BOLD_FROM else 1.0
    return sum(_OF.get(letter, _USUAL) for letter in text) * size * bold


def broken(text: str, width: float, size: float, weight: int = 400) -> list[str]:
    """Return a text as lines that fit a width: broken between words, and inside a word that is wider than a line."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if width_of(longer, size, weight) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, width, size, weight)
        lines += full
    return [*lines, line]


def _pieces(word: str, width: float, size: float, weight: int) -> list[str]:
    pieces, piece = [], ""
    for letter in word:
        if piece and width_of(piece + letter, size, weight) > width:
            pieces.append(piece)
            piece = ""
        piece += letter
    return [*pieces, piece]


def written(
    text: str, x: float, y: float, colour: str, *, size: float = 13, weight: int = 400, end: bool = False
) -> str:
    """Return one line of text as SVG; ``end`` puts its end at ``x``."""
    anchor = ' text-anchor="end"' if end else ""
    at = f'x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" font-weight="{weight}" fill="{colour}"{anchor}'
    return f"<text {at}>{escape(_printable(text))}</text>"


def paragraph(
    text: str, y: float, colour: str, *, width: float, size: float = 13, weight: int = 400, x: float = 0
) -> tuple[str, float]:
    """Return a text broken into lines as SVG, and the height it takes from the first line on."""
    lines, high = broken(text, width, size, weight), round(size * 1.4)
    drawn = (written(line, x, y + at * high, colour, size=size, weight=weight) for at, line in enumerate(lines))
    return "".join(drawn), len(lines) * high


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable() or letter.isspace())
