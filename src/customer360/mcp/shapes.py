"""Describe what the tools give back."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field


class Reply(BaseModel):
    """Whether the question was answered; if not, ``message`` says why and ``next_step`` what is possible."""

    status: Literal["answered", "refused", "not_permitted"] = "answered"
    message: str | None = None
    next_step: str | None = None


class MetricLine(BaseModel):
    """A metric in the list."""

    name: str
    label: str
    description: str | None = None
    unit: str | None = None
    synonyms: list[str] = []


class DimensionLine(BaseModel):
    """A dimension in the list; a time dimension takes a grain in queries."""

    name: str
    label: str
    description: str | None = None
    is_time: bool = False
    values: list[str] = []
    also: list[str] = Field(default=[], description="The same field in other roles.")


class MetricList(Reply):
    """Metrics and dimensions that fit a search."""

    metrics: list[MetricLine] = []
    dimensions: list[DimensionLine] = []
    as_of: date | None = None


class MetricMeaning(Reply):
    """All that a metric means."""

    name: str | None = None
    label: str | None = None
    description: str | None = None
    formula: str | None = None
    filters: list[str] = []
    unit: str | None = None
    grain: str | None = Field(default=None, description="What one counted row is.")
    additivity: str | None = Field(default=None, description="Whether its values may be added up, and over what.")
    time: str | None = Field(default=None, description="Its own time axis: what `time` means in a query.")
    dimensions: list[str] = []
    synonyms: list[str] = []
    owner: str | None = None
    trust: str | None = Field(default=None, description="draft, certified or deprecated.")
    check_sql: str | None = Field(default=None, description="Hand-written SQL that gives the same total.")


class Column(BaseModel):
    """A column of the rows."""

    name: str
    label: str
    kind: Literal["dimension", "time", "metric"]
    unit: str | None = None
    description: str | None = None


class Figures(Reply):
    """The rows of an answer, what its columns mean, the SQL that made them and the day they stand on."""

    columns: list[Column] = []
    rows: list[dict[str, Any]] = []
    next_offset: int | None = Field(default=None, description="Ask again with this offset for more rows.")
    sql: str | None = None
    as_of: date | None = None


class CustomerTrait(BaseModel):
    """One thing known about a customer."""

    name: str
    label: str
    value: Any = None
    unit: str | None = None


class Customer(Reply):
    """What is known about one customer."""

    traits: list[CustomerTrait] = []
    as_of: date | None = None
