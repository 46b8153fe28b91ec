"""Look at a question word by word beside one reading of it: which names stand where, and what stands before them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from customer360.ask.filters import conditions_of
from customer360.ask.inflect import stems
from customer360.ask.meaning import Members, Noun
from customer360.ask.units import kind_of
from customer360.ask.words import phrase
from customer360.semantic.query import AllOf, Condition, Filter, MemberCondition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.ask.chart import Edge
    from customer360.ask.frame import Ground
    from customer360.ask.lexer import Lexed
    from customer360.ask.meaning import Draft
    from customer360.ask.reading import Reading
    from customer360.ask.words import Token
    from customer360.semantic.query import MetricQuery


@dataclass(frozen=True)
class Said:
    """A question as it was typed, and one reading of it."""

    ground: Ground
    tokens: Sequence[Token]
    lexed: Lexed
    draft: Draft
    reading: Reading

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """All words, those of courtesy too."""
        return tuple(token.text for token in self.tokens)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words that were read."""
        return tuple(token.text for token in self.lexed.tokens)

    @property
    def query(self) -> MetricQuery:
        """What the question was read as."""
        return self.reading.query

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Conditions on rows, without those on what members did."""
        return tuple(conditions_of(self.query.where))

    @cached_property
    def part(self) -> tuple[Condition, ...]:
        """Conditions on the rows whose share is asked."""
        return tuple(conditions_of(self.reading.part))

    @cached_property
    def members(self) -> tuple[MemberCondition, ...]:
        """Conditions on what members did."""
        return tuple(each for each in parts_of(self.query.where) if isinstance(each, MemberCondition))

    @cached_property
    def havings(self) -> tuple[Condition, ...]:
        """Conditions on figures."""
        return tuple(each for each in parts_of(self.query.having) if isinstance(each, Condition))

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Dimensions that the figures are shown by."""
        return tuple(each.name for each in self.query.dimensions)

    def place(self, at: int) -> int | None:
        """Return where a typed word stands among those that were read."""
        start = self.tokens[at].start
        return next((n for n, token in enumerate(self.lexed.tokens) if token.start == start), None)

    def typed_after(self, end: int) -> str:
        """Return the word that was typed behind a place, were it one of courtesy."""
        last = self.lexed.tokens[end - 1]
        at = next((n for n, token in enumerate(self.tokens) if token.start == last.start), len(self.tokens))
        return self.texts[at + 1] if at + 1 < len(self.texts) else ""

    def edges(self, *categories: str, start: int | None = None, end: int | None = None) -> list[Edge]:
        """Return the names of some kinds that stand at a place, the longest first."""
        found = [
            edge
            for edge in self.lexed.edges
            if edge.category in categories and start in (None, edge.start) and end in (None, edge.end)
        ]
        return sorted(found, key=lambda edge: edge.start - edge.end)

    def after(self, *phrases: str) -> int | None:
        """Return the place behind the first of some phrases."""
        for text in phrases:
            wanted = tuple(text.split())
            for at in range(len(self.words) - len(wanted) + 1):
                if self.words[at : at + len(wanted)] == wanted:
                    return at + len(wanted)
        return None

    def where_said(self, field: str, value: object) -> list[int]:
        """Return where the value of a dimension was said."""
        return [
            edge.start
            for edge in self.lexed.edges
            if edge.category in ("VALUE", "FLAG") and isinstance(edge.meaning, Members)
            if any(o.field.name == field and value in o.values for o in edge.meaning.options)
        ]

    def kind(self, field: str) -> frozenset[str]:
        """Return the tables whose rows are the same things as those a dimension describes."""
        owner = field.rpartition(".")[0]
        return next((kind for kind in self.ground.vocabulary.kinds if owner in kind), frozenset({owner}))

    def is_additive(self, metric: str) -> bool:
        """Say whether a metric adds up or counts, so that it is the figure of all and not of one."""
        is_count = kind_of(self.ground.model.metrics[metric]) == "count"
        return is_count or self.ground.model.formulas[metric].is_additive


def parts_of(where: Filter | None) -> tuple[Filter, ...]:
    """Return the conditions that must all hold."""
    if isinstance(where, AllOf):
        return tuple(part for each in where.all for part in parts_of(each))
    return (where,) if where is not None else ()


def is_of_one_thing(noun: object) -> bool:
    """Say whether a noun names things that are told apart one by one."""
    return isinstance(noun, Noun) and noun.is_thing and noun.grain is None


def value_words(value: object) -> frozenset[str]:
    """Return the words of a value."""
    return frozenset(stems(phrase(value))) if isinstance(value, str) else frozenset()
