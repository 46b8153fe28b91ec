"""Say what is left of a question when its words of courtesy are dropped, and where they stood."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.ask.words import Token

_ARTICLES = frozenset({"the", "a", "an", "our", "my", "your", "their", "its", "is", "are", "was", "were"})


def cuts_of(tokens: tuple[Token, ...], kept: Sequence[Token]) -> frozenset[int]:
    """Return the places before which more than an article was dropped: no name reaches over them."""
    at = {id(token): place for place, token in enumerate(tokens)}
    places = [at[id(token)] for token in kept]
    return frozenset(
        number
        for number, (one, other) in enumerate(itertools.pairwise(places), 1)
        if any(token.text not in _ARTICLES for token in tokens[one + 1 : other])
    )


def without_loose_commas(kept: Sequence[Token]) -> tuple[Token, ...]:
    """Drop commas at the ends and one of two neighbours: what stood between them was courtesy."""
    found: list[Token] = []
    for token in kept:
        if token.text == "," and (not found or found[-1].text == ","):
            continue
        found.append(token)
    while found and found[-1].text == ",":
        found.pop()
    return tuple(found[1:] if len(found) > 1 and found[0].text == "and" else found)
