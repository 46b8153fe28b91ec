"""Find words that count without being a number: the third best, longer than a minute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from customer360.ask.chart import Edge
from customer360.ask.joints import CLOSED, LONGEST_CLOSED
from customer360.ask.meaning import Number
from customer360.ask.numerals import DURATIONS

if TYPE_CHECKING:
    from customer360.ask.words import Token

_NTH = ("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ORDINALS = {word: number for number, word in enumerate(_NTH, 2)}
_ENDINGS = ("st", "nd", "rd", "th")
_RANKS = frozenset({"TOP", "BOTTOM", "BEST", "WORST", "MOST", "LEAST"})
_BEFORE_ONE = ("than", "within")
"""Words behind which a unit alone is one of it: within a day."""


def count_words(words: tuple[str, ...], tokens: Sequence[Token]) -> Iterator[Edge]:
    """Yield places in a ranking (ORDINAL) and units that stand for one of them (NUM)."""
    for start in range(len(words)):
        number, end = _nth(words, start)
        if number and _is_ranked(words, end):
            yield Edge(start, end, "ORDINAL", number)
        unit = tokens[start].text
        if start and unit in DURATIONS and words[start - 1] in _BEFORE_ONE:
            yield Edge(start, start + 1, "NUM", Number(1, DURATIONS[unit], f"one {unit}"))


def _nth(words: tuple[str, ...], at: int) -> tuple[int, int]:
    """Return the number of ``third`` and ``3rd`` with the word behind it; 0 when there is none, or it is the first."""
    if words[at] in _ORDINALS:
        return _ORDINALS[words[at]], at + 1
    is_nth = words[at].isdigit() and words[at + 1 : at + 2] != () and words[at + 1] in _ENDINGS
    return (int(words[at]), at + 2) if is_nth and int(words[at]) > 1 else (0, at)


def _is_ranked(words: tuple[str, ...], at: int) -> bool:
    """Say whether a word that ranks follows: best, largest."""
    spans = (words[at:end] for end in range(at + 1, min(at + LONGEST_CLOSED, len(words)) + 1))
    return any(_RANKS & set(CLOSED.get(span, ())) for span in spans)
