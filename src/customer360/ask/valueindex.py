"""Index the values of dimensions by their words, compactly: hashes in sorted arrays, the texts in Arrow."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from customer360.ask.inflect import stems
from customer360.ask.words import phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

SMALL = 2_000
"""Values of dimensions with at most so many are offered when a word comes near one."""
_LONGEST = 12  # words


@dataclass(frozen=True)
class Listed:
    """The values of one dimension. ``aliases`` are further words for one of them."""

    field: str
    values: Sequence[Any]
    aliases: tuple[tuple[str, Any], ...] = ()


class ValueIndex:
    """Finds which dimensions have a value that is written with given words."""

    def __init__(self, listed: Iterable[Listed]) -> None:
        self.fields: list[str] = []
        self._texts: list[pa.Array] = []
        self.near: dict[str, tuple[Any, ...]] = {}
        """Values of small dimensions, by dimension."""
        hashes: list[int] = []
        places: list[int] = []
        self.longest = 1
        for each in listed:
            number = len(self.fields)
            self.fields.append(each.field)
            values = list(each.values)
            position = {value: at for at, value in enumerate(values)}
            self._texts.append(pa.array([str(value) for value in values], pa.string()))
            if len(values) <= SMALL:
                self.near[each.field] = tuple(values)
            pairs = [(str(value), at) for at, value in enumerate(values)]
            pairs += [(text, position[value]) for text, value in each.aliases if value in position]
            for text, at in pairs:
                words = stems(phrase(text))
                if words and len(words) <= _LONGEST:
                    self.longest = max(self.longest, len(words))
                    hashes.append(_hash(words))
                    places.append(number << 40 | at)
        order = np.argsort(np.array(hashes, np.uint64), kind="stable")
        self._hashes: npt.NDArray[np.uint64] = np.array(hashes, np.uint64)[order]
        self._places: npt.NDArray[np.int64] = np.array(places, np.int64)[order]

    def __len__(self) -> int:
        return len(self._hashes)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the index holds."""
        return int(self._hashes.nbytes + self._places.nbytes + sum(array.nbytes for array in self._texts))

    def lookup(self, words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """Yield dimension and value for every value that is written with these words (stems)."""
        key = np.uint64(_hash(words))
        low = int(np.searchsorted(self._hashes, key, side="left"))
        while low < len(self._hashes) and self._hashes[low] == key:
            place = int(self._places[low])
            field, at = place >> 40, place & (1 << 40) - 1
            text = self._texts[field][at].as_py()
            yield self.fields[field], text
            low += 1


def _hash(words: tuple[str, ...]) -> int:
    return int.from_bytes(blake2b(" ".join(words).encode(), digest_size=8).digest(), "big")
