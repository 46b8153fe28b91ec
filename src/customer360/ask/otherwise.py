"""Say a question that was not understood in other words of the same meaning: its particles joined, fillers left out."""

from __future__ import annotations

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
_PARTICLE_REACH = 6
"""Words from a verb up to which its particle is looked for."""


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
