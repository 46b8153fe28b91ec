"""Turn drafts that count, list or rank things into metric queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, product
from typing import TYPE_CHECKING

from customer360.ask.agreement import by_merit, counter_of
from customer360.ask.doers import Parted, counter_for, member_filters, parted
from customer360.ask.filters import conditions_of
from customer360.ask.frame import (
    MOST,
    Frame,
    Ground,
    agree,
    anchored,
    dimension_of,
    frames,
    having_conditions,
    includes_none,
    kept_on_things,
    metric_names,
    none_text,
    time_range,
)
from customer360.ask.known import known_only
from customer360.ask.listed import is_profile, listers
from customer360.ask.meaning import Draft, Having, Members, MetricWord, Rank, Stat, Things
from customer360.ask.perthing import events_held, may_be_none, none_too, of_events, with_anchor
from customer360.ask.places import together
from customer360.ask.reading import Problem, Reading
from customer360.ask.units import kind_of
from customer360.semantic.query import Condition, Filter, MetricQuery, Not, Order, Summary, Top

if TYPE_CHECKING:
    from collections.abc import Sequence

TOP_ROWS = 10
"""How many of the top are shown when no number was said; the answer says so."""
_NONSENSE = Problem("nonsense", "The parts of the question do not fit together.")


def count_things(ground: Ground, draft: Draft) -> Iterator[Reading | Problem]:
    """Yield queries that count the things which fulfil the conditions."""
    for made in _members(ground, draft):
        if isinstance(made, Problem):
            yield made
            continue
        query, over = made
        few = next((each for each in draft.things.havings if includes_none(each)), None) if draft.things else None
        if few is not None and not ground.vocabulary.is_key(over) and few.when is None and few.number.value != 0:
            yield Problem("impossible", none_text(ground, query.metrics[0], over))
            continue
        if draft.versus or draft.share or draft.window or draft.stat or draft.trend:
            yield _NONSENSE
            continue
        yield Reading(_counted(ground, query, over))


def _counted(ground: Ground, query: MetricQuery, over: str) -> MetricQuery:
    """Return the query that counts the things; a metric that counts those very things answers alone."""
    (metric, *others), having = query.metrics, query.having
    atom = ground.model.formulas[metric].sole_atom
    is_count = atom is not None and atom.kind == "count" and anchored(ground, metric, over)
    if is_count and not others and having == Condition(field=metric, op=">", value=0):
        dimensions = tuple(each for each in query.dimensions if each.name != over)
        return query.model_copy(update={"having": None, "dimensions": dimensions})
    return query.model_copy(update={"summary": Summary(over=over)})


def list_things(ground: Ground, draft: Draft) -> Iterator[Reading | Problem]:
    """Yield queries that list the things which fulfil the conditions, with the figures of the conditions."""
    if draft.versus or draft.share or draft.window or draft.stat or draft.trend or draft.loosely:
        yield _NONSENSE
        return
    for made in _members(ground, draft):
        if isinstance(made, Problem):
            yield made
            continue
        query, over = made
        is_few = any(includes_none(each) for each in (draft.things.havings if draft.things else ()))
        notes = (f"Who has none at all is not listed: no row of {ground.title(over).lower()} tells of them.",)
        shown = query.model_copy(update={"order": (Order(by=query.metrics[0], descending=True),)})
        yield Reading(shown, notes=notes if is_few and not ground.vocabulary.is_key(over) else ())


def _members(ground: Ground, draft: Draft) -> Iterator[tuple[MetricQuery, str] | Problem]:
    things = draft.things
    if things is None or draft.metrics or _is_second_deed(draft, things):
        yield _NONSENSE
        return
    havings = _held(ground, draft, things)
    made = havings if isinstance(havings, Problem) else parted(ground, draft, things, havings)
    if isinstance(made, Problem):
        yield made
        return
    words = [made.draft.order_by] if made.draft.order_by is not None else []
    counter = counter_for(ground, things.noun) if not made.main else None
    own: tuple[str, ...] = (counter,) if counter else ()
    if not made.main and not made.apart and not words and counter is None and draft.head == "list":
        own = listers(ground, things.noun, (*things.conds, *draft.conds))
    if not made.main and not made.apart and not words and (not own or draft.head == "count"):
        yield _NONSENSE if draft.verbs else _by_what(things)
        return
    if made.apart and not made.main and counter is None:
        yield Problem("impossible", f"Each of '{things.noun.text}' without any would count, and they have no row.")
        return
    names = (*_names(made.main, words), *(own if not words else ()))
    bases = ground.places.bases(names)
    for name in ground.places.of_noun(things.noun, bases):
        field = ground.vocabulary.key_of(name) if draft.head == "count" else name
        for filters in member_filters(ground, made.apart, field, things.noun):
            if isinstance(filters, Problem):
                yield filters
            else:
                yield from _fulfilling(ground, made, field, words, own, filters)


def _is_second_deed(draft: Draft, things: Things) -> bool:
    """Say whether a verb says a second thing that was done, which must not melt into the first."""
    return bool(draft.verbs) and bool(things.havings) and things.noun.is_entity


def _fulfilling(
    ground: Ground,
    made: Parted,
    field: str,
    words: Sequence[MetricWord],
    counters: tuple[str, ...],
    filters: tuple[Filter, ...],
) -> Iterator[tuple[MetricQuery, str] | Problem]:
    """Yield the queries of the members that fulfil the conditions of the query and those of their own."""
    things, draft = made.things, made.draft
    for chosen in islice(
        product(*(list(_conditions(ground, each, field, things, made.main, draft)) for each in made.main)), MOST
    ):
        problem = next((each for each in chosen if isinstance(each, Problem)), None)
        if problem is not None:
            yield problem
            continue
        pairs = with_anchor(ground, field, [each for each in chosen if not isinstance(each, Problem)])
        own = counters if not made.main and not words else ()
        pairs += tuple((name, Condition(field=name, op=">", value=0)) for name in own[:1])
        metrics = tuple(dict.fromkeys([*(word.names[0] for word in words), *(name for name, _ in pairs), *own]))
        if not all(agree(ground, verb, name) for verb in draft.verbs for name in metrics):
            yield _NONSENSE
            continue
        having = together([condition for _, condition in pairs])
        whole = replace(draft, conds=(*things.conds, *draft.conds))
        for frame in frames(ground, whole, metrics, first=(dimension_of(things.noun, field),)):
            placed = replace(frame, filters=(*frame.filters, *filters))
            yield from _fitting(ground, whole, things, field, metrics, having, placed)


def _held(ground: Ground, draft: Draft, things: Things) -> tuple[Having, ...] | Problem:
    """Return the conditions on figures of things: of what they did, or kept with them for those that did nothing."""
    held = [events_held(ground, having, things.noun) for having in (*things.havings, *draft.havings)]
    problem = next((each for each in held if isinstance(each, Problem)), None)
    if problem is not None:
        return problem
    said = tuple(each for each in held if not isinstance(each, Problem))
    is_plain = draft.when is None and not any(each.when or each.conds for each in said)
    return tuple(kept_on_things(ground, each, things.noun) for each in said) if is_plain else said


def _conditions(
    ground: Ground, having: Having, field: str, things: Things, havings: Sequence[Having], draft: Draft
) -> Iterator[tuple[str, Condition | Not] | Problem]:
    """Yield metric and condition for a condition on things; those without any have no row where that is kept."""
    is_none = may_be_none(ground, having, field, havings, timed=draft.when is not None)
    for made in having_conditions(ground, having, field, things.conds, with_none=is_none):
        if isinstance(made, Problem) or not is_none or anchored(ground, made[0], field):
            yield made
        else:
            yield made[0], none_too(ground, *made)


def _fitting(
    ground: Ground, draft: Draft, things: Things, field: str, metrics: tuple[str, ...], having: object, frame: Frame
) -> Iterator[tuple[MetricQuery, str] | Problem]:
    problem = misplaced(ground, things, field, frame) or _both_or_either(ground, draft, field, frame)
    if problem is not None:
        yield problem
        return
    where, _ = known_only(ground, field, frame.where)
    query = MetricQuery(
        metrics=metrics,
        dimensions=frame.dimensions,
        where=where,
        having=having,  # type: ignore[arg-type]
        time=time_range(draft.when),
    )
    yield query, field


def misplaced(ground: Ground, things: Things, field: str, frame: Frame) -> Problem | None:
    """Say when a condition is no attribute of the things it was said of: VIP products."""
    if things.scoped:
        return None
    owner = field.rpartition(".")[0]
    for each in frame.filters[: len(things.conds)]:
        for condition in conditions_of(each):
            target = condition.field.rpartition(".")[0]
            alike = any({owner, target} <= kind for kind in ground.vocabulary.kinds)
            alike = alike or is_profile(ground, target, owner)
            if ground.places.steps(owner, target) is None and not alike:
                noun, attribute = ground.title(field), ground.title(condition.field)
                return Problem("impossible", f"{attribute} is no attribute of each {noun.lower()}.")
    return None


def _both_or_either(ground: Ground, draft: Draft, field: str, frame: Frame) -> Problem | None:
    """Say when `bought bread and milk` may mean both or either of them."""
    owner = field.rpartition(".")[0]
    for cond, placed in zip(draft.conds, frame.filters, strict=False):
        is_list = isinstance(cond, Members) and cond.joint == "and"
        for condition in conditions_of(placed):
            if is_list and ground.places.steps(owner, condition.field.rpartition(".")[0]) is None:
                what = f"Whether both or either of {' and '.join(map(str, condition.value))} is meant is not said."
                return Problem("unclear", what, "Say `or` for either; both at once cannot be asked.")
    return None


def _names(havings: Sequence[Having], words: Sequence[MetricWord]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([having.metric.names[0] for having in havings] + [word.names[0] for word in words]))


def _by_what(things: Things) -> Problem:
    return Problem(
        "unclear",
        f"It is not said by which figure '{things.noun.text}' are counted or listed.",
        f"Say for example: {things.noun.text} with more than 3 ..., or top 10 {things.noun.text} by ...",
    )


# ---- rankings -------------------------------------------------------------------------------------------------


def rank_things(ground: Ground, draft: Draft) -> Iterator[Reading | Problem]:
    """Yield queries that put things in order by a metric."""
    rank = draft.rank
    if draft.stat == Stat("mean") and _is_mean_already(ground, draft):
        draft = replace(draft, stat=None)
    if rank is None or draft.things or draft.versus or draft.share or draft.window or draft.stat or draft.havings:
        yield _NONSENSE
        return
    by = _ranked_by(ground, draft, rank)
    if isinstance(by, Problem):
        yield by
        return
    others = [word for word in draft.metrics if word != by]
    counted = of_events(ground, by, rank.noun)
    if isinstance(counted, Problem):
        yield counted
        return
    by = counted
    for metrics in islice(product(metric_names(ground, by), *(word.names for word in others)), MOST):
        if not all(agree(ground, verb, metrics[0]) for verb in draft.verbs):
            yield _NONSENSE
            continue
        way = by_merit(ground, rank, metrics[0])
        if isinstance(way, Problem):
            yield way
            continue
        for field in ground.places.of_noun(rank.noun, ground.places.bases(metrics)):
            for frame in frames(ground, draft, metrics, first=(dimension_of(rank.noun, field),)):
                yield _ranked(ground, draft, way, metrics, frame)


def _ranked_by(ground: Ground, draft: Draft, rank: Rank) -> MetricWord | Problem:
    """Return what a ranking goes by, or why it is not known."""
    said = [word for word in (rank.metric, draft.order_by) if word is not None]
    if len(said) > 1 and set(said[1].names) <= set(said[0].names):  # best selling by pieces
        said = said[1:]
    if len(said) > 1 or (said and draft.metrics and said[0] not in draft.metrics):
        return _NONSENSE
    by = said[0] if said else (draft.metrics[0] if len(draft.metrics) == 1 else None)
    if rank.by_number:
        counters = {counter_of(ground, field.name) for field in rank.noun.fields} - {None}
        if by is not None or len(counters) != 1:
            return _NONSENSE
        return MetricWord(tuple(str(name) for name in counters), rank.noun.text)
    if by is None:
        return _NONSENSE if draft.rows_of else _rank_by_what(ground, draft, rank)
    return by


def _is_mean_already(ground: Ground, draft: Draft) -> bool:
    """Say whether a ranking is by what is a mean or rate anyhow, so that `on average` says nothing more."""
    said = [*draft.metrics, *([draft.rank.metric] if draft.rank and draft.rank.metric else [])]
    names = [name for word in said for name in word.names]
    return bool(names) and not any(
        ground.model.formulas[name].is_additive or kind_of(ground.model.metrics[name]) == "count" for name in names
    )


def _ranked(ground: Ground, draft: Draft, rank: Rank, metrics: tuple[str, ...], frame: Frame) -> Reading | Problem:
    field, others = frame.dimensions[0], frame.dimensions[1:]
    descending = not rank.ascending if draft.order is None else draft.order == "desc"
    where, told = known_only(ground, field.name, frame.where)
    query = MetricQuery(metrics=metrics, dimensions=frame.dimensions, where=where, time=time_range(draft.when))
    said = rank.n
    n = said if said is not None else TOP_ROWS
    notes = told if said is not None else (*told, f"No number was said: the first {TOP_ROWS} are shown.")
    if rank.skip and others:
        return Problem("impossible", "One place of a ranking is shown of one breakdown only.")
    if not others:
        order = (Order(by=metrics[0], descending=descending),)
        return Reading(
            query.model_copy(update={"order": order, "limit": n or None, "offset": rank.skip or None}),
            notes=notes if n else told,
        )
    if len(others) == 1 and others[0].name == "time" and n:
        top = Top(dimension=field.name, n=n, by=metrics[0], other=False, ascending=not descending)
        return Reading(query.model_copy(update={"top": top}), notes=notes)
    return Problem(
        "impossible",
        f"A ranking of {ground.title(field.name)} within each {ground.title(others[0].name)} cannot be asked at once.",
        f"Ask for one {ground.title(others[0].name).lower()} at a time, or for {ground.title(metrics[0])} by both.",
    )


def _rank_by_what(ground: Ground, draft: Draft, rank: Rank) -> Problem:
    """Offer the metrics that a ranking could go by."""
    choices: list[Reading] = []
    for name, metric in ground.model.metrics.items():
        formula = ground.model.formulas[name]
        if not formula.is_additive or metric.c360.better == "none":
            continue
        fields = [
            field
            for field in rank.noun.fields
            if ground.places.reach(field.name, ground.places.bases((name,))) is not None
        ]
        if not fields:
            continue
        field = ground.places.of_noun(rank.noun, ground.places.bases((name,)))[0]
        for frame in frames(ground, draft, (name,), first=(dimension_of(rank.noun, field),))[:1]:
            way = by_merit(ground, rank, name)
            made = way if isinstance(way, Problem) else _ranked(ground, draft, way, (name,), frame)
            choices += [made] if isinstance(made, Reading) else []
    word = "lowest" if rank.ascending else "highest"
    return Problem(
        "ambiguous",
        f"It is not said by which figure '{rank.noun.text}' are the {word}.",
        f"Say: top 10 {rank.noun.text} by ...",
        choices=tuple(choices[:6]),
    )


__all__ = ["Condition", "count_things", "list_things", "rank_things"]
