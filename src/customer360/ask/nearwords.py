"""Find known words near an unknown one: to mend a plain slip of the pen, or to offer what may have been meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.ask.inflect import distance, singular
from customer360.ask.lexer import CLOSED_WORDS
from customer360.ask.timepoints import MONTHS
from customer360.ask.words import phrase

if TYPE_CHECKING:
    from customer360.ask.valueindex import ValueIndex
    from customer360.ask.vocabulary import Vocabulary

_TIME_WORDS = frozenset(
    {name for name in MONTHS if len(name) > len("sept")}
    | {"yesterday", "today", "quarter", "month", "week", "year", "previous", "current"}
)
_BESIDE_TIME = frozenset(
    {"last", "this", "past", "previous", "prior", "current", "since", "until", "till", "before", "after"}
)
_ONE_SLIP = 5
"""Letters a word must have so that one slip is forgiven."""
_TWO_SLIPS = 8
_MENDED_CLOSED = 4
_OFFERED = 3


class NearWords:
    """Knows the words of the model and the language."""

    def __init__(self, vocabulary: Vocabulary, values: ValueIndex) -> None:
        self._own = frozenset(word for word in vocabulary.words if not word.isdigit())
        self._closed = frozenset(word for word in CLOSED_WORDS | _TIME_WORDS if len(word) >= _MENDED_CLOSED)
        self._names = {" ".join(key): " ".join(key) for key in vocabulary.entries}
        self._values = {
            word: str(value) for found in values.near.values() for value in found for word in phrase(str(value))
        }

    @staticmethod
    def is_time(word: str) -> bool:
        """Say whether a word only makes sense beside a period, so that it is unknown while its neighbour is."""
        return word in _BESIDE_TIME

    def correction(self, word: str) -> str | None:
        """Return the one known word that an unknown one is a slip of, None when there is none or several."""
        stem = singular(word)
        near: dict[int, set[str]] = {}
        for known in self._own | self._closed:
            if abs(len(known) - len(stem)) <= 2 and _same_start(stem, known):  # noqa: PLR2004 -- slips allowed
                near.setdefault(distance(stem, known), set()).add(known)
        clipped = [known for known in near.get(1, ()) if _lost_vowel(stem, known)]
        if len(stem) == _MENDED_CLOSED and len(clipped) == 1:
            return clipped[0]
        for slips, needed in ((1, _ONE_SLIP), (2, _TWO_SLIPS)):
            found = near.get(slips, set())
            if found and (len(found) > 1 or min(len(stem), len(next(iter(found)))) < needed):
                return None
            if found:
                (known,) = found
                return None if any(distance(stem, singular(v)) <= slips for v in self._values) else known
        return None

    def like(self, word: str) -> tuple[str, ...]:
        """Return known names and values that a word is like, nearest first."""
        stem = singular(word)
        scored: list[tuple[int, str]] = []
        for name in self._names:
            for part in name.split():
                slips = distance(stem, part, 4)
                if slips <= max(1, len(stem) // 3) or (len(stem) >= _MENDED_CLOSED and part.startswith(stem)):
                    scored.append((slips + len(name.split()) - 1, name))
        for part, value in self._values.items():
            if min(len(part), len(stem)) < _ONE_SLIP:
                continue
            slips = distance(stem, singular(part), 3)
            if slips <= max(1, len(stem) // 4):
                scored.append((slips + 1, value))
        best = dict.fromkeys(name for _, name in sorted(scored))
        return tuple(best)[:_OFFERED]


def _lost_vowel(short: str, known: str) -> bool:
    """Say whether a word lacks just one inner vowel of another: totl, mnth."""
    return any(
        letter in "aeiou" and known[:at] + known[at + 1 :] == short for at, letter in enumerate(known[1:-1], start=1)
    )


def _same_start(one: str, other: str) -> bool:
    return one[:1] == other[:1] or one[:2] == other[1::-1]
