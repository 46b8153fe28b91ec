"""Put facts side by side without joining them: stack their totals and group again, so that empty keys meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.semantic.expression import named
from customer360.semantic.identifiers import identifier
from customer360.semantic.spine import add_spine, bounds_of
from customer360.semantic.steps import column, grouped, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.semantic.question import Question
    from customer360.semantic.steps import Steps


@dataclass(frozen=True)
class Total:
    """A figure of a step, and the SQL type that an empty value of it has."""

    name: str
    null_type: str


@dataclass(frozen=True)
class Totals:
    """A step with one row per group, and the figures it has."""

    step: str
    figures: tuple[Total, ...]


def side_by_side(steps: Steps, keys: Sequence[str], parts: Sequence[Totals]) -> str:
    """Return a step with one row per group of any part and all their figures; a lone part is returned as it is."""
    if len(parts) == 1:
        return parts[0].step
    stacked = exp.union(*(_arm(keys, part, parts) for part in parts), distinct=False, copy=False)
    below = steps.add("all_facts", stacked, "the facts one below the other, each with its own figures")
    figures = [figure for part in parts for figure in part.figures]
    comment = "the facts side by side: one row per group, empty keys included"
    return steps.add("side_by_side", _regrouped(below, keys, figures), comment)


def _arm(keys: Sequence[str], part: Totals, parts: Sequence[Totals]) -> exp.Select:
    outputs: list[exp.Expr] = [column(key) for key in keys]
    for other in parts:
        for figure in other.figures:
            value: exp.Expr = column(figure.name) if other is part else exp.cast(exp.null(), figure.null_type)
            outputs.append(named(value, identifier(figure.name)))
    return exp.select(*outputs).from_(table(part.step))


def _regrouped(source: str, keys: Sequence[str], figures: Sequence[Total]) -> exp.Select:
    outputs: list[exp.Expr] = [column(key) for key in keys]
    outputs += [exp.alias_(exp.Max(this=column(figure.name)), identifier(figure.name)) for figure in figures]
    return grouped(exp.select(*outputs).from_(table(source)), len(keys))


def filled(steps: Steps, question: Question, keys: Sequence[str], source: Totals) -> str:
    """Return a step that has a row for every group at every point of the query's time."""
    cut = question.timeline_group
    assert cut is not None and cut.asked.grain is not None  # noqa: S101, PT018 -- checked with the query
    points = add_spine(
        steps,
        cut.column,
        grain=cut.asked.grain,
        period=question.main.period,
        calendar=question.calendar,
        bounds=bounds_of(source.step, cut.column),
    )
    others = [key for key in keys if key != cut.column]
    empty = exp.select(
        *(column(key, points if key == cut.column else "every_group") for key in keys),
        *(exp.alias_(exp.cast(exp.null(), f.null_type), identifier(f.name)) for f in source.figures),
    ).from_(table(points))
    if others:
        distinct = exp.select(*(column(key) for key in others)).distinct().from_(table(source.step))
        subquery = exp.Subquery(this=distinct, alias=exp.TableAlias(this=identifier("every_group")))
        empty = empty.join(exp.Join(this=subquery, kind="CROSS"), copy=False)
    known = exp.select(*(column(key) for key in keys), *(column(f.name) for f in source.figures)).from_(
        table(source.step)
    )
    below = steps.add("with_gaps", exp.union(known, empty, distinct=False), "known points, and one for every gap")
    return steps.add("without_gaps", _regrouped(below, keys, source.figures), "every group at every point of time")


def with_totals(
    steps: Steps, keys: Sequence[str], source: Totals, totals: Sequence[tuple[Sequence[str], Totals]]
) -> str:
    """Return a step that has the totals of coarser groups beside each row; empty keys meet here too."""
    outputs: list[exp.Expr] = [column(key, source.step) for key in keys]
    outputs += [column(figure.name, source.step) for figure in source.figures]
    query = exp.select().from_(table(source.step))
    for kept, total in totals:
        outputs += [column(figure.name, total.step) for figure in total.figures]
        if kept:
            pairs = [exp.NullSafeEQ(this=column(key, source.step), expression=column(key, total.step)) for key in kept]
            query = query.join(exp.Join(this=table(total.step), on=exp.and_(*pairs), side="LEFT"), copy=False)
        else:
            query = query.join(exp.Join(this=table(total.step), kind="CROSS"), copy=False)
    return steps.add("with_totals", query.select(*outputs, copy=False), "each row beside the totals it is a part of")
