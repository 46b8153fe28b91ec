"""A dashboard that asks for what the model does not have is found before anybody opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from customer360.dashboards.lint import lint_dashboards
from customer360.errors import ProjectErrors
from customer360.project.dashboards import QueryShape
from customer360.project.reader import read_project
from customer360.project.starter import create_project
from customer360.semantic.model import SemanticModel
from customer360.semantic.query import MetricQuery
from customer360.workspace import open_project

if TYPE_CHECKING:
    from pathlib import Path

BOARD = """\
title: Overview
filters: [{filter}]
widgets:
  - name: one
    title: One
    chart: bar
    query:
      metrics: [{metric}]
      dimensions:
        - {{name: value_tier}}
        - {{name: {dimension}}}
    options: {{{options}}}
"""


def project(root: Path, **changed: str) -> Path:
    create_project(root, template="blank")
    parts = {
        "filter": "value_tier",
        "metric": "revenue",
        "dimension": "order_date, grain: month",
        "options": "",
        **changed,
    }
    (root / "dashboards/overview.yaml").write_text(BOARD.format(**parts), encoding="utf-8")
    return root


def findings(root: Path) -> list[str]:
    read = read_project(root)
    model = SemanticModel.from_document(next(iter(read.semantics.values())))
    return [str(finding) for finding in lint_dashboards(read.dashboards.values(), model)]


@pytest.mark.parametrize("template", ["blank", "complete_journey"])
def test_dashboards_of_the_templates_are_right(tmp_path: Path, template: str) -> None:
    create_project(tmp_path / "acme", template=template)
    assert findings(tmp_path / "acme") == []


@pytest.mark.parametrize("dimension", ["order_date, grain: fiscal_quarter", "time, grain: fiscal_year"])
def test_every_grain_of_a_metric_query_may_stand_in_a_widget(tmp_path: Path, dimension: str) -> None:
    assert findings(project(tmp_path / "acme", dimension=dimension)) == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"metric": "revenu"},
            (
                "The widget 'one' cannot be answered: No metric is named 'revenu'. [DASHBOARD-QUERY]"
                " In dashboards/overview.yaml:8. Did you mean 'revenue'?"
            ),
        ),
        (
            {"dimension": "value_teir"},
            (
                "The widget 'one' cannot be answered: No field is named 'value_teir'. [DASHBOARD-QUERY]"
                " In dashboards/overview.yaml:11. Did you mean 'value_tier'?"
            ),
        ),
        (
            {"dimension": "order_id, grain: month"},
            (
                "The widget 'one' cannot be answered: Order id is no date, so it has no month. [DASHBOARD-QUERY]"
                " In dashboards/overview.yaml:8. Leave the grain out."
            ),
        ),
        (
            {"filter": "date, value_teir"},
            (
                "The dashboard 'overview' cannot be filtered by 'value_teir': No field is named 'value_teir'."
                " [DASHBOARD-QUERY] In dashboards/overview.yaml:1. Did you mean 'value_tier'?"
            ),
        ),
    ],
)
def test_a_wrong_name_is_found_with_its_line(tmp_path: Path, changed: dict[str, str], sentence: str) -> None:
    root = project(tmp_path / "acme", **changed)
    assert findings(root) == [sentence]
    workspace = open_project(root)
    workspace.load()
    with pytest.raises(ProjectErrors) as caught:
        workspace.build()
    assert [str(error) for error in caught.value.errors] == [sentence]
    assert not [name for name in workspace.history() if name.note == "build"]


def test_a_widget_that_says_what_is_missing_may_miss_it(tmp_path: Path) -> None:
    assert findings(project(tmp_path / "acme", metric="satisfaction", options="no_data_source: Nobody asks.")) == []


def keys(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the keys and the words that may stand in a query, at any depth but that of filters."""
    found: dict[str, Any] = {}
    for name, shape in [("query", schema), *schema.get("$defs", {}).items()]:
        for key, facts in shape.get("properties", {}).items():
            words = [option["enum"] for option in [facts, *facts.get("anyOf", ())] if "enum" in option]
            found.setdefault(name.removesuffix("Shape"), {})[key] = words
    return found


def test_the_schema_for_editors_knows_every_key_of_a_metric_query() -> None:
    ours, real = keys(QueryShape.model_json_schema()), keys(MetricQuery.model_json_schema(by_alias=True))
    named = {"Time": "TimeRange", "Window": "WindowedMetric"}
    assert {named.get(name, name): found for name, found in ours.items()} == {
        name: found
        for name, found in real.items()
        if name not in {"AllOf", "AnyOf", "Not", "Condition", "MemberCondition"}
    }
