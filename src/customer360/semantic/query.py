"""Hold a metric query: the one canonical form that CLI, API, Python, dashboards, ask, audiences and MCP share."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from customer360.errors import QueryError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

Grain = Literal["day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year"]
Operator = Literal[
    "=", "!=", "<", "<=", ">", ">=", "in", "not in", "between", "is null", "is not null", "contains", "starts with"
]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dimension(_Closed):
    """A dimension to group by: ``customer.segment``, or with a grain for time: ``order_date`` by month."""

    name: str
    grain: Grain | None = None


class Condition(_Closed):
    """``field operator value``: on a dimension (before aggregation) or on a metric (after it)."""

    field: str
    op: Operator = "="
    value: Any = None


class AllOf(_Closed):
    """Every one of these holds."""

    all: tuple[Filter, ...]


class AnyOf(_Closed):
    """At least one of these holds."""

    any: tuple[Filter, ...]


class Not(_Closed):
    """This does not hold."""

    negate: Filter = Field(alias="not")
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


Filter = Annotated[Condition | AllOf | AnyOf | Not, Field(union_mode="left_to_right")]


class TimeRange(_Closed):
    """Days ``start`` to ``end``, both included; or a relative text, ``last 12 months`` (calendar, to as-of)."""

    start: str | None = None
    end: str | None = None
    relative: str | None = None
    dimension: str | None = None


class Order(_Closed):
    """Sort by a metric or dimension of the query."""

    by: str
    descending: bool = False


class MetricQuery(_Closed):
    """Which metrics, by what, where, when, how many."""

    metrics: tuple[str, ...]
    dimensions: tuple[Dimension, ...] = ()
    where: Filter | None = None
    having: Filter | None = None
    time: TimeRange | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = Field(default=None, ge=1)
    history: Literal["as_is", "as_was"] | None = None
    without_filters: tuple[str, ...] = ()

    def canonical(self) -> str:
        """Return the query as compact JSON with sorted keys and without defaults: equal queries, equal text."""
        return json.dumps(
            self.model_dump(mode="json", exclude_defaults=True, by_alias=True), sort_keys=True, separators=(",", ":")
        )

    def digest(self) -> str:
        """Return a hash of the canonical form."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()[:16]


for _model in (AllOf, AnyOf, Not, MetricQuery):
    _model.model_rebuild()


def parse_query(query: MetricQuery | Mapping[str, Any]) -> MetricQuery:
    """Return a query given as JSON in its canonical form. Raises QueryError naming the key that is wrong."""
    if isinstance(query, MetricQuery):
        return query
    try:
        return MetricQuery.model_validate(query)
    except ValidationError as error:
        raise _refusal(error) from error


def _refusal(error: ValidationError) -> QueryError:
    problem = min(error.errors(), key=lambda found: found["type"] == "missing")
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] != "extra_forbidden":
        return QueryError(f"The query is not understood at `{where}`: {problem['msg']}.")
    known = list(MetricQuery.model_fields)
    hint = nearest(str(problem["loc"][-1]), known)
    next_step = f"Did you mean '{hint}'?" if hint else f"Known: {', '.join(known)}."
    return QueryError(f"A metric query has no key `{where}`.", next_step=next_step)
