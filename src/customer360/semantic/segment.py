"""Compile a segment to one SQL text: metrics and events are totalled per member, then joined to its attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.engines.dialect import transpile
from customer360.errors import C360Error, QueryError, UnknownName
from customer360.semantic.calendar_units import Calendar
from customer360.semantic.compile import query_tree
from customer360.semantic.conditions import Conditions, local_time
from customer360.semantic.elements import CUTTABLE
from customer360.semantic.expression import all_of, named
from customer360.semantic.facts import restricted
from customer360.semantic.identifiers import identifier, reference
from customer360.semantic.measure import nothing_is_zero
from customer360.semantic.periods import Period
from customer360.semantic.principal import OWNER, Principal
from customer360.semantic.query import (
    AllOf,
    AnyOf,
    Condition,
    Dimension,
    Filter,
    MetricCondition,
    MetricQuery,
    Not,
    TimeRange,
)
from customer360.semantic.question import as_query_error, locate
from customer360.semantic.resolve import period_of
from customer360.semantic.scope import Scope, Setting
from customer360.semantic.segment_query import (
    AllMembers,
    AnyMembers,
    EventCondition,
    Following,
    NotMembers,
    Segment,
    SegmentFilter,
)
from customer360.semantic.steps import column
from customer360.semantic.values import Typed, day_literal, period_span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from customer360.semantic.elements import Dataset, SemanticField
    from customer360.semantic.model import SemanticModel

MEMBER, SCORE = "member", "score"
_TIMES, _LAST = "times", "last_day"
_OWN = "@"
"""How names of ours begin inside conditions: no field can."""


@dataclass(frozen=True)
class Table:
    """SQL, and which of its columns means what was asked for."""

    sql: str
    columns: tuple[tuple[str, str], ...] = ()
    """Column and what was asked, in order."""


def subject_of(model: SemanticModel, text: str | None) -> SemanticField:
    """Return the field that members are known by: as asked, else the key of the model's profile. Raises QueryError."""
    if text is None and model.c360.profile is not None:
        text = f"{model.c360.profile.dataset}.{model.c360.profile.key}"
    if text is None:
        raise QueryError(
            "Nothing says which customers an audience is made of.",
            next_step="Add to c360.yaml: audiences: {subject: customer_360.customer_id}.",
        )
    _, field = locate(model, text, ())
    return field


class SegmentBuilder:
    """Gathers what a segment needs of the model while its conditions become predicates."""

    def __init__(self, setting: Setting, segment: Segment) -> None:
        self._setting = setting
        self._segment = segment
        self.subject = subject_of(setting.model, segment.subject)
        self.scope = Scope(setting, self.subject.dataset)
        self._calendar = Calendar(setting.model.c360.week_start, setting.model.c360.fiscal_year_start_month)
        self._known: dict[str, tuple[exp.Expr, Typed]] = {}
        self._joined: list[tuple[str, exp.Select]] = []

    @property
    def member(self) -> exp.Expr:
        """The member's id."""
        return self.scope.column(self.subject.dataset, self.subject.name)

    def predicate(self, given: SegmentFilter) -> exp.Expr:
        """Return the predicate of a condition over the members' rows. Raises QueryError."""
        return self._conditions(self._lookup).build(self._plain(given))

    def value(self, name: str) -> exp.Expr:
        """Return a field of the member, or a metric computed for each, as an expression."""
        if name in self._setting.model.metrics:
            return self._lookup(self._metric(MetricCondition(metric=name)))[0]
        return self._lookup(name)[0]

    def rows(self, predicates: Sequence[exp.Expr]) -> exp.Select:
        """Return ``SELECT FROM`` the members that fulfil predicates; call it when everything was asked for."""
        query = self.scope.select()
        for name, tree in self._joined:
            subquery = exp.Subquery(this=tree, alias=exp.TableAlias(this=identifier(name)))
            condition = self.member.eq(column(MEMBER, name))
            query = query.join(exp.Join(this=subquery, on=condition, side="LEFT"), copy=False)
        dataset = self._setting.model.datasets[self.subject.dataset]
        scd2 = dataset.c360.scd2
        current = [reference(dataset.name, scd2.is_current)] if scd2 and scd2.is_current else []
        is_somebody = exp.not_(self.member.is_(exp.null()))
        return restricted(query, [is_somebody, *current, *predicates])

    def _conditions(self, lookup: object) -> Conditions:
        zone = self._setting.model.c360.timezone
        return Conditions(lookup, self._setting.as_of, self._calendar, zone)  # type: ignore[arg-type]  # a method

    def _plain(self, given: SegmentFilter) -> Filter:
        """Return a condition in which metrics and events are names of ours."""
        if isinstance(given, AllMembers):
            return AllOf(all=tuple(self._plain(part) for part in given.all))
        if isinstance(given, AnyMembers):
            return AnyOf(any=tuple(self._plain(part) for part in given.any))
        if isinstance(given, NotMembers):
            return Not.model_validate({"not": self._plain(given.negate)})
        if isinstance(given, MetricCondition):
            return Condition(field=self._metric(given), op=given.op, value=given.value)
        return self._event(given) if isinstance(given, EventCondition) else given

    def _lookup(self, name: str) -> tuple[exp.Expr, Typed]:
        if name in self._known:
            return self._known[name]
        return _field_of(self._setting.model, self.scope, name)

    def _metric(self, asked: MetricCondition) -> str:
        query = MetricQuery(
            metrics=(asked.metric,),
            dimensions=(Dimension(name=self.subject.qualified),),
            where=asked.where,
            time=asked.time,
        )
        tree = query_tree(self._setting, query)
        tree.set("order", None)
        key, value = tree.expressions[0].alias_or_name, tree.expressions[1].alias_or_name
        inner = exp.Subquery(this=tree, alias=exp.TableAlias(this=identifier("figures")))
        outputs = [
            named(column(key, "figures"), identifier(MEMBER)),
            named(column(value, "figures"), identifier(SCORE)),
        ]
        name = self._join(exp.select(*outputs).from_(inner))
        formula = self._setting.model.formulas_for(self._setting.dialect)[asked.metric]
        found: exp.Expr = column(SCORE, name)
        if nothing_is_zero(formula):
            found = exp.Coalesce(this=found, expressions=[exp.Literal.number(0)])
        return self._name(found, formula.metric.title, formula.metric.datatype or "Decimal")

    def _event(self, asked: EventCondition) -> Filter:
        times, last = self._events(Following(event=asked.event, where=asked.where), asked.time)
        least = asked.at_least if asked.at_least is not None else (0 if asked.at_most is not None else 1)
        parts: list[Filter] = [Condition(field=times, op=">=", value=least)]
        if asked.at_most is not None:
            parts.append(Condition(field=times, op="<=", value=asked.at_most))
        if asked.not_followed_by is not None:
            _, later = self._events(asked.not_followed_by, None)
            is_last = self._known[later][0] < self._known[last][0]
            nothing = exp.Coalesce(this=exp.paren(is_last), expressions=[exp.true()])
            parts.append(Condition(field=self._name(nothing, asked.event, "Boolean"), op="=", value=True))
        return AllOf(all=tuple(parts))

    def _events(self, asked: Following, time: TimeRange | None) -> tuple[str, str]:
        """Count a dataset's rows per member and find the last day; return what both are called in conditions."""
        model = self._setting.model
        if asked.event not in model.datasets:
            raise as_query_error(UnknownName("dataset", asked.event, list(model.datasets)))
        rows = Scope(self._setting, asked.event)
        member = rows.column(self.subject.dataset, self.subject.name)
        owner, field = _time_of(self._setting, model.datasets[asked.event])
        moment, typed = rows.column(owner, field.name), Typed(field.qualified, field.datatype, title=field.title)
        moment = local_time(moment, typed, model.c360.timezone)
        predicates = list(_within(moment, typed, period_of(time, self._setting.as_of, self._calendar)))
        if asked.where is not None:
            lookup = _Rows(model, rows).lookup
            predicates.append(self._conditions(lookup).build(asked.where))
        outputs = [
            named(member, identifier(MEMBER)),
            named(exp.Count(this=exp.Star()), identifier(_TIMES)),
            named(exp.cast(exp.Max(this=moment.copy()), "DATE"), identifier(_LAST)),
        ]
        query = restricted(rows.select().select(*outputs, copy=False), predicates)
        name = self._join(query.group_by(exp.Literal.number(1), copy=False))
        counted = exp.Coalesce(this=column(_TIMES, name), expressions=[exp.Literal.number(0)])
        return self._name(counted, asked.event, "Integer"), self._name(column(_LAST, name), asked.event, "Date")

    def _join(self, tree: exp.Select) -> str:
        name = f"condition_{len(self._joined) + 1}"
        self._joined.append((name, tree))
        return name

    def _name(self, value: exp.Expr, label: str, datatype: str) -> str:
        name = f"{_OWN}{len(self._known)}"
        self._known[name] = (value, Typed(label, datatype))
        return name


class _Rows:
    """Looks fields up over the rows of an event."""

    def __init__(self, model: SemanticModel, scope: Scope) -> None:
        self._model = model
        self._scope = scope

    def lookup(self, name: str) -> tuple[exp.Expr, Typed]:
        """Return a field of the event, or of what it belongs to."""
        return _field_of(self._model, self._scope, name)


def _field_of(model: SemanticModel, scope: Scope, name: str) -> tuple[exp.Expr, Typed]:
    if "." not in name and name in model.datasets[scope.base].fields:
        name = f"{scope.base}.{name}"
    owner, field = locate(model, name, ())
    if field.c360.role == "hidden":
        raise QueryError(f"{field.qualified} is hidden.", next_step="Use another field.")
    values = tuple(str(item.value) for item in field.c360.values)
    return scope.column(owner, field.name), Typed(f"{owner}.{field.name}", field.datatype, values, field.title)


def _time_of(setting: Setting, dataset: Dataset) -> tuple[str, SemanticField]:
    """Return the time of a dataset's rows. Raises QueryError when it has none, or several and does not say which."""
    text = dataset.c360.time_field
    if text is not None:
        owner, field = locate(setting.model, text if "." in text else f"{dataset.name}.{text}", ())
        return owner, field
    days = [field for field in dataset.fields.values() if field.is_time and field.datatype in CUTTABLE]
    if len(days) != 1:
        what = "no date" if not days else f"{len(days)} dates"
        raise QueryError(
            f"Dataset '{dataset.name}' has {what}, so its rows are no events.",
            next_step="Give it a time_field in the semantic model, or use a metric.",
        )
    return dataset.name, days[0]


def _within(moment: exp.Expr, typed: Typed, period: Period | None) -> Iterator[exp.Expr]:
    if period is None:
        return
    if period.start is not None:
        yield exp.GTE(this=moment.copy(), expression=day_literal(period.start, typed))
    if period.end is not None:
        closed = period_span(Period(period.end, period.end), typed)
        kind: type[exp.Binary] = exp.LTE if closed.end_included else exp.LT
        yield kind(this=moment.copy(), expression=closed.end)


def members_table(
    model: SemanticModel, segment: Segment, *, as_of: date, dialect: str = "duckdb", principal: Principal | None = None
) -> Table:
    """Return the SQL of a segment's members: ``member``, and ``score`` when it ranks. Raises QueryError."""
    builder = _builder(model, segment, as_of, dialect, principal)
    predicates = [builder.predicate(part) for part in (*segment.parts(), *segment.must)]
    outputs = [named(builder.member, identifier(MEMBER))]
    if segment.rank is None:
        query = builder.rows(predicates).select(*outputs, copy=False)
        return Table(_text(query.distinct(copy=False), dialect), ((MEMBER, builder.subject.qualified),))
    score = builder.value(segment.rank.by)
    outputs.append(named(score.copy(), identifier(SCORE)))
    query = builder.rows([*predicates, exp.not_(score.is_(exp.null()))]).select(*outputs, copy=False)
    ranked = _ranked(query, segment)
    return Table(_text(ranked, dialect), ((MEMBER, builder.subject.qualified), (SCORE, segment.rank.by)))


def _ranked(query: exp.Select, segment: Segment) -> exp.Select:
    rank = segment.rank
    assert rank is not None  # noqa: S101 -- the caller looked
    inner = exp.Subquery(this=query, alias=exp.TableAlias(this=identifier("found")))
    order = exp.Order(
        expressions=[
            exp.Ordered(this=column(SCORE, "found"), desc=not rank.ascending, nulls_first=False),
            exp.Ordered(this=column(MEMBER, "found"), nulls_first=False),
        ]
    )
    place = exp.Window(this=exp.RowNumber(), order=order)
    everybody = exp.Window(this=exp.Count(this=exp.Star()))
    numbered = exp.select(
        column(MEMBER, "found"),
        column(SCORE, "found"),
        named(place, identifier("place")),
        named(everybody, identifier("everybody")),
    ).from_(inner)
    outer = exp.Subquery(this=numbered, alias=exp.TableAlias(this=identifier("ranked")))
    kept: exp.Expr = exp.Literal.number(rank.top or 0)
    if rank.share is not None:
        kept = exp.Ceil(this=exp.Mul(this=column("everybody", "ranked"), expression=exp.Literal.number(rank.share)))
    chosen = exp.LTE(this=column("place", "ranked"), expression=kept)
    return exp.select(column(MEMBER, "ranked"), column(SCORE, "ranked")).from_(outer).where(chosen, copy=False)


def sizes_table(
    model: SemanticModel, segment: Segment, *, as_of: date, dialect: str = "duckdb", principal: Principal | None = None
) -> Table:
    """Return the SQL of one row: how many there are, and how many are left after each condition in turn."""
    builder = _builder(model, segment, as_of, dialect, principal)
    predicates = [builder.predicate(part) for part in (*segment.parts(), *segment.must)]
    outputs: list[exp.Expr] = [named(_counted(builder.member), identifier("everybody"))]
    for number in range(1, len(predicates) + 1):
        left = all_of([each.copy() for each in predicates[:number]])
        chosen = exp.Case(ifs=[exp.If(this=left, true=builder.member)])
        outputs.append(named(_counted(chosen), identifier(f"after_{number}")))
    query = builder.rows([]).select(*outputs, copy=False)
    return Table(_text(query, dialect), tuple((output.alias, output.alias) for output in outputs))


def _counted(member: exp.Expr) -> exp.Expr:
    return exp.Count(this=exp.Distinct(expressions=[member]))


def columns_table(
    model: SemanticModel,
    segment: Segment,
    columns: Sequence[str],
    *,
    as_of: date,
    dialect: str = "duckdb",
    principal: Principal | None = None,
) -> Table:
    """Return the SQL of every subject with fields and metrics of theirs: ``member``, then one column each.

    ``must`` of the segment holds for the rows; its members and rank play no part.
    """
    builder = _builder(model, segment, as_of, dialect, principal)
    outputs, asked = [named(builder.member, identifier(MEMBER))], [(MEMBER, builder.subject.qualified)]
    for name in columns:
        short = name.rpartition(".")[2]
        if any(short == taken for taken, _ in asked):
            raise QueryError(f"Two columns would be named '{short}'.", next_step="Leave one of them out.")
        outputs.append(named(builder.value(name), identifier(short)))
        asked.append((short, name))
    predicates = [builder.predicate(each) for each in segment.must]
    return Table(_text(builder.rows(predicates).select(*outputs, copy=False), dialect), tuple(asked))


def check_part(model: SemanticModel, subject: str | None, part: SegmentFilter, *, as_of: date) -> C360Error | None:
    """Return what is wrong with one condition, None when it can be compiled."""
    try:
        _builder(model, Segment(subject=subject, members=part), as_of, "duckdb", None).predicate(part)
    except C360Error as error:
        return error
    return None


def _builder(
    model: SemanticModel, segment: Segment, as_of: date, dialect: str, principal: Principal | None
) -> SegmentBuilder:
    return SegmentBuilder(Setting(model, as_of, principal or OWNER, dialect), segment)


def _text(tree: exp.Select, dialect: str) -> str:
    text = tree.sql(dialect="duckdb", pretty=True)
    return text if dialect == "duckdb" else transpile(text, dialect, pretty=True)
