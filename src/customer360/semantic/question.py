"""Resolve a metric query against a model: every name found and reachable, or refused with what is possible."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from customer360.errors import C360Error, QueryError, UnknownName
from customer360.semantic.calendar_units import Calendar
from customer360.semantic.conditions import conjuncts, names
from customer360.semantic.paths import find_path
from customer360.semantic.periods import Period, days, relative
from customer360.semantic.refusals import unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from customer360.semantic.elements import SemanticField
    from customer360.semantic.measure import Atom, Formula
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.query import Dimension, Filter, MetricQuery
    from customer360.semantic.scope import Setting

TIME = "time"
"""The name of each metric's own time axis in a query: revenue by order date beside tickets by creation date."""


@dataclass(frozen=True)
class GroupBy:
    """A dimension of the query. ``owner`` is a dataset, a role, or TIME for the metric's own axis."""

    asked: Dimension
    column: str
    owner: str
    name: str
    field: SemanticField | None = None
    """None for TIME: each fact has its own field."""

    @property
    def is_axis(self) -> bool:
        """Whether each fact puts its own time field here."""
        return self.owner == TIME


@dataclass(frozen=True)
class Question:
    """A metric query with every name resolved."""

    setting: Setting
    query: MetricQuery
    calendar: Calendar
    formulas: tuple[Formula, ...]
    hidden: tuple[Formula, ...]
    """Metrics that only conditions on metrics need."""
    groups: tuple[GroupBy, ...]
    where: tuple[Filter, ...] = ()
    having: tuple[Filter, ...] = ()
    period: Period | None = None
    period_field: tuple[str, str] | None = None
    """Owner and field the period applies to; None: each metric's own time axis."""

    @property
    def model(self) -> SemanticModel:
        """The model asked."""
        return self.setting.model

    def axis(self, atom: Atom) -> tuple[str, SemanticField]:
        """Return owner and field of an atom's own time axis. Raises QueryError when it has none."""
        if atom.time_field is None:
            raise QueryError(
                f"{atom.label} has no time axis of its own.",
                next_step=f"Name a date field in the query, or give dataset {atom.base} a time_field.",
            )
        owner, name = atom.time_field
        field = self.model.directory.field(owner, name)
        if field is None:
            raise UnknownName("field", f"{owner}.{name}", [f.qualified for f in self.model.directory.all_fields()])
        return owner, field

    @property
    def uses_axis(self) -> bool:
        """Whether some part of the query speaks of each metric's own time."""
        return self._period_on_axis or any(g.is_axis for g in self.groups) or TIME in _filter_names(self.where)

    @property
    def _period_on_axis(self) -> bool:
        return self.period is not None and self.period_field is None


def resolve(setting: Setting, query: MetricQuery) -> Question:
    """Return the resolved query. Raises QueryError naming what is unknown, ambiguous or impossible."""
    model = setting.model
    formulas = tuple(_formula(model, setting.dialect, name) for name in dict.fromkeys(query.metrics))
    if not formulas:
        raise QueryError("The query asks for no metric.", next_step="Name at least one.")
    where, having = _split(model, query)
    wanted = {f.metric.name for f in formulas}
    hidden_names = [name for name in dict.fromkeys(_filter_names(having)) if name not in wanted]
    hidden = tuple(_formula(model, setting.dialect, name) for name in hidden_names)
    everything = formulas + hidden
    groups = _groups(model, query.dimensions, everything)
    question = Question(
        setting=setting,
        query=query,
        calendar=Calendar(model.c360.week_start, model.c360.fiscal_year_start_month),
        formulas=formulas,
        hidden=hidden,
        groups=groups,
        where=where,
        having=having,
    )
    question = _with_period(question, everything)
    _check_reach(question, everything)
    return question


def _formula(model: SemanticModel, dialect: str, name: str) -> Formula:
    formulas = model.formulas if dialect == "duckdb" else model.formulas_for(dialect)
    if name not in formulas:
        raise as_query_error(UnknownName("metric", name, list(formulas)))
    return formulas[name]


def as_query_error(error: C360Error) -> QueryError:
    """Return an error about a name as one about the query."""
    return QueryError(error.what, next_step=error.next_step)


def _split(model: SemanticModel, query: MetricQuery) -> tuple[tuple[Filter, ...], tuple[Filter, ...]]:
    """Part conditions on rows from conditions on metrics; a group of conditions may not mix them."""
    where: list[Filter] = []
    having = list(conjuncts(query.having))
    for part in conjuncts(query.where):
        about = {name in model.metrics for name in names(part)}
        if len(about) > 1:
            raise QueryError(
                "A condition on metrics and one on dimensions stand in the same `any` or `not`.",
                next_step="Put them side by side: both must then hold.",
            )
        (having if about == {True} else where).append(part)
    for part in having:
        for name in names(part):
            if name not in model.metrics:
                error = UnknownName("metric", name, list(model.metrics))
                raise QueryError(
                    f"`having` compares '{name}', which is no metric.",
                    next_step=error.next_step or "Move it to `where`.",
                )
    return tuple(where), tuple(having)


def _groups(
    model: SemanticModel, dimensions: Iterable[Dimension], formulas: tuple[Formula, ...]
) -> tuple[GroupBy, ...]:
    groups: list[GroupBy] = []
    taken = {formula.metric.name for formula in formulas}
    for asked in dimensions:
        group = _group(model, asked, formulas)
        if group in groups:
            raise QueryError(f"Dimension '{asked.name}' stands twice in the query.", next_step="Drop one.")
        name, number = group.column, 2
        while name in taken:
            name, number = f"{group.column}_{number}", number + 1
        taken.add(name)
        groups.append(replace(group, column=name))
    return tuple(groups)


def _group(model: SemanticModel, asked: Dimension, formulas: tuple[Formula, ...]) -> GroupBy:
    suffix = f"_{asked.grain}" if asked.grain else ""
    if is_axis_name(asked.name):
        if asked.grain is None:
            raise QueryError("Dimension 'time' needs a grain.", next_step="Choose day, week, month, quarter or year.")
        return GroupBy(asked, TIME + suffix, TIME, TIME)
    owner, field = locate(model, asked.name, formulas)
    if not field.is_dimension:
        raise QueryError(f"{field.qualified} is not a dimension.", next_step="Ask for a metric over it instead.")
    if asked.grain and not (field.is_time and field.datatype in ("Date", "DateTime", "DateTimeTz", None)):
        raise QueryError(f"{field.qualified} is no date, so it has no {asked.grain}.", next_step="Leave the grain out.")
    return GroupBy(asked, asked.name.replace(".", "_") + suffix, owner, field.name, field)


def is_axis_name(name: str) -> bool:
    """Say whether a name means each metric's own time axis."""
    return name in (TIME, f"${TIME}")


def locate(model: SemanticModel, text: str, formulas: tuple[Formula, ...]) -> tuple[str, SemanticField]:
    """Return owner and field of a dimension name; a bare name must be unique among what the metrics reach."""
    directory = model.directory
    bases = {atom.base for formula in formulas for atom in formula.atoms.values()}
    if "." not in text:
        owners = directory.owners_of_field(text)
        near = [owner for owner in owners if all(_reaches(model, base, owner) for base in bases)]
        if len(near) > 1:
            options = ", ".join(f"{owner}.{text}" for owner in near)
            raise QueryError(f"'{text}' is a field of {len(near)} datasets.", next_step=f"Write one of: {options}.")
        if owners:
            text = f"{(near or owners)[0]}.{text}"
    try:
        owner, name = directory.resolve(text)
    except C360Error as error:
        raise as_query_error(error) from error
    field = directory.field(owner, name)
    assert field is not None  # noqa: S101 -- resolve() found it a line ago
    return owner, field


def _reaches(model: SemanticModel, base: str, owner: str) -> bool:
    try:
        return find_path(model.directory, base, owner) is not None
    except QueryError:
        return True


def _with_period(question: Question, formulas: tuple[Formula, ...]) -> Question:
    given = question.query.time
    if given is None:
        return question
    if given.relative is not None:
        if given.start is not None or given.end is not None:
            raise QueryError("A time range is either relative or has start and end.", next_step="Drop one of the two.")
        period = relative(given.relative, question.setting.as_of, question.calendar)
    else:
        period = days(_edge(question, given.start, last=False), _edge(question, given.end, last=True))
    if given.dimension is not None:
        if is_axis_name(given.dimension):
            return replace(question, period=period)
        owner, field = locate(question.model, given.dimension, formulas)
        if not field.is_time:
            raise QueryError(
                f"{field.qualified} is not a time dimension.", next_step="Give the time range a date field."
            )
        return replace(question, period=period, period_field=(owner, field.name))
    timed = [g for g in question.groups if g.asked.grain is not None]
    if len(timed) == 1 and not timed[0].is_axis:
        return replace(question, period=period, period_field=(timed[0].owner, timed[0].name))
    return replace(question, period=period)


def _edge(question: Question, text: str | None, *, last: bool) -> date | None:
    if text is None:
        return None
    period = relative(text, question.setting.as_of, question.calendar)
    return period.end if last else period.start


def _filter_names(filters: Iterable[Filter]) -> list[str]:
    return [name for part in filters for name in names(part)]


def _check_reach(question: Question, formulas: tuple[Formula, ...]) -> None:
    model = question.model
    wanted = [(group.asked.name, group.owner) for group in question.groups if not group.is_axis]
    for name in _filter_names(question.where):
        if not is_axis_name(name):
            wanted.append((name, locate(model, name, formulas)[0]))
    if question.period_field is not None:
        wanted.append((".".join(question.period_field), question.period_field[0]))
    for formula in formulas:
        for atom in formula.atoms.values():
            if question.uses_axis:
                question.axis(atom)
            for name, owner in wanted:
                if find_path(model.directory, atom.base, owner, question.setting.history) is None:
                    raise unreachable(model, formula, atom, name, owner)
