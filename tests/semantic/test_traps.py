"""The errors that semantic layers make silently: each is answered rightly or refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.semantic.shop import Shop, set_c360

from customer360.errors import QueryError


def test_revenue_is_not_doubled_by_tickets(shop: Shop) -> None:
    rows = shop.ask("revenue", "tickets", by="customer.segment")
    assert rows == shop.sql(
        """SELECT coalesce(s.seg, t.seg, '(none)'), s.revenue, coalesce(t.tickets, 0) FROM
             (SELECT coalesce(c.segment, '(none)') seg, sum(net) revenue FROM gold.sales s
                LEFT JOIN gold.customer c USING (customer_key) WHERE NOT is_return AND NOT is_test GROUP BY 1) s
           FULL JOIN (SELECT coalesce(c.segment, '(none)') seg, count(*) tickets FROM gold.tickets t
                LEFT JOIN gold.customer c USING (customer_key) GROUP BY 1) t ON s.seg = t.seg ORDER BY 1"""
    )


def test_two_facts_meet_on_two_dimensions_with_empty_keys(shop: Shop) -> None:
    rows = shop.ask("revenue", "tickets", by=["customer.region", "time:month"])
    total = shop.ask("revenue", "tickets")
    assert sum(row[2] or 0 for row in rows) == total[0][0] == Decimal("267.50")
    assert sum(row[3] for row in rows) == total[0][1] == 5
    assert len({row[:2] for row in rows}) == len(rows)


def test_a_ratio_is_the_ratio_of_sums_not_the_mean_of_ratios(shop: Shop) -> None:
    ((value,),) = shop.ask("average_order_value")
    assert value == pytest.approx(267.50 / 6)
    by_segment = [row[1] for row in shop.ask("average_order_value", by="customer.segment")]
    assert value != pytest.approx(sum(by_segment) / len(by_segment))


def test_average_order_value_is_not_the_average_of_lines(shop: Shop) -> None:
    ((order, line),) = shop.ask("average_order_value", "average_line_value")
    assert line == pytest.approx(277.0 / 8)
    assert order > line


def test_distinct_buyers_of_months_do_not_add_up_to_the_year(shop: Shop) -> None:
    months = [row[1] for row in shop.ask("buyers", by="time:month")]
    ((year,),) = shop.ask("buyers")
    assert (sum(months), year) == (6, 4)


def test_history_neither_loses_nor_doubles_a_sale(shop: Shop) -> None:
    as_is = dict(shop.ask("revenue", by="customer.segment"))
    as_was = dict(shop.ask("revenue", by="customer.segment", history="as_was"))
    assert as_is == {"VIP": Decimal("79.50"), "Regular": Decimal("60.00"), "(none)": Decimal("128.00")}
    assert as_was == {
        "New": Decimal("49.50"),
        "VIP": Decimal("30.00"),
        "Regular": Decimal("60.00"),
        "(none)": Decimal("128.00"),
    }


def test_a_filter_on_is_current_keeps_sales_of_known_customers(shop: Shop) -> None:
    current = {"field": "customer.is_current", "value": True}
    assert shop.ask("revenue", where=current) == [(Decimal("167.50"),)]


def test_sales_without_a_customer_stay_visible(shop: Shop) -> None:
    rows = dict(shop.ask("revenue", by="customer.customer_id"))
    assert rows["(none)"] == Decimal("100.00")
    assert shop.ask("revenue", where={"field": "customer.customer_id", "value": "(none)"}) == [(Decimal("100.00"),)]


def test_a_metric_filter_does_not_leak_into_its_neighbour(shop: Shop) -> None:
    assert shop.ask("revenue", "returned_amount", "lines") == [(Decimal("267.50"), Decimal("9.50"), 8)]
    alone = shop.ask("returned_amount", by="customer.segment")
    assert alone == [("Regular", Decimal("9.50"))]


def test_rows_do_not_depend_on_which_other_metrics_are_asked(shop: Shop) -> None:
    both = {row[0]: row for row in shop.ask("revenue", "returned_amount", by="customer.customer_id")}
    for name in ("revenue", "returned_amount"):
        for row in shop.ask(name, by="customer.customer_id"):
            assert row[1] == both[row[0]][("revenue", "returned_amount").index(name) + 1]


def test_dates_in_two_roles_are_two_joins(shop: Shop) -> None:
    ordered = dict(shop.ask("revenue", by="order_date.day:month"))
    shipped = dict(shop.ask("revenue", by="ship_date.day:month"))
    assert {str(day): value for day, value in ordered.items()} == {
        "2024-02-01": Decimal("49.50"),
        "2024-07-01": Decimal("90.00"),
        "2024-11-01": Decimal("128.00"),
    }
    assert {str(day): value for day, value in shipped.items()} == {
        "2024-03-01": Decimal("49.50"),
        "2024-07-01": Decimal("90.00"),
        "2024-11-01": Decimal("48.00"),
        "2024-12-01": Decimal("80.00"),
    }


def test_lost_revenue_by_brand_is_refused_and_the_item_metric_offered(shop: Shop) -> None:
    with pytest.raises(QueryError) as refusal:
        shop.ask("lost_revenue", by="product.brand")
    assert "one row per abandoned cart" in str(refusal.value)
    assert "lost_item_value" in str(refusal.value), "who writes queries is told the names of queries"
    assert refusal.value.what == (
        "Lost revenue cannot be split or filtered by Brand: it counts carts (one row per abandoned cart), which do not "
        "each belong to one row of product."
    )
    assert str(refusal.value.next_step).startswith("Brand works with: Lost item value, "), "on pages, labels"
    assert shop.ask("lost_item_value", by="product.brand") == [("Acme", Decimal("50.00")), ("Zed", Decimal("20.00"))]


def test_a_filter_that_one_fact_cannot_apply_is_refused(shop: Shop) -> None:
    with pytest.raises(QueryError, match="Tickets cannot be split or filtered by Brand"):
        shop.ask("revenue", "tickets", where={"field": "product.brand", "value": "Acme"})


def test_a_month_is_compared_with_the_month_before_it_not_with_the_last_that_had_sales(shop: Shop) -> None:
    """Nothing was sold in March to June and August to October: July's month before is an empty June, not February."""
    rows = shop.ask(
        "revenue", by="time:month", time={"start": "2024-06", "end": "2024-11"}, compare={"to": "previous period"}
    )
    by_hand = shop.sql(
        """WITH months AS (SELECT date_trunc('month', calendar_date)::DATE AS m, sum(net) AS revenue
             FROM gold.sales JOIN gold.calendar ON date_key = order_date_key WHERE NOT is_return AND NOT is_test GROUP BY 1)
           SELECT m, revenue FROM months WHERE m BETWEEN '2024-06-01' AND '2024-11-01' ORDER BY 1"""
    )
    shown = [(row[0], row[1]) for row in rows if row[1] is not None]
    assert shown == by_hand
    before = {row[0].isoformat(): row[2] for row in rows}
    assert before["2024-07-01"] is None  # six months earlier, January, is empty; February's sales are not slid in
    assert before["2024-08-01"] == Decimal("49.50")  # February's, which stands beside August


def test_a_change_against_nothing_is_empty_and_never_infinite(shop: Shop) -> None:
    rows = shop.ask("revenue", by="time:month", compare={"to": "previous period"})
    assert [row[4] for row in rows if row[2] is None] == [None] * sum(row[2] is None for row in rows)


def two_addresses(model: dict[str, Any]) -> None:
    """Let a sale have the region where its customer lives and another where it goes: one table in two roles."""
    region = {
        "name": "name",
        "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": "region"}]},
        "datatype": "String",
    }
    model["datasets"].append({"name": "place", "source": "gold.place", "primary_key": ["place_id"], "fields": [region]})
    for name, columns in (("billing", "order_date_key"), ("shipping", "ship_date_key")):
        relationship = {
            "name": f"sales_{name}",
            "from": "sales",
            "to": "place",
            "from_columns": [columns],
            "to_columns": ["place_id"],
        }
        set_c360(relationship, role_name=name)
        model["relationships"].append(relationship)


@pytest.fixture(scope="module")
def moved() -> Shop:
    shop = Shop(two_addresses)
    shop.session.connection.execute(
        "CREATE TABLE gold.place AS SELECT date_key AS place_id, "
        "CASE WHEN date_key % 2 = 0 THEN 'north' ELSE 'south' END AS region FROM gold.calendar"
    )
    return shop


def test_two_addresses_are_two_joins_and_neither_is_guessed(moved: Shop) -> None:
    by_hand = """SELECT coalesce(p.region, '(none)'), sum(net) FROM gold.sales LEFT JOIN gold.place p ON place_id = {key}
                 WHERE NOT is_return AND NOT is_test GROUP BY 1 ORDER BY 1"""
    assert moved.ask("revenue", by="billing.name") == moved.sql(by_hand.format(key="order_date_key"))
    assert moved.ask("revenue", by="shipping.name") == moved.sql(by_hand.format(key="ship_date_key"))
    assert moved.ask("revenue", by="billing.name") != moved.ask("revenue", by="shipping.name")
    both = moved.ask("revenue", by=["billing.name", "shipping.name"])
    assert sum(row[2] for row in both) == Decimal("267.50")
    with pytest.raises(QueryError, match=r"There are 2 ways from sales to place"):
        moved.ask("revenue", by="place.name")


def test_orders_and_tickets_of_one_person_do_not_multiply(shop: Shop) -> None:
    """Ann has three order lines and three tickets: joined they would make nine."""
    rows = {row[0]: row[1:] for row in shop.ask("lines", "tickets", by="customer.customer_id")}
    assert rows["ann"] == (3, 3)
    assert sum(row[0] for row in rows.values()) == shop.sql("SELECT count(*) FROM gold.sales WHERE NOT is_test")[0][0]


def test_the_last_day_of_a_range_is_included_for_moments_too(shop: Shop) -> None:
    assert shop.ask("tickets", time={"start": "2024-11-02", "end": "2024-11-30"}) == [(2,)]
