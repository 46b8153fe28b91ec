"""The errors that semantic layers make silently: each is answered rightly or refused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from customer360.errors import QueryError

if TYPE_CHECKING:
    from tests.semantic.shop import Shop


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
    assert "lost_item_value" in str(refusal.value)
    assert shop.ask("lost_item_value", by="product.brand") == [("Acme", Decimal("50.00")), ("Zed", Decimal("20.00"))]


def test_a_filter_that_one_fact_cannot_apply_is_refused(shop: Shop) -> None:
    with pytest.raises(QueryError, match=r"'tickets' cannot be split or filtered by product\.brand"):
        shop.ask("revenue", "tickets", where={"field": "product.brand", "value": "Acme"})


def test_the_last_day_of_a_range_is_included_for_moments_too(shop: Shop) -> None:
    assert shop.ask("tickets", time={"start": "2024-11-02", "end": "2024-11-30"}) == [(2,)]
