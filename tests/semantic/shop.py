"""A tiny shop in memory: rows that set every trap of a star schema, and the model that must not fall into one."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from ruamel.yaml import YAML

from customer360.engines.base import Column
from customer360.errors import Place, StatementFailed
from customer360.project.spec import SemanticDocument
from customer360.semantic.answer import Answer, Memory, answer
from customer360.semantic.masks import KEYED_HASH
from customer360.semantic.model import SemanticModel
from customer360.semantic.query import MetricQuery

if TYPE_CHECKING:
    import pyarrow as pa

AS_OF = date(2024, 11, 30)

COLUMNS = {
    "calendar": "date_key INT, calendar_date DATE, weekday TEXT",
    "customer": """customer_key INT, customer_version_key INT, customer_id TEXT, segment TEXT, region TEXT, age INT,
        email TEXT, valid_from DATE, valid_to DATE, is_current BOOLEAN""",
    "product": "product_key INT, brand TEXT, category TEXT, cost DECIMAL(10,2)",
    "sales": """line_id INT, transaction_id TEXT, customer_key INT, customer_version_key INT, product_key INT,
        order_date_key INT, ship_date_key INT, channel TEXT, is_return BOOLEAN, quantity INT, net DECIMAL(10,2),
        is_test BOOLEAN""",
    "tickets": "ticket_id INT, customer_key INT, created_at TIMESTAMP, channel TEXT, minutes DOUBLE",
    "stock": "product_key INT, day DATE, on_hand INT",
    "carts": "cart_id TEXT, customer_key INT, day DATE, value DECIMAL(10,2)",
    "cart_items": "cart_id TEXT, product_key INT, item_value DECIMAL(10,2), share DOUBLE",
}

Rows = dict[str, list[tuple[Any, ...]]]

ROWS: Rows = {
    "customer": [
        # Ann was New and became VIP: the current row keeps the durable key 1, the old version has key 101
        (1, 11, "ann", "VIP", "EU", 34, "ann@example.com", "2024-06-01", None, True),
        (101, 10, "ann", "New", "EU", 33, "ann@example.com", "2023-01-01", "2024-06-01", False),
        (2, 20, "bob", "Regular", "US", 51, "bob@example.com", "2023-01-01", None, True),
        (3, 30, "cy", None, "EU", None, None, "2023-01-01", None, True),
        (4, 40, "dee", "VIP", "US", 28, "dee@example.com", "2023-01-01", None, True),
    ],
    "product": [(1, "Acme", "Shoes", "10.00"), (2, "Acme", "Hats", "4.00"), (3, "Zed", "Shoes", "12.50")],
    "sales": [
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
    "tickets": [
        (1, 1, "2024-02-20 23:59", "Online", 10.0),
        (2, 1, "2024-07-03 09:00", "Phone", 5.0),
        (3, 1, "2024-11-30 18:30", "Phone", None),
        (4, 4, "2024-11-02 00:00", None, 7.5),
        (5, None, "2024-12-01 00:00", "Online", 1.0),
    ],
    "stock": [
        (1, "2024-10-01", 50),
        (2, "2024-10-01", 20),
        (1, "2024-10-31", 40),
        (2, "2024-10-31", 10),
        (1, "2024-11-15", 35),
        (2, "2024-11-30", 7),
    ],
    "carts": [("c1", 1, "2024-11-01", "50.00"), ("c2", 2, "2024-11-02", "20.00")],
    "cart_items": [("c1", 1, "20.00", 0.4), ("c1", 2, "30.00", 0.6), ("c2", 3, "20.00", 1.0)],
}


class MemorySession:
    """An in-memory DuckDB that answers as a warehouse session does."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.snapshot = 1

    @property
    def state(self) -> str:
        return f"{id(self)}/{self.snapshot}"

    def publish(self, sql: str) -> None:
        self.connection.execute(sql)
        self.snapshot += 1

    def query(self, sql: str, parameters: Any = ()) -> pa.Table:
        return self.connection.execute(sql, list(parameters)).to_arrow_table()

    def describe(self, sql: str) -> tuple[Column, ...]:
        try:
            rows = self.connection.execute(f"DESCRIBE {sql}").fetchall()
        except duckdb.Error as error:
            raise StatementFailed(str(error).splitlines()[0]) from error
        return tuple(Column(row[0], row[1]) for row in rows)


def insert(session: MemorySession, table: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        marks = ", ".join(f"({', '.join('?' * len(row))})" for row in rows)
        values = [value for row in rows for value in row]
        session.connection.execute(f"INSERT INTO gold.{table} VALUES {marks}", values)


SALT = "what nobody else has"


def shop_session(rows: Rows = ROWS) -> MemorySession:
    session = MemorySession()
    session.connection.execute("CREATE SCHEMA gold")
    session.connection.execute(f"CREATE MACRO {KEYED_HASH}(t) AS left(sha256('{SALT}' || t), 32)")  # the guard's part
    for table, columns in COLUMNS.items():
        session.connection.execute(f"CREATE TABLE gold.{table} ({columns})")
        insert(session, table, rows.get(table, []))
    session.connection.execute(
        "INSERT INTO gold.calendar SELECT CAST(strftime(d, '%Y%m%d') AS INTEGER), CAST(d AS DATE), dayname(d) "
        "FROM generate_series(DATE '2023-01-01', DATE '2025-12-31', INTERVAL 1 DAY) AS days(d)"
    )
    return session


def document(path: Path = Path(__file__).parent / "shop.yaml") -> SemanticDocument:
    return SemanticDocument("shop", Place("semantic/shop.yaml"), YAML(typ="safe").load(path))


def shop_model() -> SemanticModel:
    return SemanticModel.from_document(document())


Change = Callable[[dict[str, Any]], None]


def changed(change: Change) -> SemanticModel:
    found = copy.deepcopy(dict(document().document))
    change(found["semantic_model"][0])
    return SemanticModel.from_document(SemanticDocument("shop", Place("semantic/shop.yaml"), found))


def element(model: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    return next(item for item in model[kind] if item["name"] == name)


def set_c360(item: dict[str, Any], **keys: Any) -> None:
    entries = item.setdefault("custom_extensions", [])
    ours = next((entry for entry in entries if entry["vendor_name"] == "C360"), None)
    if ours is None:
        ours = {"vendor_name": "C360", "data": '{"v":1}'}
        entries.append(ours)
    ours["data"] = json.dumps({**json.loads(ours["data"]), **keys})


class Shop:
    """The session, the model and a short way to ask."""

    def __init__(self, change: Change | None = None, rows: Rows = ROWS) -> None:
        self.session = shop_session(rows)
        self.model = changed(change) if change else shop_model()

    def answer(
        self,
        *metrics: str,
        by: Any = (),
        as_of: date = AS_OF,
        principal: Any = None,
        memory: Memory | None = None,
        **more: Any,
    ) -> Answer:
        names = [by] if isinstance(by, str) else by
        dimensions = [
            {"name": d.partition(":")[0], "grain": d.partition(":")[2] or None} if isinstance(d, str) else d
            for d in names
        ]
        query = MetricQuery.model_validate({"metrics": metrics, "dimensions": dimensions, **more})
        return answer(self.session, self.model, query, as_of=as_of, principal=principal, memory=memory)

    def ask(self, *metrics: str, **more: Any) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self.answer(*metrics, **more).table.to_pylist()]

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self.session.query(text).to_pylist()]
