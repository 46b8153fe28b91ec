"""What access costs: thirty metric queries as an account with filters and masks asks them, against the same unguarded.

python -m benchmarks policies            (sales lines: C360_BENCH_LINES, default 10,000,000)

The guarded side looks grants up, rewrites and runs the query, and writes the entry of the history. The filter of
the customers lets everybody through, so that both sides count the same rows: what is measured is the guard alone.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

import duckdb

from benchmarks.erasure import contract, write
from benchmarks.metrics import AS_OF, BY_HAND, GROUPS, LINES, TABLES, model
from benchmarks.timing import paired
from customer360.governance.guard import REWRITTEN
from customer360.governance.office import Governance, operator
from customer360.project.reader import read_project
from customer360.semantic.compile import compile_query
from customer360.semantic.principal import Principal
from customer360.semantic.query import MetricQuery

SETTINGS = "name: bench\nlabel: Bench\nengine: {name: duckdb, folder: warehouse}\nas_of: 2024-12-31\n"
CONTRACTS = {
    "customer": ("customer_key: BIGINT key", "segment: VARCHAR", "region: VARCHAR", "name: VARCHAR pii"),
    "product": ("product_key: BIGINT key", "category: VARCHAR", "brand: VARCHAR"),
    "calendar": ("date_key: INTEGER key", "day: DATE"),
    "sales": ("line_id: BIGINT key", "order_id: BIGINT", "customer_key: BIGINT", "product_key: BIGINT",
              "date_key: INTEGER", "sale_date: DATE", "quantity: BIGINT", "net: DECIMAL(10,2)", "is_return: BOOLEAN"),
}  # fmt: skip
MASK = ", customProperties: [{property: c360Mask, value: hash}]"
PRODUCT = """
apiVersion: v1.0.0
kind: DataProduct
id: gold
name: Gold
version: '1.0.0'
status: active
team: {name: Gold, members: [{username: gold-data, role: owner}]}
outputPorts:
"""
PORT = "  - {{name: {0}, version: '1.0.0', contractId: 'c360:gold:{0}', customProperties: [{1}]}}\n"
FILTER = '{property: c360RowFilter, value: "region IN (user.regions)"}'


def governed(root: Path) -> tuple[Governance, Principal]:
    """Write a project with restricted ports and return its governance with an account that was granted them."""
    write(root / "c360.yaml", SETTINGS)
    ports = ""
    for table, columns in CONTRACTS.items():
        text = contract(f"gold/{table}", columns).replace("tags: [pii]", f"tags: [pii]{MASK}")
        write(root / "products" / "gold" / f"{table}.odcs.yaml", text)
        names = ", ".join(f"CAST(NULL AS {c.split(': ')[1].split(' ')[0]}) AS {c.split(':')[0]}" for c in columns)
        write(
            root / "products" / "gold" / f"{table}.sql", f"-- One row per {columns[0].split(':')[0]}.\nSELECT {names}\n"
        )
        restricted = "{property: c360Access, value: restricted}"
        ports += PORT.format(table, f"{restricted}, {FILTER}" if table == "customer" else restricted)
    write(root / "products" / "gold" / "product.odps.yaml", PRODUCT + ports)
    governance = Governance(read_project(root))
    regions = [f"region {number}" for number in range(12)]
    account = governance.accounts.create("kai", password=None, attributes={"regions": regions}, by="bench")
    for table in CONTRACTS:
        governance.access.grant(f"gold.{table}", "kai", by=operator())
    return governance, governance.principal(account)


def page() -> str:
    """Return the table of ratios."""
    found, rows, ratios, totals = model(), [], [], [0.0, 0.0]
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        governance, kai = governed(Path(folder) / "bench")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(TABLES)
        connection.execute("ALTER TABLE gold.customer ADD COLUMN name VARCHAR DEFAULT 'somebody'")
        for metrics in BY_HAND:
            for group, (dimensions, more, _) in GROUPS.items():
                query = MetricQuery.model_validate({"metrics": metrics, "dimensions": dimensions, **more})
                sql = compile_query(found, query, as_of=AS_OF).sql

                def asked(sql: str = sql) -> list[tuple[object, ...]]:
                    ready = REWRITTEN.query(sql, governance.entitlements(kai))
                    answer = connection.execute(ready.sql, ready.parameters).fetchall()
                    governance.note_reading(kai, "metrics", frozenset(ready.relations), sql, len(answer))
                    return answer

                def plain(sql: str = sql) -> list[tuple[object, ...]]:
                    return connection.execute(sql).fetchall()

                if asked() != plain():
                    raise AssertionError(f"Different answers: {sql}")
                pair = paired(asked, plain, rounds=3)
                ratios.append(pair.ratio)
                totals = [totals[0] + pair.measured, totals[1] + pair.baseline]
                shown = f"{pair.measured:.3f} | {pair.baseline:.3f} | {pair.ratio:.2f}"
                rows.append(f"| {', '.join(metrics)} | {group} | {shown} |")
    head = f"## What access costs over {LINES:,} sales lines\n\n| metrics | by | guarded s | unguarded s | ratio |"
    end = f"All {len(rows)}: {totals[0] / totals[1]:.2f} times as long; median ratio {statistics.median(ratios):.2f}."
    return "\n".join([head, "|---|---|---|---|---|", *rows, "", end])


if __name__ == "__main__":
    print(page())
