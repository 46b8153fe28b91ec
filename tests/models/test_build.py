from __future__ import annotations

import logging

import pytest
from tests.models.projects import column, contract, land, model, project

from customer360.errors import BuildFailed, ProjectErrors
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
    with shop.read() as session:
        assert "sales" not in {relation.schema for relation in session.relations()}


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


def test_an_entry_in_the_load_log_counts_as_new_rows(shop):
    """Rows changed in place, as an erasure does: the entry that it writes makes the next build look again."""
    with shop.publish(note="load") as publication:
        publication.create_schema("c360")
        publication.execute("CREATE TABLE c360.load_log (load_id BIGINT, source VARCHAR, table_name VARCHAR)")
        publication.execute("INSERT INTO c360.load_log VALUES (1, 'shop', 'customers'), (2, 'shop', 'orders')")
    build(shop, project(SPEND, CUSTOMERS))
    with shop.publish(note="erase") as publication:
        publication.execute("UPDATE raw_shop.customers SET country = NULL WHERE customer_id = 'C1'")
        publication.execute("INSERT INTO c360.load_log VALUES (3, 'shop', 'customers')")
    assert actions(build(shop, project(SPEND, CUSTOMERS))) == {"sales.customers": "built", "gold.spend": "skipped"}


def test_a_part_of_the_models_can_be_built_alone(shop, rows):
    everything = project(REPORT, SPEND, CUSTOMERS)
    with pytest.raises(BuildFailed, match=r"gold\.report reads gold\.spend, which has not been built yet") as caught:
        build(shop, everything, select="gold.report")
    assert "c360 build --select +gold.report" in str(caught.value)
    assert len(build(shop, everything, select="+gold.report").nodes) == 3
    land(
        shop,
        "raw_shop.orders",
        "SELECT 9 AS order_id, 'C3' AS customer_id, DATE '2024-03-30' AS order_date, 1 AS amount",
        load=5,
    )
    assert actions(build(shop, everything, select="gold.spend")) == {"gold.spend": "built"}
    assert rows("SELECT count(*) FROM gold.report") == [(2,)]
    assert actions(build(shop, everything))["gold.report"] == "built"


def test_a_raw_table_that_is_not_loaded_is_a_failure(engine):
    with pytest.raises(BuildFailed, match=r"sales\.customers reads raw_shop\.customers, which is not in the warehouse"):
        build(engine, project(CUSTOMERS))


def test_the_table_of_a_model_that_is_gone_goes_too_but_no_history(shop, rows):
    history = model(
        "gold.history", "-- One row per version.\nSELECT c.customer_id, c.country FROM raw_shop.customers AS c",
        kind="scd2", key="customer_id",
    )  # fmt: skip
    build(shop, project(CUSTOMERS, SPEND, history))
    assert "gold.spend" in actions(build(shop, project(CUSTOMERS), select="sales.*")) or rows(
        "SELECT 1 FROM gold.spend"
    )
    report = build(shop, project(CUSTOMERS))
    assert actions(report) == {"sales.customers": "skipped", "gold.spend": "dropped"}
    assert rows("SELECT count(*) FROM gold.history") == [(3,)]
    with shop.read() as session:
        assert "spend" not in {relation.table for relation in session.relations()}


def test_all_faults_of_a_project_stop_the_build_before_it_begins(shop, rows):
    bad = model("gold.bad", "-- One row per x.\nSELECT current_date AS d FROM raw_shop.ordrs AS o")
    with pytest.raises(ProjectErrors) as caught:
        build(shop, project(CUSTOMERS, bad))
    assert len(caught.value.errors) == 2
    with shop.read() as session:
        assert "sales" not in {relation.schema for relation in session.relations()}


def test_the_report_tells_rows_seconds_and_bytes(shop):
    report = build(shop, project(REPORT, SPEND, CUSTOMERS))
    table = report.as_table().to_pylist()
    assert {row["table"]: row["rows"] for row in table} == {"sales.customers": 3, "gold.spend": 2, "gold.report": 2}
    assert all(row["bytes"] > 0 and row["seconds"] > 0 for row in table)
    assert (report.built, report.unchanged, report.checks_warned) == (3, 0, 0)


def test_the_build_is_remembered_in_the_warehouse(shop, rows):
    report = build(shop, project(SPEND, CUSTOMERS))
    assert rows("SELECT table_schema, table_name, kind, row_count, as_of FROM c360.build_state ORDER BY 1") == [
        ("gold", "spend", "full", 2, report.as_of),
        ("sales", "customers", "full", 3, report.as_of),
    ]
    build(shop, project(SPEND, CUSTOMERS), full_refresh=True)
    assert rows("SELECT count(*), count(DISTINCT build_id) FROM c360.build_log") == [(4, 2)]


def test_events_go_to_the_log_with_their_fields(shop, caplog):
    with caplog.at_level(logging.INFO, logger="customer360.build"):
        build(shop, project(SPEND))
    built = next(record for record in caplog.records if record.msg == "model_built")
    assert (built.model, built.kind, built.rows) == ("gold.spend", "full", 2)
    assert {record.msg for record in caplog.records} == {"build_started", "model_built", "build_finished"}


def test_after_a_rollback_the_next_build_starts_from_that_state(shop, rows):
    first = build(shop, project(SPEND))
    land(
        shop,
        "raw_shop.orders",
        "SELECT 9 AS order_id, 'C3' AS customer_id, DATE '2024-03-30' AS order_date, 1 AS amount",
        load=5,
    )
    build(shop, project(SPEND))
    assert rows("SELECT count(*) FROM gold.spend") == [(3,)]
    shop.rollback(first.snapshot)
    assert rows("SELECT count(*) FROM gold.spend") == [(2,)]
    assert actions(build(shop, project(SPEND))) == {"gold.spend": "skipped"}


def test_a_part_that_ends_in_a_comment_or_a_semicolon_builds(shop, rows):
    text = "-- One row per customer.\nSELECT c.customer_id FROM raw_shop.customers AS c; -- the end"
    build(
        shop,
        project(model("gold.c", text.replace("; --", " --")), model("gold.d", text.split(" -- the", maxsplit=1)[0])),
    )
    assert rows("SELECT count(*) FROM gold.c") == rows("SELECT count(*) FROM gold.d") == [(3,)]
