"""Answers against SELECTs written by hand over the raw tables, not over the semantic layer."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ask.space import Space

LINES = "complete_journey.transactions"
SOLD = f"SELECT SUM(sales_value) FROM {LINES}"


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("what is the total revenue?", SOLD),
        ("How much did customers spend in October 2017?", f"{SOLD} WHERE transaction_date BETWEEN '2017-10-01' AND '2017-10-31'"),
        ("revenue in Q2", f"{SOLD} WHERE transaction_date BETWEEN '2017-04-01' AND '2017-06-30'"),
        ("revenue between March and May 2017", f"{SOLD} WHERE transaction_date BETWEEN '2017-03-01' AND '2017-05-31'"),
        ("revenue on mondays", f"{SOLD} WHERE dayofweek(transaction_date) = 1"),
        ("number of orders since November", f"SELECT COUNT(DISTINCT basket_id) FROM {LINES} WHERE transaction_date >= '2017-11-01'"),
        (
            "how many customers bought in March",
            f"SELECT COUNT(DISTINCT household_id) FROM {LINES} WHERE transaction_date BETWEEN '2017-03-01' AND '2017-03-31'",
        ),
        (
            "how many customers with more than 5 orders in July",
            f"SELECT COUNT(*) FROM (SELECT household_id FROM {LINES} WHERE transaction_date BETWEEN '2017-07-01' AND '2017-07-31' GROUP BY 1 HAVING COUNT(DISTINCT basket_id) > 5) AS h",
        ),
        (
            "how many customers spent at least $1,000",
            f"SELECT COUNT(*) FROM (SELECT household_id FROM {LINES} GROUP BY 1 HAVING SUM(sales_value) >= 1000) AS h",
        ),
    ],
)  # fmt: skip
def test_the_figure_is_right(journey: Space, question: str, sql: str) -> None:
    assert journey.value(question) == journey.sql(sql)


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("average revenue per customer", f"SELECT AVG(s) FROM (SELECT SUM(sales_value) AS s FROM {LINES} GROUP BY household_id) AS h"),
        ("median revenue per customer", f"SELECT MEDIAN(s) FROM (SELECT SUM(sales_value) AS s FROM {LINES} GROUP BY household_id) AS h"),
        ("average daily revenue in June", f"{SOLD.replace('SUM(sales_value)', 'SUM(sales_value) / 30')} WHERE month(transaction_date) = 6"),
    ],
)  # fmt: skip
def test_means_over_things_and_periods_are_right(journey: Space, question: str, sql: str) -> None:
    assert float(journey.value(question)) == pytest.approx(float(journey.sql(sql)), abs=0.01)


def test_a_share_is_of_the_whole(journey: Space) -> None:
    reply = journey.ask("what share of revenue comes from VIP customers?")
    assert reply.table is not None
    (row,) = reply.table.to_pylist()
    by_segment = journey.ask("revenue by segment").table
    assert by_segment is not None
    sums = {each["customer_segment"]: each["revenue"] for each in by_segment.to_pylist()}
    assert Decimal(row["revenue_share"]).quantize(Decimal("1e-6")) == (sums["VIP"] / sum(sums.values())).quantize(
        Decimal("1e-6")
    )
    assert sum(sums.values()) == journey.sql(SOLD)
    assert "of VIP" in reply.text
