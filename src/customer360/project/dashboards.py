"""Read ``dashboards/*.yaml``: widgets, each a metric query and a chart kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from customer360.names import IDENTIFIER
from customer360.project.contract_checks import no_twins
from customer360.project.problems import Problems, Shape
from customer360.project.spec import Dashboard, Widget
from customer360.project.yamlfile import YamlFile, read_yaml

if TYPE_CHECKING:
    from pathlib import Path


class DimensionShape(Shape):
    """What to group by."""

    name: str = Field(description="A dimension of the semantic model: customer.segment, or segment.")
    grain: Literal["day", "week", "month", "quarter", "year"] | None = Field(
        None, description="For time: how to cut it."
    )


class OrderShape(Shape):
    """How to sort."""

    by: str = Field(description="A metric or dimension of the query.")
    descending: bool = Field(False, description="true: greatest first.")


class TimeShape(Shape):
    """Which days."""

    start: str | None = Field(None, description="First day, 2024-01-01.")
    end: str | None = Field(None, description="Last day, included.")
    relative: str | None = Field(None, description="Counted back from the as-of date: last 12 months.")
    dimension: str | None = Field(None, description="Which time; default: that of the metric.")


class QueryShape(Shape):
    """A metric query."""

    metrics: list[str] = Field(min_length=1, description="Metrics of the semantic model.")
    dimensions: list[DimensionShape] = Field(default_factory=list, description="What to group by.")
    where: dict[str, Any] | None = Field(
        None, description="Condition on dimensions: {field, op, value}, {all: [...]}, {any: [...]}, {not: ...}."
    )
    having: dict[str, Any] | None = Field(None, description="Condition on metrics, in the same form.")
    time: TimeShape | None = Field(None, description="Which days.")
    order: list[OrderShape] = Field(default_factory=list, description="How to sort.")
    limit: Annotated[int, Field(ge=1)] | None = Field(None, description="At most so many rows.")


class WidgetShape(Shape):
    """One tile."""

    name: str = Field(description="Name, unique on the dashboard.")
    title: str = Field(description="What stands above it.")
    chart: Literal["kpi", "line", "bar", "pie", "gauge", "table", "scatter"] = Field(description="How it is drawn.")
    query: QueryShape = Field(description="What it shows.")
    options: dict[str, Any] = Field(default_factory=dict, description="The chart's own settings.")


class DashboardShape(Shape):
    """``dashboards/<name>.yaml``: one page of widgets."""

    title: str = Field(description="Title of the page.")
    description: str | None = Field(None, description="What it answers, for whom.")
    filters: list[str] = Field(
        default_factory=list, description="Dimensions that the reader may filter all widgets by."
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
    )
