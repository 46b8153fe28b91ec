"""The Complete Journey tables against figures counted straight from the source files."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import duckdb
    from tests.templates.conftest import Built

CUSTOMER_360 = [
    "customer_id",
    "first_name",
    "last_name",
    "email",
    "phone_number",
    "date_of_birth",
    "registration_date",
    "total_lifetime_value",
    "total_purchases",
    "last_purchase_date",
    "favorite_product_category",
    "favorite_brand",
    "average_order_value",
    "customer_segment",
    "recency_score",
    "frequency_score",
    "monetary_score",
    "last_interaction_date",
    "last_interaction_type",
    "average_satisfaction_score",
    "total_website_visits",
    "average_time_spent_on_site",
    "most_viewed_product_category",
    "campaign_response_rate",
    "preferred_marketing_channel",
    "churn_risk_score",
]
GOLD = {
    "gold_customer_dim": "customer_key customer_id segment lifetime_value acquisition_date acquisition_channel "
    "preferred_channel preferred_category loyalty_tier geo_region is_current",
    "gold_product_dim": "product_key product_id product_name brand category_level_1 category_level_2 category_level_3 "
    "base_price season_code is_active",
    "gold_date_dim": "date_key calendar_date year quarter month day_of_month day_name month_name is_weekend is_holiday "
    "season is_peak_season is_sale_period",
    "gold_channel_dim": "channel_key channel_name channel_type",
    "gold_sales_fact": "transaction_id line_item_id customer_key product_key date_key channel_key location_key "
    "quantity_sold unit_price discount_amount net_sales_amount gross_margin_amount is_return is_promotional",
}


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row


def columns(journey: Built, relation: str) -> dict[str, str]:
    with journey.engine.read() as session:
        return {column.name: column.type for column in session.describe(f"FROM {relation}")}


def test_facts_hold_every_line_basket_household_and_cent_of_the_files(
    journey: Built, files: duckdb.DuckDBPyConnection
) -> None:
    expected = one(
        files,
        "SELECT count(*), count(DISTINCT basket_id), count(DISTINCT household_id), "
        "sum(CAST(sales_value AS DECIMAL(10, 2))) FROM transactions",
    )
    found = journey.rows(
        "SELECT count(*) AS lines, count(DISTINCT transaction_id) AS baskets, "
        "count(DISTINCT customer_key) AS households, sum(net_sales_amount) AS net FROM gold.gold_sales_fact"
    )[0]
    assert tuple(found.values()) == expected
    assert found["lines"] == 18_822


def test_the_as_of_date_is_the_last_day_in_new_york(journey: Built) -> None:
    assert journey.report.as_of == date(2017, 12, 31)


def test_discounts_are_positive_and_lead_from_gross_to_net(journey: Built, files: duckdb.DuckDBPyConnection) -> None:
    expected = one(
        files,
        "SELECT sum(CAST(retail_disc AS DECIMAL(10, 2)) + CAST(coupon_match_disc AS DECIMAL(10, 2))), "
        "sum(CAST(coupon_disc AS DECIMAL(10, 2))) FROM transactions",
    )
    found = journey.rows(
        "SELECT sum(order_amount) - sum(net_sales_amount) AS apart, sum(discount_amount) AS discount, "
        "sum(third_party_amount) AS coupons FROM gold.gold_sales_fact"
    )[0]
    assert (found["apart"], found["coupons"]) == expected
    assert found["discount"] == found["apart"] > 0


def test_lines_of_products_that_the_catalogue_lacks_stay_with_the_unknown_product(
    journey: Built, files: duckdb.DuckDBPyConnection
) -> None:
    expected = one(files, "SELECT count(*) FROM transactions ANTI JOIN products USING (product_id)")
    assert expected[0] > 0
    assert (journey.value("SELECT count(*) AS n FROM gold.gold_sales_fact WHERE product_key = -1"),) == expected


def test_lines_with_quantity_zero_have_no_price(journey: Built, files: duckdb.DuckDBPyConnection) -> None:
    expected = one(files, "SELECT count(*) FROM transactions WHERE quantity = 0")
    found = journey.rows(
        "SELECT count(*) AS n, count(unit_price) AS priced FROM gold.gold_sales_fact WHERE quantity_sold = 0"
    )[0]
    assert (found["n"],) == expected
    assert found["n"] > found["priced"] == 0


def test_petrol_does_not_count_as_pieces(journey: Built, files: duckdb.DuckDBPyConnection) -> None:
    expected = one(
        files,
        "SELECT sum(quantity) FROM transactions LEFT JOIN products USING (product_id) "
        "WHERE product_type IS NULL OR product_type NOT LIKE 'GASOLINE%'",
    )
    pieces = "SELECT sum(quantity_sold) AS n FROM gold.gold_sales_fact WHERE unit_of_measure = 'piece'"
    assert (journey.value(pieces),) == expected
    assert journey.value("SELECT sum(quantity_sold) AS n FROM gold.gold_sales_fact") > 10 * expected[0]


@pytest.mark.parametrize("table", sorted(GOLD))
def test_gold_tables_begin_with_the_documented_columns(journey: Built, table: str) -> None:
    documented = GOLD[table].split()
    assert list(columns(journey, f"gold.{table}"))[: len(documented)] == documented


def test_keys_are_integers_and_money_is_exact(journey: Built) -> None:
    fact = columns(journey, "gold.gold_sales_fact")
    assert {type_ for name, type_ in fact.items() if name.endswith("_key")} == {"INTEGER"}
    assert {type_.split("(")[0] for name, type_ in fact.items() if name.endswith("_amount")} == {"DECIMAL"}


@pytest.mark.parametrize(
    ("dimension", "key"),
    [
        ("gold_customer_dim", "customer_key"),
        ("gold_product_dim", "product_key"),
        ("gold_date_dim", "date_key"),
        ("gold_channel_dim", "channel_key"),
        ("gold_location_dim", "location_key"),
    ],
)
def test_every_fact_finds_its_parent_and_every_dimension_its_unknown_member(
    journey: Built, dimension: str, key: str
) -> None:
    orphans = (
        f"SELECT count(*) AS n FROM gold.gold_sales_fact AS f LEFT JOIN gold.{dimension} AS d ON d.{key} = f.{key} "
        f"WHERE d.{key} IS NULL"
    )
    assert journey.value(orphans) == 0
    assert journey.value(f"SELECT count(*) AS n FROM gold.{dimension} WHERE {key} = -1") == 1


def test_customer_360_begins_with_the_26_documented_columns_in_their_order(journey: Built) -> None:
    assert list(columns(journey, "customer_360.customer_360"))[:26] == CUSTOMER_360


def test_what_no_system_knows_is_null_not_zero(journey: Built) -> None:
    unknown = [
        "first_name",
        "last_name",
        "email",
        "phone_number",
        "date_of_birth",
        "registration_date",
        "last_interaction_date",
        "last_interaction_type",
        "average_satisfaction_score",
        "total_website_visits",
        "average_time_spent_on_site",
        "most_viewed_product_category",
    ]
    counts = ", ".join(f"count({name}) AS {name}" for name in unknown)
    assert set(journey.rows(f"SELECT {counts} FROM customer_360.customer_360")[0].values()) == {0}


def test_every_null_column_says_why_in_its_contract(journey: Built) -> None:
    contract = next(c for c in journey.project.contracts.values() if c.id == "c360:customer_360:customer_360")
    silent = []
    for column in contract.columns:
        empty = journey.value(f"SELECT count({column.name}) AS n FROM customer_360.customer_360") == 0
        if empty and "NULL: " not in (column.description or ""):
            silent.append(column.name)
    assert not silent


def test_each_households_figures_are_those_of_its_receipts(journey: Built, files: duckdb.DuckDBPyConnection) -> None:
    expected = files.execute(
        """
        SELECT 'HH' || printf('%04d', household_id), sum(CAST(sales_value AS DECIMAL(10, 2))),
            count(DISTINCT basket_id), max(CAST((transaction_timestamp - INTERVAL 5 HOUR) AS DATE))
        FROM transactions GROUP BY household_id ORDER BY 1
        """
    ).fetchall()
    found = journey.rows(
        "SELECT customer_id, total_lifetime_value, total_purchases, last_purchase_date, average_order_value "
        "FROM customer_360.customer_360 ORDER BY customer_id"
    )
    assert len(found) == 150
    for row, (customer, value, baskets, last) in zip(found, expected, strict=True):
        assert (row["customer_id"], row["total_lifetime_value"], row["total_purchases"]) == (customer, value, baskets)
        assert abs((row["last_purchase_date"] - last).days) <= 1  # five hours is New York in winter only
        assert row["average_order_value"] == (value / baskets).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")


def test_response_rates_count_campaigns_not_coupons(journey: Built, files: duckdb.DuckDBPyConnection) -> None:
    expected = dict(
        files.execute(
            """
            SELECT 'HH' || printf('%04d', household_id),
                count(DISTINCT r.campaign_id) / count(DISTINCT c.campaign_id)
            FROM campaigns AS c LEFT JOIN coupon_redemptions AS r USING (household_id, campaign_id)
            GROUP BY household_id
            """
        ).fetchall()
    )
    found = {
        row["customer_id"]: row["campaign_response_rate"]
        for row in journey.rows("SELECT customer_id, campaign_response_rate FROM customer_360.customer_360")
    }
    assert {name: rate for name, rate in found.items() if rate is not None} == pytest.approx(expected)
    assert 0 < max(expected.values()) <= 1


def test_rfm_scores_and_segments_follow_the_written_rule(journey: Built) -> None:
    grid = {
        5: "New Customers,Potential Loyalists,Potential Loyalists,Champions,Champions",
        4: "Promising,Promising,Potential Loyalists,Loyal Customers,Champions",
        3: "About To Sleep,About To Sleep,Need Attention,Loyal Customers,Loyal Customers",
        2: "Hibernating,Hibernating,At Risk,At Risk,At Risk",
        1: "Lost,Lost,At Risk,Can't Lose Them,Can't Lose Them",
    }
    rows = journey.rows("SELECT * FROM insights.customer_rfm")

    def score(worse: int) -> int:
        return 1 + 5 * worse // len(rows)

    for row in rows:
        recency = score(sum(other["recency_days"] > row["recency_days"] for other in rows))
        frequency = score(sum(other["frequency"] < row["frequency"] for other in rows))
        monetary = score(sum(other["monetary"] < row["monetary"] for other in rows))
        middle = (frequency + monetary + 1) // 2
        assert (row["recency_score"], row["frequency_score"], row["monetary_score"]) == (recency, frequency, monetary)
        assert row["rfm_segment"] == grid[recency].split(",")[middle - 1]
    assert len({row["rfm_segment"] for row in rows}) >= 8


def test_rfm_in_sql_equals_rfm_in_science(journey: Built) -> None:
    from customer360.science.rfm import score

    with journey.engine.read() as session:
        orders = session.query("SELECT customer_key, purchase_date, amount FROM gold.customer_purchases")
    names = ("customer_key", "recency_score", "frequency_score", "monetary_score", "rfm_segment")
    theirs = score(orders, as_of=journey.report.as_of).select(list(names)).sort_by("customer_key").to_pylist()
    ours = journey.rows(f"SELECT {', '.join(names)} FROM insights.customer_rfm ORDER BY customer_key")
    assert ours == theirs


def test_the_share_of_each_gold_segment_is_the_settled_one(journey: Built) -> None:
    rows = journey.rows(
        "SELECT segment, lifetime_value, acquisition_date FROM gold.gold_customer_dim WHERE customer_key > 0"
    )
    old = [row for row in rows if (journey.report.as_of - row["acquisition_date"]).days > 90]
    assert {row["segment"] for row in rows if row not in old} == {"New"}
    for row in old:
        above = sum(other["lifetime_value"] > row["lifetime_value"] for other in old) / len(old)
        expected = "VIP" if above < 0.05 else "Premium" if above < 0.20 else "Loyal" if above < 0.45 else "Regular"
        assert row["segment"] == expected


def test_the_date_dimension_reaches_a_year_beyond_the_as_of_date(journey: Built) -> None:
    assert journey.value("SELECT max(calendar_date) AS d FROM gold.gold_date_dim") == date(2018, 12, 31)
    assert journey.value("SELECT count(*) AS n FROM gold.gold_date_dim WHERE is_holiday AND year = 2017") == 12


def test_only_the_known_gaps_of_the_source_are_reported(journey: Built) -> None:
    found = {(str(c.relation), c.rule_id, c.severity) for c in journey.report.checks if c.outcome != "passed"}
    assert found == {
        ("complete_journey.households", "profiles_are_few", "info"),
        ("complete_journey.transactions", "products_in_catalogue", "warning"),
    }


def test_building_again_rewrites_nothing(journey: Built) -> None:
    from customer360.models.build import build

    report = build(journey.engine, journey.project)
    assert {node.action for node in report.nodes} == {"skipped"}
    assert report.snapshot is None
