"""Find which dimensions have the value that words name, and how near each is in name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.ask.meaning import Field, Member, Members
from customer360.ask.words import phrase

if TYPE_CHECKING:
    from customer360.ask.valueindex import ValueIndex
    from customer360.ask.vocabulary import Vocabulary


class NamedValues:
    """Values of one state of the data, seen by the names of one model."""

    def __init__(self, vocabulary: Vocabulary, values: ValueIndex) -> None:
        self.vocabulary = vocabulary
        self.values = values
        self._far: dict[tuple[str, str], bool] = {}

    def with_shorter(self, members: Members, words: tuple[str, ...]) -> Members:
        """Return a value with those of fewer words: who says loyal customers may mean Loyal, by phone phone as well."""
        shorter = self.members(words, " ".join(words)) if words else None
        if shorter is None:
            return members
        known = {option.field.name for option in members.options}
        return replace(members, options=(*members.options, *(o for o in shorter.options if o.field.name not in known)))

    def without_joint(self, members: Members, words: tuple[str, ...]) -> Members:
        """Return a value that is written with a joint in one dimension with the same value of others: by phone."""
        plain = self.members(words, members.text)
        known = {option.field.name for option in members.options}
        values = {value for option in members.options for value in option.values}
        more = [o for o in (plain.options if plain else ()) if o.field.name not in known and set(o.values) <= values]
        return replace(members, options=(*members.options, *more))

    def members(self, words: tuple[str, ...], text: str) -> Members | None:
        """Return the values that words name, by dimension."""
        by_field: dict[str, list[str]] = {}
        for name, value in self.values.lookup(words):
            by_field.setdefault(name, []).append(value)
        if not by_field:
            return None
        written = phrase(text)
        exact = {name for name, found in by_field.items() if any(phrase(value) == written for value in found)}
        options = tuple(
            Member(
                Field(name, self._distance(name, by_field) or int(bool(exact) and name not in exact)),
                tuple(dict.fromkeys(found)),
            )
            for name, found in by_field.items()
        )
        return Members(options, text)

    def _distance(self, name: str, rivals: dict[str, list[str]]) -> int:
        return int(any(self._is_far(name, other) for other in rivals if other != name))

    def _is_far(self, name: str, other: str) -> bool:
        """Say whether a dimension is called like another with more words before it: preferred channel, channel."""
        key = (name, other)
        if key not in self._far and self.vocabulary.are_of_same_things(name, other):
            self._far[key] = False  # segment and loyalty segment of one customer: neither is meant rather
        if key not in self._far:
            mine, theirs = self.vocabulary.own_names(name), self.vocabulary.names_of(other)
            self._far[key] = (
                not set(mine) & set(theirs)
                and all(
                    any(len(one) > len(two) and two in (one[-len(two) :], one[: len(two)]) for two in theirs)
                    for one in mine
                    if len(one) > 1
                )
                and any(len(one) > 1 for one in mine)
            )
        return self._far[key]
