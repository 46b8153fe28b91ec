"""A small project on disk whose every table shows which version of the source it was built from."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.end_to_end.forked import run

SRC = Path(__file__).parents[2] / "src"
ROWS = 2_000
TABLES = ("lines", "per_customer", "total")

SETTINGS = """
name: small
label: Small
as_of: 2024-06-30
domains: {sales: {label: Sales, owners: [owner@example.org]}}
keep_snapshots: 3
"""
SOURCE = """
source: shop
kind: files
tables:
  lines:
    location: data/lines-*.csv
    format: csv
    contract: c360:source:shop.lines
"""
PRODUCT = """
apiVersion: v1.0.0
kind: DataProduct
id: c360.sales
name: Sales
version: "1.0.0"
status: active
domain: sales
outputPorts:
  - {name: lines, version: "1.0.0", contractId: "c360:sales:lines"}
  - {name: per_customer, version: "1.0.0", contractId: "c360:sales:per_customer"}
  - {name: total, version: "1.0.0", contractId: "c360:sales:total"}
team: {name: Sales, members: [{username: owner@example.org, role: owner}]}
"""
MODELS = {
    "lines": "-- One row per line.\nSELECT line_id, customer_id, amount, version FROM raw_shop.lines\n",
    "per_customer": (
        "-- One row per customer.\n"
        "SELECT customer_id, sum(amount)::DECIMAL(12, 2) AS amount, max(version) AS version\n"
        "FROM sales.lines GROUP BY customer_id\n"
    ),
    "total": (
        "-- One row.\n"
        "SELECT 1 AS id, sum(amount)::DECIMAL(12, 2) AS amount, max(version) AS version FROM sales.per_customer\n"
    ),
}
COLUMNS = {
    "lines": "line_id INTEGER key, customer_id INTEGER, amount DECIMAL(10,2), version INTEGER",
    "per_customer": "customer_id INTEGER key, amount DECIMAL(12,2), version INTEGER",
    "total": "id INTEGER key, amount DECIMAL(12,2), version INTEGER",
}


def contract(schema: str, table: str, columns: str, *, identity: str | None = None) -> str:
    """Return an ODCS contract; columns as ``name TYPE [key]``, all required."""
    lines = [
        "apiVersion: v3.1.0",
        "kind: DataContract",
        f"id: {identity or f'c360:{schema}:{table}'}",
        f"name: {table}",
        'version: "1.0.0"',
        "status: active",
        "schema:",
        f"  - name: {table}",
        "    physicalType: table",
        "    properties:",
    ]
    for column in columns.split(", "):
        name, kind, *marks = column.split()
        logical = "integer" if kind == "INTEGER" else "number"
        key = ", primaryKey: true, primaryKeyPosition: 1" if marks else ""
        lines.append(f'      - {{name: {name}, logicalType: {logical}, physicalType: "{kind}", required: true{key}}}')
    return "\n".join(lines) + "\n"


def write(root: Path) -> None:
    """Write the project; ``write_data`` fills its source."""
    products = root / "products" / "sales"
    products.mkdir(parents=True)
    (root / "sources").mkdir()
    (root / "data").mkdir()
    (root / "c360.yaml").write_text(SETTINGS, encoding="utf-8")
    (root / "sources" / "shop.yaml").write_text(SOURCE, encoding="utf-8")
    raw = contract("raw_shop", "lines", COLUMNS["lines"], identity="c360:source:shop.lines")
    (root / "sources" / "shop.lines.odcs.yaml").write_text(raw, encoding="utf-8")
    (products / "product.odps.yaml").write_text(PRODUCT, encoding="utf-8")
    for table in TABLES:
        (products / f"{table}.sql").write_text(MODELS[table], encoding="utf-8")
        (products / f"{table}.odcs.yaml").write_text(contract("sales", table, COLUMNS[table]), encoding="utf-8")


def write_data(root: Path, version: int) -> None:
    """Replace the source's file: every row carries the version."""
    rows = [f"{n},{n % 97},{(n * 7919 + version) % 10_000 / 100:.2f},{version}" for n in range(ROWS)]
    text = "line_id,customer_id,amount,version\n" + "\n".join(rows) + "\n"
    (root / "data" / "lines-1.csv").write_text(text, encoding="utf-8")


def environment() -> dict[str, str]:
    """Return the environment of a process that runs this checkout's code."""
    return {**os.environ, "PYTHONPATH": str(SRC)}


def c360(
    *arguments: str | Path,
    cwd: Path,
    timeout: float = 120,
    start: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a person would, after the words of ``start``, and return what it said."""
    words, settings = [str(each) for each in arguments], {**environment(), **(variables or {})}
    if not start:
        return run(words, cwd=cwd, environment=settings, timeout=timeout)
    return subprocess.run(
        [*start, sys.executable, "-m", "customer360", *words],
        cwd=cwd,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
