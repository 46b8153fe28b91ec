"""Resolve a metric query against a model: every name found and reachable, or refused with what is possible."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.errors import QueryError, UnknownName
from customer360.semantic.calendar_units import Calendar
from customer360.semantic.conditions import conjuncts, members_of, names
from customer360.semantic.elements import CUTTABLE
from customer360.semantic.extensions import Window
from customer360.semantic.measure import adjusted
from customer360.semantic.outputs import output_names
from customer360.semantic.paths import connect
from customer360.semantic.periods import Period, days, relative
from customer360.semantic.question import TIME, Figure, GroupBy, Question, as_query_error, is_axis_name, locate
from customer360.semantic.refusals import unreachable
from customer360.semantic.variants import Variant, compared

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from customer360.semantic.measure import Formula
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.query import Dimension, Filter, MetricQuery, TimeRange, WindowedMetric
    from customer360.semantic.scope import Setting


def resolve(setting: Setting, query: MetricQuery) -> Question:
    """Return the resolved query. Raises QueryError naming what is unknown, ambiguous or impossible."""
    model = setting.model
    figures = [_figure(setting, name) for name in dict.fromkeys(query.metrics)]
    if not figures:
        raise QueryError("The query asks for no metric.", next_step="Name at least one.")
    formulas = tuple(figure.formula for figure in figures)
    groups = _groups(model, query.dimensions, formulas)
    calendar = calendar_of(model)
    timeline = _timeline(model, query.time, groups, formulas)
    question = Question(
        setting=setting,
        query=query,
        calendar=calendar,
        figures=tuple(figures),
        hidden=(),
        groups=groups,
        where=(),
        having=(),
        main=Variant("", (), period_of(query.time, setting.as_of, calendar)),
        timeline=timeline,
    )
    question = replace(question, figures=(*figures, *(_windowed(question, asked) for asked in query.windows)))
    question = _with_filters(question)
    question = _with_comparison(question)
    _check_names(question)
    _check_reach(question)
    _check_shares(question)
    _check_members(question)
    return question


def calendar_of(model: SemanticModel) -> Calendar:
    """Return the calendar of a model: how its weeks and fiscal years run."""
    return Calendar(model.c360.week_start, model.c360.fiscal_year_start_month)


def _check_shares(question: Question) -> None:
    """Refuse what has no meaning for a metric that is itself a share of its total."""
    query = question.query
    uses = {
        "be compared": query.metrics if query.compare is not None else (),
        "be shared out again": tuple(share.metric for share in query.shares),
        "run over a window": tuple(window.metric for window in query.windows),
        "rank members": (query.top.by,) if query.top is not None else (),
        "be a condition without being asked for": tuple(figure.name for figure in question.hidden),
    }
    for use, names_ in uses.items():
        for name in names_:
            metric = question.model.metrics.get(name)
            if metric is not None and metric.c360.of_total:
                raise QueryError(
                    f"'{name}' is a share of its total and cannot {use}.",
                    next_step="Ask for the figure that it is a share of.",
                )


def _figure(setting: Setting, name: str) -> Figure:
    formula = _formula(setting, name)
    return Figure(name, formula, formula.metric.title)


def _formula(setting: Setting, name: str) -> Formula:
    model = setting.model
    formulas = model.formulas_for(setting.dialect)
    if name not in formulas:
        raise as_query_error(UnknownName("metric", name, list(formulas)))
    return formulas[name]


def _windowed(question: Question, asked: WindowedMetric) -> Figure:
    formula = _formula(question.setting, asked.metric)
    if any(atom.window for atom in formula.atoms.values()):
        raise QueryError(f"'{asked.metric}' is already a figure over a window.", next_step="Ask for it as it is.")
    unit = asked.unit or (question.grain if question.grain and not question.grain.startswith("fiscal") else None)
    if asked.kind != "cumulative" and unit is None:
        raise QueryError(f"The window of '{asked.metric}' has no unit.", next_step="Choose day, week, month or year.")
    if asked.kind == "trailing" and asked.count is None:
        raise QueryError(f"The trailing window of '{asked.metric}' has no count.", next_step="Say over how many units.")
    window = Window.model_validate({"kind": asked.kind, "count": asked.count, "unit": unit})
    words = {
        "cumulative": ("cumulative", "so far"),
        "trailing": (f"trailing_{asked.count}_{unit}", f"over {asked.count} {unit}s"),
        "period_to_date": (f"{unit}_to_date", f"{unit} to date"),
    }
    suffix, label = words[asked.kind]
    return Figure(
        asked.name or f"{asked.metric}_{suffix}", adjusted(formula, window=window), f"{formula.metric.title}, {label}"
    )


def _groups(
    model: SemanticModel, dimensions: Iterable[Dimension], formulas: tuple[Formula, ...]
) -> tuple[GroupBy, ...]:
    groups: list[GroupBy] = []
    for asked in dimensions:
        group = _group(model, asked, formulas)
        if any(group.column == other.column for other in groups):
            raise QueryError(f"Dimension '{asked.name}' stands twice in the query.", next_step="Drop one.")
        groups.append(group)
    return tuple(groups)


def _group(model: SemanticModel, asked: Dimension, formulas: tuple[Formula, ...]) -> GroupBy:
    suffix = f"_{asked.grain}" if asked.grain else ""
    if is_axis_name(asked.name):
        if asked.grain is None:
            raise QueryError("Dimension 'time' needs a grain.", next_step="Choose day, week, month, quarter or year.")
        return GroupBy(asked, TIME + suffix, TIME, TIME)
    owner, field = locate(model, asked.name, formulas)
    if not field.is_dimension:
        raise QueryError(f"{field.title} is not a dimension.", next_step="Ask for a metric over it instead.")
    if asked.grain and not (field.is_time and field.datatype in CUTTABLE):
        raise QueryError(f"{field.title} is no date, so it has no {asked.grain}.", next_step="Leave the grain out.")
    return GroupBy(asked, asked.name.replace(".", "_") + suffix, owner, field.name, field)


def _timeline(
    model: SemanticModel, asked: TimeRange | None, groups: tuple[GroupBy, ...], formulas: tuple[Formula, ...]
) -> tuple[str, str] | None:
    if asked is not None and asked.dimension is not None:
        if is_axis_name(asked.dimension):
            return None
        owner, field = locate(model, asked.dimension, formulas)
        if not field.is_time:
            raise QueryError(f"{field.title} is no date.", next_step="Give the range a date field.")
        return owner, field.name
    cut = {(group.owner, group.name) for group in groups if group.asked.grain is not None}
    return next(iter(cut)) if len(cut) == 1 and (TIME, TIME) not in cut else None


def period_of(asked: TimeRange | None, as_of: date, calendar: Calendar) -> Period | None:
    """Return the days that a time range means. Raises QueryError."""
    if asked is None:
        return None
    if asked.relative is not None:
        if asked.start is not None or asked.end is not None:
            raise QueryError("A time range is either relative or has start and end.", next_step="Drop one of the two.")
        return relative(asked.relative, as_of, calendar)
    start = relative(asked.start, as_of, calendar).start if asked.start else None
    end = relative(asked.end, as_of, calendar).end if asked.end else None
    return days(start, end)


def _with_filters(question: Question) -> Question:
    """Part conditions on rows from conditions on figures; a group of conditions may not mix them."""
    known = {*question.model.metrics, *output_names(question)}
    where: list[Filter] = []
    having = list(conjuncts(question.query.having))
    for part in conjuncts(question.query.where):
        about = {name in known for name in names(part)}
        if len(about) > 1:
            raise QueryError(
                "A condition on metrics and one on dimensions stand in the same `any` or `not`.",
                next_step="Put them side by side: both must then hold.",
            )
        (having if about == {True} else where).append(part)
    missing: list[str] = []
    shown = set(output_names(question))
    for name in (name for part in having for name in names(part)):
        if name not in known:
            error = UnknownName("metric", name, sorted(known))
            step = error.next_step or "Move it to `where`."
            raise QueryError(f"`having` compares '{name}', which is no metric.", next_step=step)
        if name not in shown and name not in missing:
            missing.append(name)
    return replace(
        question,
        where=tuple(where),
        having=tuple(having),
        hidden=tuple(_figure(question.setting, name) for name in missing),
        main=replace(question.main, where=tuple(where)),
    )


def _with_comparison(question: Question) -> Question:
    asked = question.query.compare
    if asked is None:
        return question
    as_of, calendar = question.setting.as_of, question.calendar
    other_time = period_of(asked.time, as_of, calendar)
    variant = compared(question.main, asked, other_time, question.grain, as_of=as_of, calendar=calendar)
    return replace(question, comparison=variant)


def _check_members(question: Question) -> None:
    """Resolve the condition of each member too, so that what cannot be asked of them is refused as early."""
    for part in (*question.where, *_parts(question)):
        for each in members_of(part):
            resolve(replace(question.setting, rollups=()), each.asked())


def _parts(question: Question) -> list[Filter]:
    """Return the filters that tell the parts of shares. Raises QueryError for what cannot be one."""
    found = []
    for share in question.query.shares:
        if share.part is None:
            continue
        if share.within:
            raise QueryError("A share has `part` or `within`, not both.", next_step="Drop one.")
        if any(name in question.model.metrics for name in names(share.part)):
            raise QueryError(
                "`part` of a share is a filter on rows, and names a metric.",
                next_step="Use a condition of each member.",
            )
        found.append(share.part)
    return found


def _check_names(question: Question) -> None:
    taken = [*(group.column for group in question.groups), *output_names(question)]
    twice = next((name for name in taken if taken.count(name) > 1), None)
    if twice is not None:
        raise QueryError(
            f"Two columns of the answer would be named '{twice}'.", next_step="Name the window or comparison otherwise."
        )
    asked = {figure.name for figure in question.figures}
    for share in question.query.shares:
        if share.metric not in asked:
            raise as_query_error(UnknownName("metric of the query", share.metric, sorted(asked)))


def _check_reach(question: Question) -> None:
    """Refuse dimensions and filters that some metric's rows do not belong to."""
    model, history = question.model, question.setting.history
    wanted = [(group.asked.name, group.owner) for group in question.groups if not group.is_axis]
    further = [*(question.comparison.where if question.comparison else ()), *_parts(question)]
    for name in (name for part in (*question.where, *further) for name in names(part)):
        if not is_axis_name(name):
            wanted.append((name, locate(model, name, question.formulas)[0]))
    if question.timeline is not None:
        wanted.append((".".join(question.timeline), question.timeline[0]))
    for formula in question.formulas:
        for atom in formula.atoms.values():
            for name, owner in dict.fromkeys(wanted):
                if connect(model.directory, atom.base, owner, history) is None:
                    raise unreachable(model, formula, atom, name, owner, history=history)
