"""ShopFlow's star schema: documented columns, and every fact against the systems' own files, counted by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.end_to_end.project import c360
from tests.templates.test_complete_journey import CUSTOMER_360, GOLD

if TYPE_CHECKING:
    import duckdb
    from tests.templates.conftest import Built

DOCUMENTED = GOLD | {
    "gold_cart_abandonment_fact": "abandonment_id cart_id customer_key date_key channel_key cart_value items_count "
    "minutes_in_cart abandonment_stage suspected_reason low_inventory_trigger recovery_email_sent recovery_converted",
    "gold_customer_event_fact": "event_id customer_key product_key date_key channel_key event_type session_id",
    "gold_customer_product_affinity_agg": "customer_key product_key affinity_score purchase_count "
    "last_purchase_date_key predicted_cltv_impact",
}
TYPES = {
    "abandonment_id": "INTEGER",
    "event_id": "BIGINT",
    "minutes_in_cart": "INTEGER",
    "items_count": "INTEGER",
    "affinity_score": "DOUBLE",
    "purchase_count": "INTEGER",
    "predicted_cltv_impact": "DECIMAL(18,2)",
    "cart_value": "DECIMAL(12,2)",
    "low_inventory_trigger": "BOOLEAN",
    "recovery_converted": "BOOLEAN",
    "cart_id": "VARCHAR",
    "session_id": "VARCHAR",
}
DIMENSIONS = ["customer", "product", "date", "channel", "location", "agent", "campaign", "plan"]


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row


def found(shopflow: Built, sql: str) -> tuple[Any, ...]:
    (row,) = shopflow.rows(sql)
    return tuple(row.values())


def grouped(shopflow: Built, sql: str) -> set[tuple[Any, ...]]:
    return {tuple(row.values()) for row in shopflow.rows(sql)}


@pytest.mark.parametrize("table", DOCUMENTED)
def test_a_table_has_the_documented_columns_first_and_in_order(shopflow: Built, table: str) -> None:
    expected = DOCUMENTED[table].split()
    with shopflow.engine.read() as session:
        columns = session.describe(f"FROM gold.{table}")
    assert [column.name for column in columns][: len(expected)] == expected
    for column in columns:
        if column.name in expected and column.name.endswith("_key"):
            assert column.type == "INTEGER"
        assert column.type == TYPES.get(column.name, column.type)


def test_customer_360_has_the_documented_columns_first_and_in_order(shopflow: Built) -> None:
    with shopflow.engine.read() as session:
        names = [column.name for column in session.describe("FROM customer_360.customer_360")]
    assert names[: len(CUSTOMER_360)] == CUSTOMER_360
    assert {"status", "open_tickets", "plan_name", "consent_email", "identity_confidence", "last_seen_date"} < set(
        names
    )


@pytest.mark.parametrize("name", DIMENSIONS)
def test_a_dimension_has_one_unknown_member(shopflow: Built, name: str) -> None:
    assert shopflow.value(f"SELECT count(*) AS n FROM gold.gold_{name}_dim WHERE {name}_key = -1") == 1


def test_events_are_those_of_the_file_by_seed_word(shopflow: Built, shopflow_files: duckdb.DuckDBPyConnection) -> None:
    expected = shopflow_files.execute(
        "SELECT CASE event_type WHEN 'page_view' THEN 'view' ELSE event_type END, count(*), count(DISTINCT session_id), "
        "count(product_id) FROM shop.events GROUP BY ALL"
    ).fetchall()
    assert grouped(
        shopflow,
        "SELECT event_type, count(*) AS n, count(DISTINCT session_id) AS s, count(nullif(product_key, -1)) AS p "
        "FROM gold.gold_customer_event_fact GROUP BY ALL",
    ) == set(expected)


CARTS = """
WITH kept AS (
  SELECT session_id, product_id, sum(CASE event_type WHEN 'add_to_cart' THEN 1 ELSE -1 END) AS n
  FROM shop.events WHERE event_type IN ('add_to_cart', 'remove_from_cart') GROUP BY ALL HAVING n > 0
),
filled AS (
  SELECT session_id, sum(n * price) AS value, sum(n) AS items
  FROM kept JOIN shop.products USING (product_id) GROUP BY ALL
),
left_behind AS (
  SELECT
    session_id,
    min(event_timestamp) FILTER (event_type = 'add_to_cart') AS since,
    max(event_timestamp) AS until,
    CASE
      WHEN bool_or(page_url LIKE '/checkout/payment%') THEN 'payment'
      WHEN bool_or(event_type = 'checkout') THEN 'shipping'
      ELSE 'cart'
    END AS stage
  FROM shop.events GROUP BY session_id
  HAVING bool_or(event_type = 'add_to_cart') AND NOT bool_or(event_type = 'purchase')
),
carts AS (
  SELECT
    c.session_id, c.stage,
    coalesce(f.value, 0) AS value,
    coalesce(f.items, 0) AS items,
    epoch(c.until - c.since)::BIGINT // 60 AS minutes,
    m.session_id IS NOT NULL AS sent,
    coalesce(o.order_date <= m.sent_at::DATE + 7, FALSE) AS converted,
    EXISTS (
      SELECT 1 FROM kept AS k
      JOIN (SELECT product_id, date, sum(stock_level) < sum(reorder_level) AS low FROM shop.inventory GROUP BY ALL) AS s
        ON s.product_id = k.product_id AND s.date = c.since::DATE
      WHERE k.session_id = c.session_id AND s.low
    ) AS low
  FROM left_behind AS c
  LEFT JOIN filled AS f USING (session_id)
  LEFT JOIN shop_ops.cart_recovery_emails AS m ON m.session_id = c.session_id
  LEFT JOIN shop.orders AS o ON o.order_id = m.recovered_order_id
)
"""


def test_abandoned_carts_are_the_sessions_left_with_something_added(
    shopflow: Built, shopflow_files: duckdb.DuckDBPyConnection
) -> None:
    expected = shopflow_files.execute(
        f"{CARTS} SELECT stage, count(*), sum(value), sum(items)::INT, sum(minutes)::INT, count_if(sent), "
        "count_if(converted), count_if(low) FROM carts GROUP BY stage"
    ).fetchall()
    rows = grouped(
        shopflow,
        "SELECT abandonment_stage, count(*) AS n, sum(cart_value) AS v, sum(items_count)::INT AS i, "
        "sum(minutes_in_cart)::INT AS m, count_if(recovery_email_sent) AS e, count_if(recovery_converted) AS c, "
        "count_if(low_inventory_trigger) AS l FROM gold.gold_cart_abandonment_fact GROUP BY ALL",
    )
    assert rows == set(expected)
    assert {row[0] for row in rows} == {"cart", "shipping", "payment"}
    assert all(row[6] for row in rows), "some of each stage came back"


def test_no_stock_before_the_last_31_days_is_no_evidence(shopflow: Built) -> None:
    unknown, known = found(
        shopflow,
        "SELECT count_if(low_inventory_trigger IS NULL AND created_date >= DATE '2024-10-31') AS a, "
        "count_if(low_inventory_trigger IS NOT NULL AND created_date < DATE '2024-10-31') AS b "
        "FROM gold.gold_cart_abandonment_fact WHERE items_count > 0",
    )
    assert (unknown, known) == (0, 0)


def test_carts_by_category_level_2_go_through_the_bridge(
    shopflow: Built, shopflow_files: duckdb.DuckDBPyConnection
) -> None:
    expected = shopflow_files.execute(
        f"{CARTS} SELECT d.category_level_2, count(DISTINCT c.session_id), sum(k.n * p.price) FROM carts AS c "
        "JOIN kept AS k USING (session_id) JOIN shop.products AS p USING (product_id) "
        "JOIN shop_ops.product_details AS d USING (product_id) GROUP BY ALL"
    ).fetchall()
    assert grouped(
        shopflow,
        "SELECT p.category_level_2, count(DISTINCT f.cart_id) AS n, sum(b.value) AS v "
        "FROM gold.gold_cart_abandonment_fact AS f JOIN gold.gold_cart_item_bridge AS b USING (cart_id) "
        "JOIN gold.gold_product_dim AS p USING (product_key) GROUP BY ALL",
    ) == set(expected)


def test_contacts_of_three_systems_add_up_each_with_its_source(
    shopflow: Built, shopflow_files: duckdb.DuckDBPyConnection
) -> None:
    expected = shopflow_files.execute(
        "SELECT 'support', count(*), count(satisfaction_score) FROM support.support_tickets UNION ALL "
        "SELECT 'cdp', count(*), count(satisfaction_score) FROM cdp.customer_service UNION ALL "
        "SELECT 'care', count(*), count(satisfaction_score) FROM care.customer_interactions"
    ).fetchall()
    assert grouped(
        shopflow,
        "SELECT source_system, count(*) AS n, count(satisfaction_1_5) AS s FROM gold.gold_interaction_fact GROUP BY ALL",
    ) == set(expected)


def test_a_contact_counts_for_the_plan_of_its_day(shopflow: Built, shopflow_files: duckdb.DuckDBPyConnection) -> None:
    expected = shopflow_files.execute(
        "SELECT p.plan_name, count(*) FROM care.customer_interactions AS i "
        "JOIN care.customer_service_plans AS s ON s.customer_id = i.customer_id "
        "AND i.start_timestamp::DATE BETWEEN s.start_date AND coalesce(s.end_date, DATE '9999-12-31') "
        "JOIN care.service_plans AS p USING (service_plan_id) GROUP BY ALL"
    ).fetchall()
    assert grouped(
        shopflow,
        "SELECT plan_name, count(*) AS n FROM gold.gold_interaction_fact JOIN gold.gold_plan_dim USING (plan_key) "
        "WHERE plan_key <> -1 GROUP BY ALL",
    ) == set(expected)


def test_agents_keep_their_work_and_the_unknown_agent_the_rest(
    shopflow: Built, shopflow_files: duckdb.DuckDBPyConnection
) -> None:
    expected = shopflow_files.execute(
        "SELECT coalesce(a.agent_name, 'Unknown'), count(*) FROM care.customer_interactions AS i "
        "LEFT JOIN care.agents AS a USING (agent_id) GROUP BY ALL"
    ).fetchall()
    assert grouped(
        shopflow,
        "SELECT agent_name, count(*) AS n FROM gold.gold_interaction_fact AS f JOIN gold.gold_agent_dim USING (agent_key) "
        "WHERE f.source_system = 'care' GROUP BY ALL",
    ) == set(expected)


def test_responses_by_campaign_are_those_of_the_file(
    shopflow: Built, shopflow_files: duckdb.DuckDBPyConnection
) -> None:
    expected = shopflow_files.execute(
        "SELECT c.campaign_name, r.response_type, count(*) FROM cdp.campaign_responses AS r "
        "JOIN cdp.marketing_campaigns AS c USING (campaign_id) WHERE r.response_date <= DATE '2024-11-30' GROUP BY ALL"
    ).fetchall()
    assert grouped(
        shopflow,
        "SELECT campaign_name, response_type, count(*) AS n FROM gold.gold_campaign_response_fact "
        "JOIN gold.gold_campaign_dim USING (campaign_key) GROUP BY ALL",
    ) == set(expected)


def test_shipments_know_their_order_and_days(shopflow: Built, shopflow_files: duckdb.DuckDBPyConnection) -> None:
    expected = one(
        shopflow_files,
        "SELECT count(*), sum(date_diff('day', o.order_date::DATE, s.shipped_date::DATE))::INT "
        "FROM wms.wms_shipments AS s JOIN erp.erp_orders AS o ON o.order_id = s.order_ref "
        "WHERE s.shipped_date::DATE <= DATE '2024-11-30'",
    )
    assert expected == found(
        shopflow,
        "SELECT count(*) AS n, sum(days_from_order_to_ship)::INT AS d FROM gold.gold_shipment_fact "
        "WHERE shipped_date IS NOT NULL",
    )


def test_stock_is_the_inventory(shopflow: Built, shopflow_files: duckdb.DuckDBPyConnection) -> None:
    expected = one(
        shopflow_files,
        "SELECT count(*), sum(stock_level)::INT, count_if(stock_level < reorder_level), count_if(stock_level = 0) "
        "FROM shop.inventory",
    )
    assert expected == found(
        shopflow,
        "SELECT count(*) AS n, sum(stock_level)::INT AS s, count_if(is_below_reorder_level) AS b, "
        "count_if(is_out_of_stock) AS o FROM gold.gold_inventory_fact",
    )


def test_no_fact_falls_outside_the_versions_of_its_customer(shopflow: Built) -> None:
    for fact in ("sales", "customer_event", "cart_abandonment", "interaction", "campaign_response", "shipment"):
        lost = (
            f"SELECT count(*) AS n FROM gold.gold_{fact}_fact WHERE (customer_key = -1) <> (customer_version_key = -1)"
        )
        assert shopflow.value(lost) == 0


def test_the_date_dimension_reaches_a_year_past_the_as_of_date(shopflow: Built) -> None:
    first, last, days = found(
        shopflow,
        "SELECT min(calendar_date) AS a, max(calendar_date) AS b, count(calendar_date) AS n FROM gold.gold_date_dim",
    )
    assert str(last) == "2025-11-30"
    assert days == (last - first).days + 1


AFFINITY = """
WITH lines AS (
  SELECT DISTINCT f.customer_key, f.product_key, f.transaction_id, f.sale_date, p.category_level_1 AS category
  FROM gold.gold_sales_fact AS f JOIN gold.gold_product_dim AS p USING (product_key)
  WHERE NOT f.is_return AND f.customer_key <> -1 AND f.product_key <> -1
),
own AS (
  SELECT customer_key, product_key, category, count(*) AS n, max(sale_date) AS last_day FROM lines GROUP BY ALL
),
own_category AS (SELECT customer_key, category, sum(n) AS n FROM own GROUP BY ALL),
everybody AS (SELECT product_key, category, sum(n) AS n FROM own GROUP BY ALL)
SELECT o.customer_key, o.product_key,
  (o.n + 10 * (c.n / t.n) * (e.n / k.n)) / (t.n + 10) AS affinity_score,
  o.n::INTEGER AS purchase_count, strftime(o.last_day, '%Y%m%d')::INTEGER AS last_purchase_date_key
FROM own AS o
JOIN own_category AS c ON c.customer_key = o.customer_key AND c.category IS NOT DISTINCT FROM o.category
JOIN (SELECT customer_key, sum(n) AS n FROM own GROUP BY ALL) AS t ON t.customer_key = o.customer_key
JOIN everybody AS e ON e.product_key = o.product_key
JOIN (SELECT category, sum(n) AS n FROM own GROUP BY ALL) AS k ON k.category IS NOT DISTINCT FROM o.category
"""


def test_affinity_by_the_keys_of_the_star_is_that_of_the_sales(shopflow: Built) -> None:
    apart, bought = found(
        shopflow,
        f"WITH expected AS ({AFFINITY}) SELECT count_if(e.customer_key IS NULL "
        "OR abs(a.affinity_score - e.affinity_score) > 1e-9 OR a.purchase_count <> e.purchase_count "
        "OR a.last_purchase_date_key <> e.last_purchase_date_key) AS apart, count(*) AS bought "
        "FROM gold.gold_customer_product_affinity_agg AS a LEFT JOIN expected AS e USING (customer_key, product_key) "
        "WHERE a.purchase_count > 0",
    )
    assert apart == 0
    assert bought > 5_000
    never = found(
        shopflow,
        "SELECT count(*) AS n, count_if(last_purchase_date_key <> -1) AS dated, max(purchase_count) AS most "
        "FROM gold.gold_customer_product_affinity_agg WHERE purchase_count = 0",
    )
    assert never[0] > 0
    assert never[1:] == (0, 0)
    joined = shopflow.value(
        "SELECT count(*) AS n FROM gold.gold_customer_product_affinity_agg "
        "JOIN gold.gold_date_dim AS d ON d.date_key = last_purchase_date_key JOIN gold.gold_product_dim USING (product_key)"
    )
    assert joined == shopflow.value("SELECT count(*) AS n FROM insights.product_affinity")


def test_customers_are_counted_by_segment_of_the_dimension(shopflow: Built) -> None:
    expected = grouped(
        shopflow,
        "SELECT d.segment, count(*) AS n FROM customer_360.customer_360 AS c JOIN gold.gold_customer_dim AS d "
        "ON d.customer_key = c.customer_key AND d.is_current GROUP BY ALL",
    )
    for words in (["query", "total_customers", "--by", "customer.segment"], ["ask", "customers by segment"]):
        done = c360(*words, "--format", "json", cwd=shopflow.root, timeout=300)
        assert done.returncode == 0, done.stderr
        assert {tuple(row.values()) for row in json.loads(done.stdout)["rows"]} == expected


# ---- one customer -----------------------------------------------------------------------------------------------------

BUSIEST = (
    "SELECT customer_id FROM customer_360.customer_timeline GROUP BY 1 ORDER BY count(DISTINCT kind) DESC, 1 LIMIT 1"
)


def test_a_customer_is_found_by_id_mail_and_record_and_shown_with_a_timeline(
    shopflow: Built, shopflow_files: duckdb.DuckDBPyConnection
) -> None:
    who = shopflow.value(BUSIEST)
    records = shopflow.rows(
        f"SELECT system, record_id FROM identity.customer_xref WHERE customer_id = '{who}' AND valid_to IS NULL"
    )
    done = c360("customer", who, "--format", "json", "--last", "10000", cwd=shopflow.root, timeout=300)
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown["customer"]["customer_id"] == who
    for key in (shown["customer"]["email"].upper(), f"{records[0]['system']}:{records[0]['record_id']}"):
        other = c360("customer", key, "--format", "json", "--last", "10000", cwd=shopflow.root, timeout=300)
        assert json.loads(other.stdout) == shown
    of = {name: [r["record_id"] for r in records if r["system"] == name] for name in ("shop", "cdp", "care", "crm")}
    expected = 0
    shopflow_files.execute("CREATE TEMP VIEW bought AS FROM shop.orders ANTI JOIN shop_ops.returns USING (order_id)")
    for name, queries in {
        "shop": (
            "SELECT count(DISTINCT order_date || payment_method) FROM bought WHERE customer_id = ?",
            "SELECT count(*) FROM shop.orders JOIN shop_ops.returns USING (order_id) WHERE customer_id = ?",
            "SELECT count(DISTINCT session_id) FROM shop.events WHERE customer_id = ?",
            "SELECT count(*) FROM support.support_tickets WHERE customer_id = ?",
        ),
        "cdp": (
            "SELECT count(*) FROM cdp.purchase_transactions WHERE customer_id = ?",
            "SELECT count(*) FROM cdp.customer_service WHERE customer_id = ?",
            "SELECT count(*) FROM cdp.campaign_responses WHERE customer_id = ? AND response_date <= DATE '2024-11-30'",
            "SELECT count(DISTINCT session_id) FROM cdp.website_behavior WHERE customer_id = ?",
        ),
        "care": ("SELECT count(*) FROM care.customer_interactions WHERE customer_id = ?",),
        "crm": ("SELECT count(*) FROM erp.erp_orders WHERE customer_id = ?",),
    }.items():
        for record in of[name]:
            for query in queries:
                key: Any = record if name == "shop" else int(record)
                row = shopflow_files.execute(query, [key]).fetchone()
                assert row is not None
                expected += row[0]
    assert len(shown["timeline"]) == expected > 5
    days = [event["happened_on"] for event in shown["timeline"]]
    assert days == sorted(days, reverse=True)
    text = c360("customer", who, "--last", "3", cwd=shopflow.root, timeout=300)
    assert "total_lifetime_value" in text.stdout
    assert text.stdout.count("visit") + text.stdout.count("purchase") + text.stdout.count("campaign") >= 1


def test_nobody_is_found_without_repeating_what_was_asked(shopflow: Built) -> None:
    done = c360("customer", "nobody@nowhere.example' OR '1'='1", cwd=shopflow.root, timeout=300)
    assert done.returncode == 1
    assert "No customer has this id" in done.stderr
    assert "nowhere" not in done.stderr
