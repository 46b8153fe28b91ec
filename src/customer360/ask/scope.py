"""Tell questions that no metric can answer from those that were only not understood: why, the future, persons."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from customer360.ask.inflect import stems
from customer360.ask.matters import OUT_OF_SCOPE, PERSONAL
from customer360.ask.words import tokens

if TYPE_CHECKING:
    from customer360.ask.reply import Reason
    from customer360.ask.valueindex import ValueIndex
    from customer360.ask.vocabulary import Vocabulary

_FOREIGN = {stems(tuple(text.split())): about for text, about in OUT_OF_SCOPE.items()}
_PERSONAL = frozenset(stems(tuple(text.split())) for text in PERSONAL)
_LONGEST = 4
_BY = frozenset({"by", "via", "through", "per", "over"})
_OF = frozenset({"of", "for", "number", "address", "id", "detail"})
"""Words behind `phone` or `e-mail` that show that somebody's own is meant."""


_DAY = re.compile(r"\b(?:19|20)\d\d(?:[-/.]\d{1,2}){0,2}\b")
_ORDER = re.compile(
    r"^\W*(?:please |can you |could you )*(?:"
    r"(?:send|write|text) (?:an?|all|every|each|our|everyone|everybody|it|them|this|that|to)"
    r"|(?:e-?mail|mail|call|ring) (?:all|every|each|everyone|everybody|our|the|them|these|those))\b",
    re.IGNORECASE,
)
"""``Send an e-mail to ...``, ``e-mail all customers who ...``: something to be done; ``send me ...`` is not."""
_SOMEBODY = re.compile(
    r"\S@\S"  # an address
    r"|\+\d[\d\s().-]{5,}\d|\b\d{2,}[\s().-]+\d{2,}(?:[\s().-]*\d{2,})*\b|\b\d{9,}\b"  # a telephone number
    r"|\b[a-z]{1,12}[-_]?\d{5,}\b|\bp[0-9a-f]{16}\b|\b[a-z_]+:[\w-]*\d[\w-]*",  # an id, a record
    re.IGNORECASE,
)


def names_a_person(question: str) -> bool:
    """Say whether a text holds what looks like an e-mail address, a telephone number or the id of a customer."""
    return _SOMEBODY.search(_DAY.sub(" ; ", question)) is not None


def is_order(question: str) -> bool:
    """Say whether a text wants something done rather than known."""
    return _ORDER.search(question) is not None


def foreign_matter(question: str, vocabulary: Vocabulary, values: ValueIndex) -> tuple[Reason, str, str | None] | None:
    """Return the kind of a question that could not be read and has a word of another matter, with what to say."""
    words = stems(tuple(token.text for token in tokens(question[:1000])))
    spans = [
        words[at : at + size] for at in range(len(words)) for size in range(1, _LONGEST + 1) if at + size <= len(words)
    ]
    named = _named(words, vocabulary)
    for span in spans:
        if span in _PERSONAL and not any(_inside(span, name) for name in named) and not _is_means(span, words, values):
            return (
                "personal_data",
                f"'{' '.join(span)}' is personal data; questions are answered with figures.",
                "Open the customer's page if you are granted to see it.",
            )
    said = tuple(token.text for token in tokens(question[:1000]))
    is_of_names = "names" in said or ("name", "of") in itertools.pairwise(said)
    things = {key for key, noun in vocabulary.nouns() if noun and all(vocabulary.is_key(f.name) for f in noun.fields)}
    if is_of_names and any(span in things for span in spans) and not any("name" in name for name in named):
        return ("personal_data", "Names of persons are not shown; lists give ids.", None)
    for span in spans:
        about = _FOREIGN.get(span)
        if about is not None and not any(_inside(span, name) for name in named):
            return (
                "out_of_scope",
                f"The question is about {about} ('{' '.join(span)}'), which figures of the data do not say.",
                "Ask what happened: how much, how many, by what, when.",
            )
    return None


def _is_means(span: tuple[str, ...], words: tuple[str, ...], values: ValueIndex) -> bool:
    """Say whether a word is a value of the data, such as a channel: `by e-mail`, not `the e-mail of`."""
    places = [at for at in range(len(words)) if words[at : at + len(span)] == span]
    ends = {words[at + len(span)] for at in places if at + len(span) < len(words)}
    is_way = all(at > 0 and words[at - 1] in _BY for at in places)
    return (is_way or not ends & _OF) and any(True for _ in values.lookup(span))


def _named(words: tuple[str, ...], vocabulary: Vocabulary) -> list[tuple[str, ...]]:
    """Return the names of the model among the words."""
    return [
        words[at:end]
        for at in range(len(words))
        for end in range(at + 1, min(at + vocabulary.longest, len(words)) + 1)
        if vocabulary.lookup(words[at:end])
    ]


def _inside(span: tuple[str, ...], name: tuple[str, ...]) -> bool:
    """Say whether words are part of a name: `email` of `recovery email`."""
    return any(name[at : at + len(span)] == span for at in range(len(name) - len(span) + 1))
