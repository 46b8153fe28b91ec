"""Make every way to say that figures are to be broken down: words of splitting, particles and joints."""

from __future__ import annotations

from customer360.ask.inflect import verb_forms

_VERBS = "split|break|divide|separate|group|slice|cut|distribute|spread|itemise|itemize|vary|differ|apportion|drill"
_PARTICIPLES = (
    "listed|shown|arranged|organised|organized|classified|categorised|categorized|detailed|displayed|presented|"
    "differentiated|allocated|summarised|summarized|tabulated|scattered|drilled"
)
_NOUNS = "breakdown|comparison|split|distribution|separation|segmentation|division"
_PARTICLES = ("down", "out", "up", "apart")
_JOINTS = (
    "by|per|across|over|among|amongst|along|according to|depending on|into|for each|for every|in each|in every|"
    "by each|by every|per each|per individual|across all|over all|by individual|for all|by type of"
)
_EACH = (
    "each|every|each of|every one of|each one of|each single|every single|every individual|each individual|"
    "each and every|each combination of|every combination of"
)
_BEHIND = ("", "for ", "in ", "of ", "at ", "with ", "from ", "within ", "by ", "per ", "on ", "across ", "to ")
_MORE = (
    "by|across|across all|along|according to|depending on|over all|for all|in all of|across all of|by individual|"
    "separately per|separately by|separately for|separately for each|separately for every|individually for|"
    "per individual|by type of|for the different|for the various|for the individual|across the different|"
    "across the various|by the different|by the various|in the different|in the various|in the individual|"
    "of the different|of the various|of the individual|over the different|for all the different|"
    "for all the various|at the level of|on the level of|down to|down to the|by combination of|"
    "for all combinations of|into"
)


def by_phrases() -> tuple[str, ...]:
    """Return the phrases behind which stands what to group by."""
    found = [*_MORE.split("|"), *(f"{before}{each}" for before in _BEHIND for each in _EACH.split("|"))]
    found += [f"{particle} {joint}" for particle in _PARTICLES for joint in _JOINTS.split("|")]
    found += [f"{noun} {joint}" for noun in _NOUNS.split("|") for joint in ("by", "per", "across", "over", "for each")]
    found += [
        f"{form} {particle} {joint}"
        for verb in ("split", "break")
        for form in verb_forms(verb)
        for particle in _PARTICLES
        for joint in _JOINTS.split("|")
    ]
    return tuple(dict.fromkeys(found))


def parted_phrases() -> tuple[str, ...]:
    """Return the words that say that figures are to be broken down, by what stands elsewhere."""
    found = [*_PARTICIPLES.split("|"), *_NOUNS.split("|"), *(f"{noun} of" for noun in _NOUNS.split("|"))]
    found += [f"with {noun}" for noun in _NOUNS.split("|")]
    for verb in _VERBS.split("|"):
        forms = verb_forms(verb)
        found += [*forms, *(f"{form} {particle}" for form in forms for particle in _PARTICLES)]
    return tuple(dict.fromkeys(found))
