"""Hold things against what they did: by a count of events, never by one of the things themselves; none at all too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.ask.agreement import counted_rows, counter_of, is_part
from customer360.ask.frame import agree, anchored, includes_none
from customer360.ask.grammar_thresholds import SUCH
from customer360.ask.meaning import Members, MetricWord
from customer360.ask.reading import NONSENSE, Problem
from customer360.ask.units import kind_of
from customer360.semantic.query import Condition, Filter, Not

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.ask.frame import Ground
    from customer360.ask.meaning import Having, Noun

Pair = tuple[str, Filter]
_OPPOSITE = {"=": "!=", "<": ">=", "<=": ">", "!=": "="}


def of_events(ground: Ground, word: MetricWord, noun: Noun) -> MetricWord | Problem:
    """Return a metric word for what each thing did: contacts, where customers in contact would be one for each."""
    names: list[str] = []
    for name in word.names:
        if not counts_them(ground, name, noun):
            names.append(name)
            continue
        names += [event] if (event := event_count(ground, name)) is not None else []
    if not word.names:
        return NONSENSE
    if not names:
        title = ground.title(word.names[0])
        return Problem(
            "impossible",
            f"{title} counts each of '{noun.text}' once, so it says nothing about one of them.",
            "Name what is counted for each, such as orders or contacts.",
        )
    return replace(word, names=tuple(dict.fromkeys(names)))


def events_held(ground: Ground, having: Having, noun: Noun) -> Having | Problem:
    """Return a condition on each thing with a count of events; that it did so at all may be told by any metric."""
    if not having.metric.names and having.metric.text == SUCH:
        options = [option for cond in having.conds if isinstance(cond, Members) for option in cond.options]
        near = min(option.field.far for option in options)
        names = {counter_of(ground, option.field.name) for option in options if option.field.far == near} - {None}
        found = tuple(sorted(name for name in names if name is not None))
        return replace(having, metric=MetricWord(found, having.metric.text)) if len(found) == 1 else NONSENSE
    if not having.metric.names:
        worth = worth_of(ground, noun)
        return NONSENSE if worth is None else replace(having, metric=MetricWord((worth,), having.metric.text))
    having = _of_those_rows(ground, having)
    if (having.op, having.number.value) == (">", 0):
        return having
    word = of_events(ground, having.metric, noun)
    return word if isinstance(word, Problem) else replace(having, metric=word)


def _of_those_rows(ground: Ground, having: Having) -> Having:
    """Return a condition whose verb is about some of the rows it names as one about those: lost more than 3 carts."""
    verb, named = having.verb, having.metric.names
    if verb is None or any(agree(ground, verb, name) for name in named):
        return having
    parts = tuple(part for part in verb.names if any(is_part(ground, part, name) for name in named))
    return replace(having, metric=replace(having.metric, names=parts), verb=None) if parts else having


def worth_of(ground: Ground, noun: Noun) -> str | None:
    """Return the money of each thing: what the model's mean of it divides by how many there are."""
    keys = {field.name for field in noun.fields}
    found = set()
    for metric in ground.model.metrics.values():
        parts = metric.c360.parts
        below = ground.model.formulas.get(parts.denominator) if parts and parts.denominator else None
        atom = below.sole_atom if below is not None else None
        column = distinct_column(atom.aggregate) if atom is not None else None
        is_theirs = atom is not None and (
            f"{atom.base}.{column}" in keys if column else counts_them(ground, str(parts and parts.denominator), noun)
        )
        above = parts.numerator if parts else None
        if is_theirs and above is not None and kind_of(ground.model.metrics[above]) == "money":
            found.add(above)
    return found.pop() if len(found) == 1 else None


def counts_them(ground: Ground, metric: str, noun: Noun) -> bool:
    """Say whether a metric counts the things themselves, so that it is one at most for each of them."""
    atom = ground.model.formulas[metric].sole_atom
    if atom is None or not noun.is_thing:
        return False
    owners = {field.name.rpartition(".")[0] for field in noun.fields}
    kind = owners.union(*(each for each in ground.vocabulary.kinds if each & owners))
    if atom.base in kind and counted_rows(ground, atom):
        return True
    column = distinct_column(atom.aggregate)
    return column is not None and any(
        each.source == atom.base and each.source_columns == (column,) and each.target in kind
        for each in ground.model.relationships.values()
    )


def distinct_column(aggregate: exp.Expr) -> str | None:
    """Return the column whose different values an aggregate counts."""
    columns = [column.name for column in aggregate.find_all(exp.Column)]
    is_distinct = isinstance(aggregate, exp.Count) and isinstance(aggregate.this, exp.Distinct)
    return columns[0] if is_distinct and len(columns) == 1 else None


def event_count(ground: Ground, metric: str) -> str | None:
    """Return the one metric that counts the rows of which another counts the different things."""
    atom = ground.model.formulas[metric].sole_atom
    column = distinct_column(atom.aggregate) if atom is not None else None
    if atom is None or column is None:
        return None
    wanted = {tree.sql() for tree in atom.filters if column not in {each.name for each in tree.find_all(exp.Column)}}
    found = [
        name
        for name, formula in ground.model.formulas.items()
        if (other := formula.sole_atom) is not None
        and other.base == atom.base
        and {tree.sql() for tree in other.filters} == wanted
        and counted_rows(ground, other)
    ]
    return found[0] if len(found) == 1 else None


# ---- none at all -----------------------------------------------------------------------------------------------------


def may_be_none(ground: Ground, having: Having, field: str, others: Sequence[Having], *, timed: bool) -> bool:
    """Say whether things without any have a row nevertheless: through another condition, or since they are counted."""
    if not includes_none(having):
        return False
    if any(not includes_none(other) and not other.is_upper for other in others if other is not having):
        return True
    return not timed and _anchor(ground, field) is not None


def none_too(ground: Ground, name: str, condition: Condition) -> Condition | Not:
    """Return a condition on a count that holds for things without a row too: not at least three, not any."""
    if kind_of(ground.model.metrics[name]) != "count":
        return condition
    op = ">" if (condition.op, condition.value) == ("=", 0) else _OPPOSITE[condition.op]
    return Not.model_validate({"not": {"field": name, "op": op, "value": condition.value}})


def with_anchor(ground: Ground, field: str, pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """Return conditions with one that every thing fulfils, when those without any would have no row else."""
    if not pairs or not all(isinstance(condition, Not) for _, condition in pairs):
        return tuple(pairs)
    anchor = _anchor(ground, field)
    return (*pairs, (anchor, Condition(field=anchor, op=">", value=0))) if anchor is not None else tuple(pairs)


def _anchor(ground: Ground, field: str) -> str | None:
    """Return the metric that counts the things themselves, which each of them has."""
    name = counter_of(ground, field)
    if name is None or anchored(ground, name, field):
        return name
    bases = ground.places.bases((name,))
    alike = all(ground.vocabulary.are_of_same_things(f"{base}.", field) for base in bases)
    return name if alike and ground.places.reach(field, bases) is not None else None
