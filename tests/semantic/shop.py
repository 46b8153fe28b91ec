"""A tiny shop in memory: rows that set every trap of a star schema, and the model that must not fall into one."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from ruamel.yaml import YAML

from customer360.errors import Place
from customer360.project.spec import SemanticDocument
from customer360.semantic.answer import Answer, answer
from customer360.semantic.model import SemanticModel
from customer360.semantic.query import MetricQuery

AS_OF = date(2024, 11, 30)

TABLES: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "calendar": ("date_key INTEGER, calendar_date DATE, weekday VARCHAR", []),
    "customer": (
        "customer_key INTEGER, customer_version_key INTEGER, customer_id VARCHAR, segment VARCHAR, region VARCHAR, age INTEGER, "
        "email VARCHAR, valid_from DATE, valid_to DATE, is_current BOOLEAN",
        [
            # Ann was New and became VIP: the current row keeps the durable key 1, the old version has 101
            (1, 11, "ann", "VIP", "EU", 34, "ann@example.com", date(2024, 6, 1), None, True),
            (101, 10, "ann", "New", "EU", 33, "ann@example.com", date(2023, 1, 1), date(2024, 6, 1), False),
            (2, 20, "bob", "Regular", "US", 51, "bob@example.com", date(2023, 1, 1), None, True),
            (3, 30, "cy", None, "EU", None, None, date(2023, 1, 1), None, True),
            (4, 40, "dee", "VIP", "US", 28, "dee@example.com", date(2023, 1, 1), None, True),
        ],
    ),
    "product": (
        "product_key INTEGER, brand VARCHAR, category VARCHAR, cost DECIMAL(10,2)",
        [(1, "Acme", "Shoes", "10.00"), (2, "Acme", "Hats", "4.00"), (3, "Zed", "Shoes", "12.50")],
    ),
    "sales": (
        "line_id INTEGER, transaction_id VARCHAR, customer_key INTEGER, customer_version_key INTEGER, product_key INTEGER, "
        "order_date_key INTEGER, ship_date_key INTEGER, channel VARCHAR, is_return BOOLEAN, quantity INTEGER, net DECIMAL(10,2), "
        "is_test BOOLEAN",
        [
            (1, "t1", 1, 10, 1, 20240215, 20240301, "Online", False, 2, "40.00", False),
            (2, "t1", 1, 10, 2, 20240215, 20240301, "Online", False, 1, "9.50", False),
            (3, "t2", 1, 11, 3, 20240701, 20240702, "Store", False, 1, "30.00", False),
            (4, "t3", 2, 20, 1, 20240702, 20240703, "Online", False, 3, "60.00", False),
            (5, "t4", 2, 20, 2, 20241101, None, "Store", True, 1, "9.50", False),
            (6, "t5", 3, 30, 3, 20241115, 20241116, None, False, 1, "28.00", False),
            (7, "t6", None, None, 1, 20241130, 20241130, "Online", False, 1, "20.00", False),
            (8, "t7", 99, 990, None, 20241130, 20241201, "Store", False, 4, "80.00", False),
            (9, "t8", 2, 20, 1, 20241130, 20241130, "Online", False, 1, "999.00", True),
        ],
    ),
    "tickets": (
        "ticket_id INTEGER, customer_key INTEGER, created_at TIMESTAMP, channel VARCHAR, minutes DOUBLE",
        [
            (1, 1, datetime(2024, 2, 20, 23, 59), "Online", 10.0),
            (2, 1, datetime(2024, 7, 3, 9, 0), "Phone", 5.0),
            (3, 1, datetime(2024, 11, 30, 18, 30), "Phone", None),
            (4, 4, datetime(2024, 11, 2, 0, 0), None, 7.5),
            (5, None, datetime(2024, 12, 1, 0, 0), "Online", 1.0),
        ],
    ),
    "stock": (
        "product_key INTEGER, day DATE, on_hand INTEGER",
        [
            (1, date(2024, 10, 1), 50),
            (2, date(2024, 10, 1), 20),
            (1, date(2024, 10, 31), 40),
            (2, date(2024, 10, 31), 10),
            (1, date(2024, 11, 15), 35),
            (2, date(2024, 11, 30), 7),
        ],
    ),
    "carts": (
        "cart_id VARCHAR, customer_key INTEGER, day DATE, value DECIMAL(10,2)",
        [("c1", 1, date(2024, 11, 1), "50.00"), ("c2", 2, date(2024, 11, 2), "20.00")],
    ),
    "cart_items": (
        "cart_id VARCHAR, product_key INTEGER, item_value DECIMAL(10,2)",
        [("c1", 1, "20.00"), ("c1", 2, "30.00"), ("c2", 3, "20.00")],
    ),
}


class MemorySession:
    """An in-memory DuckDB that answers as a warehouse session does."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()

    def query(self, sql: str, parameters: Any = ()) -> pa.Table:
        return self.connection.execute(sql, list(parameters)).to_arrow_table()


def shop_session() -> MemorySession:
    session = MemorySession()
    session.connection.execute("CREATE SCHEMA gold")
    for table, (columns, rows) in TABLES.items():
        session.connection.execute(f"CREATE TABLE gold.{table} ({columns})")
        if rows:
            marks = ", ".join("?" for _ in rows[0])
            session.connection.executemany(f"INSERT INTO gold.{table} VALUES ({marks})", rows)
    session.connection.execute(
        "INSERT INTO gold.calendar SELECT CAST(strftime(d, '%Y%m%d') AS INTEGER), CAST(d AS DATE), dayname(d) "
        "FROM generate_series(DATE '2023-01-01', DATE '2025-12-31', INTERVAL 1 DAY) AS days(d)"
    )
    return session


def document(path: Path = Path(__file__).parent / "shop.yaml") -> SemanticDocument:
    return SemanticDocument("shop", Place("semantic/shop.yaml"), YAML(typ="safe").load(path))


def shop_model() -> SemanticModel:
    return SemanticModel.from_document(document())


class Shop:
    """The session, the model and a short way to ask."""

    def __init__(self) -> None:
        self.session = shop_session()
        self.model = shop_model()

    def answer(self, *metrics: str, by: Any = (), as_of: date = AS_OF, principal: Any = None, **more: Any) -> Answer:
        names = [by] if isinstance(by, str) else by
        dimensions = [
            {"name": d.partition(":")[0], "grain": d.partition(":")[2] or None} if isinstance(d, str) else d
            for d in names
        ]
        query = MetricQuery.model_validate({"metrics": metrics, "dimensions": dimensions, **more})
        return answer(self.session, self.model, query, as_of=as_of, principal=principal)

    def ask(self, *metrics: str, **more: Any) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self.answer(*metrics, **more).table.to_pylist()]

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self.session.query(text).to_pylist()]
