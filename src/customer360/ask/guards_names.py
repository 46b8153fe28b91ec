"""Refuse readings that take a word for another name than the words beside it allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.ask.inflect import singular, stems
from customer360.ask.meaning import Members, MetricWord, Noun
from customer360.ask.said import value_words
from customer360.ask.units import kind_of
from customer360.ask.words import phrase

if TYPE_CHECKING:
    from customer360.ask.said import Said

_SIZES = frozenset({"value", "worth", "amount", "price"})
_MANY = 2


def is_others_size(said: Said) -> str | None:
    """Refuse a value of other things that says how much these are worth: high value claims, of high value holders."""
    bases = said.ground.places.bases(said.query.metrics)
    for each in said.conditions:
        owner = each.field.rpartition(".")[0]
        if owner in bases or any(base in said.kind(each.field) for base in bases):
            continue
        values = each.value if isinstance(each.value, list) else [each.value]
        for value in values:
            if _SIZES & value_words(value) and not _is_beside_own(said, each.field, value):
                return f"Whether {said.ground.title(each.field)} is meant, or how much each is worth, is not said."
    return None


def _is_beside_own(said: Said, field: str, value: object) -> bool:
    """Say whether a value stands right before or behind a name of the things or the dimension it belongs to."""
    for edge in said.edges("VALUE"):
        meaning = edge.meaning
        if not isinstance(meaning, Members) or not any(
            o.field.name == field and value in o.values for o in meaning.options
        ):
            continue
        beside = [
            *said.edges("NOUN", start=edge.end),
            *said.edges("NOUN", end=edge.end),
            *said.edges("NOUN", end=edge.start),
        ]
        nouns = [each.meaning for each in beside if isinstance(each.meaning, Noun)]
        if meaning.is_many or any(said.kind(name.name) & said.kind(field) for noun in nouns for name in noun.fields):
            return True
    return False


def is_group_of_value(said: Said) -> bool:
    """Say whether a breakdown comes from a loose noun behind a value, which says what that is: lapsed status."""
    loose = {noun.text for noun in said.draft.loose}
    return any(
        isinstance(noun.meaning, Noun) and noun.meaning.text in loose and said.edges("VALUE", end=noun.start)
        for noun in said.edges("NOUN")
    )


def is_mean_of_many(said: Said) -> str | None:
    """Refuse a mean in money for one of how many: average claims, where an average claim is what each costs."""
    for word in said.draft.metrics:
        words = phrase(word.text)
        if len(words) < _MANY or words[0] not in ("average", "mean") or singular(words[-1]) == words[-1]:
            continue
        is_name = any(entry.sort == "METRIC" for entry in said.ground.vocabulary.lookup(stems(words[-1:])))
        for name in said.query.metrics if is_name and said.after(" ".join(words)) is not None else ():
            is_so = words in said.ground.vocabulary.written(name)
            if name in word.names and not is_so and not said.is_additive(name):
                return f"'{word.text}' may be how many or how much: average of what, per what?"
    return None


def is_count_of_value(said: Said) -> str | None:
    """Refuse how many there are where the value of them was asked."""
    for word in said.draft.metrics:
        at = said.after(word.text)
        beside = said.words[at : at + 1] if at is not None else ()
        if _SIZES & {*phrase(word.text)[-1:], *beside} and any(
            kind_of(said.ground.model.metrics[name]) == "count" for name in said.query.metrics if name in word.names
        ):
            return f"'{word.text}' is asked in money, and how many there are is what is known."
    return None


def is_shorter_value(said: Said) -> bool:
    """Say whether a value was read whose word is but a part of a longer one: Home, where Home Plus was said."""
    used = {(each.field, str(v)) for each in said.conditions for v in _listed(each.value)}
    used |= {(each.field, str(v)) for each in said.part for v in _listed(each.value)}
    named = {value for _, value in used}
    for each in said.conditions:
        for value in _listed(each.value):
            spans = [e for e in said.edges("VALUE") if _names(e.meaning, each.field, value)]
            longer = [
                e
                for e in said.edges("VALUE")
                if isinstance(e.meaning, Members) and _is_exact(said, e.start, e.end, e.meaning)
            ]
            if spans and all(
                any(
                    o.start <= s.start
                    and s.end <= o.end
                    and o.end - o.start > s.end - s.start
                    and not named & _values(o.meaning)
                    and not _is_thing(said, s.end, o.end)
                    for o in longer
                )
                for s in spans
            ):
                return True
    return False


def _is_thing(said: Said, start: int, end: int) -> bool:
    """Say whether the end of a longer value names the things themselves: Loyal Customers."""
    return any(isinstance(e.meaning, Noun) and e.meaning.is_entity for e in said.edges("NOUN", start=start, end=end))


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def _names(meaning: object, field: str, value: object) -> bool:
    options = meaning.options if isinstance(meaning, Members) else ()
    return any(option.field.name == field and value in option.values for option in options)


def _values(meaning: object) -> set[str]:
    options = meaning.options if isinstance(meaning, Members) else ()
    return {str(value) for option in options for value in option.values}


def _is_exact(said: Said, start: int, end: int, meaning: Members) -> bool:
    words = said.words[start:end]
    return any(phrase(value) == words for value in _values(meaning))


def is_from_one_to_other(said: Said) -> str | None:
    """Refuse two values that something moved between as two that it has at once: from open to settled."""
    for at, word in enumerate(said.words):
        if word != "from":
            continue
        for one in said.edges("VALUE", start=at + 1):
            if one.end >= len(said.words) or said.words[one.end] != "to":
                continue
            last = said.edges("VALUE", start=one.end + 1)
            fields = {
                each.field
                for each in said.conditions
                if any(_names(one.meaning, each.field, v) for v in _listed(each.value))
            }
            others = {
                each.field
                for each in said.conditions
                for e in last
                if any(_names(e.meaning, each.field, v) for v in _listed(each.value))
            }
            if fields and others and fields != others:
                return "A move from one to the other was asked, not what has both."
    return None


def is_of_buyers(said: Said) -> str | None:
    """Refuse what those who deal with us are for what we deal in: what plans do we sell."""
    people = said.ground.vocabulary.people
    if people is None or said.texts[:1] not in (("what",), ("which",)) or "to" in said.texts or "we" not in said.texts:
        return None
    theirs = said.kind(people.fields[0].name)
    dealt = {"do", "did"} & set(said.texts[1:4])
    if (
        dealt
        and len(said.fields) == 1
        and said.fields[0].rpartition(".")[0] in theirs
        and said.query.having is not None
    ):
        return f"{said.ground.title(said.fields[0])} tells who it was done with, not what was."
    return None


def is_often(said: Said) -> str | None:
    """Refuse totals of groups of people where how often each of them does it was asked."""
    people = said.ground.vocabulary.people
    if people is None or said.after("most often", "most frequently", "least often") is None or not said.fields:
        return None
    name = said.fields[0]
    is_group = name.rpartition(".")[0] in said.kind(people.fields[0].name) and not said.ground.vocabulary.is_key(name)
    if is_group and all(said.is_additive(metric) for metric in said.query.metrics):
        return "How often each of them does it, or how often all of them do, is not said."
    return None


def is_weekday_alone(said: Said) -> str | None:
    """Refuse a breakdown by the day of the week where working days may be meant: weekday claims."""
    for at, word in enumerate(said.words[:-1]):
        before = said.words[at - 1] if at else ""
        if word == "weekday" and said.edges("METRIC", start=at + 1) and before not in ("by", "per", "each", "which"):
            return "Whether Monday to Friday or each day of the week is meant is not said."
    return None


def is_one_of_kind(said: Said) -> str | None:
    """Refuse how many such there are where one such was asked: what is the medium claim."""
    if said.texts[:3] != ("what", "is", "the"):
        return None
    for edge in said.edges("VALUE", start=0):
        for named in said.edges("METRIC", start=edge.end):
            name = said.query.metrics[0]
            plural = said.ground.model.metrics[name].c360.plural
            is_one = isinstance(named.meaning, MetricWord) and name in named.meaning.names
            last = said.words[named.end - 1]
            if is_one and plural and singular(plural.split()[-1]) == last != plural.split()[-1]:
                return "One of them was asked, and how many there are is what is known."
    return None


def is_of_both(said: Said) -> str | None:
    """Refuse a condition of one figure on another of the same noun: motor claims and disputed claims."""
    if len(said.query.metrics) < _MANY or len(said.draft.metrics) < _MANY or not said.conditions:
        return None
    first, second = (phrase(word.text) for word in said.draft.metrics[:2])
    if not first or not second or singular(first[-1]) != singular(second[-1]) or len(second) < _MANY:
        return None
    ends = {edge.end for edge in said.edges("VALUE", "FLAG")}
    at = said.after(" ".join(first))
    is_before = at is not None and at - len(first) in ends
    return "Whether the condition holds for both figures is not said." if is_before else None


def is_definition(said: Said) -> str | None:
    """Refuse two figures where what tells them apart was asked: the difference between payments and premium."""
    if "difference" not in said.texts or len(said.query.metrics) < _MANY:
        return None
    return "How the two are defined, or by how much they differ, is not said."


NAME_GUARDS = (
    is_others_size,
    is_mean_of_many,
    is_count_of_value,
    is_from_one_to_other,
    is_of_buyers,
    is_often,
    is_weekday_alone,
    is_one_of_kind,
    is_of_both,
    is_definition,
)
