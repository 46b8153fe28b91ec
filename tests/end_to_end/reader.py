"""Read all tables in one session again and again, and print one line for every state seen."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from customer360.workspace import open_project

QUESTION = """
SELECT (SELECT min(version) || '-' || max(version) FROM sales.lines) AS lines,
       (SELECT min(version) || '-' || max(version) FROM sales.per_customer) AS per_customer,
       (SELECT min(version) || '-' || max(version) FROM sales.total) AS total,
       (SELECT sum(amount) FROM sales.lines)::VARCHAR AS sum_of_lines,
       (SELECT sum(amount) FROM sales.per_customer)::VARCHAR AS sum_of_customers,
       (SELECT sum(amount) FROM sales.total)::VARCHAR AS sum_of_total
"""

if __name__ == "__main__":
    folder, stop = Path(sys.argv[1]), Path(sys.argv[2])
    workspace = open_project(folder)
    seen: set[tuple[str, ...]] = set()
    reads = 0
    while not stop.exists():
        with workspace.engine.read() as session:
            first, second = session.query(QUESTION).to_pylist()[0], session.query(QUESTION).to_pylist()[0]
        assert first == second, "one session saw two states"
        reads += 1
        seen.add(tuple(str(value) for value in first.values()))
        time.sleep(0.2)
    print(reads)
    for state in sorted(seen):
        print("\t".join(state))
