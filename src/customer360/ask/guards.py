"""Refuse readings in which a word of the question has left no trace, or which count other things than were asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.ask.guards_counts import (
    is_count_of_listed,
    is_either_of_both,
    is_in_every,
    is_no_list,
    is_other_count,
    is_other_deed,
    is_rhythm,
    is_some_unsaid,
    is_whole_of_part,
)
from customer360.ask.guards_each import each_problem
from customer360.ask.guards_names import NAME_GUARDS, is_group_of_value, is_shorter_value
from customer360.ask.guards_readings import in_order, is_contradiction, is_outside, is_void, is_wrapped, with_any
from customer360.ask.guards_shares import share_problem
from customer360.ask.guards_words import WORD_GUARDS
from customer360.ask.meaning import Members, Noun
from customer360.ask.reading import NONSENSE, Problem, Reading
from customer360.ask.said import Said
from customer360.ask.units import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.ask.frame import Ground
    from customer360.ask.lexer import Lexed
    from customer360.ask.meaning import Draft
    from customer360.ask.words import Token

_BOUNDS = frozenset({"above", "over", "under", "below", "exceeding", "beyond"})
_A_LOT = 25
"""So many that one hardly has as many, while each may be worth that much."""
_TIME_JOINTS = frozenset({"in", "since", "after", "before", "during", "on", "this", "last", "until"})
_BY = frozenset({"by", "per", "each", "every", "which", "what", "over", "for", "split", "list", "when", "across"})


def guarded(ground: Ground, tokens: Sequence[Token], lexed: Lexed, draft: Draft, reading: Reading) -> Reading | Problem:
    """Return a reading that a question may mean, mended where that is sure, else why it may not."""
    said = in_order(Said(ground, tokens, lexed, draft, reading))
    is_other = is_either_of_both(said) or is_group_of_value(said) or is_shorter_value(said) or is_count_of_listed(said)
    found = NONSENSE if is_other else share_problem(said) or each_problem(said)
    if found is not None:
        return found
    for guard in _GUARDS:
        what = guard(said)
        if what is not None:
            return Problem("unclear", what, "Say it in other words, one thing at a time.")
    return _noted(with_any(said))


# ---- what leaves no trace --------------------------------------------------------------------------------------------


def _is_not_excluded(said: Said) -> str | None:
    """Refuse a reading without the time that something was not done in: in October but not in the third quarter."""
    for at, word in enumerate(said.words[:-1]):
        if word != "not":
            continue
        joint = at + 1 + (said.words[at + 1] in _TIME_JOINTS)
        is_time = bool(said.edges("TIME", start=at + 1) or said.edges("TIME", start=joint))
        is_after = said.words[at + 1] == "since"
        if (is_time or is_after) and not any(each.time is not None for each in said.members):
            return "When it was not done has left no trace in that."
    return None


def _is_bound_of_value(said: Said) -> str | None:
    """Refuse to hold how many there are against what may be the value of each: claims above 300."""
    things = said.draft.things
    if things is None or not things.noun.is_entity:
        return None
    for at, word in enumerate(said.words[:-1]):
        if word not in _BOUNDS or not said.words[at + 1].isdigit() or int(said.words[at + 1]) < _A_LOT:
            continue
        for edge in said.edges("METRIC", end=at):
            for name in getattr(edge.meaning, "names", ()):
                held = {*(each.field for each in said.havings), *(each.metric for each in said.members)}
                if name in held and kind_of(said.ground.model.metrics[name]) == "count":
                    return "Whether their number or the value of each is held against that is not said."
    return None


def _is_unsplit(said: Said) -> str | None:
    """Refuse a breakdown by days or by yes and no that no word asks for: payments of first claims."""
    for name in said.fields:
        field = said.ground.vocabulary.field(name)
        if field is None or said.draft.share:
            continue
        if field.is_time and name != "time" and not _BY & set(said.texts):
            return f"A breakdown by {said.ground.title(name)} was not asked."
        if field.datatype == "Boolean" and _is_inside_figure(said, name):
            return f"A breakdown by {said.ground.title(name)} was not asked."
    return None


def _is_by_those_who(said: Said) -> str | None:
    """Refuse a breakdown by each of those of whom something is said behind them: visits by people who were away."""
    for at, word in enumerate(said.words[:-2]):
        for edge in said.edges("NOUN", start=at + 1) if word == "by" else ():
            noun = edge.meaning if isinstance(edge.meaning, Noun) and _is_people(edge.meaning) else None
            names = {each.name for each in noun.fields} if noun is not None else set()
            if said.words[edge.end : edge.end + 1] in (("who",), ("that",), ("whose",)) and names & set(said.fields):
                return "Whether the figure of all of them or of each of them is asked is not said."
    return None


def _is_inside_figure(said: Said, field: str) -> bool:
    """Say whether the words of a dimension are but the first of a figure's name: by open claims."""
    at = said.after("by")
    return at is not None and any(
        edge.end < longer.end
        for edge in said.edges("NOUN", start=at)
        if isinstance(edge.meaning, Noun) and any(each.name == field for each in edge.meaning.fields)
        for longer in said.edges("METRIC", start=at)
    )


# ---- several groups --------------------------------------------------------------------------------------------------


def _is_intersection(said: Said) -> str | None:
    """Refuse what two groups have in common where both were named: claims of holders in the north and of insured."""
    for at, word in enumerate(said.words):
        if word != "and" or not _is_group_before(said, at):
            continue
        start = at + 1
        while start < len(said.words) and said.words[start] in ("of", "from", "by", "for", "the", "among"):
            start += 1
        fields = _group_at(said, start)
        mine = [each.field for each in said.conditions if each.field in fields and each.op in ("=", "in")]
        others = [each for each in said.conditions if each.field not in fields and _was_said_before(said, each, at)]
        if mine and others:
            return "Whether both groups or what they have in common is meant is not said."
    return None


def _group_at(said: Said, at: int) -> set[str]:
    """Return the dimensions that tell the group named at a place: VIPs, gold members, inactive customers."""
    fields: set[str] = set()
    for edge in said.edges("VALUE", "FLAG", "Things", start=at):
        meaning = edge.meaning
        members = meaning if isinstance(meaning, Members) else None
        is_group = edge.category == "Things" or (members is not None and members.is_many)
        is_group = is_group or any(_is_people(each.meaning) for each in said.edges("NOUN", start=edge.end))
        for each in (members,) if members is not None else getattr(meaning, "conds", ()):
            if is_group and isinstance(each, Members):
                fields |= {option.field.name for option in each.options}
    return fields


def _is_group_before(said: Said, at: int) -> bool:
    return any(
        edge.end <= at
        for edge in said.lexed.edges
        if edge.category == "Things"
        or (edge.category == "VALUE" and isinstance(edge.meaning, Members) and edge.meaning.is_many)
        or (edge.category == "NOUN" and _is_people(edge.meaning))
    )


def _is_people(noun: object) -> bool:
    return isinstance(noun, Noun) and noun.is_entity and noun.is_plural


def _was_said_before(said: Said, condition: object, at: int) -> bool:
    field, value = getattr(condition, "field", ""), getattr(condition, "value", None)
    values = value if isinstance(value, list) else [value]
    return any(place < at for each in values for place in said.where_said(field, each))


# ---- what is told beside ---------------------------------------------------------------------------------------------


def _noted(said: Said) -> Reading:
    """Return the reading with what a person may not expect: no difference is computed, the unknown are not left out."""
    notes: list[str] = []
    is_apart = {"difference", "gap"} & set(said.texts)
    if is_apart and said.query.compare is None and said.fields and said.draft.split:
        notes.append("The figures stand side by side; their difference is not computed.")
    for each in said.conditions:
        field = said.ground.vocabulary.field(each.field)
        if each.op in ("!=", "not in") and field is not None and field.c360.role != "key" and each.value is not None:
            notes.append(f"Where {said.ground.title(each.field)} is not known, it counts as another one.")
    return replace(said.reading, notes=(*said.reading.notes, *dict.fromkeys(notes)))


_GUARDS = (
    is_void,
    is_contradiction,
    is_outside,
    is_wrapped,
    _is_not_excluded,
    _is_bound_of_value,
    _is_unsplit,
    _is_by_those_who,
    _is_intersection,
    is_other_count,
    is_no_list,
    is_in_every,
    is_rhythm,
    is_some_unsaid,
    is_other_deed,
    is_whole_of_part,
    *NAME_GUARDS,
    *WORD_GUARDS,
)
