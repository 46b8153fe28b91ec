"""What the insights of Complete Journey conclude, against SQL and plain Python over the source files."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import duckdb
    from tests.templates.conftest import Built


def test_pairs_are_those_of_the_receipts(journey: Built, files: duckdb.DuckDBPyConnection) -> None:
    expected = files.execute(
        """
        WITH member AS (SELECT DISTINCT basket_id, product_id FROM transactions SEMI JOIN products USING (product_id)),
        n AS (SELECT count(DISTINCT basket_id) AS baskets FROM member),
        alone AS (SELECT product_id, count(*) AS k FROM member GROUP BY product_id)
        SELECT least(a.product_id, b.product_id), greatest(a.product_id, b.product_id), count(*) AS together,
            count(*) * any_value(n.baskets) / (any_value(x.k) * any_value(y.k))
        FROM member AS a JOIN member AS b ON a.basket_id = b.basket_id AND a.product_id < b.product_id
            JOIN alone AS x ON x.product_id = a.product_id JOIN alone AS y ON y.product_id = b.product_id, n
        GROUP BY a.product_id, b.product_id HAVING count(*) >= 10
        """
    ).fetchall()
    found = {
        frozenset((row["a"].split(":")[1], row["b"].split(":")[1])): (row["pair_count"], row["lift"])
        for row in journey.rows(
            "SELECT a.product_id AS a, b.product_id AS b, pair_count, lift FROM insights.basket_pairs "
            "JOIN gold.gold_product_dim AS a ON a.product_key = item_a "
            "JOIN gold.gold_product_dim AS b ON b.product_key = item_b"
        )
    }
    assert len(found) == len(expected) > 30
    for a, b, together, lift in expected:
        assert found[frozenset((str(a), str(b)))] == (together, pytest.approx(lift))


def test_one_year_of_history_is_repeated_and_says_so(journey: Built) -> None:
    history = {
        row["month"]: row["value"]
        for row in journey.rows("SELECT * FROM insights.monthly_revenue WHERE series = 'all channels'")
    }
    ahead = journey.rows("SELECT * FROM insights.revenue_forecast WHERE series = 'all channels'")
    assert {row["method"] for row in ahead} == {"seasonal_naive"}
    for row in ahead:
        assert row["forecast"] == pytest.approx(float(history[row["month"].replace(year=2017)]))
        assert row["lower"] is row["upper"] is None


def test_recommendations_are_new_to_the_household(journey: Built, files: duckdb.DuckDBPyConnection) -> None:
    bought = defaultdict(set)
    for household, product in files.execute("SELECT DISTINCT household_id, product_id FROM transactions").fetchall():
        bought[f"HH{household:04d}"].add(str(product))
    rows = journey.rows(
        "SELECT k.customer_id, p.product_id, r.affinity_rank FROM insights.recommendations AS r "
        "JOIN gold.customer_keys AS k ON k.customer_key = r.customer_key "
        "JOIN gold.gold_product_dim AS p ON p.product_key = r.product_key"
    )
    assert len({row["customer_id"] for row in rows}) == 150
    assert max(row["affinity_rank"] for row in rows) == 20
    assert not any(row["product_id"].split(":")[1] in bought[row["customer_id"]] for row in rows)


def test_what_no_system_tells_is_empty_not_invented(journey: Built) -> None:
    for table in ("funnel", "cart_abandonment", "channel_attribution", "marketing_touch"):
        assert journey.value(f"SELECT count(*) FROM insights.{table}") == 0


def test_a_small_sample_says_that_it_is_one(journey: Built) -> None:
    assert journey.value("SELECT count(*) FROM insights.customer_value WHERE is_reliable") == 0
    sample = journey.rows("SELECT * FROM insights.model_card WHERE kind = 'sample' AND name = 'customers'")
    assert {(row["value"], row["is_reliable"], row["fitted_to_date"]) for row in sample} == {
        (150, False, date(2017, 12, 31))
    }
