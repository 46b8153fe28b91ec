"""Say a question that was not understood in other words of the same meaning: its particles joined, fillers left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.ask.courtesy import WEAK_VERBS, weak_phrases
from customer360.ask.inflect import stems
from customer360.ask.people import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.ask.lexer import Lexer
    from customer360.ask.words import Token

_WEAK = weak_phrases()
_LONGEST_WEAK = max(len(key) for key in _WEAK)
_PREPOSITIONS = frozenset({"in", "on", "from", "via", "through", "by", "at", "during", "within"})
_PARTICLES = frozenset({"back", "up", "in", "out", "off", "away", "over", "down", "behind"})
_LONGEST_JOINED = 3
"""Words of a value beside a sign."""
_PARTICLE_REACH = 6
"""Words from a verb up to which its particle is looked for."""


def plainly(lexer: Lexer, tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Return a question in plain words: requests and turns of speech taken off, particles joined, fillers left out."""
    from customer360.ask.turns import turned  # its patterns take a while, and most questions do not need them

    said = turned(
        _joined(lexer, _without_all(lexer, tokens)),
        lambda given: lexer.name_spans(stems(tuple(token.text for token in given)), joints=False),
    )
    return without_weak(lexer, with_particles(lexer, said) or said)


def _without_all(lexer: Lexer, tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Leave out ``all warehouses together``, which limits and splits nothing; of all VIPs it would."""
    words = stems(tuple(token.text for token in tokens))
    for at, token in enumerate(tokens):
        start = at + 1 + (words[at + 1 : at + 2] in (("the",), ("our",))) if token.text == "all" else 0
        for end in range(start + 1, min(start + 3, len(words))) if start else ():
            entries = lexer.vocabulary.lookup(words[start:end])
            is_noun = any(entry.sort == "NOUN" for entry in entries) and all(entry.noun for entry in entries)
            if (
                is_noun
                and words[end] in ("together", "combined", "included")
                and not any(lexer.values.lookup(words[start:end]))
            ):
                return (*tokens[:at], *tokens[end + 1 :])
    return tuple(tokens)


def _joined(lexer: Lexer, tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Say a sign between two values as ``and``, beside a time as a pause: Online + App; refunds / this year."""
    signs = [at for at, token in enumerate(tokens) if token.text in ("plus", "+") or token.raw == "/"]
    if not signs:
        return tuple(tokens)
    words = stems(tuple(token.text for token in tokens))
    reach = range(1, _LONGEST_JOINED + 1)
    made = list(tokens)
    for at in signs:
        before = any(n <= at and any(lexer.values.lookup(words[at - n : at])) for n in reach)
        if before and any(any(lexer.values.lookup(words[at + 1 : at + 1 + n])) for n in reach):
            made[at] = replace(tokens[at], text="and", kind="word")
    slashes = [at for at in signs if tokens[at].text == "/"]
    found = lexer.read(tokens)
    place = {id(token): at for at, token in enumerate(found.tokens)}
    slashed = {place[id(tokens[at])] for at in slashes if id(tokens[at]) in place}
    times = [edge for edge in found.edges if edge.category == "TIME"]
    if any(edge.start - 1 in slashed or edge.end in slashed for edge in times):
        for at in slashes:
            made[at] = replace(tokens[at], text=",")
    return tuple(made)


def without_weak(lexer: Lexer, tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Return the words of a question without those that say nothing beside a whole one."""
    words = stems(tuple(token.text for token in tokens))
    named = lexer.inside_names(words)
    left: list[Token] = []
    at = 0
    while at < len(tokens):
        size = next((n for n in range(_LONGEST_WEAK, 0, -1) if words[at : at + n] in _WEAK), 0)
        is_said = tokens[at].text in WEAK_VERBS and bool(left) and _says_it(lexer, left[-1].text, tokens[at + 1 :])
        if not size or named & set(range(at, at + size)) or is_said or lexer.is_content(words[at : at + size]):
            left.append(tokens[at])
            size = 1
        at += size
    return tuple(left)


def _says_it(lexer: Lexer, before: str, after: Sequence[Token]) -> bool:
    """Say whether a light verb is what was done: people who came; calls came on Sunday says no more than on Sunday."""
    nouns = [entry.noun for entry in lexer.vocabulary.lookup(stems((before,))) if entry.noun is not None]
    if before in PEOPLE or before == "who":
        return True
    people = lexer.vocabulary.people
    own = {field.name for field in people.fields} if people is not None else set()
    names = {field.name for noun in nouns for field in noun.fields}
    is_thing = any(lexer.vocabulary.is_key(name) for name in names)
    return bool(names & own) or (is_thing and not (after and after[0].text in _PREPOSITIONS))


def with_particles(lexer: Lexer, tokens: Sequence[Token]) -> tuple[Token, ...] | None:
    """Return the words with the particle of a verb beside it: ``sent something back`` as ``sent back``."""
    words = stems(tuple(token.text for token in tokens))
    for at in range(len(words)):
        for after in range(at + 2, min(at + _PARTICLE_REACH, len(words))):
            pair = (words[at], words[after])
            if words[after] in _PARTICLES and any(e.sort == "VERB" for e in lexer.vocabulary.lookup(pair)):
                rest = (*tokens[at + 1 : after], *tokens[after + 1 :])
                return (*tokens[: at + 1], tokens[after], *rest)
    return None
