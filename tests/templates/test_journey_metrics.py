"""Every metric equals its hand-written check, every widget is filled, every case holds."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tests.templates.projects import template_project

from customer360.models.cases import run_cases
from customer360.models.lint import lint
from customer360.semantic.answer import answer
from customer360.semantic.model import SemanticModel
from customer360.semantic.query import MetricQuery

if TYPE_CHECKING:
    from tests.templates.conftest import Built

PROJECT = template_project("complete_journey")
MODEL = SemanticModel.from_document(PROJECT.semantics["complete_journey"])
EMPTY_HERE = {"gross_margin", "refund_amount", "customer_satisfaction"}
ASKED_FOR = [
    "total_customers",
    "total_lifetime_value",
    "average_order_value",
    "average_line_value",
    "customer_retention_rate",
    "repeat_customer_rate",
    "revenue",
    "order_count",
    "units_sold",
    "discount_amount",
    "customer_satisfaction",
    "average_customer_aov",
]


def ask(journey: Built, query: dict[str, Any]) -> list[dict[str, Any]]:
    with journey.engine.read() as session:
        got = answer(session, MODEL, MetricQuery.model_validate(query), as_of=journey.report.as_of)
    return list(got.table.to_pylist())


def figure(journey: Built, metric: str) -> Any:
    (row,) = ask(journey, {"metrics": [metric]})
    return row[metric]


def test_the_project_has_no_findings() -> None:
    assert lint(PROJECT) == []


@pytest.mark.parametrize("name", [case.name for case in PROJECT.cases])
def test_a_case_holds(name: str) -> None:
    (result,) = run_cases(PROJECT, names=[name])
    assert result.passed, result


@pytest.mark.parametrize("name", sorted(MODEL.metrics))
def test_a_metric_equals_its_check(journey: Built, name: str) -> None:
    check = MODEL.metrics[name].c360.check_sql
    assert check is not None
    expected = journey.value(check.replace("as_of()", f"DATE '{journey.report.as_of}'"))
    found = figure(journey, name)
    if name in EMPTY_HERE:
        assert found is expected is None
    elif isinstance(found, Decimal | int) and isinstance(expected, Decimal | int):
        assert found == expected
        assert found or name in {"scored_contacts", "high_risk_customers"}
    else:
        assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", sorted(MODEL.metrics))
def test_a_metric_says_what_it_means_who_owns_it_and_what_else_it_is_called(name: str) -> None:
    metric = MODEL.metrics[name]
    assert "Unit:" in (metric.description or "")
    assert metric.c360.unit
    assert metric.c360.owner
    assert metric.synonyms


def test_the_metrics_that_people_ask_for_are_there() -> None:
    assert set(ASKED_FOR) <= set(MODEL.metrics)


def test_no_two_metrics_share_a_word() -> None:
    words = [word for metric in MODEL.metrics.values() for word in (metric.name, *metric.synonyms)]
    assert sorted(words) == sorted(set(words))


def test_average_order_value_is_not_the_average_line_nor_the_mean_of_means(journey: Built) -> None:
    orders, lines = figure(journey, "average_order_value"), figure(journey, "average_line_value")
    assert orders > 3 * lines
    assert figure(journey, "average_customer_aov") != orders


def test_months_add_up_to_the_year_and_none_lies_in_2018(journey: Built) -> None:
    rows = ask(journey, {"metrics": ["revenue"], "dimensions": [{"name": "sales.order_date", "grain": "month"}]})
    assert len(rows) == 12
    assert sum(row["revenue"] for row in rows) == figure(journey, "revenue")


@pytest.mark.parametrize(
    "dimension",
    [
        "customer.segment",
        "customer_360.customer_segment",
        "product.category_level_1",
        "location.location_name",
        "date.season",
    ],
)
def test_revenue_by_a_dimension_adds_up(journey: Built, dimension: str) -> None:
    rows = ask(journey, {"metrics": ["revenue"], "dimensions": [{"name": dimension}]})
    assert len(rows) > 1
    assert sum(row["revenue"] for row in rows) == figure(journey, "revenue")


def test_customers_by_segment_and_by_risk_add_up(journey: Built) -> None:
    for dimension in ("customer_360.customer_segment", "customer_360.churn_risk_band", "customer_360.value_tier"):
        rows = ask(journey, {"metrics": ["total_customers"], "dimensions": [{"name": dimension}]})
        assert sum(row["total_customers"] for row in rows) == 150


@pytest.mark.parametrize("widget", PROJECT.dashboards["executive"].widgets, ids=lambda widget: widget.name)
def test_a_widget_has_figures_or_says_that_there_are_none(journey: Built, widget: Any) -> None:
    rows = ask(journey, dict(widget.query))
    metric = widget.query["metrics"][0]
    if widget.name == "customer_satisfaction":
        assert rows == [{metric: None}]
        assert "no_data_source" in widget.options
    else:
        assert rows
        assert all(row[metric] is not None for row in rows)


def test_the_dashboard_has_the_documented_widgets() -> None:
    assert [widget.name for widget in PROJECT.dashboards["executive"].widgets] == [
        "total_customer_count",
        "total_lifetime_value",
        "average_order_value",
        "customer_retention_rate",
        "customer_segments",
        "monthly_revenue",
        "top_customers",
        "product_category_performance",
        "customer_satisfaction",
        "churn_risk",
        "rfm_segmentation",
    ]
