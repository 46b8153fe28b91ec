"""Measure the ShopFlow generator: rows a second with writing Parquet, customers against Faker, memory at 2 M orders."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.timing import paired

CUSTOMERS = 100_000
FAKED = 1_000
"""Faker writes this many customers; its time a customer does not depend on how many."""

MANY = {"2 M order lines": 230_000, "25 M events": 435_000}
"""Customers who order so many lines, or click so often: six or seven events stand behind an order line."""


def page() -> str:
    """Return the section of the bench page."""
    return "\n\n".join(["## ShopFlow generator", _all_tables(), _against_faker(), _memory()])


def _all_tables() -> str:
    from customer360.synthetic.shopflow import ShopFlow
    from customer360.synthetic.to_files import write_files

    best = 0.0
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            began, worked = time.perf_counter(), time.process_time()
            rows = sum(each.rows for each in write_files(ShopFlow.of(CUSTOMERS), Path(folder)))
            wall, work = time.perf_counter() - began, time.process_time() - worked
            best = max(best, rows / wall)
    return (
        f"All tables of {CUSTOMERS:,} customers as Parquet: {rows:,} rows, best of three {best / 1e6:.2f} M rows/s;"
        f" {rows / work / 1e6:.2f} M a second of processor time ({os.cpu_count()} cores; wanted: 2 M rows/s on two)."
    )


def _against_faker() -> str:
    import faker

    from customer360.synthetic import shop
    from customer360.synthetic.book import OrderBook
    from customer360.synthetic.columns import plain
    from customer360.synthetic.company import Company

    company = Company(customers=CUSTOMERS)
    fake = faker.Faker("en_US")
    fake.seed_instance(42)
    countries = ["USA", "Canada", "UK", "Germany", "France", "Australia"]
    segments = ["High Value", "Medium Value", "Low Value", "At Risk", "Churned"]

    def by_faker() -> list[tuple[object, ...]]:
        return [
            (
                f"CUST{n:06d}",
                fake.unique.email(),
                fake.first_name(),
                fake.last_name(),
                fake.city(),
                fake.random_element(countries),
                fake.date_between(),
                fake.random_element(segments),
                fake.random_int(1, 50),
                fake.pydecimal(left_digits=5, right_digits=2, positive=True),
            )
            for n in range(FAKED)
        ]

    book = OrderBook.write(company)

    def ours() -> object:
        return plain(shop.customers(book))

    found = paired(ours, by_faker, rounds=5)
    ratio = (CUSTOMERS / found.measured) / (FAKED / found.baseline)
    return (
        f"Customers (ten columns, the order book given): {CUSTOMERS / found.measured / 1e3:,.0f} k/s against Faker's"
        f" {FAKED / found.baseline / 1e3:,.1f} k/s: {ratio:,.0f} x (wanted: 300 x)."
    )


def _memory() -> str:
    return "\n\n".join(_peak(customers) for customers in MANY.values())


def _peak(customers: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "benchmarks.generator", folder, str(customers)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    rows, orders, events, peak = done.stdout.split()
    return (
        f"{int(orders):,} order lines with their {int(events):,} events ({int(rows):,} rows):"
        f" peak {int(peak) / 1024:,.0f} MB (wanted: under 1,536 MB)."
    )


def _write_many(folder: Path, customers: int) -> None:
    from customer360.synthetic.shopflow import ShopFlow
    from customer360.synthetic.to_files import write_files

    written = {each.table: each.rows for each in write_files(ShopFlow.of(customers), folder, systems=["shop"])}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(sum(written.values()), written["orders"], written["events"], peak)


if __name__ == "__main__":
    _write_many(Path(sys.argv[1]), int(sys.argv[2]))
