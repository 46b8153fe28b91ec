"""Fold the rows of an answer over one dimension: how many members it has, or the mean of their figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.errors import QueryError
from customer360.semantic.conditions import NONE_MEMBER
from customer360.semantic.expression import named
from customer360.semantic.identifiers import identifier
from customer360.semantic.outputs import OutputColumn, columns
from customer360.semantic.steps import column, grouped

if TYPE_CHECKING:
    from customer360.semantic.query import MetricQuery, Summary
    from customer360.semantic.question import Question

_WORDS = {"count": "number of", "mean": "mean", "median": "median", "min": "smallest", "max": "largest", "sum": "sum"}


def without_summary(query: MetricQuery) -> MetricQuery:
    """Return the query whose rows are folded: all of them, in no order. Raises QueryError for what cannot be folded."""
    summary = query.summary
    if summary is None:
        return query
    if summary.function != "count" and summary.metric not in query.metrics:
        raise QueryError(
            f"The {summary.function} is asked of '{summary.metric}', which is no metric of the query.",
            next_step=f"Name one of: {', '.join(query.metrics)}.",
        )
    if query.compare or query.shares or query.windows or query.top:
        raise QueryError(
            "A summary cannot be combined with `compare`, `shares`, `windows` or `top`.",
            next_step="Ask for one of the two.",
        )
    return query.model_copy(update={"summary": None, "order": (), "limit": None, "offset": None})


def folded(question: Question, rows: exp.Select, query: MetricQuery) -> exp.Select:
    """Return one row per member of the other dimensions, made of the rows of a question. Raises QueryError."""
    summary = query.summary
    assert summary is not None  # noqa: S101 -- the caller has looked
    over = question.group_named(summary.over)
    kept = [group.column for group in question.groups if group is not over]
    rows.set("order", None)
    result = exp.select(
        *(column(name) for name in kept), named(_value(summary, over.column), identifier(_name(summary)))
    )
    result = result.from_(exp.Subquery(this=rows, alias=exp.TableAlias(this=identifier("members"))), copy=False)
    if over.field is not None and over.field.datatype == "String":  # rows without a member are nobody's
        result = result.where(column(over.column).neq(exp.Literal.string(NONE_MEMBER)), copy=False)
    result = grouped(result, len(kept))
    for order in query.order:
        if order.by not in (*kept, _name(summary)):
            raise QueryError(f"A summary has no column '{order.by}'.", next_step=f"Order by {_name(summary)}.")
        result = result.order_by(
            exp.Ordered(this=column(order.by), desc=order.descending, nulls_first=False), copy=False
        )
    for name in kept:
        result = result.order_by(exp.Ordered(this=column(name), nulls_first=False), copy=False)
    if query.limit is not None:
        result = result.limit(query.limit, copy=False)
    return result.offset(query.offset, copy=False) if query.offset is not None else result


def folded_columns(question: Question, summary: Summary) -> tuple[OutputColumn, ...]:
    """Return what the columns of a folded answer mean."""
    over = question.group_named(summary.over)
    found = list(columns(question))
    kept = [each for each in found if each.kind != "metric" and each.name != over.column]
    member = over.field.title if over.field else (over.asked.grain or "period")
    if summary.function == "count":
        label = f"Number of {member.lower()}s" if not member.lower().endswith("s") else f"Number of {member.lower()}"
        return (*kept, OutputColumn(_name(summary), summary.over, label, "metric", "count", ",d", "Integer"))
    metric = next(each for each in found if each.name == summary.metric)
    label = f"{metric.label}, {_WORDS[summary.function]} over {member.lower()}"
    format_ = ",.2f" if metric.format in (",d", ",.0f") and summary.function in ("mean", "median") else metric.format
    return (*kept, OutputColumn(_name(summary), metric.asked, label, "metric", metric.unit, format_, "Float"))


def _name(summary: Summary) -> str:
    return "members" if summary.function == "count" else f"{summary.metric}_{summary.function}"


def _value(summary: Summary, over: str) -> exp.Expr:
    if summary.function == "count":
        return exp.Count(this=column(over))
    assert summary.metric is not None  # noqa: S101 -- checked with the query
    kinds = {"mean": exp.Avg, "min": exp.Min, "max": exp.Max, "sum": exp.Sum}
    if summary.function == "median":
        order = exp.Order(expressions=[exp.Ordered(this=column(summary.metric), nulls_first=False)])
        half = exp.PercentileCont(this=exp.Literal.number("0.5"))
        return exp.WithinGroup(this=half, expression=order)
    return kinds[summary.function](this=column(summary.metric))
