"""Rank the members of a dimension over the whole query, so that the rest can stand together as one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.errors import QueryError
from customer360.semantic.facts import TopMembers
from customer360.semantic.last_step import last_select
from customer360.semantic.query import MetricQuery, Order
from customer360.semantic.resolve import resolve
from customer360.semantic.steps import column, table
from customer360.semantic.totals import Totaller

if TYPE_CHECKING:
    from customer360.semantic.question import Question
    from customer360.semantic.steps import Steps


def add_top_members(question: Question, steps: Steps) -> TopMembers | None:
    """Add the step that holds the members a query keeps; None when it keeps all."""
    asked = question.query.top
    if asked is None:
        return None
    group = question.group_named(asked.dimension)
    if group.field is None or group.field.datatype != "String":
        raise QueryError(f"`top` keeps members of a text; {asked.dimension} is none.", next_step="Use order and limit.")
    query = MetricQuery(
        metrics=(asked.by,),
        dimensions=(group.asked,),
        order=(Order(by=asked.by, descending=not asked.ascending),),
        limit=asked.n,
        without_filters=question.query.without_filters,
    )
    ranking = resolve(question.setting, query)
    ranking = replace(ranking, where=question.where, main=question.main, timeline=question.timeline)
    totaller = Totaller(ranking, steps)
    source = totaller.totals([(ranking.main, ranking.every_figure)], [group.column])
    comment = f"the {asked.n} {'smallest' if asked.ascending else 'largest'} members by {asked.by}"
    ranked = steps.add("ranked_members", last_select(totaller, source, comment=None), comment)
    members = exp.select(exp.alias_(column(group.column), "member")).from_(table(ranked))
    return TopMembers(group.column, steps.add("top_members", members, comment), asked.other)
