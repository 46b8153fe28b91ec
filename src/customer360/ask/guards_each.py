"""Ask back where the figure of one was asked and that of all would be answered, with the figures that the model has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.ask.inflect import singular
from customer360.ask.lower import checked_reading
from customer360.ask.meaning import Members, MetricWord, Noun, Things
from customer360.ask.numerals import DURATIONS
from customer360.ask.perthing import counts_them
from customer360.ask.reading import Problem, Reading
from customer360.ask.said import parts_of
from customer360.semantic.query import Dimension, MemberCondition, MetricQuery, Summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.ask.said import Said

_ASKING = frozenset({"do", "does", "did", "can", "will", "would", "could"})
_SPANS = frozenset({*DURATIONS, *DURATIONS.values(), "quarter", "fiscal", "calendar", "given", "single"})
_WHAT = "The figure of one of them was asked, not that of all."


def each_problem(said: Said) -> Problem | None:
    """Return why a figure is not that of one: how much does a holder pay, payments a claim, payments per claim."""
    at = _one_at(said)
    if at is None and not _is_per_row(said):
        return None
    choices = tuple(_choices(said, at if at is not None else said.after("per") or 0))
    step = None if choices else "Say: average ... per ..."
    return Problem("ambiguous" if choices else "unclear", _WHAT, step, choices=choices)


def _one_at(said: Said) -> int | None:
    """Return where the one stands whose figure was asked, None when the reading is not that of all."""
    query = said.query
    is_mean = query.summary is not None and query.summary.function != "count"
    if is_mean or not any(said.is_additive(name) for name in query.metrics):
        return None
    for at, text in enumerate(said.texts[:-1]):
        if text not in ("a", "an") or said.texts[at + 1] in _SPANS:
            continue
        if at and (said.texts[at - 1] in _ASKING or _ends_figure(said, at - 1)):
            place = said.place(at + 1)
            return place if place is not None else len(said.words)
    return None


def _ends_figure(said: Said, at: int) -> bool:
    place = said.place(at)
    if place is None or not said.edges("METRIC", end=place + 1):
        return False
    is_many = singular(said.texts[at]) != said.texts[at]
    return is_many or not said.edges("VERB", end=place + 1)  # claims a holder files, not: holders who claim a ...


def _is_per_row(said: Said) -> bool:
    """Say whether all rows, or yes and no, are listed where a figure for each was asked."""
    query = said.query
    if "per" not in said.words or query.order or query.having is not None or query.summary or query.top:
        return False
    return any(_is_row(said, name) for name in said.fields)


def _is_row(said: Said, name: str) -> bool:
    """Say whether a dimension tells single rows apart, or only says yes and no."""
    vocabulary, dataset = said.ground.vocabulary, said.ground.model.datasets.get(name.rpartition(".")[0])
    field = vocabulary.field(name)
    is_row = dataset is not None and dataset.c360.role == "fact" and vocabulary.is_key(name)
    return is_row or (field is not None and field.datatype == "Boolean")


def _choices(said: Said, at: int) -> Iterator[Reading]:
    """Yield the ratios of the figure to how many of those there are, and its mean over the people it is of."""
    people = _people_at(said, at)
    named = {
        name for place in (at, at + 1) for edge in said.edges("METRIC", start=place) for name in _names(edge.meaning)
    }
    kept = tuple(each for each in said.query.dimensions if each.name == "time" or not _is_row(said, each.name))
    queries: list[MetricQuery] = []
    for name, metric in said.ground.model.metrics.items():
        parts = metric.c360.parts
        if parts is None or parts.numerator not in said.query.metrics or parts.denominator is None:
            continue
        if parts.denominator in named or (people and counts_them(said.ground, parts.denominator, people)):
            queries.append(MetricQuery(metrics=(name,), dimensions=kept, where=said.query.where, time=said.query.time))
    if people is not None and said.query.summary is None and len(said.query.metrics) == 1:
        bases = said.ground.places.bases(said.query.metrics)
        key = said.ground.places.of_noun(people, bases)[0]
        folded = Summary(over=key, function="mean", metric=said.query.metrics[0])
        queries.append(said.query.model_copy(update={"dimensions": (Dimension(name=key), *kept), "summary": folded}))
    for query in queries:
        made = checked_reading(said.ground, Reading(query))
        if isinstance(made, Reading):
            yield made


def _names(meaning: object) -> tuple[str, ...]:
    return meaning.names if isinstance(meaning, MetricWord) else ()


def _people_at(said: Said, at: int) -> Noun | None:
    """Return the people when one of them stands at a place: a holder, a gold member, a VIP."""
    people = said.ground.vocabulary.people
    if people is None or any(isinstance(each, MemberCondition) for each in parts_of(said.query.where)):
        return None
    theirs = said.kind(people.fields[0].name)
    for place in (at, at + 1):
        for edge in said.edges("NOUN", "Things", start=place):
            noun = edge.meaning.noun if isinstance(edge.meaning, Things) else edge.meaning
            if isinstance(noun, Noun) and noun.is_entity and said.kind(noun.fields[0].name) & theirs:
                return people
    if said.edges("NOUN", "METRIC", start=at + 1):
        return None
    for edge in said.edges("VALUE", start=at):
        options = edge.meaning.options if isinstance(edge.meaning, Members) else ()
        if options and all(option.field.name.rpartition(".")[0] in theirs for option in options):
            return people
    return None
