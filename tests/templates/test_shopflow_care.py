"""Care figures and stock verdicts of ShopFlow, against plain Python over the generated files."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from statistics import fmean
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import duckdb
    from tests.templates.conftest import Built

Row = dict[str, Any]
TODAY = date(2024, 11, 30)
END = datetime.combine(TODAY + timedelta(days=1), time.min)
SLA = {"Critical": 24, "High": 48, "Medium": 96, "Low": 168}


@pytest.fixture(scope="module")
def care(shopflow_files: duckdb.DuckDBPyConnection) -> list[Row]:
    """Contacts with the care centre, with the words of the types."""
    sql = "FROM care.customer_interactions JOIN care.interaction_types USING (interaction_type_id)"
    return list(shopflow_files.execute(sql).to_arrow_table().to_pylist())


@pytest.fixture(scope="module")
def tickets(shopflow_files: duckdb.DuckDBPyConnection) -> list[Row]:
    return list(shopflow_files.execute("FROM support.support_tickets").to_arrow_table().to_pylist())


def test_agents_keep_their_work_without_a_duration_and_csat_has_its_denominator(
    shopflow: Built, care: list[Row]
) -> None:
    by_agent: dict[Any, list[Row]] = defaultdict(list)
    for row in care:
        by_agent[row["agent_id"]].append(row)
    found = {
        row["agent_id"]: row
        for row in shopflow.rows("SELECT * FROM care_insights.agent_performance WHERE source_system = 'care'")
    }
    assert len(found) == len(by_agent)
    for agent, rows in by_agent.items():
        row = found[None if agent is None else f"care:{agent}"]
        timed = [r["duration_seconds"] for r in rows if r["duration_seconds"] is not None]
        scores = [3 + 2 * float(r["satisfaction_score"]) for r in rows if r["satisfaction_score"] is not None]
        assert (row["contacts"], row["timed_contacts"], row["scored_contacts"]) == (len(rows), len(timed), len(scores))
        assert row["average_handle_time_seconds"] == pytest.approx(fmean(timed))
        assert row["average_satisfaction_1_5"] == pytest.approx(fmean(scores))
        assert row["csat_rate"] == pytest.approx(sum(score >= 4 for score in scores) / len(scores))
        assert row["response_rate"] == pytest.approx(len(scores) / len(rows))
        assert row["resolved_contacts"] == sum(r["resolution_status"] == "Resolved" for r in rows)


def test_breaches_are_counted_by_the_hours_of_the_priority(shopflow: Built, tickets: list[Row]) -> None:
    late, judged = 0, 0
    for row in tickets:
        ended = row["resolved_date"] if row["resolved_date"] and row["resolved_date"] < END else None
        if ended is None and row["status"] in ("Resolved", "Closed"):
            continue  # resolved, but nobody knows when
        judged += 1
        late += ((ended or END) - row["created_date"]).total_seconds() / 3600 > SLA[row["priority"]]
    (found,) = shopflow.rows("SELECT * FROM care_insights.service_by_system WHERE source_system = 'support'")
    assert found["sla_contacts"] == judged
    assert found["sla_breach_rate"] == pytest.approx(late / judged, abs=0.005)
    assert 0 < late < judged


def test_who_comes_back_within_a_week_was_not_helped(shopflow: Built) -> None:
    contacts = shopflow.rows("SELECT * FROM care_insights.contact WHERE source_system = 'care'")
    watched = [c for c in contacts if c["customer_key"] and c["started_at"] + timedelta(days=7) < END]
    by_customer: dict[int, list[Row]] = defaultdict(list)
    for contact in shopflow.rows("SELECT * FROM care_insights.contact"):
        by_customer[contact["customer_key"]].append(contact)

    def is_repeated(contact: Row, *, on_topic: bool) -> bool:
        return any(
            (contact["started_at"], contact["contact_id"]) < (other["started_at"], other["contact_id"])
            and other["started_at"] <= contact["started_at"] + timedelta(days=7)
            and (not on_topic or other["topic"] == contact["topic"])
            for other in by_customer[contact["customer_key"]]
        )

    solved = sum(c["status"] == "resolved" and not is_repeated(c, on_topic=True) for c in watched)
    repeated = sum(is_repeated(c, on_topic=False) for c in watched)
    (found,) = shopflow.rows("SELECT * FROM care_insights.service_by_system WHERE source_system = 'care'")
    assert found["watched_contacts"] == len(watched)
    assert found["first_contact_resolution_rate"] == pytest.approx(solved / len(watched))
    assert found["repeat_contact_rate"] == pytest.approx(repeated / len(watched))


def test_a_contact_counts_for_one_plan_one_month_and_one_channel(shopflow: Built) -> None:
    total = shopflow.value("SELECT count(*) FROM conformed.interaction WHERE interaction_date <= DATE '2024-11-30'")
    for table in (
        "plan_performance",
        "service_by_month",
        "service_by_channel",
        "service_by_topic",
        "agent_performance",
    ):
        assert shopflow.value(f"SELECT sum(contacts) FROM care_insights.{table}") == total
    plans = shopflow.value("SELECT count(*) FROM care_insights.plan_performance WHERE plan_name IS NOT NULL")
    assert plans == shopflow.value("SELECT count(DISTINCT plan_name) FROM care_insights.contact")


def test_the_backlog_is_what_nobody_has_answered_yet(shopflow: Built, care: list[Row], tickets: list[Row]) -> None:
    open_ = [r["created_date"] for r in tickets if r["status"] in ("Open", "In Progress") and not r["resolved_date"]]
    late = [r["created_date"] for r in tickets if r["resolved_date"] and r["resolved_date"] >= END]
    waiting = [r["start_timestamp"] for r in care if r["resolution_status"] in ("Pending", "Escalated")]
    stores = shopflow.value(
        "SELECT count(*) FROM care_insights.contact WHERE source_system = 'cdp' AND status NOT IN "
        "('resolved', 'closed', 'cancelled')"
    )
    bands = shopflow.rows("SELECT * FROM care_insights.backlog ORDER BY age_from_days")
    assert sum(row["open_contacts"] for row in bands) == len(open_) + len(late) + len(waiting) + stores
    assert [row["age_from_days"] for row in bands] == [0, 1, 3, 7, 30]


def test_cover_demand_and_lost_sales_of_each_product(
    shopflow: Built, shopflow_files: duckdb.DuckDBPyConnection
) -> None:
    stock: dict[str, dict[date, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for row in shopflow_files.execute("FROM shop.inventory").to_arrow_table().to_pylist():
        stock[row["product_id"]][row["date"]].append((row["stock_level"], row["reorder_level"]))
    since = TODAY - timedelta(days=28)
    back = {
        row[0]
        for row in shopflow_files.execute(
            "SELECT order_id FROM shop_ops.returns WHERE return_date <= DATE '2024-11-30'"
        ).fetchall()
    }
    units: Counter[str] = Counter()
    for row in shopflow_files.execute("FROM shop.orders").to_arrow_table().to_pylist():
        if since < row["order_date"] <= TODAY and row["order_id"] not in back:
            units[row["product_id"]] += row["quantity"]
    rows = shopflow.rows(
        "SELECT h.*, p.product_id FROM inventory_health.product_health AS h "
        "JOIN gold.gold_product_dim AS p ON p.product_key = h.product_key"
    )
    assert len(rows) == len(stock)
    for row in rows:
        product = row["product_id"].removeprefix("shop:")
        days = stock[product]
        left = sum(level for level, _ in days[max(days)])
        empty = sum(sum(level for level, _ in levels) <= 0 for day, levels in days.items() if day > since)
        demand = units[product] / (28 - empty) if empty < 28 else None
        assert (row["stock_quantity"], row["stockout_days"], row["units_sold"]) == (left, empty, units[product])
        assert row["daily_demand"] == (None if demand is None else pytest.approx(demand))
        if demand:
            assert row["days_of_cover"] == pytest.approx(left / demand)
            assert row["lost_units"] == pytest.approx(demand * empty)
        assert row["is_below_reorder_level"] == (left < sum(level for _, level in days[max(days)]))
        assert row["why"].startswith("nothing left" if left <= 0 else f"{left} left")
    assert any(row["stockout_days"] for row in rows)
    positions = shopflow.value("SELECT sum(stock_quantity) FROM inventory_health.location_position")
    assert positions == sum(row["stock_quantity"] for row in rows)
