"""Compute figures over windows of time: so far, over the last periods, since the start of a period.

Sums and counts are totalled once per point and then run over by a window function. Everything else (distinct counts,
averages, percentiles) is computed anew from the rows of each window, because its values cannot be added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.errors import QueryError
from customer360.semantic.expression import named
from customer360.semantic.facts import Fact, restricted, simple_select
from customer360.semantic.grains import bucket, moved
from customer360.semantic.identifiers import identifier
from customer360.semantic.periods import Period
from customer360.semantic.spine import add_spine, bounds_of
from customer360.semantic.steps import column, grouped, table
from customer360.semantic.values import date_literal

if TYPE_CHECKING:
    from datetime import date

    from customer360.semantic.calendar_units import Calendar, Unit
    from customer360.semantic.extensions import Window
    from customer360.semantic.question import GroupBy
    from customer360.semantic.steps import Steps

_COARSER: dict[str, tuple[str, ...]] = {
    "day": ("day", "week", "month", "quarter", "year"),
    "week": ("week",),
    "month": ("month", "quarter", "year"),
    "quarter": ("quarter", "year"),
    "year": ("year",),
}
"""Units that each grain divides without a rest."""

_ROWS = "rows_so_far"
_START, _END = "window_start", "window_end"


def window_select(fact: Fact, steps: Steps) -> exp.Select:
    """Return dimensions and windowed figures: one row per group and point that has rows in its window."""
    window = fact.group.first.window
    assert window is not None  # noqa: S101 -- only windows come here
    cut = next((group for group in fact.groups if fact.question.is_timeline(group)), None)
    if cut is None:
        return _at_the_end(fact, window)
    if fact.question.timeline_group is not None and all(atom.is_additive for _, atom in fact.group.atoms):
        grain = cut.asked.grain
        unit = window.unit or grain
        aligned = {
            "cumulative": True,
            "trailing": unit == grain,
            "period_to_date": grain in _COARSER and unit in _COARSER[grain],
        }
        if aligned[window.kind]:
            return _running_sums(fact, steps, cut, window)
    return _from_rows(fact, steps, cut, window)


def window_start(end: date, window: Window, unit: Unit, calendar: Calendar) -> date | None:
    """Return the first day of the window that ends on a day; None when it reaches back to the first."""
    if window.kind == "cumulative":
        return None
    back = (window.count or 1) - 1 if window.kind == "trailing" else 0
    return calendar.shift(calendar.start(end, unit), unit, -back)


def _at_the_end(fact: Fact, window: Window) -> exp.Select:
    """Without a time axis the figure is that of the window which ends with the range, or with the as-of date."""
    question = fact.question
    period = fact.group.variant.period
    end = period.end if period is not None and period.end is not None else question.setting.as_of
    if window.kind != "cumulative" and window.unit is None:
        raise QueryError(f"{fact.group.first.label} is over a window without a unit.", next_step="Group it by time.")
    start = window_start(end, window, window.unit or "day", question.calendar)
    return simple_select(fact, period=Period(start, end))


def _history(fact: Fact, window: Window, unit: Unit) -> Period | None:
    """Return the days whose rows the windows of a range can reach."""
    period = fact.group.variant.period
    if period is None:
        return None
    calendar = fact.question.calendar
    start = None
    if period.start is not None and window.kind != "cumulative":
        first_end = calendar.end(period.start, fact.question.grain or "day")
        if period.end is not None:  # a quarter cut short ends sooner, so its trailing months begin sooner
            first_end = min(first_end, period.end)
        start = window_start(first_end, window, unit, calendar)
        start = min(start, period.start) if start is not None else None
    return Period(start, period.end)


def _running_sums(fact: Fact, steps: Steps, cut: GroupBy, window: Window) -> exp.Select:
    grain = cut.asked.grain
    assert grain is not None  # noqa: S101 -- a cut has one
    unit: Unit = window.unit or grain
    calendar = fact.question.calendar
    per_point = _unshifted_select(fact, cut, _history(fact, window, unit))
    base = steps.add(f"{fact.group.base}_per_{grain}", per_point, f"totals of each {grain}")
    period = fact.group.variant.period
    spine_period = _history(fact, window, unit)
    points = add_spine(
        steps, cut.column, grain=grain, period=spine_period, calendar=calendar, bounds=bounds_of(base, cut.column)
    )
    others = [group.column for group in fact.groups if group is not cut]
    atoms = [name for name, _ in fact.group.atoms]
    dense = _dense(steps, fact.group.base, base=base, points=points, cut=cut.column, others=others, atoms=atoms)
    frame = _frame(window, unit, others, cut.column, calendar)
    outputs: list[exp.Expr] = [column(group.column) for group in fact.groups]
    outputs += [exp.alias_(_over(exp.Sum(this=column(name)), frame), identifier(name)) for name in atoms]
    outputs.append(exp.alias_(_over(exp.Sum(this=column(_ROWS)), frame), identifier(_ROWS)))
    running = steps.add(f"{fact.group.base}_running", exp.select(*outputs).from_(table(dense)), f"{window.kind} sums")
    result = exp.select(*(_shown(fact, cut, group) for group in fact.groups), *(column(name) for name in atoms))
    result = result.from_(table(running)).where(column(_ROWS) > exp.Literal.number(0))
    if period is not None and period.start is not None:
        result = restricted(result, [column(cut.column) >= date_literal(calendar.start(period.start, grain))])
    return result


def _unshifted_select(fact: Fact, cut: GroupBy, period: Period | None) -> exp.Select:
    outputs = [
        named(fact.dimension(group, shifted=group is not cut), identifier(group.column)) for group in fact.groups
    ]
    count = len(outputs)
    predicates = list(fact.predicates(period=period))
    outputs += [named(tree, identifier(name)) for name, tree in fact.aggregates()]
    return grouped(fact.rows(predicates).select(*outputs, copy=False), count)


def _dense(steps: Steps, name: str, *, base: str, points: str, cut: str, others: list[str], atoms: list[str]) -> str:
    """Add a step with a row for every group at every point; ``rows_so_far`` is 1 where there are figures."""
    keys = [*others, cut]
    known = exp.select(
        *(column(key) for key in keys),
        *(column(atom) for atom in atoms),
        exp.alias_(exp.Literal.number(1), identifier(_ROWS)),
    ).from_(table(base))
    empty = exp.select(
        *(column(key, "every_group") for key in others),
        column(cut, points),
        *(exp.alias_(exp.cast(exp.null(), "INT"), identifier(atom)) for atom in atoms),
        exp.alias_(exp.Literal.number(0), identifier(_ROWS)),
    ).from_(table(points))
    if others:
        distinct = exp.select(*(column(key) for key in others)).distinct().from_(table(base))
        subquery = exp.Subquery(this=distinct, alias=exp.TableAlias(this=identifier("every_group")))
        empty = empty.join(exp.Join(this=subquery, kind="CROSS"), copy=False)
    stacked = exp.Subquery(
        this=exp.union(known, empty, distinct=False), alias=exp.TableAlias(this=identifier("known_and_empty"))
    )
    sums = [exp.alias_(exp.Sum(this=column(value)), identifier(value)) for value in (*atoms, _ROWS)]
    query = exp.select(*(column(key) for key in keys), *sums).from_(stacked)
    return steps.add(f"{name}_dense", grouped(query, len(keys)), "every group at every point of time")


def _frame(window: Window, unit: Unit, others: list[str], cut: str, calendar: Calendar) -> dict[str, object]:
    partition: list[exp.Expr] = [column(key) for key in others]
    if window.kind == "period_to_date":
        partition.append(bucket(column(cut), unit, calendar, datatype="Date"))
    start = "UNBOUNDED" if window.kind != "trailing" else exp.Literal.number((window.count or 1) - 1)
    return {
        "partition_by": partition,
        "order": exp.Order(expressions=[exp.Ordered(this=column(cut), nulls_first=False)]),
        "spec": exp.WindowSpec(kind="ROWS", start=start, start_side="PRECEDING", end="CURRENT ROW"),
    }


def _over(call: exp.Expr, frame: dict[str, object]) -> exp.Window:
    copies = {
        key: [item.copy() for item in value] if isinstance(value, list) else value.copy()  # type: ignore[attr-defined]
        for key, value in frame.items()
    }
    return exp.Window(this=call, **copies)


def _shown(fact: Fact, cut: GroupBy, group: GroupBy) -> exp.Expr:
    shift = fact.group.variant.shift
    if group is not cut or shift is None:
        return column(group.column)
    return exp.alias_(moved(column(group.column), shift.unit, shift.count), identifier(group.column))


def _from_rows(fact: Fact, steps: Steps, cut: GroupBy, window: Window) -> exp.Select:
    grain = cut.asked.grain
    assert grain is not None  # noqa: S101 -- a cut has one
    unit: Unit = window.unit or grain
    calendar, period = fact.question.calendar, fact.group.variant.period
    points = add_spine(steps, cut.column, grain=grain, period=period, calendar=calendar, bounds=_data_bounds(fact, cut))
    last_day = moved(column(cut.column), grain, 1) - exp.Interval(this=exp.Literal.string("1"), unit=exp.var("DAY"))
    end: exp.Expr = exp.cast(last_day, "DATE")
    if period is not None and period.end is not None:
        end = exp.Least(this=end, expressions=[date_literal(period.end)], ignore_nulls=True)
    ends = steps.add(
        f"{grain}_ends",
        exp.select(column(cut.column), exp.alias_(end, identifier(_END))).from_(table(points)),
        f"the last day of each {grain}",
    )
    start = _start_of(window, unit, calendar)
    outputs: list[exp.Expr] = [column(cut.column), column(_END)]
    if start is not None:
        outputs.append(exp.alias_(start, identifier(_START)))
    windows = steps.add(f"{grain}_windows", exp.select(*outputs).from_(table(ends)), "the days each window covers")
    shown = [
        named(_shown_of(fact, column(cut.column, windows)), identifier(group.column))
        if group is cut
        else named(fact.dimension(group), identifier(group.column))
        for group in fact.groups
    ]
    predicates = list(fact.predicates(period=_history(fact, window, unit)))
    values = [named(tree, identifier(name)) for name, tree in fact.aggregates()]
    day = fact.day()
    conditions: list[exp.Expr] = [day.copy() <= column(_END, windows)]
    if start is not None:
        conditions.insert(0, day.copy() >= column(_START, windows))
    query = fact.rows(predicates).select(*shown, *values, copy=False)
    query = query.join(exp.Join(this=table(windows), on=exp.and_(*conditions)), copy=False)
    return grouped(query, len(shown))


def _shown_of(fact: Fact, tree: exp.Expr) -> exp.Expr:
    shift = fact.group.variant.shift
    return moved(tree, shift.unit, shift.count) if shift is not None else tree


def _data_bounds(fact: Fact, cut: GroupBy) -> exp.Select:
    rows = Fact(fact.question, fact.group)
    point = rows.dimension(cut, shifted=False)
    predicates = list(rows.predicates(period=fact.group.variant.period))
    first = exp.alias_(exp.Min(this=point.copy()), "first_point")
    last = exp.alias_(exp.Max(this=point.copy()), "last_point")
    return rows.rows(predicates).select(first, last, copy=False)


def _start_of(window: Window, unit: Unit, calendar: Calendar) -> exp.Expr | None:
    if window.kind == "cumulative":
        return None
    start = bucket(column(_END), unit, calendar, datatype="Date")
    back = (window.count or 1) - 1 if window.kind == "trailing" else 0
    return moved(start, unit, -back) if back else start
