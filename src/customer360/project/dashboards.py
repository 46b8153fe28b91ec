"""Read ``dashboards/*.yaml``: widgets, each a metric query and a chart kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from customer360.names import IDENTIFIER
from customer360.project.contract_checks import no_twins
from customer360.project.outside import FileExport
from customer360.project.problems import Problems, Shape
from customer360.project.spec import Dashboard, Widget
from customer360.project.timerange import TimeShape
from customer360.project.yamlfile import YamlFile, read_yaml

if TYPE_CHECKING:
    from pathlib import Path


class DimensionShape(Shape):
    """What to group by."""

    name: str = Field(description="A dimension of the semantic model: customer.segment, or segment.")
    grain: Literal["day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year"] | None = Field(
        None, description="For time: how to cut it."
    )


class OrderShape(Shape):
    """How to sort."""

    by: str = Field(description="A metric or dimension of the query.")
    descending: bool = Field(False, description="true: greatest first.")


class ComparisonShape(Shape):
    """Figures to stand beside the first."""

    to: Literal["previous period", "same period last year"] | None = Field(None, description="Which other time.")
    time: TimeShape | None = Field(None, description="Another time range, given outright.")
    where: dict[str, Any] | None = Field(None, description="Other filters, in place of the query's.")
    name: str = Field("previous", description="Suffix of the compared column.")


class ShareShape(Shape):
    """A metric's share of its total."""

    metric: str = Field(description="A metric of the query.")
    within: list[str] = Field(default_factory=list, description="Dimensions that the total keeps; none: of all.")
    part: dict[str, Any] | None = Field(None, description="Condition of the part whose share it is; then no `within`.")
    with_part: bool = Field(False, description="Whether the part's own figure is shown too, as `<metric>_part`.")


class WindowShape(Shape):
    """A running or rolling figure."""

    metric: str = Field(description="A metric of the semantic model.")
    kind: Literal["cumulative", "trailing", "period_to_date"] = Field(description="What it reaches back to.")
    count: Annotated[int, Field(ge=1)] | None = Field(None, description="Trailing: over how many units.")
    unit: Literal["day", "week", "month", "quarter", "year"] | None = Field(
        None, description="The unit; default: the grain of the query."
    )
    name: str | None = Field(None, description="Name of the column.")


class TopShape(Shape):
    """Only the largest members of a dimension."""

    dimension: str = Field(description="A dimension of the query.")
    n: Annotated[int, Field(ge=1, le=10_000)] = Field(description="How many members to keep.")
    by: str = Field(description="The metric that ranks them.")
    other: bool = Field(True, description="Keep the others together as (other).")
    ascending: bool = Field(False, description="true: keep the smallest instead.")


class SummaryShape(Shape):
    """One figure over the rows of the answer."""

    over: str = Field(description="The dimension of the query that is folded.")
    function: Literal["count", "mean", "median", "min", "max", "sum"] = Field(
        "count", description="What is made of it."
    )
    metric: str | None = Field(None, description="The metric of the query; `count` needs none.")


class QueryShape(Shape):
    """A metric query; docs/reference/metric-query.md says what each key means."""

    metrics: list[str] = Field(min_length=1, description="Metrics of the semantic model.")
    dimensions: list[DimensionShape] = Field(default_factory=list, description="What to group by.")
    where: dict[str, Any] | None = Field(
        None,
        description="Condition on dimensions, or on what members did: {field, op, value}, {metric, op, value, member}, "
        "{all: [...]}, {any: [...]}, {not: ...}.",
    )
    having: dict[str, Any] | None = Field(None, description="Condition on metrics, in the same form.")
    time: TimeShape | None = Field(None, description="Which days.")
    order: list[OrderShape] = Field(default_factory=list, description="How to sort.")
    limit: Annotated[int, Field(ge=1)] | None = Field(None, description="At most so many rows.")
    offset: Annotated[int, Field(ge=1)] | None = Field(None, description="Leave out so many rows first.")
    compare: ComparisonShape | None = Field(None, description="Figures of another time or with other filters.")
    shares: list[ShareShape] = Field(default_factory=list, description="Shares of totals.")
    windows: list[WindowShape] = Field(default_factory=list, description="Running and rolling figures.")
    top: TopShape | None = Field(None, description="Only the largest members of a dimension.")
    fill: Literal["null", "zero"] | None = Field(None, description="Give every period of the range a row.")
    history: Literal["as_is", "as_was"] | None = Field(
        None, description="Attributes with history: as they are today, or as they were then."
    )
    without_filters: list[str] = Field(default_factory=list, description="Removable default filters to lift.")
    summary: SummaryShape | None = Field(None, description="Fold the rows over one dimension.")


class WidgetShape(Shape):
    """One tile."""

    name: str = Field(description="Name, unique on the dashboard.")
    title: str = Field(description="What stands above it.")
    chart: Literal[
        "kpi",
        "line",
        "bar",
        "pie",
        "gauge",
        "table",
        "scatter",
        "heatmap",
        "cohort",
        "funnel",
        "area",
        "histogram",
        "interval",
        "treemap",
        "flow",
    ] = Field(description="How it is drawn.")
    query: QueryShape = Field(description="What it shows.")
    options: dict[str, Any] = Field(default_factory=dict, description="The chart's own settings.")
    model: str | None = Field(None, description="The file in `semantic/` that answers it; default: the first.")


class ExportShape(Shape):
    """Files that the dashboard is written to, in ``exports/dashboards/<name>/``."""

    every: Literal["build", "day", "week", "month"] = Field(
        description="How often; `build`: whenever something new was published."
    )
    kind: Literal["csv", "parquet", "png", "pdf"] = Field(
        description="csv and parquet: a file for each widget; png and pdf: the dashboard as it looks."
    )
    keep: Annotated[int, Field(ge=1, le=1_000)] = Field(12, description="How many stay; the oldest go.")


class DashboardShape(Shape):
    """``dashboards/<name>.yaml``: one page of widgets."""

    title: str = Field(description="Title of the page.")
    description: str | None = Field(None, description="What it answers, for whom.")
    filters: list[str] = Field(
        default_factory=list, description="Dimensions that the reader may filter all widgets by."
    )
    order: int = Field(50, description="Place among the pages: lower comes first, equal ones by name.")
    exports: list[ExportShape] = Field(
        default_factory=list, description="Files that `c360 run` and `c360 dashboard due` write."
    )
    widgets: list[WidgetShape] = Field(min_length=1, description="The tiles, in order.")


def read_dashboard(path: Path, root: Path, problems: Problems) -> Dashboard | None:
    """Return one dashboard, or None after noting what is wrong."""
    with problems.caught():
        file = read_yaml(path, root)
        shape = problems.checked(DashboardShape, file)
        if shape is None:
            return None
        no_twins("widget", [w.name for w in shape.widgets], ("widgets",), file, problems, rule="DASHBOARD-DUP")
        return Dashboard(
            name=path.stem,
            title=shape.title,
            place=file.place(),
            widgets=tuple(_widget(widget, number, file, problems) for number, widget in enumerate(shape.widgets)),
            description=shape.description,
            filters=tuple(shape.filters),
            order=shape.order,
            exports=tuple(FileExport(each.every, each.kind, each.keep) for each in shape.exports),
        )
    return None


def _widget(widget: WidgetShape, position: int, file: YamlFile, problems: Problems) -> Widget:
    if not IDENTIFIER.match(widget.name):
        problems.add(
            f"'{widget.name}' cannot name a widget.",
            file.place("widgets", position, "name"),
            "Use lower-case letters, digits and _; the text that people see goes in `title`.",
        )
    given = file.root["widgets"][position]
    return Widget(
        name=widget.name,
        title=widget.title,
        chart=widget.chart,
        place=file.place("widgets", position),
        query=given["query"],
        options=given.get("options") or {},
        model=widget.model,
    )
