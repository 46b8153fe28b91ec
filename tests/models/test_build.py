from __future__ import annotations

import pytest
from tests.models.projects import column, contract, land, model, project

from customer360.errors import BuildFailed
from customer360.models.build import build
from customer360.models.report import BlockingChecks

CUSTOMERS = model(
    "sales.customers",
    "-- One row per customer.\nSELECT c.customer_id, c.country FROM raw_shop.customers AS c",
)
SPEND = model(
    "gold.spend",
    "-- One row per customer that bought.\nSELECT o.customer_id, sum(o.amount)::DECIMAL(18,2) AS spend,\n"
    "  date_diff('day', max(o.order_date), as_of()) AS recency_days\nFROM raw_shop.orders AS o GROUP BY o.customer_id",
)
REPORT = model(
    "gold.report",
    "-- One row per country.\nSELECT c.country, sum(s.spend) AS spend FROM {{ ref('sales.customers') }} AS c\n"
    "JOIN gold.spend AS s USING (customer_id) GROUP BY c.country",
)


def actions(report) -> dict[str, str]:
    return {str(node.relation): node.action for node in report.nodes}


def test_tables_are_built_after_those_they_read(shop, rows):
    report = build(shop, project(REPORT, SPEND, CUSTOMERS))
    assert set(actions(report).values()) == {"built"}
    assert rows("SELECT country, spend::VARCHAR FROM gold.report ORDER BY 1") == [("DE", "5.25"), ("US", "30.50")]
    assert rows("SELECT recency_days FROM gold.spend WHERE customer_id = 'C1'") == [(55,)]


def test_a_second_build_without_new_data_publishes_nothing(shop, rows):
    everything = project(REPORT, SPEND, CUSTOMERS)
    first = build(shop, everything)
    second = build(shop, everything)
    assert set(actions(second).values()) == {"skipped"}
    assert second.snapshot is None
    with shop.publish(note="look") as publication:
        assert publication.snapshot_before == first.snapshot


def test_only_what_reads_new_rows_is_rewritten(shop):
    everything = project(REPORT, SPEND, CUSTOMERS)
    build(shop, everything)
    land(
        shop,
        "raw_shop.orders",
        "SELECT 4 AS order_id, 'C3' AS customer_id, DATE '2024-03-06' AS order_date, 7.00 AS amount",
        load=3,
    )
    report = build(shop, everything)
    assert actions(report) == {"sales.customers": "skipped", "gold.spend": "built", "gold.report": "built"}


def test_another_as_of_date_rebuilds_only_models_that_use_it(shop):
    build(shop, project(SPEND, CUSTOMERS))
    later = build(shop, project(SPEND, CUSTOMERS), as_of=project().settings.as_of.replace(day=30))
    assert actions(later) == {"sales.customers": "skipped", "gold.spend": "built"}


def test_a_failing_model_publishes_nothing_and_is_named(shop, rows):
    build(shop, project(CUSTOMERS))
    broken = model(
        "gold.broken", "-- One row per customer.\nSELECT CAST(c.email AS INTEGER) AS n FROM raw_shop.customers AS c"
    )
    changed = model("sales.customers", "-- One row per customer.\nSELECT c.customer_id FROM raw_shop.customers AS c")
    with pytest.raises(BuildFailed) as caught:
        build(shop, project(changed, broken))
    assert "gold.broken" in str(caught.value)
    assert "products/gold/broken.sql" in str(caught.value)
    assert "example.com" not in str(caught.value)
    assert rows("SELECT count(country) FROM sales.customers") == [(3,)]


def test_a_broken_contract_publishes_nothing(shop, rows):
    declared = contract("sales.customers", [column("customer_id", "VARCHAR"), column("country", "INTEGER")])
    with pytest.raises(BlockingChecks) as caught:
        build(shop, project(CUSTOMERS, contracts=[declared]))
    assert "country is VARCHAR, declared INTEGER" in str(caught.value)
    assert rows("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'sales'") == [(0,)]


class Interrupting:
    """A watcher that presses Ctrl-C after the first table."""

    def start(self, task: str, total: int | None = None) -> None: ...

    def step(self, task: str, what: str, amount: int = 1) -> None:
        raise KeyboardInterrupt

    def finish(self, task: str) -> None: ...


def test_an_interrupted_build_leaves_the_old_state(shop, rows):
    build(shop, project(CUSTOMERS))
    changed = model("sales.customers", "-- One row per customer.\nSELECT c.customer_id FROM raw_shop.customers AS c")
    with pytest.raises(KeyboardInterrupt):
        build(shop, project(changed), progress=Interrupting())
    assert rows("SELECT count(country) FROM sales.customers") == [(3,)]
    assert actions(build(shop, project(CUSTOMERS))) == {"sales.customers": "skipped"}
