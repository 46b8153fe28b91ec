"""Refuse readings that take words one by one which say another thing together: next to last, how many do we need."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from customer360.ask.guards_readings import days_of
from customer360.ask.inflect import singular
from customer360.ask.meaning import Members, Noun
from customer360.ask.units import kind_of
from customer360.ask.words import phrase

if TYPE_CHECKING:
    from datetime import date

    from customer360.ask.chart import Edge
    from customer360.ask.meaning import When
    from customer360.ask.said import Said

_UNIT = "(?:day|week|month|quarter|year)"
_TOGETHER = {
    re.compile(rf"(?:^| )(?:{pattern})(?= |$)"): what
    for pattern, what in {
        r"(?:do|does|did|would|will|should|must) (?:we|i|you|they) (?:need|want|require)(?! to (?:know|see|have))": (
            "What is needed is asked, and only what there was is known."
        ),
        r"(?<!this week )(?<!this month )(?<!this quarter )(?<!this year )(?:next to|second to|next but|last but) "
        r"(?:last|one|two)": "Which period is meant is not said.",
        rf"(?:first|last|final|middle)(?: \w+)? {_UNIT}s? (?:of|in|within) (?:each|every|all|any) (?:the )?{_UNIT}s?": (
            "A part of each period was asked, and a figure is known only of one period or of each whole one."
        ),
        rf"an? {_UNIT} (?:before|after|since|until|ahead of|prior to)": "Which days are meant is not said.",
    }.items()
}
_STATES = frozenset({"new", "lost", "active", "inactive", "former", "old", "dormant", "regular", "occasional"})
"""Values of people that say something else of what they did: new orders."""
_RATES = frozenset({"rate", "ratio", "share", "percentage", "percent", "score", "index", "average", "%"})
_AMOUNTS = frozenset({"value", "total", "number", "worth", "amount", "sum", "count"})
_PAIR = 2


def is_said_together(said: Said) -> str | None:
    """Refuse what has another meaning as a whole: a month before October, the last day of each month."""
    text = " ".join(said.texts)
    spans = (said.words[e.start : e.end] for e in said.edges("METRIC", "VERB") if e.end - e.start >= _PAIR)
    named = {word for span in spans for word in span}  # what we need to reorder is a name
    found = ((pattern.search(text), what) for pattern, what in _TOGETHER.items())
    return next((what for match, what in found if match is not None and match[0].split()[-1] not in named), None)


def is_more_than_then(said: Said) -> str | None:
    """Refuse a figure beside that of another time where those are asked for whom it rose: who bought more than then."""
    if said.query.compare is None:
        return None
    for at, word in enumerate(said.words):
        if word not in ("more", "less", "fewer") or "than" not in said.words[at:]:
            continue
        if {"who", "that", "whose"} & set(said.words[:at]) or any(
            said.edges("NOUN", "METRIC", end=verb.start) for verb in said.edges("VERB", end=at)
        ):
            return "For which of them it was more than then is asked, not how much it was."
    return None


def is_ratio_of_both(said: Said) -> str | None:
    """Refuse two figures side by side where the one was asked by the other: payments relative to premium."""
    is_asked = said.after("relative to", "in relation to") is not None
    if is_asked and len(said.query.metrics) >= _PAIR and not said.query.shares:
        return "How much the one is of the other is asked, and no figure tells that."
    return None


def is_beside_it(said: Said) -> str | None:
    """Refuse what is of a kind where it was asked what went with that kind: products bought with soft drinks."""
    for at, word in enumerate(said.words):
        before = at - (said.words[at - 1] in ("together", "along"))
        if word != "with" or not any(e.end == before for e in said.edges("VERB")):
            continue
        nouns = [n for verb in said.edges("VERB", end=before) for n in said.edges("NOUN", end=verb.start)]
        theirs = {field.name for n in nouns if isinstance(n.meaning, Noun) for field in n.meaning.fields}
        for edge in said.edges("VALUE", start=at + 1):
            if any(said.kind(field) & (said.kind(name) | _people(said)) for name in theirs for field in _of(edge)):
                return "What was done together with that is asked, not what is of that kind."
    return None


def _of(edge: Edge) -> set[str]:
    return {option.field.name for option in edge.meaning.options} if isinstance(edge.meaning, Members) else set()


def _people(said: Said) -> frozenset[str]:
    people = said.ground.vocabulary.people
    return said.kind(people.fields[0].name) if people is not None else frozenset()


def is_one_after_other(said: Said) -> str | None:
    """Refuse both of two deeds where the one was done after the other: who filed and then disputed."""
    done = {each.metric for each in said.members} | {each.field for each in said.havings}
    is_none = any(m.op == "=" and m.value == 0 for m in said.members) or any(
        h.op == "=" and h.value == 0 for h in said.havings
    )
    is_once = all(each.time in (None, said.query.time) for each in said.members)
    if "then" in said.texts[2:] and len(done) >= _PAIR and is_once and not is_none:
        return "Which came after which is asked, and only that both were done is known."
    return None


def is_taken_off(said: Said) -> str | None:
    """Refuse to leave rows out where figures may be taken from each other: orders minus returns."""
    for at, word in enumerate(said.words):
        if word != "minus" or any(e.start < at < e.end for e in said.edges("METRIC")):
            continue
        fields = {name for edge in said.edges("VALUE", start=at + 1) for name in _of(edge)}
        named = [said.ground.vocabulary.field(name) for name in fields]
        used = {each.field for each in said.conditions} & fields
        if not used or not any(field is not None and field.datatype != "Boolean" for field in named):
            return "Whether rows are left out or a figure is taken off is not said."
    return None


def is_done_to_them(said: Said) -> str | None:
    """Refuse people who did something where it may have been done to them: disputed holders, returned customers."""
    done = {each.metric for each in said.members} | {each.field for each in said.havings}
    members = (*(each.member for each in said.members if each.member), *said.fields)
    theirs = frozenset[str]().union(*(said.kind(name) for name in members))
    for verb in said.edges("VERB"):
        if not done & set(getattr(verb.meaning, "names", ())):
            continue
        people = [e for e in said.edges("NOUN", start=verb.end) if _is_of(e.meaning, theirs)]
        if people and (verb.start == 0 or not said.edges("NOUN", "METRIC", end=verb.start)):
            return f"Whether they {said.words[verb.start]} or it was done to them is not said."
    return None


def _is_of(noun: object, kind: frozenset[str]) -> bool:
    return (
        isinstance(noun, Noun) and noun.is_entity and any(each.name.rpartition(".")[0] in kind for each in noun.fields)
    )


def is_figure_of_verb(said: Said) -> str | None:
    """Refuse a figure without the one that its verb names: orders we made in profit."""
    used = {*said.query.metrics, *(each.metric for each in said.members), *(each.field for each in said.havings)}
    for verb in said.edges("VERB"):
        inside = [e for e in said.edges("METRIC", end=verb.end) if e.start > verb.start]
        names = {name for e in (verb, *inside) for name in getattr(e.meaning, "names", ())}
        is_read = any(
            e.start < verb.end <= e.end and used & set(getattr(e.meaning, "names", ())) for e in said.edges("METRIC")
        )
        if inside and not names & used and not is_read:
            return f"'{' '.join(said.words[verb.start : verb.end])}' has left no trace in that."
    return None


def is_no_longer(said: Said) -> str | None:
    """Refuse what is not so where it was asked what has ceased to be so: no longer in the north."""
    if said.after("no longer") is not None and any(each.op in ("!=", "not in") for each in said.conditions):
        return "What it was before is not known, only what it is now."
    return None


def is_not_by(said: Said) -> str | None:
    """Refuse what is not known where it was said by what figures are not to be shown: by area but not by line."""
    empty = {each.field for each in said.conditions if each.op == "is null"}
    for at, word in enumerate(said.words):
        start = at + 1 + (said.words[at + 1 : at + 2] in (("by",), ("per",), ("for",)))
        nouns = said.edges("NOUN", start=start) if word == "not" and empty else ()
        if any(isinstance(e.meaning, Noun) and empty & {each.name for each in e.meaning.fields} for e in nouns):
            return "Whether that is not known, or figures are not to be shown by it, is not said."
    return None


def is_state_of_others(said: Said) -> str | None:
    """Refuse what people are where it may be said of what they did: new orders, lost sessions."""
    if all(said.ground.vocabulary.counts_people(name) for name in said.query.metrics):
        return None
    for condition in said.conditions:
        for edge in said.edges("VALUE", "FLAG"):
            is_state = edge.end - edge.start == 1 and said.words[edge.start] in _STATES
            if not is_state or condition.field not in _of(edge):
                continue
            behind = said.edges("NOUN", start=edge.end)
            named = said.edges("METRIC", start=edge.end)
            theirs = said.kind(condition.field)
            if (behind or named) and not any(_is_named(e.meaning, theirs) for e in behind):
                return f"Of what '{said.words[edge.start]}' is said is not clear."
    return None


def _is_named(noun: object, kind: frozenset[str]) -> bool:
    return isinstance(noun, Noun) and any(each.name.rpartition(".")[0] in kind for each in noun.fields)


def is_amount_of_rate(said: Said) -> str | None:
    """Refuse a rate where how many or how much is asked: conversion value, churn total."""
    for word in said.draft.metrics:
        named = phrase(word.text)
        behind = (n for n in range(1, len(said.texts)) if said.texts[:n][-len(named) :] == named)
        called = {named, *((*named, said.texts[n]) for n in behind)}
        amounts = {each for each in called if each and singular(each[-1]) in _AMOUNTS}
        if not amounts or {singular(each) for each in named} & _RATES:
            continue
        for name in said.query.metrics:
            is_so = amounts & said.ground.vocabulary.written(name)
            if name in word.names and not is_so and kind_of(said.ground.model.metrics[name]) == "percent":
                return f"A rate is known of '{word.text}', and no amount."
    return None


def is_each_years(said: Said) -> str | None:
    """Refuse the last October where those of several years may be meant: in October since 2022."""
    if said.draft.when is None or said.draft.within is None:
        return None
    for mine, other in ((said.draft.when, said.draft.within), (said.draft.within, said.draft.when)):
        if re.fullmatch(r"\d{4}-(?:\d\d|Q\d)", mine.relative or "") and (mine.relative or "")[:4] not in said.words:
            (first, _), (start, _) = _days(said, mine), _days(said, other)
            if first is not None and (start is None or start <= first.replace(year=first.year - 1)):
                return "Whether that of each year or of the last one is meant is not said."
    return None


def _days(said: Said, when: When) -> tuple[date | None, date | None]:
    from customer360.ask.frame import time_range

    return days_of(said, time_range(when))


def is_other_year(said: Said) -> str | None:
    """Refuse a range that ends in another year than was said: from March 2024 to January 2024."""
    years = [word for word in said.words if re.fullmatch(r"(?:19|20)\d\d", word)]
    time = said.query.time
    if len(years) >= _PAIR and time is not None and time.start and time.end and time.end[:4] not in years:
        return "The range ends before it begins."
    return None


def is_all_limited(said: Said) -> str | None:
    """Refuse a share of some where it was said to be one of all: share of VIPs who bought of all customers."""
    words = said.words
    whole = next(
        (at for at in range(len(words) - 2, -1, -1) if words[at : at + 2] in (("of", "all"), ("of", "total"))), -1
    )
    asked = min((edge.start for edge in said.edges("SHARE")), default=-1)
    if whole < 0 or not said.query.shares or asked < 0:
        return None
    end = len(words)
    for at, text in enumerate(said.texts):
        place = said.place(at + 1) if text in ("is", "are", "was", "were") and at + 1 < len(said.texts) else None
        if place is not None and whole < place < end:
            end = place
    if any(asked < place < whole or place >= end for place in _limits(said)):
        return "It was said to be a share of all, and only some of them would be the whole."
    return None


def _limits(said: Said) -> list[int]:
    """Return where what limits the whole was said."""
    found = [
        place
        for each in said.conditions
        for value in (each.value if isinstance(each.value, list) else [each.value])
        for place in said.where_said(each.field, value)
    ]
    metrics = {each.metric for each in said.members}
    verbs = (edge.start for edge in said.edges("VERB") if metrics & set(getattr(edge.meaning, "names", ())))
    return [*found, *verbs]


WORD_GUARDS = (
    is_said_together,
    is_more_than_then,
    is_ratio_of_both,
    is_beside_it,
    is_one_after_other,
    is_taken_off,
    is_done_to_them,
    is_figure_of_verb,
    is_no_longer,
    is_not_by,
    is_state_of_others,
    is_amount_of_rate,
    is_each_years,
    is_other_year,
    is_all_limited,
)
