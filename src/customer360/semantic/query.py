"""Hold a metric query: the one canonical form that CLI, API, Python, dashboards, ask, audiences and MCP share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from customer360.semantic.query_errors import refusal

Grain = Literal["day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year"]
Operator = Literal[
    "=", "!=", "<", "<=", ">", ">=", "in", "not in", "between", "is null", "is not null", "contains", "starts with"
]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Short(_Closed):
    """What may be written as one text."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return cls.read(value) if isinstance(value, str) else value

    @classmethod
    def read(cls, text: str) -> dict[str, Any]:
        """Return the keys that a text stands for."""
        raise NotImplementedError


class Dimension(_Short):
    """A dimension to group by: ``customer.segment``, or with a grain for time: ``order_date`` by month.

    As a text: ``customer.segment``, ``order_date:month``.
    """

    name: str = Field(
        description="dataset.field, role.field (`ship_date.day`), a bare field name that is unique, or `time`: "
        "each metric's own time axis."
    )
    grain: Grain | None = Field(default=None, description="For time: how to cut it. Weeks start as the model says.")

    @classmethod
    def read(cls, text: str) -> dict[str, Any]:
        """Return name and grain of ``order_date:month``."""
        name, colon, grain = text.partition(":")
        return {"name": name, "grain": grain} if colon else {"name": name}


class Condition(_Closed):
    """``field operator value``: on a dimension (before aggregation) or on a metric (after it)."""

    field: str = Field(description="A dimension, or a metric.")
    op: Operator = Field(
        default="=",
        description="An empty value fulfils `!=` and `not in`; `contains` and `starts with` ignore case.",
    )
    value: Any = Field(
        default=None,
        description="Of the field's type; a list for in, not in and between. Dates may be a month (2024-03), a quarter "
        "(2024-Q1), a week (2024-W05) or a year. `(none)` means empty or unmatched.",
    )


class AllOf(_Closed):
    """Every one of these holds."""

    all: tuple[Filter, ...] = Field(description="Filters that must all hold.")


class AnyOf(_Closed):
    """At least one of these holds."""

    any: tuple[Filter, ...] = Field(description="Filters of which one must hold.")


class Not(_Closed):
    """This does not hold."""

    negate: Filter = Field(alias="not", description="The filter that must not hold.")
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class MetricCondition(_Closed):
    """A metric, computed for each member over some of its rows and days, compared with a value."""

    metric: str = Field(description="A metric of the model.")
    op: Operator = Field(default="=", description="How it is compared. Sums and counts of nothing are 0.")
    value: Any = Field(default=None, description="A number, or a list for in, not in and between.")
    where: Filter | None = Field(default=None, description="Which rows count.")
    time: TimeRange | None = Field(default=None, description="Which days count.")


class MemberCondition(MetricCondition):
    """Rows of those members of a dimension that fulfil a condition of their own rows and days: customers who bought."""

    member: str = Field(description="The dimension whose members are held against it: customer.customer_id.")

    def asked(self) -> MetricQuery:
        """Return the query of the figure of each member."""
        by = (Dimension(name=self.member),)
        return MetricQuery(metrics=(self.metric,), dimensions=by, where=self.where, time=self.time)


Filter = Annotated[Condition | MemberCondition | AllOf | AnyOf | Not, Field(union_mode="left_to_right")]


class TimeRange(_Short):
    """Days ``start`` to ``end``, both included; or a relative text: ``last 12 months`` (calendar, to as-of).

    As a text: what ``relative`` says.
    """

    start: str | None = Field(default=None, description="First day; a month, quarter or year means its first day.")
    end: str | None = Field(default=None, description="Last day, included; a month or year means its last day.")
    relative: str | None = Field(
        default=None,
        description="today, yesterday, this month, last month, last 12 months (the current one to the as-of date "
        "included), last 3 complete months, last 90 days, year to date, fiscal year to date, Q1 2024, FY2024, "
        "since 2024-03, all time.",
    )
    dimension: str | None = Field(
        default=None,
        description="Which time. Default: the query's only time dimension, else each metric's own time axis.",
    )

    @classmethod
    def read(cls, text: str) -> dict[str, Any]:
        """Return the range that ``last 12 months`` stands for."""
        return {"relative": text}


class Comparison(_Closed):
    """The same figures of another time or with other filters, beside the first: value, change and rate of change."""

    to: Literal["previous period", "same period last year"] | None = Field(
        default=None, description="The equally long period before, or the same days a year earlier."
    )
    time: TimeRange | None = Field(default=None, description="Another time range, given outright.")
    where: Filter | None = Field(default=None, description="Other filters, which stand in for those of the query.")
    name: str = Field(
        default="previous", pattern=r"^[a-z][a-z0-9_]*$", description="Suffix of the compared column: revenue_previous."
    )


class Share(_Closed):
    """A metric's share of its total, or that of a part in it: column ``<metric>_share``, 0 to 1."""

    metric: str = Field(description="An additive metric or a distinct count of the query.")
    within: tuple[str, ...] = Field(default=(), description="Dimensions of the query the total keeps; none: of all.")
    part: Filter | None = Field(
        default=None, description="Which rows are the part of each row's own figure; `within` is empty then."
    )
    with_part: bool = Field(
        default=False, description="Whether the figure of the part stands beside its share: column `<metric>_part`."
    )


class WindowedMetric(_Closed):
    """A metric so far, over the last periods, or since the start of a period, for each point in time."""

    metric: str = Field(description="The metric.")
    kind: Literal["cumulative", "trailing", "period_to_date"] = Field(description="What the window reaches back to.")
    count: int | None = Field(default=None, ge=1, description="Trailing: how many units, the current one included.")
    unit: Literal["day", "week", "month", "quarter", "year"] | None = Field(
        default=None, description="Trailing and period to date: the unit. Default: the grain of the query."
    )
    name: str | None = Field(
        default=None, pattern=r"^[a-z][a-z0-9_]*$", description="Column name. Default: revenue_trailing_3_month."
    )


class Top(_Closed):
    """Only the largest members of a dimension; what is left may stand together as ``(other)``."""

    dimension: str = Field(description="A text dimension of the query.")
    n: int = Field(ge=1, le=10_000, description="How many members to keep.")
    by: str = Field(description="The metric that ranks them, over the whole query.")
    other: bool = Field(default=True, description="Keep the others together as `(other)`; false leaves them out.")
    ascending: bool = Field(default=False, description="Keep the smallest instead.")


class Summary(_Closed):
    """One figure over the rows of the answer: how many members a dimension has, or the mean of a metric over them."""

    over: str = Field(description="The dimension of the query that is folded: customer.customer_id, or time.")
    function: Literal["count", "mean", "median", "min", "max", "sum"] = Field(
        default="count", description="`count` counts the members that conditions leave; the others need a metric."
    )
    metric: str | None = Field(default=None, description="The metric of the query; empty values are left out.")


class Order(_Short):
    """Sort by a metric or dimension of the query. As a text: ``revenue``, or ``-revenue`` for the largest first."""

    by: str = Field(description="A metric, dimension or column of the query.")
    descending: bool = Field(default=False, description="True: largest first. Empty values come last either way.")

    @classmethod
    def read(cls, text: str) -> dict[str, Any]:
        """Return column and direction of ``-revenue``."""
        return {"by": text.removeprefix("-"), "descending": text.startswith("-")}


class MetricQuery(_Closed):
    """Which metrics, by what, where, when, how many."""

    metrics: tuple[str, ...] = Field(description="Names of metrics, of one or several facts.")
    dimensions: tuple[Dimension, ...] = Field(default=(), description="What to group by.")
    where: Filter | None = Field(default=None, description="Conditions on dimensions; metrics are compared after.")
    having: Filter | None = Field(default=None, description="Conditions on metrics.")
    time: TimeRange | None = Field(default=None, description="Which days count.")
    order: tuple[Order, ...] = Field(default=(), description="How to sort; ties by the dimensions in their order.")
    limit: int | None = Field(default=None, ge=1, description="At most so many rows.")
    offset: int | None = Field(default=None, ge=1, description="Leave out so many rows first, for paging.")
    compare: Comparison | None = Field(default=None, description="Figures to stand beside these.")
    shares: tuple[Share, ...] = Field(default=(), description="Shares of totals.")
    windows: tuple[WindowedMetric, ...] = Field(default=(), description="Running and rolling figures.")
    top: Top | None = Field(default=None, description="Keep the largest members of a dimension.")
    summary: Summary | None = Field(default=None, description="Fold the rows over one dimension.")
    fill: Literal["null", "zero"] | None = Field(
        default=None,
        description="Give every period of the range a row; `zero` counts sums without rows as 0.",
    )
    history: Literal["as_is", "as_was"] | None = Field(
        default=None, description="Attributes of dimensions with history: as they are today, or as they were then."
    )
    without_filters: tuple[str, ...] = Field(default=(), description="Removable default filters to lift, by name.")

    def canonical(self) -> str:
        """Return the query as compact JSON with sorted keys and without defaults: equal queries, equal text."""
        document = self.model_dump(mode="json", exclude_defaults=True, by_alias=True)
        return json.dumps(document, sort_keys=True, separators=(",", ":"))

    def digest(self) -> str:
        """Return a hash of the canonical form."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()[:16]


for _model in (AllOf, AnyOf, Not, MetricCondition, MemberCondition, Share, Comparison, MetricQuery):
    _model.model_rebuild()


_SHAPES: dict[str, type[BaseModel]] = {
    shape.__name__: shape for shape in (MetricQuery, Condition, MemberCondition, AllOf, AnyOf, Not)
}


def parse_query(query: MetricQuery | Mapping[str, Any]) -> MetricQuery:
    """Return a query given as JSON in its canonical form. Raises QueryError naming the key that is wrong."""
    if isinstance(query, MetricQuery):
        return query
    try:
        return MetricQuery.model_validate(query)
    except ValidationError as error:
        raise refusal(error, query, _SHAPES) from error
