"""Which row a row belongs to is followed, never guessed: roles, history, circles, bridges, ways that meet."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.semantic.shop import ROWS, Shop, element, set_c360

from customer360.errors import QueryError


def field(name: str, datatype: str = "String") -> dict[str, Any]:
    expression = {"dialects": [{"dialect": "ANSI_SQL", "expression": name}]}
    return {"name": name, "expression": expression, "datatype": datatype, "dimension": {"is_time": datatype == "Date"}}


def relate(model: dict[str, Any], name: str, source: str, target: str, columns: str, **c360: Any) -> None:
    start, _, end = columns.partition("=")
    found = {"name": name, "from": source, "to": target, "from_columns": [start], "to_columns": [end or start]}
    model["relationships"].append(found)
    if c360:
        set_c360(found, **c360)


# ---- roles --------------------------------------------------------------------------------------------------------


def test_two_relationships_without_a_default_are_not_guessed() -> None:
    def undecided(model: dict[str, Any]) -> None:
        set_c360(element(model, "relationships", "sales_order_date"), default=False)

    with pytest.raises(QueryError) as refusal:
        Shop(undecided).ask("revenue", by="calendar.weekday")
    assert "2 ways from sales to calendar" in str(refusal.value)
    assert "order_date.<field>" in str(refusal.value)
    assert "ship_date.<field>" in str(refusal.value)


def test_a_default_relationship_is_used_and_a_role_overrides_it(shop: Shop) -> None:
    assert shop.ask("revenue", by="calendar.weekday") == shop.ask("revenue", by="order_date.weekday")
    assert shop.ask("revenue", by="ship_date.weekday") != shop.ask("revenue", by="order_date.weekday")


def test_two_roles_in_one_query_are_two_joins(shop: Shop) -> None:
    rows = shop.ask("lines", by=["order_date.day:month", "ship_date.day:month"])
    assert sum(row[2] for row in rows) == 8
    assert any(row[0] != row[1] for row in rows)


def test_the_name_of_a_relationship_is_a_role_too(shop: Shop) -> None:
    assert shop.ask("revenue", by="sales_ship_date.weekday") == shop.ask("revenue", by="ship_date.weekday")


def second_way(model: dict[str, Any]) -> None:
    """Let customers and products both have a region, so that sales reach it twice."""
    region = {"name": "area", "source": "gold.customer", "primary_key": ["region"], "fields": [field("region")]}
    model["datasets"].append(region)
    relate(model, "customer_area", "customer", "area", "region", role_name="home area")
    relate(model, "product_area", "product", "area", "category=region", role_name="product area")


def test_two_ways_through_other_datasets_need_a_role() -> None:
    shop = Shop(second_way)
    with pytest.raises(QueryError, match=r"2 ways from sales to area.*sales -> customer -> area \(home area\)"):
        shop.ask("lines", by="area.region")


def test_a_relationship_wins_over_a_detour_on_a_later_stretch_too() -> None:
    def detour(model: dict[str, Any]) -> None:
        area = {
            "name": "area",
            "source": "SELECT DISTINCT region FROM gold.customer",
            "primary_key": ["region"],
            "fields": [field("region")],
        }
        model["datasets"].append(area)
        relate(model, "customer_area", "customer", "area", "region")
        town = {
            "name": "town",
            "source": "gold.customer",
            "primary_key": ["name"],
            "fields": [field("name"), field("region")],
        }
        model["datasets"].append(town)
        relate(model, "customer_town", "customer", "town", "name")
        relate(model, "town_area", "town", "area", "region")

    def straight(model: dict[str, Any]) -> None:
        detour(model)
        model["relationships"] = [r for r in model["relationships"] if r["name"] != "town_area"]

    asked = Shop(detour).ask("lines", by="area.region")
    assert asked == Shop(straight).ask("lines", by="area.region")
    assert sum(row[1] for row in asked) == 8


def test_a_direct_relationship_wins_over_a_way_through_others() -> None:
    def direct(model: dict[str, Any]) -> None:
        second_way(model)
        relate(model, "sales_area", "sales", "area", "channel=region")

    assert Shop(direct).ask("lines", by="area.region") == [("(none)", 8)]


def test_a_circle_of_relationships_does_not_run_forever() -> None:
    def circle(model: dict[str, Any]) -> None:
        relate(model, "back", "customer", "tickets", "age=ticket_id")

    assert Shop(circle).ask("tickets", by="customer.region")[0][0] == "(none)"


def test_a_one_to_one_is_walked_both_ways() -> None:
    def profile(model: dict[str, Any]) -> None:
        found = {
            "name": "profile",
            "source": "gold.customer",
            "primary_key": ["customer_key"],
            "fields": [field("region")],
        }
        model["datasets"].append(found)
        relate(model, "profile_customer", "profile", "customer", "customer_key", cardinality="one_to_one")

    shop = Shop(profile)
    assert shop.ask("revenue", by="profile.region") == shop.ask("revenue", by="customer.region")


def test_a_grandparent_is_reached_along_the_way(shop: Shop) -> None:
    assert shop.ask("lost_item_value", by="customer.region") == [("EU", Decimal("50.00")), ("US", Decimal("20.00"))]


# ---- history ------------------------------------------------------------------------------------------------------


def as_of_join(model: dict[str, Any]) -> None:
    sales = element(model, "datasets", "sales")
    sales["source"] = (
        "SELECT s.*, c.customer_id, d.calendar_date AS sold_on FROM gold.sales AS s "
        "LEFT JOIN gold.customer AS c ON s.customer_key = c.customer_key "
        "LEFT JOIN gold.calendar AS d ON s.order_date_key = d.date_key"
    )
    then = element(model, "relationships", "sales_customer_then")
    then["from_columns"] = then["to_columns"] = ["customer_id"]
    set_c360(then, temporal={"mode": "as_of", "at": "sold_on"})


def test_a_join_as_of_a_moment_finds_the_version_of_that_day() -> None:
    rows = dict(Shop(as_of_join).ask("revenue", by="customer.segment", history="as_was"))
    assert rows == {
        "New": Decimal("49.50"),
        "VIP": Decimal("30.00"),
        "Regular": Decimal("60.00"),
        "(none)": Decimal("128.00"),
    }


def test_a_version_ends_the_day_the_next_begins() -> None:
    rows = [(*row[:5], 20240601, *row[6:]) if row[0] in (1, 2) else row for row in ROWS["sales"]]
    shop = Shop(as_of_join, {**ROWS, "sales": rows})
    assert dict(shop.ask("revenue", by="customer.segment", history="as_was"))["VIP"] == Decimal("79.50")


def test_a_closed_interval_with_an_open_end_date_is_understood() -> None:
    def closed(model: dict[str, Any]) -> None:
        as_of_join(model)
        scd2 = {"interval": "[]", "open_end": "9999-12-31", "valid_from": "valid_from", "valid_to": "valid_to"}
        set_c360(element(model, "datasets", "customer"), scd2={**scd2, "durable_key": ["customer_id"]})

    versions = [(*row[:8], "2024-05-31" if row[8] else "9999-12-31", row[9]) for row in ROWS["customer"]]
    shop = Shop(closed, {**ROWS, "customer": versions})
    assert dict(shop.ask("revenue", by="customer.segment", history="as_was"))["New"] == Decimal("49.50")


def test_a_join_on_the_current_row_doubles_nothing() -> None:
    def current(model: dict[str, Any]) -> None:
        as_of_join(model)
        found = element(model, "relationships", "sales_customer")
        found["from_columns"] = found["to_columns"] = ["customer_id"]
        set_c360(found, temporal={"mode": "current"})

    shop = Shop(current)
    expected = {"VIP": Decimal("79.50"), "Regular": Decimal("60.00"), "(none)": Decimal("128.00")}
    assert dict(shop.ask("revenue", by="customer.segment")) == expected
    assert dict(shop.ask("revenue", by="customer.segment", history="as_is")) == expected


def test_history_that_no_relationship_tells_is_refused(shop: Shop) -> None:
    with pytest.raises(QueryError, match="as it was then"):
        shop.ask("tickets", by="customer.segment", history="as_was")


# ---- bridges ------------------------------------------------------------------------------------------------------


def bridged(weight: str | None) -> Any:
    def change(model: dict[str, Any]) -> None:
        items = element(model, "datasets", "cart_items")
        items["fields"].append(field("share", "Float"))
        set_c360(items, role="bridge", bridge={"left": "items_cart", "right": "items_product", "weight": weight})
        for name, expression in {
            "carts": "COUNT(*)",
            "cart_ids": "COUNT(DISTINCT carts.cart_id)",
            "mean_cart": "AVG(carts.value)",
            "largest_cart": "MAX(carts.value)",
            "valued_carts": "COUNT(carts.value)",
            "median_cart": "MEDIAN(carts.value)",
        }.items():
            metric = {"name": name, "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": expression}]}}
            set_c360(metric, base="carts")
            model["metrics"].append(metric)

    return change


def test_a_weighted_bridge_shares_a_cart_among_its_items() -> None:
    shop = Shop(bridged("share"))
    rows = shop.ask("lost_revenue", "carts", by="product.category")
    assert rows == [
        ("Hats", pytest.approx(30.0), pytest.approx(0.6)),
        ("Shoes", pytest.approx(40.0), pytest.approx(1.4)),
    ]
    assert sum(row[1] for row in rows) == pytest.approx(float(shop.ask("lost_revenue")[0][0]))


def test_a_weighted_average_weighs_what_it_averages() -> None:
    rows = Shop(bridged("share")).ask("mean_cart", "largest_cart", "valued_carts", by="product.category")
    assert rows[1] == ("Shoes", pytest.approx((50 * 0.4 + 20) / 1.4), Decimal("50.00"), pytest.approx(1.4))


def test_a_filter_across_the_bridge_keeps_the_shares_of_its_items() -> None:
    shoes = {"field": "product.category", "value": "Shoes"}
    assert Shop(bridged("share")).ask("lost_revenue", where=shoes) == [(pytest.approx(40.0),)]


def test_a_cart_without_items_stays_visible_whole() -> None:
    shop = Shop(bridged("share"), {**ROWS, "carts": [*ROWS["carts"], ("c3", 2, "2024-11-03", "7.00")]})
    assert dict(shop.ask("lost_revenue", by="product.category"))["(none)"] == pytest.approx(7.0)


def test_without_a_weight_only_what_cannot_double_is_answered() -> None:
    shop = Shop(bridged(None))
    assert shop.ask("cart_ids", by="product.category") == [("Hats", 1), ("Shoes", 2)]
    with pytest.raises(QueryError, match="declares no weight"):
        shop.ask("lost_revenue", by="product.category")


def test_a_percentile_is_not_weighed() -> None:
    with pytest.raises(QueryError, match="cannot be weighed"):
        Shop(bridged("share")).ask("median_cart", by="product.category")


def test_a_bridge_is_not_crossed_when_nothing_beyond_is_asked_for() -> None:
    answer = Shop(bridged("share")).answer("lost_revenue", by="customer.region")
    assert "cart_items" not in answer.sql


def test_totals_of_a_query_text_work_like_those_of_a_table() -> None:
    assert Shop(as_of_join).ask("revenue") == [(Decimal("267.50"),)]
