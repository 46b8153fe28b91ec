"""What changes over time: versions of customers, keys when households come, another system beside the first."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest
from tests.templates.conftest import SAMPLE, Built, built

from customer360.engines.registry import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REVENUE = "SELECT sum(net_sales_amount) AS n FROM gold.gold_sales_fact AS f"


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The sample as it was at the end of October, then at the end of the year."""
    made = built(tmp_path_factory.mktemp("aged") / "project", SAMPLE, as_of=date(2017, 10, 31))
    made.october = made.rows("SELECT * FROM gold.gold_customer_dim ORDER BY customer_key")  # type: ignore[attr-defined]
    made.build()
    yield made
    made.engine.close()


def test_an_earlier_as_of_date_sees_nothing_later(aged: Built) -> None:
    october = {row["customer_id"]: row for row in aged.october}  # type: ignore[attr-defined]
    with duckdb.connect() as connection:
        expected = connection.execute(
            f"SELECT sum(CAST(sales_value AS DECIMAL(10, 2))) FROM '{SAMPLE}/transactions.parquet' "
            "WHERE transaction_timestamp < TIMESTAMP '2017-11-01 04:00:00'"
        ).fetchone()
    assert (sum(row["lifetime_value"] for row in october.values()),) == expected


def test_a_changed_segment_is_a_new_version_and_the_current_row_keeps_the_durable_key(aged: Built) -> None:
    before = {row["customer_id"]: row for row in aged.october}  # type: ignore[attr-defined]
    after = aged.rows("SELECT * FROM gold.gold_customer_dim WHERE is_current")
    changed = [row for row in after if row["segment"] != before[row["customer_id"]]["segment"]]
    assert changed
    for row in after:
        old = before[row["customer_id"]]
        assert row["customer_key"] == old["customer_key"]
        assert (row["customer_version_key"] == old["customer_version_key"]) == (
            row["segment"] == old["segment"] and row["preferred_category"] == old["preferred_category"]
        )
    for row in changed:
        expired = aged.rows(
            f"SELECT * FROM gold.gold_customer_dim WHERE NOT is_current AND customer_id = '{row['customer_id']}'"
        )
        assert [e["segment"] for e in expired] == [before[row["customer_id"]]["segment"]]
        assert expired[0]["customer_key"] < -1
        assert expired[0]["valid_to"] == row["valid_from"] == date(2017, 12, 31)
        assert expired[0]["customer_version_key"] == before[row["customer_id"]]["customer_version_key"]


def test_joins_with_and_without_is_current_lose_and_double_nothing(aged: Built) -> None:
    assert aged.value("SELECT count(*) AS n FROM gold.gold_customer_dim WHERE NOT is_current") > 0
    join = f"{REVENUE} JOIN gold.gold_customer_dim AS c ON c.customer_key = f.customer_key"
    as_was = f"{REVENUE} JOIN gold.gold_customer_dim AS c ON c.customer_version_key = f.customer_version_key"
    total = aged.value(REVENUE)
    assert aged.value(join) == aged.value(f"{join} WHERE c.is_current") == aged.value(as_was) == total
    assert total == Decimal("62737.66")


def test_a_fact_of_the_last_day_carries_the_new_version_and_the_others_the_old(aged: Built) -> None:
    new = aged.rows(
        "SELECT f.sale_date = DATE '2017-12-31' AS is_last_day, c.is_current, count(*) AS n "
        "FROM gold.gold_sales_fact AS f JOIN gold.gold_customer_dim AS c USING (customer_version_key) "
        "WHERE f.customer_key IN "
        "(SELECT customer_key FROM gold.gold_customer_dim WHERE valid_from = DATE '2017-12-31') "
        "GROUP BY ALL"
    )
    assert {(row["is_last_day"], row["is_current"]) for row in new} <= {(True, True), (False, False)}
    assert (False, False) in {(row["is_last_day"], row["is_current"]) for row in new}


def test_keys_stay_when_households_and_products_come_that_sort_before_others(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for path in SAMPLE.glob("*.parquet"):
        (data / path.name).write_bytes(path.read_bytes())
    with duckdb.connect() as connection:
        half = f"FROM '{SAMPLE}/transactions.parquet' WHERE household_id % 2 = 0"
        connection.execute(f"COPY ({half}) TO '{data}/transactions.parquet' (FORMAT parquet)")
        for name in ("campaigns", "demographics", "coupon_redemptions"):
            some = f"FROM '{SAMPLE}/{name}.parquet' WHERE household_id % 2 = 0"
            connection.execute(f"COPY ({some}) TO '{data}/{name}.parquet' (FORMAT parquet)")
    made = built(tmp_path / "project", data)
    keys = "SELECT customer_id, customer_key FROM gold.customer_keys"
    before = {row["customer_id"]: row["customer_key"] for row in made.rows(keys)}
    assert 0 < len(before) < 150
    for path in SAMPLE.glob("*.parquet"):
        (data / path.name).write_bytes(path.read_bytes())
    made.load(full=True)
    made.build()
    after = {row["customer_id"]: row["customer_key"] for row in made.rows(keys)}
    assert len(after) == 150
    assert before.items() <= after.items()
    assert made.value(REVENUE) == Decimal("62737.66")
    made.engine.close()


TILL = {
    "sources/till.yaml": """
source: till
kind: files
tables:
  receipts: {location: data/receipts.csv, format: csv, contract: c360:source:till.receipts, key: [receipt_no, line_no]}
""",
    "sources/till.receipts.odcs.yaml": """
apiVersion: v3.1.0
kind: DataContract
id: c360:source:till.receipts
version: "1.0.0"
status: active
schema:
  - name: receipts
    properties:
      - {name: receipt_no, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: line_no, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 2}
      - {name: card_no, logicalType: string}
      - {name: sold_on, logicalType: date, required: true}
      - {name: quantity, logicalType: integer, physicalType: INTEGER, required: true}
      - {name: amount, logicalType: number, physicalType: "DECIMAL(10,2)", required: true}
""",
    "data/receipts.csv": """receipt_no,line_no,card_no,sold_on,quantity,amount
R1,1,1,2017-12-30,1,10.00
R1,2,1,2017-12-30,2,5.50
R2,1,,2017-12-31,1,4.50
""",
    "products/conformed/person_record/till.sql": """-- One row per card.
SELECT DISTINCT 'till' AS system, card_no AS record_id FROM raw_till.receipts WHERE card_no IS NOT NULL
""",
    "products/conformed/sale_line/till.sql": """-- One row per receipt line.
SELECT
  'till' AS system,
  'till:' || receipt_no || ':' || line_no AS line_item_id,
  'till:' || receipt_no AS transaction_id,
  card_no AS record_id,
  sold_on AS sale_date,
  quantity,
  amount AS order_amount,
  0.00 AS discount_amount,
  amount AS net_sales_amount,
  'In-Store' AS channel,
  FALSE AS is_return,
  FALSE AS is_promotional
FROM raw_till.receipts
""",
}


def test_a_system_is_added_by_its_own_files_alone(journey: Built, tmp_path: Path) -> None:
    root = shutil.copytree(journey.root, tmp_path / "project")
    made = Built(root, open_engine(journey.project.settings, root), journey.report)
    for name, text in TILL.items():
        path = made.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    made.load()
    made.build()
    assert made.value(REVENUE) == Decimal("62737.66") + Decimal("20.00")
    assert made.value(f"{REVENUE} WHERE customer_key = -1") == Decimal("4.50")
    (row,) = made.rows("SELECT * FROM customer_360.customer_360 WHERE customer_id = 'till:1'")
    assert (row["total_purchases"], row["total_lifetime_value"], row["gold_segment"]) == (1, Decimal("15.50"), "New")
    assert made.value("SELECT count(*) AS n FROM customer_360.customer_360") == 151
    made.engine.close()
