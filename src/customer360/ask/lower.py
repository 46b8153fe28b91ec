"""Turn a draft into the metric queries it may mean, or say why it means none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, product

from customer360.ask.agreement import asks_and_says, counted_by_value, events_counted, misfit, pieces_meant
from customer360.ask.doers import is_of_doers, lifted, of_doers
from customer360.ask.frame import (
    MOST,
    Frame,
    Ground,
    frames,
    having_conditions,
    metric_names,
    time_range,
)
from customer360.ask.known import known_only
from customer360.ask.lacking import lacks, without
from customer360.ask.lower_things import count_things, list_things, rank_things
from customer360.ask.meaning import Draft, Field, Noun, Stat, Versus, When
from customer360.ask.perthing import counts_them, distinct_column
from customer360.ask.places import together
from customer360.ask.reading import NONSENSE, Problem, Reading
from customer360.ask.settle import settled
from customer360.ask.shares import of_its_whole, shares, without_percent
from customer360.ask.units import SIZE, kind_of
from customer360.ask.verbs import is_said_of, with_rows, with_verbs
from customer360.ask.versus import comparison, grain_for, in_time, running, up_to_today
from customer360.errors import C360Error
from customer360.semantic.principal import OWNER
from customer360.semantic.query import (
    Dimension,
    MetricQuery,
    Order,
    Summary,
    TimeRange,
    WindowedMetric,
)
from customer360.semantic.resolve import resolve
from customer360.semantic.scope import Setting
from customer360.semantic.summary import without_summary


def lower(ground: Ground, draft: Draft) -> list[Reading] | Problem:
    """Return the readings of a draft that the model can answer, else the problem of the first that it cannot."""
    draft, problem = in_time(ground, of_its_whole(ground, draft))
    drafts = problem or settled(lifted(draft))
    if isinstance(drafts, Problem):
        return drafts
    found: list[Reading] = []
    problems: list[Problem] = []
    for each in (with_rows(ground, with_verbs(ground, draft)) for draft in drafts):
        for made in _readings(ground, each):
            checked = (
                (misfit(ground, each, made) or checked_reading(ground, made)) if isinstance(made, Reading) else made
            )
            if isinstance(checked, Reading) and asks_and_says(draft, checked):
                checked = NONSENSE
            if isinstance(checked, Problem):
                problems.append(checked)
            else:
                found.append(checked)
    if found:
        late = [_timeless(ground, each) for each in found]
        return found if None in late else late[0] or found
    return next((p for p in problems if p.fault != "nonsense"), problems[0] if problems else NONSENSE)


def in_time_alone(readings: Sequence[Reading], timeless: set[str]) -> list[Reading]:
    """Return the readings without those that hold members against a metric of all time where a time was asked."""
    return [each for each in readings if not any(f'"metric":"{name}"' in each.key for name in timeless)]


def checked_reading(ground: Ground, reading: Reading) -> Reading | Problem:
    """Return the reading when the model can answer it, else why it cannot."""
    setting = Setting(ground.model, ground.as_of, OWNER, history=reading.query.history)
    try:
        question = resolve(setting, without_summary(reading.query))
        _ = question.timeline_group
    except C360Error as error:
        return Problem("impossible", error.what, error.next_step)
    return reading


def _timeless(ground: Ground, reading: Reading) -> Problem | None:
    """Return why the metrics of a reading have not the time that it asks of them."""
    setting = Setting(ground.model, ground.as_of, OWNER, history=reading.query.history)
    question = resolve(setting, without_summary(reading.query))
    if reading.query.time is None or question.timeline is not None:
        return None
    try:
        _ = [question.axis(atom) for formula in question.formulas for atom in formula.atoms.values()]
    except C360Error as error:
        return Problem("impossible", error.what, error.next_step, timeless=reading.query.metrics)
    return None


def _readings(ground: Ground, draft: Draft) -> Iterator[Reading | Problem]:
    if draft.wants == SIZE and draft.head in ("list", "things"):
        yield NONSENSE
        return
    if draft.split and not _has_sides(draft):
        yield Problem("unclear", "It is not said what to compare.", "Name two values, two times or a dimension.")
        return
    if draft.changed and draft.versus is None:
        yield from _compared_with_what(ground, draft)
        return
    events = events_counted(ground, draft)
    if events is not None:
        yield from _readings(ground, events)
        return
    is_bare = draft.head == "things" and draft.things is not None and not draft.things.havings
    if is_bare and (draft.order_by is not None or draft.verbs or draft.groups):
        yield NONSENSE
        return
    if draft.head == "things":  # customers with 3 orders: listed, but counted when a group is named
        draft = replace(draft, head="count" if draft.groups else "list")
    if draft.head == "count" and draft.things is None:
        counted = counted_by_value(ground, draft)
        yield from _figures(ground, counted) if counted is not None else (NONSENSE,)
        return
    if draft.head == "count":
        pieces = pieces_meant(ground, draft)
        yield from _figures(ground, pieces) if pieces is not None else ()
    if is_of_doers(draft) and (draft.rank is not None or draft.head in ("count", "list")):
        yield from _ranked_doers(ground, draft)
        return
    makers = {"count": count_things, "list": list_things}
    maker = rank_things if draft.rank is not None else makers.get(draft.head or "", _figures)
    yield from maker(ground, draft)


def _ranked_doers(ground: Ground, draft: Draft) -> Iterator[Reading | Problem]:
    """Yield rankings by figures of those that did something; elsewhere it is not clear who did it."""
    if draft.rank is None or not draft.doers:
        yield Problem("unclear", "It is not clear of whom it is said what they did.", "Say it right behind who did it.")
    else:
        yield from of_doers(ground, draft, rank_things)


def _has_sides(draft: Draft) -> bool:
    several = any(getattr(cond, "size", 0) > 1 for cond in draft.conds)
    return several or bool(draft.groups) or draft.versus is not None or len(draft.metrics) > 1


def _compared_with_what(ground: Ground, draft: Draft) -> Iterator[Reading | Problem]:
    if draft.trend or any(isinstance(group, str) for group in draft.groups):
        yield from _readings(ground, replace(draft, changed=False))
        return
    asked = replace(draft, changed=False)
    if draft.when is None:
        asked = replace(asked, when=When(relative="this year"))
    choices: list[Reading] = []
    for versus in (Versus("previous period"), Versus("same period last year")):
        choices += [r for r in _figures(ground, replace(asked, versus=versus)) if isinstance(r, Reading)]
    choices += [r for r in _figures(ground, replace(asked, trend=True)) if isinstance(r, Reading)]
    yield Problem("ambiguous", "A change from what is not said.", choices=_valid(ground, choices))


def _valid(ground: Ground, readings: Sequence[Reading]) -> tuple[Reading, ...]:
    checked = (checked_reading(ground, reading) for reading in readings)
    return tuple({reading.key: reading for reading in checked if isinstance(reading, Reading)}.values())


# ---- figures --------------------------------------------------------------------------------------------------


def _figures(ground: Ground, draft: Draft) -> Iterator[Reading | Problem]:
    if draft.order_by is not None or draft.things is not None:
        yield NONSENSE
        return
    if is_of_doers(draft):
        yield from of_doers(ground, draft, _figures)
        return
    words = draft.metrics
    for metrics in islice(product(*(metric_names(ground, word) for word in words)), MOST if words else 0):
        if len(set(metrics)) < len(metrics):
            continue
        if not all(is_said_of(ground, verb, name) for verb in draft.verbs for name in metrics):
            yield NONSENSE
            continue
        if len(metrics) == 1 and lacks(ground, draft, metrics[0]):
            yield from without(ground, draft, metrics[0], _figures)
        elif draft.stat is not None:
            yield from _stat(ground, draft, metrics, draft.stat)
        elif (asked := without_percent(ground, draft, metrics)).share:
            yield from shares(ground, asked, metrics)
        else:
            for frame in frames(ground, _with_trend(ground, draft), metrics):
                yield from _figure(ground, draft, metrics, frame)


def _figure(ground: Ground, draft: Draft, metrics: tuple[str, ...], frame: Frame) -> Iterator[Reading | Problem]:
    made = _parts(ground, draft, metrics, frame)
    if isinstance(made, Problem):
        yield made
        return
    query, notes = made
    if draft.havings:
        if not frame.dimensions or ground.vocabulary.counts_things(metrics[0]):  # people with 3 orders, not areas
            yield NONSENSE
            return
        yield from _with_havings(ground, draft, query, notes)
        return
    if draft.order is not None:
        query = query.model_copy(update={"order": (Order(by=metrics[0], descending=draft.order == "desc"),)})
    yield Reading(query, notes=notes)


def _with_havings(
    ground: Ground, draft: Draft, query: MetricQuery, notes: tuple[str, ...]
) -> Iterator[Reading | Problem]:
    field = query.dimensions[0].name
    for chosen in product(*(list(having_conditions(ground, having, field)) for having in draft.havings)):
        problem = next((each for each in chosen if isinstance(each, Problem)), None)
        if problem is not None:
            yield problem
            continue
        having = together([each[1] for each in chosen if not isinstance(each, Problem)])
        where, told = known_only(ground, field, query.where)
        yield Reading(query.model_copy(update={"having": having, "where": where}), notes=(*notes, *told))


def _with_trend(ground: Ground, draft: Draft) -> Draft:
    needs_time = draft.trend or (draft.window is not None and draft.window.kind == "cumulative")
    if not needs_time or any(isinstance(group, str) for group in draft.groups):
        return draft
    return replace(draft, groups=(grain_for(ground, draft.when), *draft.groups))


def _parts(
    ground: Ground, draft: Draft, metrics: tuple[str, ...], frame: Frame
) -> tuple[MetricQuery, tuple[str, ...]] | Problem:
    time = time_range(draft.when)
    changes: dict[str, object] = {}
    if draft.window is not None:
        window = draft.window
        is_cut = any(each.name == "time" for each in frame.dimensions)
        if window.kind == "cumulative" and is_cut:
            time = up_to_today(ground, draft.when)
            made = running(ground, metrics, time)
            if isinstance(made, Problem):
                return made
            changes["windows"] = made
        elif is_cut:
            changes["windows"] = tuple(
                WindowedMetric(metric=name, kind=window.kind, count=window.count, unit=window.unit)  # type: ignore[arg-type]
                for name in metrics
            )
        elif window.kind == "trailing" and time is None:
            time = TimeRange(relative=f"last {window.count} {(window.unit or 'month').replace('_', ' ')}s")
        else:
            return NONSENSE
    if draft.versus is not None:
        compared = comparison(ground, draft.versus, time, frame)
        if isinstance(compared, Problem):
            return _with_choices(ground, draft, metrics, frame, compared)
        changes["compare"], time = compared
    query = MetricQuery(metrics=metrics, dimensions=frame.dimensions, where=frame.where, time=time)
    return query.model_copy(update=changes), ()


def _with_choices(ground: Ground, draft: Draft, metrics: tuple[str, ...], frame: Frame, problem: Problem) -> Problem:
    if problem.fault != "ambiguous" or draft.versus is None:
        return problem
    choices = []
    for text in ("this year", "last month", "this month"):
        made = _parts(ground, replace(draft, when=When(relative=text)), metrics, frame)
        if not isinstance(made, Problem):
            choices.append(Reading(*made[:1], notes=made[1]))
    return replace(problem, choices=_valid(ground, choices))


# ---- means ----------------------------------------------------------------------------------------------------


def _stat(ground: Ground, draft: Draft, metrics: tuple[str, ...], stat: Stat) -> Iterator[Reading | Problem]:
    if len(metrics) != 1 or draft.versus or draft.window or draft.share or draft.havings or draft.trend:
        yield NONSENSE
        return
    metric = ground.model.metrics[metrics[0]]
    formula = ground.model.formulas[metric.name]
    is_plain = formula.is_additive or kind_of(metric) == "count"
    if stat.per is None and stat.grain is None:
        yield from _stat_of_its_own(ground, draft, metric.name, stat)
        return
    if stat.per is not None and counts_them(ground, metric.name, stat.per):
        yield NONSENSE
        return
    if not is_plain and stat.grain is not None and stat.function == "mean":
        for frame in frames(ground, replace(draft, groups=(stat.grain, *draft.groups)), metrics):
            yield from _figure(ground, replace(draft, stat=None), metrics, frame)
        return
    if not is_plain:
        yield Problem("impossible", f"{metric.title} is a mean or a rate already.", f"Ask for {metric.title} as it is.")
        return
    over = (
        [Dimension(name="time", grain=stat.grain)]
        if stat.grain
        else [Dimension(name=name) for name in ground.places.of_noun(stat.per, ground.places.bases(metrics))]  # type: ignore[arg-type]
    )
    for dimension in over:
        for frame in frames(ground, replace(draft, stat=None), metrics, first=(dimension,)):
            query = MetricQuery(
                metrics=metrics,
                dimensions=frame.dimensions,
                where=frame.where if stat.grain else known_only(ground, dimension.name, frame.where)[0],
                time=up_to_today(ground, draft.when) if stat.grain else time_range(draft.when),
                fill="zero" if stat.grain else None,
                summary=Summary(over=dimension.name, function=stat.function, metric=metric.name),
            )
            yield Reading(query)


def _stat_of_its_own(ground: Ground, draft: Draft, metric: str, stat: Stat) -> Iterator[Reading | Problem]:
    """Yield what is meant where it is not said over what: median order value is that of the revenue of each order."""
    ratio = _of_each_below(ground, metric) if stat.function != "mean" else None
    if ratio is not None:
        over = replace(stat, per=ratio[1])
        yield from _stat(ground, replace(draft, stat=over), (ratio[0],), over)
        return
    is_plain = ground.model.formulas[metric].is_additive or kind_of(ground.model.metrics[metric]) == "count"
    if is_plain or stat.function != "mean":
        yield _average_of_what(ground, draft, metric, stat)
        return
    for frame in frames(ground, draft, (metric,)):  # the mean of a mean or rate is itself
        yield from _figure(ground, draft, (metric,), frame)


def _of_each_below(ground: Ground, metric: str) -> tuple[str, Noun] | None:
    """Return what a mean divides and the things it divides it by, each of which has its own figure."""
    parts = ground.model.metrics[metric].c360.parts
    above, below = (parts.numerator, parts.denominator) if parts is not None else (None, None)
    atom = ground.model.formulas[below].sole_atom if below else None
    column = distinct_column(atom.aggregate) if atom is not None else None
    if not above or atom is None or column is None or kind_of(ground.model.metrics[metric]) == "percent":
        return None
    name = f"{atom.base}.{column}"
    is_key = ground.vocabulary.is_key(name) and ground.model.formulas[above].is_additive
    return (above, Noun((Field(name),), column, is_entity=True)) if is_key else None


def _average_of_what(ground: Ground, draft: Draft, metric: str, stat: Stat) -> Problem:
    """Offer what is an average already, and the means over things and periods."""
    title = ground.title(metric)
    choices: list[Reading] = []
    for name, other in ground.model.metrics.items():
        parts = other.c360.parts
        if stat.function == "mean" and parts is not None and parts.numerator == metric:
            plain = replace(draft, stat=None)
            choices += [
                Reading(
                    MetricQuery(metrics=(name,), dimensions=f.dimensions, where=f.where, time=time_range(draft.when))
                )
                for f in frames(ground, plain, (name,))
            ]
    for grain in ("day", "month"):
        asked = replace(draft, stat=replace(stat, grain=grain))
        choices += [r for r in _stat(ground, asked, (metric,), asked.stat or stat) if isinstance(r, Reading)]
    word = "Median" if stat.function == "median" else "Average"
    return Problem(
        "ambiguous",
        f"{word} {title.lower()} per what?",
        f"Say: {word.lower()} {title.lower()} per ...",
        choices=_valid(ground, choices),
    )
