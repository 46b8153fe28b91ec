"""Resolve a million records of people with homes and birth dates; beside it, the graph of equal e-mails or phones.

python -m benchmarks identity            (records: C360_BENCH_RECORDS, default 1,000,000)
"""

from __future__ import annotations

import os
import resource
import time

import duckdb
import numpy as np
import pyarrow as pa

from customer360.identity import Resolution, run
from customer360.identity.cluster import components
from customer360.identity.evaluate import Quality, against_labels
from customer360.synthetic import people
from customer360.synthetic.company import Company

RECORDS = int(os.environ.get("C360_BENCH_RECORDS", "1000000"))


def naive(records: pa.Table) -> pa.Table:
    """Return people of the graph that joins records with one e-mail (lower case) or one phone (digits)."""
    with duckdb.connect() as connection:
        connection.register("records", records)
        connection.execute(
            "CREATE TABLE r AS SELECT record_id, row_number() OVER () - 1 AS n, lower(email) AS e,"
            " regexp_replace(phone, '\\D', '', 'g') AS p FROM records"
        )
        edges = connection.execute(
            "SELECT n AS a, min(n) OVER (PARTITION BY e) AS b FROM r WHERE e IS NOT NULL"
            " UNION ALL SELECT n, min(n) OVER (PARTITION BY p) FROM r WHERE p IS NOT NULL"
        ).to_arrow_table()
        ids = connection.execute("SELECT record_id FROM r ORDER BY n").to_arrow_table()["record_id"]
    label = components(len(ids), edges["a"].to_numpy(), edges["b"].to_numpy())
    return pa.table({"record_id": ids, "person_id": label})


def measure(count: int = RECORDS) -> tuple[Resolution, Quality, Quality, dict[str, float]]:
    """Return the resolution, its quality, the naive graph's, and wall and processor seconds and peak memory in GB."""
    table = people.table(Company(customers=1_000), count)
    records = table.drop_columns(["person_id", "household_id"])
    labels = pa.table({"record_id": table["record_id"], "label": table["person_id"]})
    wall, processor = time.perf_counter(), time.process_time()
    found = run(records)
    cost = {
        "wall s": time.perf_counter() - wall,
        "processor s": time.process_time() - processor,
        "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }
    return found, against_labels(found.people, labels), against_labels(naive(records), labels), cost


def page() -> str:
    """Return the section of the bench page."""
    found, ours, graph, cost = measure()
    lines = [
        f"## Identity: {RECORDS:,} records with home and birth date",
        "",
        "| | precision | recall | largest wrong cluster |",
        "|---|---|---|---|",
    ]
    for name, quality in (("customer360", ours), ("same e-mail or phone", graph)):
        lines.append(f"| {name} | {quality.precision:.4f} | {quality.recall:.4f} | {quality.largest_wrong} |")
    lines += ["", ", ".join(f"{name} {value:.1f}" for name, value in cost.items()), ""]
    lines.append(", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in found.seconds.items()))
    return "\n".join(lines)


if __name__ == "__main__":
    np.seterr(all="raise")
    print(page())
