"""Erase one of a million customers: how long it takes beside the build, and that nothing is left of them.

Afterwards each Parquet file is decoded and each other file of the warehouse and the state read for the address, the
name and the ids of the person; that scan is the proof, no part of the erasure, and is timed apart. Totals of orders
stay equal to the cent in mode anonymise, and fall by the person's own in mode delete.

python -m benchmarks erasure            (customers: C360_BENCH_CUSTOMERS, default 1,000,000; three orders each)
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import duckdb

from customer360.clock import stopwatch
from customer360.governance.office import operator
from customer360.privacy.office import PrivacyOffice
from customer360.privacy.removal import MODES
from customer360.workspace import Workspace, open_project

CUSTOMERS = int(os.environ.get("C360_BENCH_CUSTOMERS", "1000000"))
ORDERS_EACH = 3

_HEAD = """
apiVersion: v3.1.0
kind: DataContract
version: '1.0.0'
status: active
id: c360:{schema}:{table}
name: {table}
schema:
  - name: {table}
    properties:
"""
_PII = ", classification: confidential, tags: [pii]"
_TO = ", relationships: [{type: foreignKey, to: customers.customer_id}]"
SETTINGS = "name: bench\nlabel: Bench\nengine: {name: duckdb, folder: warehouse}\nas_of: 2024-12-31\n"
SOURCE = """
source: shop
kind: files
tables:
  customers: {location: data/customers.parquet, format: parquet, contract: "c360:shop:customers", key: [customer_id]}
  orders: {location: data/orders.parquet, format: parquet, contract: "c360:shop:orders", key: [order_id]}
"""
MODELS = {
    "shop/customers": """
-- One row per customer.
-- kind: view
SELECT customer_id, email, full_name FROM raw_shop.customers
""",
    "shop/orders": """
-- One row per order.
-- kind: view
SELECT order_id, customer_id, order_date, amount FROM raw_shop.orders
""",
    "conformed/person_record/shop": """
-- One row per customer.
SELECT 'shop' AS system, CAST(customer_id AS VARCHAR) AS record_id, email FROM shop.customers
""",
    "identity/customer_xref": """
-- One row per record.
SELECT system, record_id, 'P' || record_id AS customer_id, CAST(NULL AS DATE) AS valid_to FROM conformed.person_record
""",
    "gold/sales": """
-- One row per order.
SELECT o.order_id, x.customer_id, o.order_date, o.amount
FROM shop.orders AS o
INNER JOIN identity.customer_xref AS x ON x.record_id = CAST(o.customer_id AS VARCHAR)
""",
    "gold/customer": """
-- One row per customer.
SELECT customer_id, COUNT(*) AS orders, CAST(SUM(amount) AS DECIMAL(18, 2)) AS revenue
FROM gold.sales
GROUP BY customer_id
""",
}
CONTRACTS = {
    "shop/customers": ("customer_id: BIGINT key", "email: VARCHAR pii", "full_name: VARCHAR pii"),
    "shop/orders": ("order_id: BIGINT key", "customer_id: BIGINT to", "order_date: DATE", "amount: DECIMAL(10,2)"),
    "conformed/person_record": ("system: VARCHAR key", "record_id: VARCHAR key", "email: VARCHAR pii"),
    "identity/customer_xref": (
        "system: VARCHAR key", "record_id: VARCHAR key", "customer_id: VARCHAR", "valid_to: DATE",
    ),
    "gold/sales": ("order_id: BIGINT key", "customer_id: VARCHAR", "order_date: DATE", "amount: DECIMAL(10,2)"),
    "gold/customer": ("customer_id: VARCHAR key", "orders: BIGINT", "revenue: DECIMAL(18,2)"),
}  # fmt: skip


@dataclass
class Moments:
    """Notes when each step of an erasure ended."""

    began: float = field(default_factory=stopwatch)
    ended: dict[str, float] = field(default_factory=dict)

    def start(self, task: str, total: int | None = None) -> None:
        """Begin."""
        del task, total
        self.began = stopwatch()

    def step(self, task: str, what: str, amount: int = 1) -> None:
        """Note a step."""
        del task, amount
        self.ended[what] = stopwatch() - self.began

    def finish(self, task: str) -> None:
        """Note the end."""
        del task
        self.ended["all"] = stopwatch() - self.began


def contract(table: str, columns: tuple[str, ...]) -> str:
    """Return a contract: ``name: type`` and key, pii or to (a reference to the customers)."""
    schema, _, name = table.partition("/")
    lines, position = [_HEAD.format(schema=schema, table=name).strip()], 0
    for column in columns:
        called, _, rest = column.partition(": ")
        type_, _, word = rest.partition(" ")
        position += word == "key"
        key = f", required: true, primaryKey: true, primaryKeyPosition: {position}"
        more = {"key": key, "pii": _PII, "to": _TO}.get(word, "")
        lines.append(f'      - {{name: {called}, physicalType: "{type_}"{more}}}')
    return "\n".join(lines) + "\n"


def write(path: Path, text: str) -> None:
    """Write a file of the project."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.lstrip(), encoding="utf-8")


def project(root: Path) -> None:
    """Write the project and its data."""
    write(root / "c360.yaml", SETTINGS)
    write(root / "sources" / "shop.yaml", SOURCE)
    for name, text in MODELS.items():
        write(root / "products" / f"{name}.sql", text)
    for name, columns in CONTRACTS.items():
        write(root / "products" / f"{name}.odcs.yaml", contract(name, columns))
    (root / "data").mkdir()
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT i AS customer_id, 'person' || i || '@example.org' AS email, 'Person ' || i AS full_name"
            f" FROM range(1, {CUSTOMERS + 1}) AS r(i)) TO '{root}/data/customers.parquet'"
        )
        connection.execute(
            f"COPY (SELECT i AS order_id, 1 + (i * 7919) % {CUSTOMERS} AS customer_id,"
            " DATE '2024-01-01' + CAST(i % 366 AS INTEGER) AS order_date,"
            " CAST(CAST(i % 9973 AS DECIMAL(10, 2)) / 100 AS DECIMAL(10, 2)) AS amount"
            f" FROM range({CUSTOMERS * ORDERS_EACH}) AS r(i)) TO '{root}/data/orders.parquet'"
        )


def _total(workspace: Workspace, where: str = "") -> Decimal:
    """Return what orders are worth, of one person or of all."""
    with workspace.engine.read() as session:
        return session.query(f"SELECT coalesce(sum(amount), 0) AS a FROM gold.sales {where}")["a"][0].as_py()


def _traces(root: Path, person: int) -> list[str]:
    """Return the files in which the person stands: Parquet decoded, any other file as bytes."""
    texts = (f"person{person}@example.org", f"Person {person}", f"P{person}")
    found = []
    with duckdb.connect() as connection:
        for path in sorted((root / "warehouse").rglob("*.parquet")):
            columns = connection.execute(f"DESCRIBE FROM read_parquet('{path}')").fetchall()
            parts = [f"{name} IN {texts}" for name, type_, *_ in columns if type_ == "VARCHAR"]
            parts += [
                f"customer_id = {person}" for name, type_, *_ in columns if (name, type_) == ("customer_id", "BIGINT")
            ]
            if (
                parts
                and connection.execute(f"SELECT 1 FROM read_parquet('{path}') WHERE {' OR '.join(parts)}").fetchone()
            ):
                found.append(path.name)
    for folder in ("warehouse", "state", "logs"):
        for path in (each for each in (root / folder).rglob("*") if each.is_file() and each.suffix != ".parquet"):
            content = path.read_bytes()
            found += [path.name for text in texts[:2] if text.encode() in content]
    return found


def page() -> str:
    """Erase one customer in each mode and return the table of the bench page."""
    lines = [
        "## Erasing one customer\n",
        f"{CUSTOMERS:,} customers, {CUSTOMERS * ORDERS_EACH:,} orders; seconds.\n",
        "| mode | found | removed | built | searched | older states deleted, signed | all but the build | files read |",
        "|---|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "bench"
        project(root)
        workspace = open_project(root)
        workspace.run()
        office = PrivacyOffice(workspace.engine, workspace.project, workspace.governance)
        for number, mode in enumerate(MODES):
            moments, person = Moments(), CUSTOMERS // 2 + number
            before, own = _total(workspace), _total(workspace, f"WHERE customer_id = 'P{person}'")
            made = office.erase(f"shop:{person}", mode=mode, by=operator(), progress=moments)
            office.verify(made.path)
            expected = before if mode == "anonymise" else before - own
            if _total(workspace) != expected:
                raise AssertionError(f"{mode}: orders are worth {_total(workspace)}, not {expected}.")
            began = stopwatch()
            if left := _traces(root, person):
                raise AssertionError(f"{mode}: {left} still name the person.")
            scanned = stopwatch() - began
            names = ("found", "removed", "built", "proved", "all")
            at = [0.0, *(moments.ended[name] for name in names)]
            parts = [later - earlier for earlier, later in pairwise(at)]
            shown = " | ".join(f"{part:.1f}" for part in parts)
            lines.append(f"| {mode} | {shown} | {at[-1] - parts[2]:.1f} | {scanned:.1f} |")
        workspace.close()
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page())
