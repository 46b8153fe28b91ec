"""Describe Databricks metric views, YAML 1.1: every key we write or read, closed, with the limits of the product."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Synonym = Annotated[str, Field(max_length=255)]


_UNIT = "(day|week|month|quarter|year)"
_RANGE = rf"^(current|cumulative|all|(trailing|leading) [1-9]\d* {_UNIT}( (in|ex)clusive)?)$"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class DecimalPlaces(_Closed):
    """How many digits stand behind the point."""

    type: Literal["max", "exact", "all"]
    places: int | None = Field(default=None, ge=0, le=10)


class Format(_Closed):
    """How values are shown."""

    type: Literal["number", "currency", "percentage", "byte", "date", "date_time"]
    currency_code: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    decimal_places: DecimalPlaces | None = None
    hide_group_separator: bool | None = None
    abbreviation: str | None = None

    @model_validator(mode="after")
    def _currency(self) -> Format:
        if (self.type == "currency") != (self.currency_code is not None):
            message = "currency and currency_code come together"
            raise ValueError(message)
        return self


class Rely(_Closed):
    """What the optimiser may believe."""

    at_most_one_match: bool


class Join(_Closed):
    """A table that each row of its parent has at most one row of."""

    name: str
    source: str
    on: str | None = None
    using: list[str] | None = None
    cardinality: Literal["many_to_one", "one_to_many"] | None = None
    rely: Rely | None = None
    joins: list[Join] | None = None

    @model_validator(mode="after")
    def _one_condition(self) -> Join:
        if (self.on is None) == (self.using is None):
            message = f"join {self.name} needs one of on and using"
            raise ValueError(message)
        return self


class Window(_Closed):
    """A measure over a window of a dimension."""

    order: str
    range: Annotated[
        str,
        Field(pattern=_RANGE),
    ]
    semiadditive: Literal["first", "last"]
    offset: str | None = None


class _Column(_Closed):
    name: str = Field(min_length=1, max_length=255)
    expr: str = Field(min_length=1)
    comment: str | None = None
    display_name: str | None = Field(default=None, max_length=255)
    synonyms: list[Synonym] | None = Field(default=None, max_length=10)
    format: Format | None = None


class ViewDimension(_Column):
    """What one may group and filter by."""


class ViewMeasure(_Column):
    """An aggregate."""

    window: list[Window] | None = None


class MetricView(_Closed):
    """One metric view."""

    version: Literal["1.1"]
    source: str = Field(min_length=1)
    comment: str | None = None
    filter: str | None = None
    joins: list[Join] | None = None
    dimensions: list[ViewDimension] | None = None
    measures: list[ViewMeasure] | None = None

    @model_validator(mode="after")
    def _names(self) -> MetricView:
        columns = [*(self.dimensions or ()), *(self.measures or ())]
        names = [column.name.casefold() for column in columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"names stand twice: {', '.join(twice)}"
            raise ValueError(message)
        if not columns:
            message = "a metric view needs a dimension or a measure"
            raise ValueError(message)
        known = {dimension.name for dimension in self.dimensions or ()}
        for measure in self.measures or ():
            for window in measure.window or ():
                if window.order not in known:
                    message = f"measure {measure.name} is ordered by {window.order}, which is no dimension"
                    raise ValueError(message)
        return self
