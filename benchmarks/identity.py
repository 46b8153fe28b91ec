"""Resolve a million records of people with homes and birth dates, then one per cent more; beside it, a naive graph.

The graph joins records with one e-mail or one phone.

python -m benchmarks identity            (records: C360_BENCH_RECORDS, default 1,000,000)
"""

from __future__ import annotations

import os
import resource
import time
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Measured:
    """A first run, the run after one per cent more records came, and the naive graph."""

    found: Resolution
    quality: Quality
    naive: Quality
    cost: dict[str, float]
    later: Resolution
    later_seconds: float
    later_processor: float
    changes: tuple[int, int, int]


def measure(count: int = RECORDS) -> Measured:
    """Resolve ``count`` records, then one per cent more with the memory of the first run."""
    table = people.table(Company(customers=1_000), count + count // 100)
    old = pa.array(np.random.default_rng(8360).permutation(table.num_rows) >= count // 100)
    records = table.drop_columns(["person_id", "household_id"])
    first = records.filter(old)
    wall, processor = time.perf_counter(), time.process_time()
    found = run(first, remember=True)
    cost = {
        "wall s": time.perf_counter() - wall,
        "processor s": time.process_time() - processor,
        "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }
    known = found.people.select(["record_id", "person_id"])
    known = known.append_column("is_current", pa.array(np.ones(known.num_rows, dtype=np.bool_)))
    wall, processor = time.perf_counter(), time.process_time()
    later = run(records, known=known, memory=found.memory, remember=True)
    seconds, worked = time.perf_counter() - wall, time.process_time() - processor
    labels = pa.table({"record_id": table["record_id"], "label": table["person_id"]})
    return Measured(
        found=found,
        quality=against_labels(found.people, labels),
        naive=against_labels(naive(first), labels),
        cost=cost,
        later=later,
        later_seconds=seconds,
        later_processor=worked,
        changes=changes(found.people, later),
    )


def changes(before: pa.Table, later: Resolution) -> tuple[int, int, int]:
    """Return old records with another id, those of them whose id has no alias, and old people who were torn apart."""
    aliases = later.aliases
    heirs = {"old": pa.array(list(aliases), pa.string()), "heir": pa.array(list(aliases.values()), pa.string())}
    with duckdb.connect() as connection:
        connection.register("b", before)
        connection.register("l", later.people)
        connection.register("a", pa.table(heirs))
        row = connection.execute(
            "WITH j AS (SELECT b.person_id AS old, l.person_id AS new FROM b JOIN l USING (record_id))"
            " SELECT count(*) FILTER (old <> new), count(*) FILTER (old <> new AND heir IS DISTINCT FROM new),"
            " (SELECT count(*) FROM (SELECT old FROM j GROUP BY old HAVING count(DISTINCT new) > 1))"
            " FROM j LEFT JOIN a USING (old)"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


SPLIT = {
    "normalise": ("normalise", "guard"),
    "train": ("train",),
    "predict": ("block", "score"),
    "cluster": ("cluster",),
    "ids": ("ids",),
    "evidence": ("evidence",),
}
"""Shown name -> phases."""


def page() -> str:
    """Return the section of the bench page."""
    it = measure()
    lines = [
        f"## Identity: {RECORDS:,} records with home and birth date",
        "",
        "| | precision | recall | largest wrong cluster |",
        "|---|---|---|---|",
    ]
    for name, quality in (("customer360", it.quality), ("same e-mail or phone", it.naive)):
        lines.append(f"| {name} | {quality.precision:.4f} | {quality.recall:.4f} | {quality.largest_wrong} |")
    lines += ["", ", ".join(f"{name} {value:.1f}" for name, value in it.cost.items()), ""]
    for title, shown in (("First run", it.found), ("With one per cent more records", it.later)):
        split = {name: sum(shown.seconds.get(phase, 0.0) for phase in phases) for name, phases in SPLIT.items()}
        lines.append(f"{title}: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in split.items()) + ".")
    moved, without, torn = it.changes
    lines += [
        "",
        (
            f"One per cent more took {it.later_seconds:.1f} s, {it.later_seconds / it.cost['wall s']:.0%} of the"
            f" first run ({it.later_processor:.1f} s of processor,"
            f" {it.later_processor / it.cost['processor s']:.0%})."
            f" {moved:,} old records have another id, {without:,} of them without an alias;"
            f" {torn:,} old people were torn apart."
        ),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    np.seterr(all="raise")
    print(page())
