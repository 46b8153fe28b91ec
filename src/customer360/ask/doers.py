"""Hold figures to those that did something, and part conditions that were said with a time or objects of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice, product
from typing import TYPE_CHECKING

from customer360.ask.agreement import counter_of
from customer360.ask.frame import MOST, anchored, frames, having_conditions, includes_none, metric_names, time_range
from customer360.ask.known import known_only
from customer360.ask.meaning import Draft, Having, Noun, Things, When, same_time
from customer360.ask.perthing import counts_them, events_held
from customer360.ask.places import together
from customer360.ask.reading import NONSENSE, Problem, Reading
from customer360.ask.shares import of_part
from customer360.ask.timesbefore import resolved
from customer360.semantic.query import AllOf, Filter, MemberCondition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from customer360.ask.frame import Ground

    Figures = Callable[[Ground, Draft], Iterator[Reading | Problem]]


@dataclass(frozen=True)
class Parted:
    """Conditions on what things did: those of the query itself, and those with rows and days of their own."""

    things: Things
    draft: Draft
    main: tuple[Having, ...]
    apart: tuple[Having, ...]


def lifted(draft: Draft) -> Draft:
    """Return a draft whose deeds all have one time as one with that time."""
    things = draft.things
    if things is None or not things.havings:
        return draft
    times = {each.when for each in things.havings}
    when = next(iter(times)) if len(times) == 1 else None
    if when is None or when.refers or not (draft.when is None or same_time(draft.when, when)):
        return draft
    timeless = tuple(replace(each, when=None) for each in things.havings)
    return replace(draft, when=when, things=replace(things, havings=timeless))


def parted(ground: Ground, draft: Draft, things: Things, havings: tuple[Having, ...]) -> Parted | Problem:
    """Part the conditions of things by the rows and days that they are about."""
    keys = list(dict.fromkeys((each.conds, each.when) for each in havings))
    is_none = [is_absence(each) for each in havings]
    is_odd = any(none and (draft.when is not None or each.conds) for none, each in zip(is_none, havings, strict=True))
    is_mixed = draft.when is not None and 0 < sum(_is_kept(ground, each, things.noun) for each in havings) < len(
        havings
    )
    if keys in ([], [((), None)]) and not is_odd and not is_mixed:
        return Parted(things, draft, havings, ())
    kept = tuple(each for each in havings if draft.when and _is_kept(ground, each, things.noun))
    timed = placed_in_time(ground, [each for each in havings if each not in kept], draft.when)
    if isinstance(timed, Problem):
        return timed
    first = next((each for each in timed if not includes_none(each)), None)
    main = tuple(each for each in timed if first and (each.conds, each.when) == (first.conds, first.when))
    if any(includes_none(each) for each in main):
        main = tuple(each for each in main if not is_absence(each))
    apart = (*(each for each in timed if each not in main), *kept)
    conds, when = (first.conds, first.when) if first else ((), None)
    scoped = replace(things, conds=(*things.conds, *conds), scoped=bool(conds))
    bare = tuple(replace(each, conds=(), when=None) for each in main)
    if apart and draft.conds and not _are_attributes(ground, draft, things.noun):
        return Problem("unclear", "It is not said which of the conditions is held to that.", "Ask for one at a time.")
    return Parted(scoped, replace(draft, when=when), bare, apart)


def _is_kept(ground: Ground, having: Having, noun: Noun) -> bool:
    """Say whether a figure is kept with the things as they are now, so that no time can be said of it."""
    names = having.metric.names
    atoms = [atom for name in names for atom in ground.model.formulas[name].atoms.values()]
    is_timeless = all(atom.time_field is None for atom in atoms)
    is_theirs = all(any(anchored(ground, name, field.name) for field in noun.fields) for name in names)
    return bool(atoms) and is_timeless and is_theirs and having.when is None and not having.conds


def is_absence(having: Having) -> bool:
    """Say whether a condition is that there was none."""
    return (having.op, having.number.value) == ("=", 0)


def _are_attributes(ground: Ground, draft: Draft, noun: Noun) -> bool:
    owners = [field.name.rpartition(".")[0] for field in noun.fields]
    targets = [option.field.name.rpartition(".")[0] for cond in draft.conds for option in getattr(cond, "options", ())]
    return all(any(ground.places.steps(owner, target) is not None for owner in owners) for target in targets)


def placed_in_time(
    ground: Ground, havings: Sequence[Having], when: When | None, before: When | None = None
) -> tuple[Having, ...] | Problem:
    """Return conditions with their times: that of the whole where none was said, `since` behind the one before."""
    found: list[Having] = []
    when = replace(when, text="") if when is not None else None
    if when is not None and all(each.when is not None for each in havings):
        return NONSENSE
    for each in havings:
        own = each.when or when
        if own is not None and own.refers:
            own = resolved(ground, own, next((one.when for one in reversed(found) if one.when is not None), before))
        if own is not None and own.also:
            return Problem("unclear", "Whether each of the times is meant or any of them is not said.")
        if own is None and each.when is not None:
            return Problem("unclear", "It is not said of which time.", "Name the day, month or year.")
        found.append(replace(each, when=own))
    return tuple(found)


def member_filters(
    ground: Ground, havings: Sequence[Having], field: str, noun: Noun
) -> Iterator[tuple[Filter, ...] | Problem]:
    """Yield the filters that keep rows of those who fulfil conditions with rows and days of their own."""
    options = [list(_options(ground, having, field, noun)) for having in havings]
    for chosen in islice(product(*options), MOST):
        problem = next((each for each in chosen if isinstance(each, Problem)), None)
        yield problem or tuple(each for each in chosen if not isinstance(each, Problem))


def _options(ground: Ground, having: Having, field: str, noun: Noun) -> Iterator[MemberCondition | Problem]:
    held = events_held(ground, having, noun)
    if isinstance(held, Problem):
        yield held
        return
    for made in having_conditions(ground, held, field, held.conds, with_none=True):
        if isinstance(made, Problem):
            yield made
            continue
        name, condition = made
        bases = ground.places.bases((name,))
        if ground.places.reach(field, bases) is None:
            yield NONSENSE
            continue
        for limits in product(*(ground.places.of_cond(cond, bases) for cond in held.conds)):
            yield MemberCondition(
                metric=name,
                op=condition.op,
                value=condition.value,
                where=together(limits),
                time=time_range(held.when),
                member=field,
            )


# ---- figures ----------------------------------------------------------------------------------------------------


def is_of_doers(draft: Draft) -> bool:
    """Say whether a figure is asked of those that did something."""
    return bool(draft.held or draft.part_did or draft.doers)


def of_doers(ground: Ground, draft: Draft, figures: Figures) -> Iterator[Reading | Problem]:
    """Yield the figures of those that did something, or the share of those in what a figure counts."""
    if draft.part_did and draft.verbs:  # customers with 3 orders (that) bought: the second is the part
        yield NONSENSE
        return
    if sum(map(bool, (draft.held, draft.part_did, draft.doers))) > 1 or len(draft.doers) > 1 or len(draft.metrics) != 1:
        yield NONSENSE
        return
    if any(getattr(cond, "negated", False) for cond in draft.conds):
        yield Problem(
            "unclear", "It is not clear whether what is left out is left out of the figure or of what they did."
        )
        return
    things = draft.doers[0] if draft.doers else None
    havings = things.havings if things else draft.held or draft.part_did
    for name in metric_names(ground, draft.metrics[0]):
        noun = things.noun if things else counted_noun(ground, name)
        if noun is None:
            yield NONSENSE
            continue
        for plain, timed in _times(ground, draft, name, havings):
            if isinstance(timed, Problem):
                yield timed
                continue
            yield from _limited(ground, plain, name, noun, timed, figures)


def _times(
    ground: Ground, draft: Draft, metric: str, havings: tuple[Having, ...]
) -> Iterator[tuple[Draft, tuple[Having, ...] | Problem]]:
    """Yield what the time of a question may be of: of what was done where the figure has none, else of either."""
    is_timeless = all(atom.time_field is None for atom in ground.model.formulas[metric].atoms.values())
    if draft.when is not None and is_timeless:
        yield replace(draft, when=None), placed_in_time(ground, havings, draft.when)
        return
    yield draft, placed_in_time(ground, havings, None, draft.when)
    if draft.when is not None and any(each.when is None for each in havings):
        yield draft, placed_in_time(ground, havings, draft.when)


def _limited(
    ground: Ground, draft: Draft, metric: str, noun: Noun, havings: tuple[Having, ...], figures: Figures
) -> Iterator[Reading | Problem]:
    attributes = tuple(cond for things in draft.doers for cond in things.conds)
    plain = replace(
        draft,
        metrics=(replace(draft.metrics[0], names=(metric,)),),
        held=(),
        part_did=(),
        doers=(),
        conds=(*draft.conds, *attributes),
    )
    held = [events_held(ground, each, noun) for each in havings]
    problem = next((each for each in held if isinstance(each, Problem)), None)
    if problem is not None:
        yield problem
        return
    names = [each.metric.names[0] for each in held if not isinstance(each, Problem) and each.metric.names]
    for field in ground.places.of_noun(noun, ground.places.bases((metric, *names))):
        for filters in member_filters(ground, havings, field, noun):
            if isinstance(filters, Problem):
                yield filters
            elif draft.part_did:
                yield from _shares(ground, plain, metric, filters)
            else:
                known = known_only(ground, field, None)[0] if any(map(includes_none, havings)) else None
                for made in figures(ground, plain):
                    yield made if isinstance(made, Problem) else _within(made, (*([known] if known else []), *filters))


def _within(reading: Reading, filters: tuple[Filter, ...]) -> Reading:
    where = reading.query.where
    before = where.all if isinstance(where, AllOf) else (where,) if where is not None else ()
    return replace(reading, query=reading.query.model_copy(update={"where": together((*before, *filters))}))


def _shares(ground: Ground, draft: Draft, metric: str, filters: tuple[Filter, ...]) -> Iterator[Reading | Problem]:
    if draft.versus or draft.window or draft.havings or draft.share_of or draft.stat or draft.trend:
        yield NONSENSE
        return
    for frame in frames(ground, replace(draft, conds=(*draft.conds, *draft.whole)), (metric,)):
        yield of_part(draft, metric, frame, together(filters))


def counted_noun(ground: Ground, metric: str) -> Noun | None:
    """Return what a metric counts, each once, when it has a noun: customers, for buyers."""
    return next((noun for noun in ground.vocabulary.thing_nouns if counts_them(ground, metric, noun)), None)


def counter_for(ground: Ground, noun: Noun) -> str | None:
    """Return the metric that counts all things that a noun names, and is kept on them."""
    names = {counter_of(ground, field.name) for field in noun.fields} - {None}
    name = next(iter(names)) if len(names) == 1 else None
    return name if name and any(anchored(ground, name, field.name) for field in noun.fields) else None


__all__ = ["Parted", "counter_for", "is_of_doers", "lifted", "member_filters", "of_doers", "parted"]
