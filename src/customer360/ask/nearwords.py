"""Find known words near an unknown one: to mend a plain slip of the pen, or to offer what may have been meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.ask.inflect import distance, singular, verb_stem
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
_VOWELS = frozenset("aeiouy")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SOUND_ALIKE = ({"c", "k"}, {"c", "s"}, {"s", "z"}, {"f", "v"}, {"d", "t"}, {"g", "j"}, {"b", "p"}, {"v", "w"})
_BESIDE = {
    key: row[max(0, at - 1) : at] + row[at + 1 : at + 2] + "".join(o[max(0, at - 1) : at + 2] for o in near)
    for number, row in enumerate(_ROWS)
    for at, key in enumerate(row)
    for near in [[other for place, other in enumerate(_ROWS) if abs(place - number) == 1]]
}
"""Letters that lie beside each on a keyboard."""
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
        self._by_length: dict[int, list[str]] = {}
        for word in self._own | self._closed:
            self._by_length.setdefault(len(word), []).append(word)
        self._names: dict[str, list[str]] = {}
        """Names by each of their words."""
        for key in vocabulary.names:
            for part in key:
                self._names.setdefault(part, []).append(" ".join(key))
        self._values = {
            word: str(value) for found in values.near.values() for value in found for word in phrase(str(value))
        }

    @staticmethod
    def is_time(word: str) -> bool:
        """Say whether a word only makes sense beside a period, so that it is unknown while its neighbour is."""
        return word in _BESIDE_TIME

    def is_word(self, word: str) -> bool:
        """Say whether a word is part of a name or of the language, so that it is unknown only by itself."""
        return word in self._own or word in self._closed

    def correction(self, word: str) -> str | None:
        """Return the one known word that an unknown one is a slip of, None when there is none or several."""
        stem = singular(word)
        if self.is_word(stem):
            return stem
        near: dict[int, set[str]] = {}
        for length in range(len(stem) - 2, len(stem) + 3):
            for known in self._by_length.get(length, ()):
                if _same_start(stem, known):
                    near.setdefault(distance(stem, known), set()).add(known)
        clipped = [known for known in near.get(1, ()) if _lost_vowel(stem, known)]
        if len(stem) == _MENDED_CLOSED and len(clipped) == 1:
            return clipped[0]
        for slips, needed in ((1, _ONE_SLIP), (2, _TWO_SLIPS)):
            found = near.get(slips, set())
            found = _of_one_stem(stem, found)
            if found and (len(found) > 1 or max(len(stem), len(next(iter(found)))) < needed):
                return None
            if found:
                (known,) = found
                if (len(stem) < needed and len(known) <= len(stem)) or not _is_slip(stem, known):
                    return None
                rivals = (v for v in self._values if singular(v) != known and abs(len(v) - len(stem)) <= slips + 1)
                return None if any(distance(stem, singular(v)) <= slips for v in rivals) else known
        return None

    def like(self, word: str) -> tuple[str, ...]:
        """Return known names and values that a word is like, nearest first."""
        stem = singular(word)
        scored: list[tuple[int, str]] = []
        most = max(1, len(stem) // 3)
        for part, names in self._names.items():
            begun = len(stem) >= _MENDED_CLOSED and part.startswith(stem)
            if not begun and (abs(len(part) - len(stem)) > most or not _shares_letters(part, stem, most)):
                continue
            slips = distance(stem, part, 4)
            if begun or slips <= most:
                scored += [(slips + len(name.split()) - 1, name) for name in names]
        for part, value in self._values.items():
            if min(len(part), len(stem)) < _ONE_SLIP or abs(len(part) - len(stem)) > len(stem) // 4 + 1:
                continue
            if not _shares_letters(part, stem, len(stem) // 4 + 1):
                continue
            slips = distance(stem, singular(part), 3)
            if slips <= max(1, len(stem) // 4):
                scored.append((slips + 1, value))
        best = dict.fromkeys(name for _, name in sorted(scored))
        return tuple(best)[:_OFFERED]


def _of_one_stem(typed: str, found: set[str]) -> set[str]:
    """Return the form with the same ending where several forms of one verb are near: abandoned for abandond."""
    if len(found) < 2 or len({verb_stem(word) for word in found}) > 1:  # noqa: PLR2004 -- several
        return found
    same = {word for word in found if word[-1:] == typed[-1:]}
    return same if len(same) == 1 else found


def _is_slip(typed: str, known: str) -> bool:
    """Say whether a hand slips so: a letter for another is one beside it or a vowel, else it is another word."""
    if len(typed) != len(known):
        return True
    wrong = [(a, b) for a, b in zip(typed, known, strict=True) if a != b]
    if len(wrong) != 1:
        return True
    (one, other) = wrong[0]
    return {one, other} <= _VOWELS or other in _BESIDE.get(one, "") or {one, other} in _SOUND_ALIKE


def _shares_letters(one: str, other: str, most: int) -> bool:
    """Say whether two words have so many letters in common that few slips may lie between them; quick to know."""
    return len(set(one) ^ set(other)) <= 2 * most


def _lost_vowel(short: str, known: str) -> bool:
    """Say whether a word lacks just one inner vowel of another: totl, mnth."""
    return any(
        letter in "aeiou" and known[:at] + known[at + 1 :] == short for at, letter in enumerate(known[1:-1], start=1)
    )


def _same_start(one: str, other: str) -> bool:
    return one[:1] == other[:1] or one[:2] == other[1::-1]
