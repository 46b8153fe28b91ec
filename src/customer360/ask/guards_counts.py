"""Refuse readings that count something else than was asked: claims where holders were, rows where claims were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.ask.agreement import is_implied
from customer360.ask.inflect import plural
from customer360.ask.meaning import Members, MetricWord, Noun, Things
from customer360.ask.numerals import GRAINS
from customer360.ask.perthing import counts_them, distinct_column
from customer360.ask.said import is_of_one_thing, parts_of
from customer360.ask.units import kind_of

if TYPE_CHECKING:
    from customer360.ask.chart import Edge
    from customer360.ask.said import Said

_SKIPPED = frozenset({"of", "the", "all", "different", "distinct", "our", "list", "which", "what", "name", "show"})
_CLAUSES = frozenset({"who", "that", "whose", "have", "has", "had", "with", "without"})


def is_other_count(said: Said) -> str | None:
    """Refuse a figure of other things than those that a question counts or lists."""
    start, is_number = _start(said)
    if said.draft.share and start is None:
        return None
    found = _subject(said, start or 0)
    if found is None or said.draft.stat is not None:
        return None
    subject, end = found
    if not is_number and said.typed_after(end) not in _CLAUSES:
        return None
    if isinstance(subject, MetricWord) and not is_number:
        return None
    start = end - len(subject.text.split())
    if _is_named(said, end):
        return None
    people = _people_in(said, start)
    if people is not None:
        return None if _is_about(said, people) else _text(people.text)
    if isinstance(subject, Noun) and _is_shown(said, subject):
        return None
    words = [edge.meaning for edge in said.edges("METRIC", start=start) if isinstance(edge.meaning, MetricWord)]
    is_so = any(_is_of_those(said, word) for word in words) or (
        not words and isinstance(subject, Noun) and _is_about(said, subject)
    )
    return None if is_so else _text(subject.text)


def _is_named(said: Said, end: int) -> bool:
    """Say whether what is counted is the very name of the figures that were read: mailings."""
    named = {name for edge in said.edges("METRIC", end=end) for name in getattr(edge.meaning, "names", ())}
    return bool(named) and set(said.query.metrics) <= named


def is_no_list(said: Said) -> str | None:
    """Refuse how often something was done where it was asked who did it."""
    if said.words[:1] != ("who",) or said.fields or said.query.summary is not None:
        return None
    vocabulary = said.ground.vocabulary
    if all(vocabulary.counts_people(name) or _is_distinct(said, name) for name in said.query.metrics):
        return None
    return "Who it was is asked, and not how many there were."


_SHOW = frozenset({"show", "list", "find", "name", "get", "give", "display", "identify", "fetch", "pull", "see"})
_NUMBERS = frozenset({"many", "number", "count", "total", "much", "amount", "average"})


def is_either_of_both(said: Said) -> bool:
    """Say whether those who did one of two things are counted, where both were said: who bought both bread and milk."""
    if "both" not in said.texts:
        return False
    atoms = [said.ground.model.formulas[name].sole_atom for name in said.query.metrics]
    are_people = any(atom is not None and atom.kind == "distinct" for atom in atoms)
    return are_people and any(
        condition.op == "in" and len(said.where_said(condition.field, value)) > 0
        for condition in said.conditions
        if not any(atom is not None and condition.field.startswith(f"{atom.base}.") for atom in atoms)
        for value in (condition.value if isinstance(condition.value, list | tuple) else ())
    )


def is_count_of_listed(said: Said) -> bool:
    """Say whether how many there are was read where the things themselves were asked: which customers live there."""
    if said.fields or said.query.summary is not None or said.draft.head != "figure" or _NUMBERS & set(said.texts):
        return False
    is_which = said.words[:1] in (("which",), ("who",))
    is_shown = said.texts[:1] != () and said.texts[0] in _SHOW
    is_told = is_shown and ("who" in said.texts[1:] or "all" in said.texts[1:4])
    if not (is_which or is_told or "whose" in said.words[1:]):
        return False
    for edge in said.edges("METRIC"):
        if not set(said.query.metrics) & set(getattr(edge.meaning, "names", ())):
            continue
        for noun in said.edges("NOUN", start=edge.start):
            if (
                isinstance(noun.meaning, Noun)
                and noun.meaning.is_plural
                and (is_which or not _are_rows(said, noun.meaning))
            ):
                return True
    return False


def _are_rows(said: Said, noun: object) -> bool:
    """Say whether a noun names rows of a fact, which are counted rather than listed: claims."""
    fields = [each.name for each in noun.fields] if isinstance(noun, Noun) else []
    owners = [said.ground.model.datasets[name.rpartition(".")[0]] for name in fields]
    return any(owner.c360.role == "fact" for owner in owners) and all(map(said.ground.vocabulary.is_key, fields))


def _is_distinct(said: Said, metric: str) -> bool:
    atom = said.ground.model.formulas[metric].sole_atom
    return atom is not None and distinct_column(atom.aggregate) is not None


def _people_in(said: Said, at: int) -> Noun | None:
    """Return the people that a figure's name begins with: holders who unsubscribed."""
    people = said.ground.vocabulary.people
    kind = said.kind(people.fields[0].name) if people is not None else frozenset()
    found = (edge.meaning for edge in said.edges("NOUN", start=at))
    return next((n for n in found if isinstance(n, Noun) and n.is_plural and said.kind(n.fields[0].name) & kind), None)


def _text(said: str) -> str:
    return f"'{said}' were asked, and no figure that fits the words counts them."


def _start(said: Said) -> tuple[int | None, bool]:
    """Return where what is counted stands, and whether a number of it was asked."""
    at = 1 if said.words[:1] == ("of",) else None  # of the claims in May, how many were settled
    asked = said.after("how many", "number of")
    if asked is not None:
        before = asked - 2
        return (at if at is not None and at < before else asked), True
    if said.draft.share:
        at = said.after("percentage of", "percent of", "% of")
        return at, at is not None and said.reading.part is not None
    return 0, False


def _subject(said: Said, at: int) -> tuple[Noun | MetricWord, int] | None:
    """Return the things named from a place on, with the place behind them; values before them are passed over."""
    while at < len(said.words) and said.words[at] in _SKIPPED:
        at += 1
    many: tuple[Noun | MetricWord, int] | None = None
    for _ in range(6):
        named = [edge for edge in said.edges("METRIC", "NOUN", start=at) if edge.category == "METRIC" or _is_own(edge)]
        longest = named[0].end if named else 0
        things = next((e for e in said.edges("Things", start=at) if e.end >= longest), None)
        if things is not None and isinstance(things.meaning, Things):
            many = (things.meaning.noun, things.end)
            at = things.end
        elif named:
            ends = [edge for edge in named if edge.end == longest]
            noun = next((edge.meaning for edge in ends if isinstance(edge.meaning, Noun)), None)
            word = next((edge.meaning for edge in ends if isinstance(edge.meaning, MetricWord)), None)
            found = noun or word
            return (found, longest) if found is not None else many
        else:
            value = next(iter(said.edges("VALUE", "FLAG", start=at)), None)
            if value is None:
                return many
            at = value.end
        if at < len(said.words) and said.words[at] in ("or", "and"):
            at += 1
        elif many is not None:
            return many
    return many


def _is_own(edge: Edge) -> bool:
    return is_of_one_thing(edge.meaning)


def _is_about(said: Said, noun: Noun) -> bool:
    """Say whether a reading counts or lists things of a noun, or is a rate."""
    if _is_shown(said, noun):
        return True
    for metric in said.query.metrics:
        unit = said.ground.model.metrics[metric].c360.unit
        if kind_of(said.ground.model.metrics[metric]) != "count" or counts_them(said.ground, metric, noun):
            return True
        if noun.is_name and unit == "items":
            return True
    return False


def _is_shown(said: Said, noun: Noun) -> bool:
    """Say whether a reading lists things of a noun, or counts them one by one."""
    vocabulary = said.ground.vocabulary
    names = [field.name for field in noun.fields]
    shown = [each for each in said.fields if each in names or vocabulary.is_key(each) or vocabulary.is_name(each)]
    return any(vocabulary.are_of_same_things(each, name) for each in shown for name in names)


def _is_of_those(said: Said, word: MetricWord) -> bool:
    """Say whether a reading's figures count the rows that a metric's name names."""
    model = said.ground.model
    units = {model.metrics[name].c360.unit for name in word.names} - {"count", None}
    counted = [model.formulas[name].sole_atom for name in word.names]
    for metric in said.query.metrics:
        atom = model.formulas[metric].sole_atom
        if metric in word.names or kind_of(model.metrics[metric]) != "count" or atom is None:
            return True
        if model.metrics[metric].c360.unit in units:  # pieces in stock, where pieces are sold too
            return True
        if any(each is not None and each.aggregate.sql() == atom.aggregate.sql() for each in counted):
            return True
        if is_implied(said.ground, word, metric):
            return True
    return bool(said.query.summary)


def is_in_every(said: Said) -> str | None:
    """Refuse a breakdown by time where those were asked who did so in all of it: paid in every quarter."""
    every = [edge for edge in said.lexed.edges if edge.category == "GRAIN" and said.words[edge.start - 1] == "every"]
    people = said.ground.vocabulary.people
    is_theirs = people is not None and any(counts_them(said.ground, name, people) for name in said.query.metrics)
    is_people = said.query.summary is not None or bool(said.members) or (is_theirs and bool(said.edges("VERB")))
    if every and is_people and any(each.grain for each in said.query.dimensions):
        return "Whether in all of them, or in each of them one by one, is not said."
    return None


def is_rhythm(said: Said) -> str | None:
    """Refuse how often at all where how often in each span of time was asked: more than once a week."""
    spans = {word for grain in GRAINS for word in (grain, plural(grain))}
    for at in range(len(said.texts) - 2):
        once, each, span = said.texts[at : at + 3]
        if once in ("time", "times") and each in ("a", "per", "every", "each") and span in spans:
            return f"How often in each {span} cannot be asked of each of them."
    return None


def is_some_unsaid(said: Said) -> str | None:
    """Refuse to take a bare attribute for having any: with plan home, where no plan is called so."""
    for each in said.conditions:
        if each.op != "is not null":
            continue
        for edge in said.edges("NOUN"):
            noun, at = edge.meaning, said.lexed.tokens[edge.start].start
            if not isinstance(noun, Noun) or each.field not in {field.name for field in noun.fields}:
                continue
            before = [token.text for token in said.tokens if token.start < at][-1:]
            if before in (["with"], ["having"]) and edge.end < len(said.words):
                beside = said.edges("VERB", start=edge.end)
                if beside and not said.typed_after(edge.end).endswith(("ed", "ing")):
                    return f"Which {noun.text} is meant is not known."
    return None


# ---- two deeds -------------------------------------------------------------------------------------------------------


def is_other_deed(said: Said) -> str | None:
    """Refuse a second deed that has melted into the first: of those with 3 claims, how many paid in May."""
    at = said.after("how many of")
    if at is None:
        return None
    clause = next((n for n in range(at, len(said.words)) if said.words[n] in ("with", "who", "that")), None)
    numbers = [edge.start for edge in said.edges("NUM") if clause is not None and edge.start > clause]
    verbs = [edge.start for edge in said.edges("VERB") if numbers and edge.start > min(numbers)]
    is_apart = any(not said.edges("METRIC", start=verb) for verb in verbs)
    if clause is None or not is_apart:
        return None
    held = [*parts_of(said.query.having), *said.members]
    return "Two things that they did have become one." if len(held) < len(("one", "other")) else None


def is_whole_of_part(said: Said) -> str | None:
    """Refuse rows with a value where those were asked who had such a row: satisfaction of holders who had a fire."""
    at = next((n for n, word in enumerate(said.words) if word in ("who", "that", "with")), None)
    people = said.ground.vocabulary.people
    if at is None or people is None or said.members or not _is_people_before(said, people, at):
        return None
    start = at + 1
    while start < len(said.words) and said.words[start] in ("had", "have", "has", "a", "an"):
        start += 1
    theirs = said.kind(people.fields[0].name)
    if said.draft.head != "figure" or any(counts_them(said.ground, name, people) for name in said.query.metrics):
        return None
    for edge in said.edges("VALUE", start=start):
        options = edge.meaning.options if isinstance(edge.meaning, Members) else ()
        names = {option.field.name for option in options}
        for each in said.conditions:
            if each.field in names and each.field.rpartition(".")[0] not in theirs and _is_event(said, each.field):
                return "Whether the figure of those people or only of such rows is meant is not said."
    return None


def _is_event(said: Said, field: str) -> bool:
    dataset = said.ground.model.datasets.get(field.rpartition(".")[0])
    return dataset is not None and dataset.c360.role == "fact"


def _is_people_before(said: Said, people: Noun, at: int) -> bool:
    keys = {field.name for field in people.fields}
    return any(
        edge.end <= at and isinstance(edge.meaning, Noun) and keys & {field.name for field in edge.meaning.fields}
        for edge in said.edges("NOUN")
    )
