"""The portal demo's three systems and its fourth product, on the demo's own rows (the document's seed data)."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.postgres_server import postgres
from tests.templates.conftest import Built

from customer360.engines.registry import open_engine
from customer360.models.build import build
from customer360.models.cases import run_cases
from customer360.models.graph import Graph
from customer360.names import Relation
from customer360.project.reader import read_project
from customer360.project.starter import create_project
from customer360.raw.load import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres_server import PostgresServer

__all__ = ["postgres"]

CUSTOMERS = [
    (1, "John", "Doe", "john.doe@example.com", "2024-01-08 09:12"),
    (2, "Jane", "Smith", "jane.smith@example.com", "2024-02-14 16:40"),
    (3, "Peter", "Jones", "peter.jones@example.com", "2024-03-02 11:05"),
]
ORDERS = [
    (1, 1, "2024-04-03 10:30", "150.75"),
    (2, 2, "2024-04-05 14:15", "200.00"),
    (3, 1, "2024-04-18 09:45", "75.50"),
    (4, 3, "2024-05-06 17:20", "500.25"),
    (5, 2, "2024-05-21 12:00", "120.00"),
]
SHIPMENTS = [
    (1, 1, "2024-04-04 08:00", "Delivered"),
    (2, 2, "2024-04-08 08:00", "In Transit"),
    (3, 3, "2024-04-19 07:30", "Delivered"),
    (4, 4, "2024-05-09 09:10", "Shipped"),
]
SECOND_PARCEL = (5, 4, "2024-05-20 15:00", "Delivered")
STAR = ("conformed", "identity", "gold", "insights", "care_insights", "inventory_health", "customer_360")
COLUMNS = {
    "crm/crm_customers": ("id", "first_name", "last_name", "email", "signup_date"),
    "erp/erp_orders": ("order_id", "customer_id", "order_date", "total_amount"),
    "wms/wms_shipments": ("shipment_id", "order_ref", "shipped_date", "delivery_status"),
}
DECLARED = {
    "customer_id": "INTEGER",
    "customer_name": "VARCHAR",
    "customer_email": "VARCHAR",
    "account_age_days": "INTEGER",
    "order_id": "INTEGER",
    "order_total": "DECIMAL(10,2)",
    "days_from_order_to_ship": "INTEGER",
    "delivery_status": "VARCHAR",
}
# The document's model, with its three products' tables in the place of source(): one row per shipment, ten columns.
MODEL_AS_WRITTEN = """
    WITH customers AS (SELECT * FROM sales_crm.customers),
    orders AS (SELECT * FROM sales_erp.orders),
    shipments AS (SELECT * FROM logistics_wms.shipments)
    SELECT
        c.id AS customer_id, c.first_name, c.last_name, c.email AS customer_email, o.order_id, o.order_date,
        o.total_amount AS order_total, s.shipment_id, s.shipped_date, s.delivery_status AS shipment_status
    FROM customers c
    LEFT JOIN orders o ON c.id = o.customer_id
    LEFT JOIN shipments s ON o.order_id = s.order_ref
"""


def deliver(root: Path, name: str, rows: list[tuple[Any, ...]]) -> None:
    columns = {}
    for place, column in enumerate(COLUMNS[name]):
        values = [row[place] for row in rows]
        if column.endswith("_date"):
            values = [datetime.fromisoformat(value) for value in values]
        elif column == "total_amount":
            values = [Decimal(value) for value in values]
        columns[column] = values
    path = root / "data" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def started(root: Path) -> Built:
    create_project(root, template="shopflow", name="demo", systems=["crm", "erp", "wms"])
    deliver(root, "crm/crm_customers", CUSTOMERS)
    deliver(root, "erp/erp_orders", ORDERS)
    deliver(root, "wms/wms_shipments", SHIPMENTS)
    return made_of(root)


def made_of(root: Path) -> Built:
    """Load what is new in a project, and build what it changes."""
    project = read_project(root)
    engine = open_engine(project.settings, root)
    load(engine, project).raise_failures()
    return Built(root, engine, build(engine, project))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    made = started(tmp_path_factory.mktemp("activity") / "demo")
    yield made
    made.engine.close()


@pytest.fixture(scope="module")
def split(demo: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The same project after the warehouse sent another parcel of an order."""
    root = shutil.copytree(demo.root, tmp_path_factory.mktemp("split") / "demo")
    deliver(root, "wms/wms_shipments", [*SHIPMENTS, SECOND_PARCEL])
    made = made_of(root)
    yield made
    made.engine.close()


def test_today_is_the_day_of_the_last_order(demo: Built) -> None:
    assert demo.report.as_of == date(2024, 5, 21)


def test_the_product_has_exactly_the_eight_declared_columns(demo: Built) -> None:
    with demo.engine.read() as session:
        found = {c.name: c.type for c in session.describe("FROM marketing_360.customer_activity")}
    assert list(found.items()) == list(DECLARED.items())


def test_revenue_is_what_the_orders_add_up_to(demo: Built) -> None:
    revenue = "SELECT sum(order_total) AS revenue FROM marketing_360.customer_activity"
    assert demo.value(revenue) == Decimal("1046.50") == sum(Decimal(order[3]) for order in ORDERS)


def test_a_second_shipment_changes_no_revenue(split: Built) -> None:
    found = split.rows("SELECT count(*) AS orders, sum(order_total) AS revenue FROM marketing_360.customer_activity")
    assert found == [{"orders": 5, "revenue": Decimal("1046.50")}]


def test_the_first_parcel_counts_the_days_and_the_last_one_has_the_status(demo: Built, split: Built) -> None:
    query = """SELECT days_from_order_to_ship AS days, delivery_status AS status
        FROM marketing_360.customer_activity WHERE order_id = 4"""
    assert demo.rows(query) == [{"days": 3, "status": "Shipped"}]
    assert split.rows(query) == [{"days": 3, "status": "Delivered"}]


def test_every_row_by_hand(demo: Built) -> None:
    found = demo.rows("SELECT * FROM marketing_360.customer_activity ORDER BY order_id")
    names = {1: "John Doe", 2: "Jane Smith", 3: "Peter Jones"}
    assert [tuple(row.values()) for row in found] == [
        (1, names[1], "john.doe@example.com", 134, 1, Decimal("150.75"), 1, "Delivered"),
        (2, names[2], "jane.smith@example.com", 97, 2, Decimal("200.00"), 3, "In Transit"),
        (1, names[1], "john.doe@example.com", 134, 3, Decimal("75.50"), 1, "Delivered"),
        (3, names[3], "peter.jones@example.com", 80, 4, Decimal("500.25"), 3, "Shipped"),
        (2, names[2], "jane.smith@example.com", 97, 5, Decimal("120.00"), None, None),
    ]


def test_the_documents_model_runs_but_a_second_parcel_doubles_its_revenue(demo: Built, split: Built) -> None:
    revenue = f"SELECT sum(order_total) AS revenue FROM ({MODEL_AS_WRITTEN})"
    assert demo.value(revenue) == Decimal("1046.50")
    assert split.value(revenue) == Decimal("1546.75"), "which is why shipments become one row per order first"


def test_the_documents_model_yields_four_of_its_eight_declared_columns(demo: Built) -> None:
    with demo.engine.read() as session:
        names = {column.name for column in session.describe(f"FROM ({MODEL_AS_WRITTEN})")}
    assert names & set(DECLARED) == {"customer_id", "customer_email", "order_id", "order_total"}


def test_the_products_have_the_ids_owners_and_ports_of_the_document(demo: Built) -> None:
    found = {
        product.id: (schema, product.domain, [port.name for port in product.output_ports])
        for schema, product in demo.project.products.items()
        if schema not in STAR
    }
    assert found == {
        "sales_crm_customers": ("sales_crm", "sales", ["customers"]),
        "sales_erp_orders": ("sales_erp", "sales", ["orders"]),
        "logistics_wms_shipments": ("logistics_wms", "logistics", ["shipments"]),
        "marketing_customer_360": ("marketing_360", "marketing", ["customer_activity"]),
    }


def test_the_templates_cases_hold(demo: Built) -> None:
    outcomes = run_cases(demo.project)
    assert sum(str(case.model) == "marketing_360.customer_activity" for case in outcomes) == 3
    assert [case for case in outcomes if not case.passed] == []


@pytest.mark.postgres
def test_the_product_says_the_same_on_postgresql(split: Built, postgres: PostgresServer) -> None:
    graph = Graph.from_project(split.project)
    node = graph.nodes[Relation("marketing_360", "customer_activity")]
    postgres.execute("DROP DATABASE IF EXISTS activity", "CREATE DATABASE activity")
    with psycopg.connect(f"postgresql://postgres@/activity?host={postgres.socket_folder}") as connection:
        for relation in node.dependencies:
            contract = split.project.contract_of(relation)
            assert contract is not None
            listed = ", ".join(f"{column.name} {column.type}" for column in contract.columns)
            connection.execute(f"CREATE SCHEMA {relation.schema}")
            connection.execute(f"CREATE TABLE {relation} ({listed})")
            with connection.cursor() as cursor, cursor.copy(f"COPY {relation} FROM STDIN") as copy:
                for row in split.rows(f"SELECT * FROM {relation}"):
                    copy.write_row(tuple(row.values()))
        sql = node.parts[0].sql("postgres", split.report.as_of)
        theirs = connection.execute(f"SELECT * FROM ({sql}) AS model ORDER BY order_id").fetchall()
    ours = split.rows("SELECT * FROM marketing_360.customer_activity ORDER BY order_id")
    assert theirs == [tuple(row.values()) for row in ours]
