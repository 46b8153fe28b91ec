"""Total balances: summed over everything but time, of which one value is taken (stock on hand, open cases)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.errors import QueryError
from customer360.semantic.expression import named
from customer360.semantic.facts import Fact
from customer360.semantic.identifiers import identifier
from customer360.semantic.steps import column, grouped, table

if TYPE_CHECKING:
    from customer360.semantic.question import GroupBy
    from customer360.semantic.steps import Steps

_DAY = "balance_day"
_DAYS = "days"


def balance_select(fact: Fact, steps: Steps) -> exp.Select:
    """Return dimensions and balances. The day is chosen per point of the query's time, for all other groups alike.

    So parts add up to their total: what has no row on the last day of a month has no stock on it.
    """
    rule = fact.group.first.semi_additive
    assert rule is not None  # noqa: S101 -- only balances come here
    if fact.group.first.window is not None:
        raise QueryError(
            f"{fact.group.first.label} is a balance: it has no running total.", next_step="Ask for it by time."
        )
    if rule.take in ("last", "first"):
        return _on_one_day(fact, steps, last=rule.take == "last")
    if rule.take == "avg":
        return _daily_mean(fact, steps)
    return _daily_extreme(fact, steps, largest=rule.take == "max")


def _time_groups(fact: Fact) -> list[GroupBy]:
    """Return the dimensions that a day determines: cuts of the time axis and attributes of its calendar."""
    axis_owner, axis_field = fact.question.axis(fact.group.first)
    axes = {(axis_owner, axis_field.name), fact.question.timeline}
    calendars = {axis[0] for axis in axes if axis is not None} - {fact.group.base}
    found = []
    for group in fact.groups:
        owner, field = fact.owner_and_field(group)
        if (owner, field.name) in axes or owner in calendars:
            found.append(group)
    return found


def _calendar_fact(fact: Fact) -> Fact:
    return Fact(fact.question, fact.group)


def _time_predicates(fact: Fact) -> list[exp.Expr]:
    """Return the restrictions of time only: a filter on products must not change what the last day is."""
    return [*fact.time_conditions(), *fact.within(fact.group.variant.period)]


def _on_one_day(fact: Fact, steps: Steps, *, last: bool) -> exp.Select:
    calendar = _calendar_fact(fact)
    keys = [named(calendar.dimension(group, shifted=False), identifier(group.column)) for group in _time_groups(fact)]
    pick = exp.Max(this=calendar.day()) if last else exp.Min(this=calendar.day())
    days = calendar.rows(_time_predicates(calendar)).select(*keys, exp.alias_(pick, _DAY), copy=False)
    which = "last" if last else "first"
    step = steps.add(f"{fact.group.base}_{which}_day", grouped(days, len(keys)), f"the {which} day of each period")
    outputs, predicates = _outputs(fact)
    joined = fact.rows(predicates).select(*outputs, copy=False)
    joined = joined.join(exp.Join(this=table(step), on=fact.day().eq(column(_DAY, step))), copy=False)
    return grouped(joined, len(fact.groups))


def _daily_mean(fact: Fact, steps: Steps) -> exp.Select:
    calendar = _calendar_fact(fact)
    times = _time_groups(fact)
    keys = [named(calendar.dimension(group, shifted=False), identifier(group.column)) for group in times]
    count = exp.Count(this=exp.Distinct(expressions=[calendar.day()]))
    days = calendar.rows(_time_predicates(calendar)).select(*keys, exp.alias_(count, _DAYS), copy=False)
    step = steps.add(f"{fact.group.base}_days", grouped(days, len(keys)), "how many days each period has")
    outputs, predicates = _outputs(fact)
    mean = [
        named(exp.Div(this=tree, expression=_not_zero(exp.Max(this=column(_DAYS, step)))), identifier(name))
        for name, tree in fact.aggregates()
    ]
    outputs = outputs[: len(fact.groups)] + mean
    conditions = [fact.dimension(group, shifted=False).eq(column(group.column, step)) for group in times]
    on = exp.and_(*conditions) if conditions else exp.true()
    joined = fact.rows(predicates).select(*outputs, copy=False).join(exp.Join(this=table(step), on=on), copy=False)
    return grouped(joined, len(fact.groups))


def _daily_extreme(fact: Fact, steps: Steps, *, largest: bool) -> exp.Select:
    outputs, predicates = _outputs(fact)
    daily = fact.rows(predicates).select(*outputs, exp.alias_(fact.day(), _DAY), copy=False)
    count = len(fact.groups)
    numbers = [exp.Literal.number(n + 1) for n in range(count)] + [exp.Literal.number(len(outputs) + 1)]
    step = steps.add(f"{fact.group.base}_daily", daily.group_by(*numbers, copy=False), "the balance of each day")
    pick: type[exp.AggFunc] = exp.Max if largest else exp.Min
    keys: list[exp.Expr] = [column(group.column) for group in fact.groups]
    picked = [exp.alias_(pick(this=column(name)), identifier(name)) for name, _ in fact.group.atoms]
    return grouped(exp.select(*keys, *picked).from_(table(step)), count)


def _outputs(fact: Fact) -> tuple[list[exp.Expr], list[exp.Expr]]:
    keys = [named(fact.dimension(group), identifier(group.column)) for group in fact.groups]
    predicates = list(fact.predicates(period=fact.group.variant.period))
    predicates.append(exp.not_(fact.moment()[0].is_(exp.null())))  # a balance without a day belongs to no period
    return [*keys, *(named(tree, identifier(name)) for name, tree in fact.aggregates())], predicates


def _not_zero(tree: exp.Expr) -> exp.Expr:
    return exp.Nullif(this=tree, expression=exp.Literal.number(0))
