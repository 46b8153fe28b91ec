"""Describe dbt's semantic models and metrics (the YAML that MetricFlow reads): every key we write or read, closed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

_NAME = r"^[a-z]([a-z0-9]|_[a-z0-9])*$"
"""Two underscores in a row would mean an entity and its dimension."""

Aggregation = Literal["sum", "min", "max", "count", "count_distinct", "sum_boolean", "average", "median", "percentile"]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Entity(_Closed):
    """What a row is of, or belongs to."""

    name: str = Field(pattern=_NAME)
    type: Literal["primary", "unique", "foreign", "natural"]
    expr: str | None = None
    description: str | None = None
    label: str | None = None
    role: str | None = None
    config: dict[str, Any] | None = None


class TimeParams(_Closed):
    """How finely a time dimension is stored."""

    time_granularity: Literal["second", "minute", "hour", "day", "week", "month", "quarter", "year"]
    validity_params: dict[str, bool] | None = None


class DbtDimension(_Closed):
    """What one may group and filter by."""

    name: str = Field(pattern=_NAME)
    type: Literal["categorical", "time"]
    expr: str | None = None
    description: str | None = None
    label: str | None = None
    type_params: TimeParams | None = None
    is_partition: bool | None = None
    config: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _granularity(self) -> DbtDimension:
        if (self.type == "time") != (self.type_params is not None):
            message = f"dimension {self.name}: time dimensions, and no others, have a granularity"
            raise ValueError(message)
        return self


class AggParams(_Closed):
    """Which percentile."""

    percentile: float | None = Field(default=None, gt=0, lt=1)
    use_discrete_percentile: bool | None = None
    use_approximate_percentile: bool | None = None


class NonAdditive(_Closed):
    """A balance: which day of a period counts."""

    name: str
    window_choice: Literal["min", "max"] = "min"
    window_groupings: list[str] | None = None


class DbtMeasure(_Closed):
    """An aggregate of a semantic model."""

    name: str = Field(pattern=_NAME)
    agg: Aggregation
    expr: str | int | None = None
    description: str | None = None
    label: str | None = None
    agg_params: AggParams | None = None
    agg_time_dimension: str | None = None
    non_additive_dimension: NonAdditive | None = None
    create_metric: bool | None = None
    config: dict[str, Any] | None = None


class Defaults(_Closed):
    """The time axis of the measures."""

    agg_time_dimension: str


class DbtSemanticModel(_Closed):
    """A table with its meaning."""

    name: str = Field(pattern=_NAME)
    model: str = Field(pattern=r"^ref\('[^']+'\)$|^source\('[^']+', ?'[^']+'\)$")
    description: str | None = None
    label: str | None = None
    defaults: Defaults | None = None
    primary_entity: str | None = None
    entities: list[Entity] = []
    dimensions: list[DbtDimension] = []
    measures: list[DbtMeasure] = []
    config: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _names(self) -> DbtSemanticModel:
        names = [e.name for e in self.entities] + [d.name for d in self.dimensions] + [m.name for m in self.measures]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"semantic model {self.name} has twice: {', '.join(twice)}"
            raise ValueError(message)
        if self.measures and self.defaults is None and any(m.agg_time_dimension is None for m in self.measures):
            message = f"semantic model {self.name} has measures without a time dimension"
            raise ValueError(message)
        return self


class MeasureInput(_Closed):
    """A measure that a metric uses."""

    name: str
    filter: str | None = None
    alias: str | None = None
    join_to_timespine: bool | None = None
    fill_nulls_with: int | None = None


class MetricInput(_Closed):
    """A metric that another uses."""

    name: str
    filter: str | None = None
    alias: str | None = None
    offset_window: str | None = None
    offset_to_grain: str | None = None


class CumulativeParams(_Closed):
    """The window of a running figure."""

    window: str | None = Field(default=None, pattern=r"^[1-9]\d* (day|week|month|quarter|year)s?$")
    grain_to_date: str | None = None
    period_agg: Literal["first", "last", "average"] | None = None
    metric: str | MetricInput | None = None


class TypeParams(_Closed):
    """What a metric is made of."""

    measure: str | MeasureInput | None = None
    numerator: str | MetricInput | None = None
    denominator: str | MetricInput | None = None
    expr: str | None = None
    metrics: list[str | MetricInput] | None = None
    window: str | None = None
    grain_to_date: str | None = None
    cumulative_type_params: CumulativeParams | None = None
    conversion_type_params: dict[str, Any] | None = None


class DbtMetric(_Closed):
    """A figure with a name."""

    name: str = Field(pattern=_NAME)
    label: str
    type: Literal["simple", "ratio", "derived", "cumulative", "conversion"]
    type_params: TypeParams
    description: str | None = None
    filter: str | None = None
    time_granularity: str | None = None
    config: dict[str, Any] | None = None


class SemanticFile(_Closed):
    """A YAML file of semantic models and metrics. Files of models hold other keys, which are not looked at."""

    semantic_models: list[DbtSemanticModel] = []
    metrics: list[DbtMetric] = []

    @model_validator(mode="after")
    def _known(self) -> SemanticFile:
        measures = {measure.name for model in self.semantic_models for measure in model.measures}
        metrics = {metric.name for metric in self.metrics}
        for metric in self.metrics:
            used = metric.type_params.measure
            name = used.name if isinstance(used, MeasureInput) else used
            if name is not None and name not in measures:
                message = f"metric {metric.name} uses the measure {name}, which is not there"
                raise ValueError(message)
            inputs = [metric.type_params.numerator, metric.type_params.denominator, *(metric.type_params.metrics or ())]
            for each in inputs:
                wanted = each.name if isinstance(each, MetricInput) else each
                if wanted is not None and wanted not in metrics:
                    message = f"metric {metric.name} uses the metric {wanted}, which is not there"
                    raise ValueError(message)
        return self
