"""An answer says what its columns mean, and plans are kept for exactly the question they were made for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from tests.semantic.shop import AS_OF, Shop, changed, element, set_c360

from customer360.errors import QueryError
from customer360.semantic.answer import PlanCache, answer
from customer360.semantic.describe import describe, describe_dimensions, vocabulary_table
from customer360.semantic.principal import OWNER, Principal
from customer360.semantic.query import MetricQuery
from customer360.semantic.verify import Verified, verify

REVENUE = MetricQuery(metrics=("revenue",))


def test_columns_say_what_they_mean(shop: Shop) -> None:
    answer = shop.answer("revenue", by=["customer.segment", "time:month"])
    assert (
        [c.name for c in answer.columns] == answer.table.column_names == ["customer_segment", "time_month", "revenue"]
    )
    segment, time, revenue = answer.columns
    assert (segment.kind, segment.label, segment.asked) == ("dimension", "Segment", "customer.segment")
    assert (time.kind, time.grain, time.datatype) == ("time", "month", "Date")
    assert (revenue.kind, revenue.unit, revenue.format) == ("metric", "USD", ",.2f")
    assert revenue.description == "Net sales without returns."
    assert (answer.rows, answer.as_of) == (answer.table.num_rows, AS_OF)


def test_rates_are_shares_whatever_the_metric(shop: Shop) -> None:
    answer = shop.answer("revenue", by="customer.segment", shares=[{"metric": "revenue"}])
    assert [(c.name, c.unit, c.format) for c in answer.columns][2] == ("revenue_share", "percent_0_1", ".1%")


def test_a_bare_name_names_its_column(shop: Shop) -> None:
    assert shop.answer("revenue", by="segment").table.column_names == ["segment", "revenue"]


def plan(cache: PlanCache, shop: Shop, query: MetricQuery = REVENUE, **more: Any) -> Any:
    asked = {"as_of": AS_OF, "dialect": "duckdb", "principal": OWNER, **more}
    return cache.plan(asked.pop("model", shop.model), query, **asked)


def test_a_plan_is_kept_for_its_model_query_day_engine_and_principal(shop: Shop) -> None:
    cache = PlanCache()
    first = plan(cache, shop)
    assert plan(cache, shop) is first
    assert plan(cache, shop, model=Shop().model) is first  # another object, the same model
    others = [
        plan(cache, shop, MetricQuery(metrics=("revenue",), limit=1)),
        plan(cache, shop, as_of=AS_OF + timedelta(days=1)),
        plan(cache, shop, dialect="postgres"),
        plan(cache, shop, principal=Principal("eve", masks={"sales.net": "null"})),
        plan(cache, shop, model=changed(lambda model: set_c360(element(model, "metrics", "revenue"), unit="EUR"))),
    ]
    assert all(other is not first for other in others)


def test_the_oldest_plan_goes_first(shop: Shop) -> None:
    cache = PlanCache(size=2)
    first = plan(cache, shop)
    for limit in (1, 2):
        plan(cache, shop, MetricQuery(metrics=("revenue",), limit=limit))
    assert plan(cache, shop) is not first


def test_a_refusal_is_not_kept_as_a_plan(shop: Shop) -> None:
    cache = PlanCache()
    for _ in range(2):
        with pytest.raises(QueryError):
            plan(cache, shop, MetricQuery(metrics=("revenu",)))


def test_the_as_of_date_moves_relative_ranges(shop: Shop) -> None:
    month = {"time": {"relative": "last month"}}
    assert shop.ask("lines", **month, as_of=date(2024, 12, 15)) == [(4,)]
    assert shop.ask("lines", **month, as_of=date(2024, 8, 15)) == [(2,)]


def test_a_model_may_use_the_as_of_date() -> None:
    def change(model: dict[str, Any]) -> None:
        recency = {"dialects": [{"dialect": "ANSI_SQL", "expression": "MIN(DATE_DIFF('day', stock.day, as_of()))"}]}
        model["metrics"].append({"name": "freshness", "expression": recency})

    shop = Shop(change)
    assert shop.ask("freshness") == [(0,)]
    assert shop.ask("freshness", as_of=date(2024, 12, 5)) == [(5,)]


def test_metrics_are_described_for_the_catalogue(shop: Shop) -> None:
    found = {metric.name: metric for metric in describe(shop.model)}
    revenue = found["revenue"]
    assert revenue.grain == "one row per order line"
    assert revenue.filters == ("NOT sales.is_return",)
    assert revenue.time_field == "order_date.day"
    assert (revenue.type, revenue.additivity) == ("simple", "additive")
    assert "customer.segment" in revenue.dimensions
    assert "product.brand" not in found["tickets"].dimensions
    assert found["average_order_value"].type == "ratio"
    assert found["buyers"].additivity == "non_additive"
    assert found["stock_on_hand"].additivity == "semi_additive"


def test_dimensions_are_described_with_their_roles(shop: Shop) -> None:
    found = {dimension.name: dimension for dimension in describe_dimensions(shop.model)}
    assert found["calendar.day"].roles == ("order_date.day", "ship_date.day")
    assert found["customer.segment"].values == ("VIP", "Regular", "New")
    assert "sales.is_test" not in found
    assert "customer.customer_key" not in found


def test_the_listing_names_what_a_query_may_ask(shop: Shop) -> None:
    rows = vocabulary_table(shop.model).to_pylist()
    metrics = [row for row in rows if row["kind"] == "metric"]
    assert [row["name"] for row in metrics] == [metric.name for metric in describe(shop.model)]
    dimensions = {(row["name"], row["dataset"]): row for row in rows if row["kind"] == "dimension"}
    assert dimensions["segment", "customer"]["type"] == "String"
    assert len(dimensions) == len(describe_dimensions(shop.model))
    for name, dataset in dimensions:  # each can be grouped by under the name it is listed with
        assert ".".join(shop.model.directory.resolve(name)) == f"{dataset}.{name.rpartition('.')[2]}"


def test_metrics_are_verified_against_their_check_sql(shop: Shop) -> None:
    (found,) = verify(shop.session, shop.model, as_of=AS_OF)  # type: ignore[arg-type]
    assert found.agrees
    assert not Verified("revenue", 1.0, 1.1).agrees
    assert not Verified("revenue", None, 0).agrees
    assert Verified("revenue", 1.0, 1.0 + 1e-12).agrees


@pytest.mark.parametrize("day", [date(2024, 2, 29), date(2024, 11, 30), date(2030, 1, 1)])
def test_a_dataset_that_is_a_query_ends_with_the_as_of_date(shop: Shop, day: date) -> None:
    def until_as_of(model: dict[str, Any]) -> None:
        element(model, "datasets", "tickets")["source"] = "SELECT * FROM gold.tickets WHERE created_at <= as_of()"

    found = answer(shop.session, changed(until_as_of), MetricQuery(metrics=("tickets",)), as_of=day).table
    expected = shop.session.query(f"SELECT COUNT(*) FROM gold.tickets WHERE created_at <= DATE '{day}'")
    assert found.column(0)[0].as_py() == expected.column(0)[0].as_py()
