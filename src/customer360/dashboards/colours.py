"""Give each category name its colour, the same on every page and under every filter."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

RISK: Mapping[str, str] = {"low": "risk-low", "medium": "risk-medium", "high": "risk-high"}

SEGMENTS: Mapping[str, str] = {
    # recency, frequency and monetary value
    "champions": "segment-champion",
    "loyal customers": "segment-loyal",
    "potential loyalists": "segment-growing",
    "new customers": "segment-new",
    "promising": "segment-promising",
    "need attention": "segment-attention",
    "about to sleep": "segment-sleeping",
    "at risk": "segment-risk",
    "can't lose them": "segment-urgent",
    "hibernating": "segment-hibernating",
    "lost": "segment-lost",
    # by value and tenure
    "vip": "segment-champion",
    "champion": "segment-champion",
    "premium": "segment-growing",
    "loyal": "segment-loyal",
    "regular": "segment-sleeping",
    "new": "segment-new",
    # by spend
    "high value": "segment-champion",
    "medium value": "segment-growing",
    "low value": "segment-sleeping",
    "churned": "segment-lost",
}

NONE = frozenset({"", "unknown", "prospect", "none", "(none)", "other"})
"""Names that stand for "no category": grey, whatever the vocabulary."""

MISSING = frozenset({"", "unknown", "(none)"})
"""Names of rows without a value: grey and last wherever the order is not by size of parts."""

CATEGORIES = tuple(f"category-{n}" for n in range(1, 9))


def colours_of(names: Iterable[str | None]) -> dict[str, str]:
    """Return a colour token (``@segment-loyal``) for each category name of one dimension.

    Names that all belong to a known vocabulary get its colours. Any other name gets the slot that its text hashes to;
    where two names want one slot, the later in alphabetical order moves on, so eight names always differ.
    """
    asked = [name or "" for name in dict.fromkeys(names)]
    named = [name for name in asked if name.casefold() not in NONE]
    vocabulary = next((words for words in (RISK, SEGMENTS) if _speaks(named, words)), None)
    found = {name: vocabulary[_plain(name)] for name in named} if vocabulary is not None else _slots(named)
    return {name: f"@{found.get(name, 'none')}" for name in asked}


def ordered(names: Iterable[str | None], members: Sequence[str] = ()) -> list[str]:
    """Return names in the order of ``members``, else in their vocabulary's (Low, Medium, High).

    Unknown ones come after, as given, and "no category" last.
    """
    asked = [name or "" for name in dict.fromkeys(names)]
    if members:
        place = {name: index for index, name in enumerate(members)}
        return sorted(asked, key=lambda name: place.get(name, len(place) + is_missing(name)))
    rank = {word: index for words in (RISK, SEGMENTS) for index, word in enumerate(words)}
    last = len(rank)
    return sorted(asked, key=lambda name: last + 1 if name.casefold() in NONE else rank.get(_plain(name), last))


def is_missing(name: str) -> bool:
    """Say whether a name stands for no value: what is left over, not a category that leads or trails."""
    return name.casefold() in MISSING


def has_order(names: Sequence[str | None], members: Sequence[str] = ()) -> bool:
    """Say whether the names belong to a vocabulary with an order of its own."""
    if members:
        return True
    named = [name for name in names if name and name.casefold() not in NONE]
    return bool(named) and any(_speaks(named, words) for words in (RISK, SEGMENTS))


def _plain(name: str) -> str:
    plain = name.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").strip()
    return plain if plain in SEGMENTS else plain.removesuffix(" risk")


def _speaks(names: Sequence[str], words: Mapping[str, str]) -> bool:
    plain = [_plain(name) for name in names]
    tokens = [words[name] for name in plain if name in words]
    return len(tokens) == len(plain) == len(set(tokens)) and bool(plain)


def _slots(names: Sequence[str]) -> dict[str, str]:
    taken: dict[str, str] = {}
    for name in sorted(names):
        wanted = zlib.crc32(name.casefold().encode()) % len(CATEGORIES)
        free = [CATEGORIES[(wanted + step) % len(CATEGORIES)] for step in range(len(CATEGORIES))]
        taken[name] = next((slot for slot in free if slot not in taken.values()), free[0])
    return taken
