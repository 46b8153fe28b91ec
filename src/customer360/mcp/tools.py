"""List the tools of the MCP server. A new one is a function and a line in TOOLS; all of them only read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from customer360.dashboards.frame import plain, plain_row
from customer360.mcp.asking import ask_for
from customer360.mcp.shapes import (
    Column,
    Customer,
    CustomerTrait,
    DimensionLine,
    Figures,
    MetricLine,
    MetricList,
    MetricMeaning,
)
from customer360.semantic.query import MetricQuery

if TYPE_CHECKING:
    from customer360.mcp.desk import Desk

MOST_ROWS = 1_000
ROWS = 100


@dataclass(frozen=True)
class Tool:
    """A tool: its title, and what makes its function for a desk. Name, description and shapes are the function's."""

    title: str
    make: Callable[[Desk], Callable[..., Any]]


def list_metrics_for(desk: Desk) -> Callable[..., MetricList]:
    """Return the tool ``list_metrics``."""

    def list_metrics(
        search: Annotated[
            str | None, Field(description="Only those whose name, words or meaning hold this text.")
        ] = None,
    ) -> MetricList:
        """List the metrics that can be asked for and the dimensions to group and filter by."""
        from customer360.semantic.describe import describe, describe_dimensions, fits

        model = desk.workspace.semantic_model()
        metrics = [
            MetricLine(name=m.name, label=m.label, description=m.description, unit=m.unit, synonyms=list(m.synonyms))
            for m in describe(model)
            if fits(search, m)
        ]
        dimensions = [
            DimensionLine(
                name=d.name,
                label=d.label,
                description=d.description,
                is_time=d.is_time,
                values=list(d.values),
                also=list(d.roles),
            )
            for d in describe_dimensions(model)
            if fits(search, d)
        ]
        return MetricList(metrics=metrics, dimensions=dimensions, as_of=desk.workspace.as_of())

    return list_metrics


def explain_metric_for(desk: Desk) -> Callable[..., MetricMeaning]:
    """Return the tool ``explain_metric``."""

    def explain_metric(name: Annotated[str, Field(description="Name of a metric.")]) -> MetricMeaning:
        """Say what a metric means: formula, unit, grain, filters, dimensions, owner, and the SQL that checks it."""
        return desk.reply(MetricMeaning, lambda: _meaning(desk, name))

    return explain_metric


def query_metrics_for(desk: Desk) -> Callable[..., Figures]:
    """Return the tool ``query_metrics``."""

    def query_metrics(
        query: Annotated[MetricQuery, Field(description="Which metrics, by what, where, when.")],
        limit: Annotated[int, Field(ge=1, le=MOST_ROWS, description="Rows at most.")] = ROWS,
        offset: Annotated[int, Field(ge=0, description="Rows to leave out first.")] = 0,
    ) -> Figures:
        """Answer a metric query. What cannot be right is refused with the reason and with what is possible."""
        return desk.reply(Figures, lambda: _figures(desk, query, limit, offset))

    return query_metrics


def customer_for(desk: Desk) -> Callable[..., Customer]:
    """Return the tool ``customer``."""

    def customer(customer_id: Annotated[str, Field(description="The customer's id.")]) -> Customer:
        """Return what is known about one customer, across all systems, as far as the asker may see it."""
        return desk.reply(Customer, lambda: _customer(desk, customer_id))

    return customer


TOOLS: tuple[Tool, ...] = (
    Tool("List metrics", list_metrics_for),
    Tool("Explain a metric", explain_metric_for),
    Tool("Query metrics", query_metrics_for),
    Tool("Ask in plain language", ask_for),
    Tool("Look up a customer", customer_for),
)


def _meaning(desk: Desk, name: str) -> MetricMeaning:
    from customer360.errors import UnknownName
    from customer360.semantic.describe import describe

    found = {metric.name: metric for metric in describe(desk.workspace.semantic_model())}
    if name not in found:
        raise UnknownName("metric", name, list(found))
    metric = found[name]
    return MetricMeaning(
        name=metric.name,
        label=metric.label,
        description=metric.description,
        formula=metric.expression,
        filters=list(metric.filters),
        unit=metric.unit,
        grain=metric.grain,
        additivity=metric.additivity,
        time=metric.time_field,
        dimensions=list(metric.dimensions),
        synonyms=list(metric.synonyms),
        owner=metric.owner,
        trust=metric.status,
        check_sql=metric.check_sql,
    )


def _figures(desk: Desk, query: MetricQuery, limit: int, offset: int) -> Figures:
    """Page through what the query's own limit leaves; one row more than shown tells whether others follow."""
    left = None if query.limit is None else query.limit - offset
    if left is not None and left <= 0:
        return Figures(message="The query's own limit leaves no rows after this offset.")
    size = limit if left is None else min(limit, left)
    asked = query.model_copy(update={"limit": size + 1, "offset": (query.offset or 0) + offset or None})
    answer = desk.workspace.answer(asked, principal=desk.principal)
    few = f"Groups of too few people are withheld: {answer.withheld}." if answer.withheld else None
    more = answer.rows > size and (left is None or left > size)
    return Figures(
        columns=[
            Column(name=c.name, label=c.label, kind=c.kind, unit=c.unit, description=c.description)
            for c in answer.columns
        ],
        rows=[plain_row(row) for row in answer.table.slice(0, size).to_pylist()],
        message=few,
        next_offset=offset + size if more else None,
        sql=answer.sql,
        as_of=answer.as_of,
    )


def _customer(desk: Desk, customer_id: str) -> Customer:
    found = desk.workspace.profile(customer_id, principal=desk.principal)
    traits = [CustomerTrait(name=t.name, label=t.label, value=plain(t.value), unit=t.unit) for t in found.traits]
    return Customer(traits=traits, as_of=found.as_of)
