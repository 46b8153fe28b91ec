"""Describe what the REST API takes and gives."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field

from customer360.dashboards.frame import Column, Frame, plain_row

if TYPE_CHECKING:
    from customer360.dashboards.filled import Definition, FilledDashboard, FilledWidget
    from customer360.dashboards.theme import Mode
    from customer360.project.spec import Dashboard
    from customer360.semantic.describe import DimensionDescription, MetricDescription


class ColumnOut(BaseModel):
    """A column of rows: its name in each row, what people call it, and how its values are meant."""

    name: str
    label: str
    role: Literal["dimension", "metric"]
    unit: str | None = None
    format: str | None = Field(default=None, description="A d3-format text.")
    grain: str | None = None

    @classmethod
    def of(cls, column: Column) -> ColumnOut:
        """Describe a column."""
        return cls(
            name=column.name,
            label=column.label,
            role=column.role,
            unit=column.unit,
            format=column.style.d3 if column.style else None,
            grain=column.grain,
        )


class RowsOut(BaseModel):
    """Rows of an answer, the SQL that made them and the day they stand on."""

    columns: list[ColumnOut]
    rows: list[dict[str, Any]]
    sql: str
    as_of: date
    withheld: int = Field(default=0, description="Groups left out: too few people stand behind them for you.")
    truncated: bool = Field(default=False, description="True when more rows matched than were returned.")
    next_offset: int | None = Field(default=None, description="The `offset` of the next page; null after the last.")


class TraitOut(BaseModel):
    """One thing known about a customer."""

    name: str
    label: str
    value: Any
    unit: str | None = None
    description: str | None = None


class CustomerOut(BaseModel):
    """What is known about one customer, and the day it stands on."""

    customer_id: str
    traits: list[TraitOut]
    as_of: date


class CustomerLineOut(BaseModel):
    """A customer in a list. What is masked for the asker is masked here."""

    customer_id: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone_number: str | None = None
    customer_segment: str | None = Field(default=None, description="RFM segment.")
    gold_segment: str | None = Field(default=None, description="Segment by value and tenure.")
    status: str | None = None
    total_lifetime_value: float | None = None
    total_purchases: int | None = None
    last_purchase_date: date | None = None
    churn_risk_band: str | None = None
    found_by: str | None = Field(default=None, description="The record (system:id) that fits the search.")


class CustomersOut(BaseModel):
    """A page of customers."""

    customers: list[CustomerLineOut]
    searched_records: bool = Field(description="False where you may not read the records of the systems.")
    next_offset: int | None = Field(default=None, description="The `offset` of the next page; null after the last.")


class FigureOut(BaseModel):
    """One figure of identity: its value in the last run and in the one before."""

    figure: str
    value: float | None
    before: float | None = None
    change: float | None = None


class FiguresOut(BaseModel):
    """How identity stands: people, shares of links, records per person, doubts."""

    figures: list[FigureOut]


class MetricOut(BaseModel):
    """A metric of the catalogue."""

    name: str
    label: str
    description: str | None = None
    formula: str | None = None
    unit: str | None = None
    better: Literal["up", "down", "none"] | None = None
    owner: str | None = None
    status: str | None = None

    @classmethod
    def of(cls, definition: Definition) -> MetricOut:
        """Describe a metric."""
        return cls(
            name=definition.name,
            label=definition.label,
            description=definition.description,
            formula=definition.formula,
            unit=definition.unit,
            better=definition.better,
            owner=definition.owner,
            status=definition.status,
        )


class MetricDetailOut(MetricOut):
    """A metric with all that is needed to ask for it and to trust it."""

    type: str
    additivity: str = Field(description="What its values may be added up over.")
    grain: str = Field(description="What one counted row is.")
    time: str | None = Field(default=None, description="Its own time axis: what `time` means in a query.")
    filters: list[str] = []
    synonyms: list[str] = []
    dimensions: list[str] = []
    check_sql: str | None = Field(default=None, description="Hand-written SQL that gives the same total.")

    @classmethod
    def described(cls, metric: MetricDescription) -> MetricDetailOut:
        """Describe a metric in full."""
        return cls(
            name=metric.name,
            label=metric.label,
            description=metric.description,
            formula=metric.expression,
            unit=metric.unit,
            better=metric.better,
            owner=metric.owner,
            status=metric.status,
            type=metric.type,
            additivity=metric.additivity,
            grain=metric.grain,
            time=metric.time_field,
            filters=list(metric.filters),
            synonyms=list(metric.synonyms),
            dimensions=list(metric.dimensions),
            check_sql=metric.check_sql,
        )


class DimensionOut(BaseModel):
    """A field to group and filter by."""

    name: str
    label: str
    description: str | None = None
    datatype: str | None = None
    is_time: bool = Field(description="Takes a grain: day, week, month, quarter, year.")
    values: list[str] = []
    synonyms: list[str] = []
    roles: list[str] = Field(default=[], description="Other names of it, one for each role of its dataset.")

    @classmethod
    def of(cls, dimension: DimensionDescription) -> DimensionOut:
        """Describe a dimension."""
        return cls.model_validate(dimension, from_attributes=True)


class MetricsOut(BaseModel):
    """The metric catalogue."""

    metrics: list[MetricDetailOut]
    dimensions: list[DimensionOut] = []


class WidgetOut(BaseModel):
    """A widget with its figures. Unless ``state`` is ok, ``message`` says why there are none."""

    name: str
    title: str
    chart: str
    state: Literal["ok", "empty", "no_data_source", "not_permitted", "error"]
    message: str | None = None
    next_step: str | None = None
    alt: str = Field(description="The figure in one sentence.")
    notes: list[str] = []
    columns: list[ColumnOut] = []
    rows: list[dict[str, Any]] = []
    metrics: list[MetricOut] = []
    sql: str | None = None
    as_of: date
    spec: dict[str, Any] | None = Field(default=None, description="Vega-Lite, complete; only with `?spec=light|dark`.")

    @classmethod
    def of(cls, widget: FilledWidget, *, as_of: date, mode: Mode | None = None, limit: int | None = None) -> WidgetOut:
        """Describe a filled widget."""
        frame: Frame | None = widget.frame
        return cls(
            name=widget.name,
            title=widget.title,
            chart=widget.chart,
            state=widget.state,
            message=widget.message,
            next_step=widget.next_step,
            alt=widget.alt,
            notes=list(widget.notes),
            columns=[ColumnOut.of(column) for column in frame.columns] if frame else [],
            rows=[plain_row(row) for row in frame.rows(limit)] if frame else [],
            metrics=[MetricOut.of(definition) for definition in widget.definitions],
            sql=widget.sql,
            as_of=as_of,
            spec=widget.chart_spec(mode) if mode else None,
        )


class DashboardRef(BaseModel):
    """A dashboard in a list."""

    name: str
    title: str
    description: str | None = None
    widgets: list[str]

    @classmethod
    def of(cls, board: Dashboard) -> DashboardRef:
        """Describe a dashboard."""
        names = [widget.name for widget in board.widgets]
        return cls(name=board.name, title=board.title, description=board.description, widgets=names)


class DashboardsOut(BaseModel):
    """Every dashboard."""

    dashboards: list[DashboardRef]


class DashboardOut(BaseModel):
    """A dashboard with its figures."""

    name: str
    title: str
    description: str | None = None
    as_of: date
    widgets: list[WidgetOut]

    @classmethod
    def of(cls, board: FilledDashboard, *, mode: Mode | None, limit: int) -> DashboardOut:
        """Describe a filled dashboard."""
        widgets = [WidgetOut.of(widget, as_of=board.as_of, mode=mode, limit=limit) for widget in board.widgets]
        return cls(
            name=board.name, title=board.title, description=board.description, as_of=board.as_of, widgets=widgets
        )


class HealthOut(BaseModel):
    """Whether the server answers, and what it answers from."""

    status: Literal["ok", "nothing_built"]
    version: str
    project: str
    snapshot: int | None = None
    published_at: datetime | None = None
    as_of: date | None = None
