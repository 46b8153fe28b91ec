"""ShopFlow with some of its systems runs and checks as well as with all, and another shop joins by files of its own."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from tests.end_to_end.project import c360
from tests.templates.conftest import Built

from customer360.engines.registry import open_engine
from customer360.models.build import build
from customer360.project.reader import read_project
from customer360.project.starter import create_project
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_files import write_files

if TYPE_CHECKING:
    from pathlib import Path


def ran(root: Path, *systems: str) -> Path:
    """Make a project of some systems and run it."""
    create_project(root, template="shopflow", systems=systems)
    write_files(ShopFlow.of(120), root / "data", systems=systems)
    done = c360("run", cwd=root, timeout=300)
    assert done.returncode == 0, done.stderr
    return root


def assert_checks(root: Path) -> None:
    """Check the project: every metric equals its check, for nothing that is not there."""
    text = (root / "semantic/shopflow.yaml").read_text(encoding="utf-8")
    metrics = text.count("check_sql")
    assert metrics > 100
    checked = c360("check", "--format", "json", cwd=root, timeout=300)
    assert checked.returncode == 0, checked.stderr
    rows = json.loads(checked.stdout)["rows"]
    assert [row for row in rows if row["outcome"] in ("failed", "error")] == []
    assert any(row["name"] == f"shopflow: {metrics} metrics" for row in rows)


@pytest.fixture(scope="module")
def crm_and_erp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ran(tmp_path_factory.mktemp("some") / "project", "crm", "erp")


def test_two_systems_run_and_every_metric_equals_its_check(crm_and_erp: Path) -> None:
    assert_checks(crm_and_erp)


@pytest.mark.full
@pytest.mark.parametrize("systems", [("shop", "support"), ("cdp",)], ids=",".join)
def test_some_systems_run_and_every_metric_equals_its_check(tmp_path: Path, systems: tuple[str, ...]) -> None:
    assert_checks(ran(tmp_path / "some", *systems))


def contract(table: str, *columns: str) -> str:
    listed = "\n".join(f"      - {{{column}}}" for column in columns)
    return f"""apiVersion: v3.1.0
kind: DataContract
id: c360:source:jaffle.{table}
version: "1.0.0"
status: active
schema:
  - name: {table}
    properties:
{listed}
"""


KEY = "required: true, primaryKey: true, primaryKeyPosition: 1"
FILES = {
    "sources/jaffle.yaml": """
source: jaffle
kind: files
tables:
  customers: {location: data/jaffle/customers.csv, format: csv, contract: c360:source:jaffle.customers, key: [id]}
  orders: {location: data/jaffle/orders.csv, format: csv, contract: c360:source:jaffle.orders, key: [id]}
  payments: {location: data/jaffle/payments.csv, format: csv, contract: c360:source:jaffle.payments, key: [id]}
""",
    "sources/jaffle.customers.odcs.yaml": contract(
        "customers",
        f"name: id, logicalType: integer, {KEY}",
        "name: first_name, logicalType: string",
        "name: last_name, logicalType: string",
        "name: email, logicalType: string",
    ),
    "sources/jaffle.orders.odcs.yaml": contract(
        "orders",
        f"name: id, logicalType: integer, {KEY}",
        "name: user_id, logicalType: integer",
        "name: order_date, logicalType: date, required: true",
        "name: status, logicalType: string",
    ),
    "sources/jaffle.payments.odcs.yaml": contract(
        "payments",
        f"name: id, logicalType: integer, {KEY}",
        "name: order_id, logicalType: integer",
        "name: payment_method, logicalType: string",
        "name: amount, logicalType: integer",
    ),
    "data/jaffle/customers.csv": "id,first_name,last_name,email\n1,Ada,Moor,{mail}\n2,Ben,Hill,ben@hill.example\n",
    "data/jaffle/orders.csv": (
        "id,user_id,order_date,status\n"
        "1,1,2024-11-01,completed\n2,2,2024-11-02,returned\n3,2,2024-11-03,completed\n4,,2024-11-04,completed\n"
    ),
    "data/jaffle/payments.csv": (
        "id,order_id,payment_method,amount\n"
        "1,1,credit_card,1000\n2,2,coupon,700\n3,3,credit_card,250\n4,3,gift_card,150\n5,4,credit_card,99\n"
    ),
    "products/conformed/person_record/jaffle.sql": """
-- One row per customer.
SELECT 'jaffle' AS system, CAST(id AS VARCHAR) AS record_id, first_name, last_name, email
FROM raw_jaffle.customers
""",
    "products/conformed/sale_line/jaffle.sql": """
-- One row per order: this shop keeps no lines, and several payments may pay one order.
WITH paid AS (
  SELECT order_id, CAST(SUM(amount) / 100.0 AS DECIMAL(12, 2)) AS amount
  FROM raw_jaffle.payments
  GROUP BY order_id
)
SELECT
  'jaffle' AS system,
  'jaffle:' || o.id AS line_item_id,
  'jaffle:' || o.id AS transaction_id,
  CAST(o.user_id AS VARCHAR) AS record_id,
  o.order_date AS sale_date,
  1 AS quantity,
  'order' AS unit_of_measure,
  p.amount AS order_amount,
  0.00 AS discount_amount,
  p.amount AS net_sales_amount,
  'Online' AS channel,
  o.status = 'returned' AS is_return,
  FALSE AS is_promotional
FROM raw_jaffle.orders AS o
INNER JOIN paid AS p ON p.order_id = o.id
""",
}
REVENUE = "SELECT sum(net_sales_amount) AS n FROM gold.gold_sales_fact WHERE NOT is_return"


def test_a_sixth_system_is_a_folder_of_its_own_files(crm_and_erp: Path, tmp_path: Path) -> None:
    root = shutil.copytree(crm_and_erp, tmp_path / "shops")
    project = read_project(root)
    engine = open_engine(project.settings, root)
    made = Built(root, engine, build(engine, project))
    revenue, people = made.value(REVENUE), made.value("SELECT count(*) AS n FROM customer_360.customer_360")
    (known,) = made.rows(
        "SELECT customer_id, email, total_lifetime_value FROM customer_360.customer_360 "
        "WHERE email IS NOT NULL AND total_purchases > 0 ORDER BY customer_id LIMIT 1"
    )
    # The first customer gave the address and name that the CRM knows.
    first, last = made.rows(
        f"SELECT first_name AS n FROM customer_360.customer_360 WHERE customer_id = '{known['customer_id']}' UNION ALL "
        f"SELECT last_name FROM customer_360.customer_360 WHERE customer_id = '{known['customer_id']}'"
    )
    for name, text in FILES.items():
        path = root / name
        assert not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        filled = text.replace("{mail}", known["email"]).replace("Ada,Moor", f"{first['n']},{last['n']}")
        path.write_text(filled.lstrip("\n"), encoding="utf-8")
    made.load()
    made.build()
    assert made.value(REVENUE) == revenue + Decimal("10.00") + Decimal("4.00") + Decimal("0.99")
    assert made.value(f"{REVENUE} AND customer_key = -1") == Decimal("0.99")
    returned = (
        "SELECT sum(net_sales_amount) AS n FROM gold.gold_sales_fact WHERE is_return AND source_system = 'jaffle'"
    )
    assert made.value(returned) == Decimal("7.00")
    assert made.value("SELECT count(*) AS n FROM customer_360.customer_360") == people + 1, "one was known before"
    same = (
        f"SELECT total_lifetime_value AS n FROM customer_360.customer_360 WHERE customer_id = '{known['customer_id']}'"
    )
    assert made.value(same) == known["total_lifetime_value"] + Decimal("10.00")
    made.engine.close()
