"""Turn the parts of a draft into parts of a metric query: dimensions, filters, conditions on metrics, time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice, product
from typing import TYPE_CHECKING

from customer360.ask.filters import conditions_of
from customer360.ask.inflect import stems
from customer360.ask.meaning import Draft, Having, Members, MetricWord, Noun, When
from customer360.ask.places import Places, condition_of, together
from customer360.ask.reading import Problem
from customer360.ask.units import bound, is_of_kind, kind_of
from customer360.semantic.measure import nothing_is_zero
from customer360.semantic.query import AnyOf, Condition, Dimension, Filter, TimeRange

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from customer360.ask.vocabulary import Vocabulary
    from customer360.semantic.calendar_units import Calendar
    from customer360.semantic.model import SemanticModel

MOST = 24
"""Combinations of meanings that are tried."""


@dataclass(frozen=True)
class Ground:
    """What every part of one reading shares."""

    model: SemanticModel
    vocabulary: Vocabulary
    places: Places
    as_of: date
    calendar: Calendar

    def title(self, name: str) -> str:
        """Return how a metric or dimension is called."""
        return self.vocabulary.title(name)


@dataclass(frozen=True)
class Frame:
    """Dimensions and filters of one reading."""

    dimensions: tuple[Dimension, ...]
    filters: tuple[Filter, ...]

    @property
    def where(self) -> Filter | None:
        """The filters as one."""
        return together(self.filters)


def frames(ground: Ground, draft: Draft, metrics: Sequence[str], *, first: Sequence[Dimension] = ()) -> list[Frame]:
    """Return every way to place a draft's groups and conditions; none when they contradict each other."""
    bases = ground.places.bases(metrics)
    groups = [_dimensions(ground, group, bases) for group in draft.groups]
    conds = [_filters(ground, cond, bases, split=draft.split) for cond in draft.conds]
    found: list[Frame] = []
    for grouped, limited in islice(product(product(*groups), product(*conds)), MOST):
        dimensions = [*first, *grouped]
        filters: list[Filter] = []
        for condition, split_by in limited:
            filters.append(condition)
            if split_by is not None and split_by not in dimensions:
                dimensions.append(split_by)
        if len(set(dimensions)) == len(dimensions) and not _contradict(filters):
            found.append(Frame(tuple(dimensions), tuple(filters)))
    return found


def _dimensions(ground: Ground, group: Noun | str, bases: Sequence[str]) -> list[Dimension]:
    if isinstance(group, str):
        return [Dimension(name="time", grain=group)]  # type: ignore[arg-type]
    return [dimension_of(group, name) for name in ground.places.of_noun(group, bases)]


def dimension_of(noun: Noun, name: str) -> Dimension:
    """Return the dimension that a noun means, a span of time with its grain."""
    return Dimension(name=name, grain=noun.grain)


def _filters(
    ground: Ground, cond: object, bases: Sequence[str], *, split: bool
) -> list[tuple[Filter, Dimension | None]]:
    if isinstance(cond, Members) and split and cond.size > 1 and not cond.negated:
        options = ground.places.options(cond, bases)
        return [(condition_of(option), Dimension(name=option.field.name)) for option in options]
    return [(each, None) for each in ground.places.of_cond(cond, bases)]  # type: ignore[arg-type]


def _contradict(filters: Sequence[Filter]) -> bool:
    """Say whether two filters want different values of one dimension."""
    seen: set[str] = set()
    others = [{c.field for c in conditions_of(each)} for each in filters]
    for at, each in enumerate(filters):  # VIPs in Europe or Premium in Asia: what belongs to which side is not said
        if isinstance(each, AnyOf) and any(others[at] & fields for n, fields in enumerate(others) if n != at):
            return True
    for each in filters:
        if isinstance(each, Condition) and each.op in ("=", "in"):
            if each.field in seen:
                return True
            seen.add(each.field)
    return _is_void(filters)


def _is_void(filters: Sequence[Filter]) -> bool:
    """Say whether a filter leaves out what another has left out already: Toys, not Books."""
    plain = [each for each in filters if isinstance(each, Condition)]
    kept = {each.field: _values(each) for each in plain if each.op in ("=", "in")}
    return any(
        each.op in ("!=", "not in") and each.field in kept and not _values(each) & kept[each.field] for each in plain
    )


def _values(condition: Condition) -> set[str]:
    given = condition.value if isinstance(condition.value, list | tuple) else (condition.value,)
    return {str(value) for value in given}


def time_range(when: When | None) -> TimeRange | None:
    """Return a range as a metric query writes it; None when all days count."""
    if when is None or when == When(text=when.text):
        return None
    return TimeRange(relative=when.relative, start=when.start, end=when.end)


def metric_names(ground: Ground, word: MetricWord, needs: str | None = None) -> tuple[str, ...]:
    """Return the metrics a word may mean that have the needed kind of unit."""
    wanted = [kind for kind in (needs, word.needs) if kind is not None]
    return tuple(n for n in word.names if all(is_of_kind(ground.model.metrics[n], kind) for kind in wanted))


def agree(ground: Ground, verb: MetricWord, metric: str) -> bool:
    """Say whether a verb speaks of the rows a metric counts: orders that were placed, not those that were returned."""
    if metric in verb.names:
        return True
    mine = _rows(ground, metric)
    return any(_rows(ground, name) == mine for name in deeds(ground, verb))


def deeds(ground: Ground, verb: MetricWord) -> tuple[str, ...]:
    """Return the metrics of a verb that measure what was done, not how long it took: not all that lasts is done."""
    return tuple(name for name in verb.names if not is_of_kind(ground.model.metrics[name], "duration"))


def _rows(ground: Ground, metric: str) -> frozenset[tuple[str, tuple[str, ...]]]:
    atoms = ground.model.formulas[metric].atoms.values()
    return frozenset((atom.base, tuple(sorted(tree.sql() for tree in atom.filters))) for atom in atoms)


def having_conditions(
    ground: Ground, having: Having, field: str | None, conds: Sequence[object] = (), *, with_none: bool = False
) -> Iterator[tuple[str, Condition] | Problem]:
    """Yield metric and condition for each metric that a condition may be about, or why there is none."""
    named = metric_names(ground, having.metric, having.needs)
    if having.number.value == 0 and having.needs is None:
        named = deeds(ground, replace(having.metric, names=named))
    if not named:
        yield Problem("nonsense", f"'{having.metric.text}' cannot be held against {having.number.text}.")
        return
    if having.needs is None and having.number.value == 0 and len(named) > 1:  # did at all: any of them will do
        named = _any_of(ground, named, field, conds)
    for name in named:
        metric = ground.model.metrics[name]
        value = bound(having.number.value, having.number.unit, metric)
        if having.verb is not None and not agree(ground, having.verb, name) and not _was_given(ground, having, field):
            yield Problem("nonsense", f"'{having.verb.text}' does not go with {metric.title}.")
        elif having.needs is None and value and _is_one(having, metric.c360.plural) and kind_of(metric) == "count":
            yield Problem("nonsense", f"{having.number.text} is said of one '{having.metric.text}', not of how many.")
        elif value is None:
            yield Problem(
                "impossible",
                f"{having.number.text} does not fit {metric.title}: it is measured in {unit_words(metric.c360.unit)}.",
            )
        elif (
            field is not None
            and includes_none(having)
            and nothing_is_zero(ground.model.formulas[name])
            and (having.number.value == 0 or ground.vocabulary.is_key(field))
            and not (with_none and kind_of(metric) == "count")
            and (not anchored(ground, name, field))
        ):
            yield Problem("impossible", none_text(ground, name, field))
        else:
            yield name, Condition(field=name, op=having.op, value=value)  # type: ignore[arg-type]


def _was_given(ground: Ground, having: Having, field: str | None) -> bool:
    """Say whether a verb says only that something was had, of what is no people: stores that received orders."""
    people, first = ground.vocabulary.people, having.verb.text.split()[0] if having.verb else ""
    owner = (field or "").rpartition(".")[0]
    theirs = {each.name.rpartition(".")[0] for each in people.fields} if people is not None else {owner}
    return first in _GIVEN and not any(owner in kind for kind in ground.vocabulary.kinds if kind & theirs)


_GIVEN = frozenset({"receive", "received", "get", "got", "took", "take", "saw", "see"})


def _is_one(having: Having, plural: str | None) -> bool:
    """Say whether what is compared was said in the singular: an order above 500, but not more than one order."""
    if having.number.value == 1:
        return False
    said = having.metric.text.split()
    return bool(said and plural) and having.number.unit is None and stems(tuple(said)) == tuple(said)


def kept_on_things(ground: Ground, having: Having, noun: Noun) -> Having:
    """Return a condition that things with none fulfil on the metric that counts the same on the things themselves.

    Metrics of one plural count the same: orders of the shop, and the number of orders kept with each customer.
    """
    if not includes_none(having):
        return having
    plurals = {ground.model.metrics[name].c360.plural for name in having.metric.names} - {None}
    found = tuple(
        name
        for name, metric in ground.model.metrics.items()
        if metric.c360.plural in plurals and any(anchored(ground, name, field.name) for field in noun.fields)
    )
    return replace(having, metric=replace(having.metric, names=found), verb=None) if len(found) == 1 else having


def _any_of(ground: Ground, named: Sequence[str], field: str | None, conds: Sequence[object]) -> tuple[str, ...]:
    """Return the metric that best says that something was done, and as good ones of other rows: all are asked."""
    best = min(_unfit(ground, name, field, conds) for name in named)
    found: dict[str, str] = {}
    for name in named:
        if _unfit(ground, name, field, conds) == best:
            found.setdefault(" ".join(ground.places.bases((name,))), name)
    return tuple(found.values())


def _unfit(ground: Ground, metric: str, field: str | None, conds: Sequence[object]) -> tuple[bool, bool]:
    """Order metrics that all say whether something was done: those that reach what it was done with, then counts."""
    bases = ground.places.bases((metric,))
    wanted = [_nearest(cond) for cond in conds if isinstance(cond, Members)]
    if field is not None:
        wanted.append([field])
    reached = all(any(ground.places.reach(name, bases) is not None for name in names) for names in wanted)
    return not reached, kind_of(ground.model.metrics[metric]) != "count"


def _nearest(cond: Members) -> list[str]:
    far = min(option.field.far for option in cond.options)
    return [option.field.name for option in cond.options if option.field.far == far]


def includes_none(having: Having) -> bool:
    """Say whether things without any fulfil the condition: fewer than three, none, not five."""
    value, op = having.number.value, having.op
    if having.is_upper:
        return False
    return (op == "<" and value > 0) or op == "<=" or (op == "=" and value == 0) or (op == "!=" and value != 0)


def anchored(ground: Ground, metric: str, field: str) -> bool:
    """Say whether the metric is kept on the things themselves, so that those with nothing have a row too."""
    owner, _, own = field.rpartition(".")
    atoms = ground.model.formulas[metric].atoms.values()
    found = ground.model.directory.field(owner, own)
    return found is not None and found.c360.role == "key" and all(atom.base == owner for atom in atoms)


def none_text(ground: Ground, metric: str, field: str) -> str:
    """Say why things without any cannot be counted."""
    return (
        f"Each {ground.title(field).lower()} with no {ground.title(metric).lower()} at all would count too, and they "
        f"have no row where {ground.title(metric).lower()} is recorded."
    )


def unit_words(unit: str | None) -> str:
    """Return a unit in words."""
    return {"percent_0_1": "per cent", "percent_0_100": "per cent", None: "numbers"}.get(unit, unit or "numbers")
