"""Find the words for people: those the model's profile is about, said by a word of the language or by what they do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.ask.chart import Edge
from customer360.ask.meaning import MetricWord

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from customer360.ask.meaning import Noun
    from customer360.ask.vocabulary import Vocabulary
    from customer360.ask.words import Token

NAME_COST = 10
"""What a word of the model or the data costs: a reading with fewer, longer names is the better one."""
PEOPLE = frozenset(
    {"people", "person", "persons", "folks", "folk", "individuals", "everyone", "everybody", "anyone", "anybody"}
    | {"those", "someone", "somebody", "whoever"}
)
"""Words of the language for those whom the model's profile is about."""


_WHO_DO_NOT = frozenset({"seller"})
"""Best sellers are what is bought, not who buys."""


def doers(vocabulary: Vocabulary, words: tuple[str, ...], tokens: Sequence[Token]) -> Iterator[Edge]:
    """Find people named by what they do: spenders, where spending is measured in money."""
    noun = vocabulary.people
    for at, word in enumerate(words):
        if noun is None or not word.endswith("er") or word in _WHO_DO_NOT:
            continue
        bases = dict.fromkeys((word[:-2], word[:-1], word[:-3] if word[-3:-2] == word[-4:-3] else word[:-2]))
        metrics = [n for base in bases for e in vocabulary.lookup((base,)) if e.sort == "VERB" for n in e.metrics]
        money = tuple(dict.fromkeys(n for n in metrics if vocabulary.is_money(n)))
        if len(money) == 1:
            people = replace(noun, text=tokens[at].text, is_plural=word != tokens[at].text)
            yield Edge(at, at + 1, "DOER", (people, MetricWord(money, tokens[at].text)), NAME_COST)


def people_words(noun: Noun | None, tokens: Sequence[Token]) -> Iterator[Edge]:
    """Find words of the language that stand for people: everyone, those, who."""
    for at, token in enumerate(tokens if noun is not None else ()):
        assert noun is not None  # noqa: S101 -- no token is looked at without it
        people = replace(noun, text=token.text, is_entity=True, is_plural=True)
        if token.text in PEOPLE:
            yield Edge(at, at + 1, "PEOPLE", people, NAME_COST)
        if token.text == "who" and (at == 0 or tokens[at - 1].text == ","):
            yield Edge(at, at + 1, "WHOEVER", people, NAME_COST)
        if (token.text, *(each.text for each in tokens[at + 1 : at + 2])) == ("how", "many"):
            yield Edge(at, at + 2, "HOWMANYOF", people, NAME_COST)
