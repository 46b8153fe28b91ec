"""An exported metric view gives the figures that the model gives, wherever both can answer."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from tests.semantic.formats.view_reader import MetricView
from tests.semantic.shop import Shop, changed, element, set_c360

from customer360.semantic.formats.metric_view_shape import MetricView as Shape
from customer360.semantic.formats.metric_views import metric_views


@pytest.fixture(scope="module")
def exported(shop: Shop) -> Any:
    return metric_views(shop.model)


def view(exported: Any, base: str) -> MetricView:
    return MetricView(exported.files[f"metric_views/{base}.yaml"])


def counted(rows: list[tuple[Any, ...]], keys: int) -> dict[tuple[Any, ...], Any]:
    """Groups in which something was counted; a view also shows groups whose rows its measure leaves out."""
    return {
        tuple("(none)" if part is None else part for part in row[:keys]): row[keys:]
        for row in rows
        if any(value not in (None, 0) for value in row[keys:])
    }


def same(one: dict[tuple[Any, ...], Any], other: dict[tuple[Any, ...], Any]) -> bool:
    return one.keys() == other.keys() and all(
        all(
            a == b or (a is not None and b is not None and math.isclose(float(a), float(b)))
            for a, b in zip(one[key], other[key], strict=True)
        )
        for key in one
    )


@pytest.mark.parametrize("metric", ["revenue", "returned_amount", "lines", "orders", "buyers", "average_order_value", "average_line_value", "median_line_value", "margin", "net_of_returns"])  # fmt: skip
@pytest.mark.parametrize(
    ("dimension", "column"),
    [
        (None, None),
        ("sales.channel", "channel"),
        ("customer.segment", "segment"),
        ("customer_then.segment", "customer_then_segment"),
        ("product.brand", "brand"),
        ("ship_date.weekday", "ship_date_weekday"),
    ],
)
def test_a_measure_equals_the_metric(
    shop: Shop, exported: Any, metric: str, dimension: str | None, column: str | None
) -> None:
    ours = counted(shop.ask(metric, by=[dimension] if dimension else []), 1 if dimension else 0)
    theirs = view(exported, "sales").query(shop.session.connection, [metric], [column] if column else [])
    assert same(counted(theirs, 1 if column else 0), ours)


def test_joins_of_joins_are_nested(shop: Shop, exported: Any) -> None:
    items = view(exported, "cart_items")
    cart = next(join for join in items.document["joins"] if join["name"] == "carts")
    assert [join["name"] for join in cart["joins"]] == ["customer"]
    ours = dict(shop.ask("lost_item_value", by="customer.segment"))
    assert dict(items.query(shop.session.connection, ["lost_item_value"], ["segment"])) == ours


def test_what_does_not_fit_is_said(exported: Any) -> None:
    losses = {loss.what: loss.why for loss in exported.losses}
    assert "several facts" in losses["metric tickets_per_order"]
    assert "avg of a period" in losses["metric average_stock"]
    assert "mask of customer.email" in losses
    measures = yaml.safe_load(exported.files["metric_views/stock.yaml"])["measures"]
    assert measures == [
        {
            "name": "stock_on_hand",
            "expr": "SUM(on_hand)",
            "display_name": "Stock on hand",
            "window": [{"order": "day", "range": "current", "semiadditive": "last"}],
        }
    ]


def test_windows_history_bridges_policies_and_long_lists_are_said() -> None:
    def change(model: dict[str, Any]) -> None:
        revenue = element(model, "metrics", "revenue")
        revenue["ai_context"] = {"synonyms": [f"word {n}" for n in range(12)]}
        set_c360(element(model, "metrics", "units"), window={"kind": "trailing", "count": 3, "unit": "month"})
        set_c360(element(model, "metrics", "lines"), window={"kind": "period_to_date", "unit": "year"})
        set_c360(
            element(model, "relationships", "sales_customer_then"), temporal={"mode": "as_of", "at": "sales.line_id"}
        )
        rule = {"name": "no store", "expression": "sales.channel <> 'Store'", "removable": True}
        set_c360(element(model, "metrics", "buyers"), default_filters=[rule])
        set_c360(model, row_policies=[{"id": "eu", "dataset": "customer", "expression": "customer.region = 'EU'"}])

    found = metric_views(changed(change))
    losses = [str(loss) for loss in found.losses]
    document = yaml.safe_load(found.files["metric_views/sales.yaml"])
    measures = {measure["name"]: measure for measure in document["measures"]}
    assert len(measures["revenue"]["synonyms"]) == 10
    assert "revenue: 2 synonyms do not fit" in losses
    assert measures["units"]["window"] == [
        {"order": "day", "range": "trailing 3 month inclusive", "semiadditive": "last"}
    ]
    assert "lines" not in measures
    assert any("period_to_date" in loss for loss in losses)
    assert "customer_then" not in {join["name"] for join in document["joins"]}
    assert any("version of a moment" in loss for loss in losses)
    assert any("no longer be lifted" in loss for loss in losses)
    assert any(loss.startswith("row policy eu") for loss in losses)


def test_the_same_model_gives_the_same_bytes_and_sql_around_them(shop: Shop, exported: Any) -> None:
    assert metric_views(shop.model) == exported
    sql = exported.files["metric_views/sales.sql"]
    assert sql.startswith("CREATE OR REPLACE VIEW main.gold.sales_metrics\nWITH METRICS LANGUAGE YAML AS $$\n")
    assert "'on': source.order_date_key" in sql  # bare it would be `true` to readers of YAML 1.1
    assert "version: '1.1'" in sql


GOOD: dict[str, Any] = {
    "version": "1.1",
    "source": "main.gold.sales",
    "dimensions": [{"name": "day", "expr": "day"}],
    "measures": [{"name": "revenue", "expr": "SUM(net)"}],
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 1.1},
        {"measure": []},
        {"measures": [{"name": "day", "expr": "SUM(net)"}]},
        {"measures": [{"name": "r", "expr": "SUM(net)", "format": {"type": "currency"}}]},
        {"measures": [{"name": "r", "expr": "SUM(net)", "synonyms": ["x"] * 11}]},
        {"measures": [{"name": "r", "expr": "SUM(net)", "window": [{"order": "month", "range": "current", "semiadditive": "last"}]}]},
        {"measures": [{"name": "r", "expr": "SUM(net)", "window": [{"order": "day", "range": "3 months", "semiadditive": "last"}]}]},
        {"joins": [{"name": "c", "source": "main.gold.c"}]},
        {"dimensions": None, "measures": None},
    ],
)  # fmt: skip
def test_the_shape_refuses_what_the_product_would(wrong: dict[str, Any]) -> None:
    Shape.model_validate(GOOD)
    with pytest.raises(ValidationError):
        Shape.model_validate({**GOOD, **wrong})
