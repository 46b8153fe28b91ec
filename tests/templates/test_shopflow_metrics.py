"""ShopFlow's metrics: each equals its hand-written check on the systems' own tables, and the page shows figures."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tests.templates.projects import template_project
from tests.templates.shopflow_by_hand import METRICS, ROWS, SIDE_BY_SIDE

from customer360.errors import QueryError
from customer360.models.lint import lint
from customer360.semantic.answer import answer
from customer360.semantic.describe import describe, describe_dimensions
from customer360.semantic.lint import errors_of
from customer360.semantic.lint import lint as semantic_lint
from customer360.semantic.model import SemanticModel
from customer360.semantic.query import MetricQuery

if TYPE_CHECKING:
    from tests.templates.conftest import Built

PROJECT = template_project("shopflow")
MODEL = SemanticModel.from_document(PROJECT.semantics["shopflow"])


def ask(shopflow: Built, query: dict[str, Any]) -> list[dict[str, Any]]:
    with shopflow.engine.read() as session:
        got = answer(session, MODEL, MetricQuery.model_validate(query), as_of=shopflow.report.as_of)
    return list(got.table.to_pylist())


def figure(shopflow: Built, metric: str) -> Any:
    (row,) = ask(shopflow, {"metrics": [metric]})
    return row[metric]


def by_group(rows: list[dict[str, Any]], metric: str, key: str) -> dict[Any, float]:
    groups = ((row[key], row[metric]) for row in rows)
    return {"(none)" if group is None else group: float(value) for group, value in groups if value}


def by_hand(shopflow: Built, rows: str, column: str, figures: dict[str, str]) -> list[dict[str, Any]]:
    listed = ", ".join(f"{expression} AS {name}" for name, expression in figures.items())
    return shopflow.rows(f"SELECT {column} AS by_what, {listed} FROM ({ROWS[rows][0]}) AS f GROUP BY 1")


def dimension(name: str) -> dict[str, str]:
    return dict(zip(("name", "grain"), name.split(":"), strict=False))


def assert_same(one: dict[Any, float], other: dict[Any, float], what: str) -> None:
    assert one, what
    assert one == pytest.approx(other, rel=1e-9), what


def test_the_project_has_no_findings() -> None:
    assert lint(PROJECT) == []


@pytest.mark.parametrize("name", sorted(MODEL.metrics))
def test_a_metric_equals_its_check(shopflow: Built, name: str) -> None:
    check = MODEL.metrics[name].c360.check_sql
    assert check is not None
    expected = shopflow.value(check.replace("as_of()", f"DATE '{shopflow.report.as_of}'"))
    found = figure(shopflow, name)
    assert found
    if isinstance(found, Decimal | int) and isinstance(expected, Decimal | int):
        assert found == expected
    else:
        assert found == pytest.approx(float(expected), rel=1e-9)


def test_every_metric_is_computed_by_hand_by_three_dimensions() -> None:
    named = [name for metrics in METRICS.values() for name in metrics] + list(SIDE_BY_SIDE)
    assert sorted(named) == sorted(MODEL.metrics)
    assert all(len(dimensions) == 3 for _, dimensions in ROWS.values())


@pytest.mark.parametrize(("rows", "by"), [(rows, by) for rows, (_, groups) in ROWS.items() for by in groups])
def test_metrics_equal_the_figures_by_hand_by_a_dimension(shopflow: Built, rows: str, by: str) -> None:
    expected = by_hand(shopflow, rows, ROWS[rows][1][by], METRICS[rows])
    found = ask(shopflow, {"metrics": list(METRICS[rows]), "dimensions": [dimension(by)]})
    key = next(iter(found[0]))
    for name in METRICS[rows]:
        assert_same(by_group(found, name, key), by_group(expected, name, "by_what"), name)


@pytest.mark.parametrize("grain", ["month", "quarter", "year"])
@pytest.mark.parametrize("name", SIDE_BY_SIDE)
def test_a_ratio_of_two_facts_divides_their_totals(shopflow: Built, name: str, grain: str) -> None:
    totals = []
    for rows, expression in SIDE_BY_SIDE[name]:
        part = by_hand(shopflow, rows, f"CAST(DATE_TRUNC('{grain}', day) AS DATE)", {"total": expression})
        totals.append(by_group(part, "total", "by_what"))
    above, below = totals
    expected = {group: above[group] / below[group] for group in above.keys() & below.keys()}
    found = ask(shopflow, {"metrics": [name], "dimensions": [{"name": "time", "grain": grain}]})
    assert_same(by_group(found, name, next(iter(found[0]))), expected, name)


def test_lost_revenue_by_brand_is_refused_and_the_items_are_offered(shopflow: Built) -> None:
    with pytest.raises(QueryError, match="lost_item_value"):
        ask(shopflow, {"metrics": ["lost_revenue"], "dimensions": [{"name": "product.brand"}]})
    by_brand = ask(shopflow, {"metrics": ["lost_item_value"], "dimensions": [{"name": "product.brand"}]})
    assert sum(row["lost_item_value"] for row in by_brand) == figure(shopflow, "lost_revenue")


def test_the_share_of_abandonments_by_stage_adds_up(shopflow: Built) -> None:
    query = {"metrics": ["carts_abandoned"], "dimensions": [{"name": "cart.last_stage"}]}
    rows = ask(shopflow, {**query, "shares": [{"metric": "carts_abandoned"}]})
    assert {row["cart_last_stage"] for row in rows} == {"cart", "shipping", "payment"}
    assert sum(row["carts_abandoned_share"] for row in rows) == pytest.approx(1)
    shares = ask(shopflow, {**query, "metrics": ["abandonment_share"]})
    assert [row["abandonment_share"] for row in shares] == [row["carts_abandoned_share"] for row in rows]


def test_the_model_is_large_enough_and_says_what_everything_means() -> None:
    dimensions = describe_dimensions(MODEL)
    assert len(MODEL.metrics) >= 80
    assert len(dimensions) >= 60
    assert all(each.description for each in dimensions)
    for metric in describe(MODEL):
        assert metric.description, metric.name
        assert metric.synonyms, metric.name
        assert all((metric.unit, metric.grain, metric.owner, metric.check_sql)), metric.name


def test_the_model_has_no_findings_and_its_claims_hold_on_the_data(shopflow: Built) -> None:
    found = semantic_lint(MODEL)
    assert [f for f in found if f.rule != "OSSIE-SYNONYM"] == []
    # Words that mean two things stand at both, so that a question with them is asked back.
    assert {f.what for f in found} == {
        "'visits' means two metrics: web_visits and funnel_sessions.",
        "'paying customers' means two metrics: active_customers and buyers.",
        "'cart abandonment' means two metrics: carts_abandoned and cart_abandonment_rate.",
        "'response rate' means two metrics: campaign_response_rate and mailing_response_rate.",
        "'customers likely to leave' means two metrics: expected_lost_customers and high_risk_customers.",
        "'products running low' means two metrics: reorder_positions and products_at_stockout_risk.",
        "'status' means two dimensions: interaction.status and shipment.delivery_status.",
        "'tier' means two dimensions: customer.loyalty_tier and customer_360.value_tier.",
    }
    with shopflow.engine.read() as session:
        found = semantic_lint(MODEL, session, as_of=shopflow.report.as_of)
    assert errors_of(found) == []
    assert {finding.rule for finding in found} <= {
        "OSSIE-ORPHAN",
        "OSSIE-VALUES",
        "OSSIE-SYNONYM",
    }  # visitors nobody knows


@pytest.mark.parametrize("name", [widget.name for widget in PROJECT.dashboards["executive"].widgets])
def test_every_widget_of_the_executive_page_has_figures(shopflow: Built, name: str) -> None:
    widget = next(w for w in PROJECT.dashboards["executive"].widgets if w.name == name)
    rows = ask(shopflow, dict(widget.query))
    assert rows
    assert all(any(value is not None for value in row.values()) for row in rows)
