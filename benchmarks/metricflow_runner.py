"""Compile queries with MetricFlow, in the environment it is installed in: queries on stdin, their SQL on stdout.

Run by ``benchmarks.beside_metricflow`` with MetricFlow's own interpreter; imports nothing of this project.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

ROUNDS = 5


def main() -> None:
    folder = Path(sys.argv[1])
    asked = json.load(sys.stdin)
    out = os.dup(1)
    os.dup2(2, 1)  # what the libraries print does not belong to the answer
    found = compiled(folder, asked)
    with os.fdopen(out, "w") as answer:
        json.dump(found, answer)


def compiled(folder: Path, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the SQL of each query and the median seconds it took to compile."""
    from dbt.cli.main import dbtRunner  # type: ignore[import-not-found]
    from dbt_metricflow.cli.cli_configuration import CLIConfiguration  # type: ignore[import-not-found]
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest  # type: ignore[import-not-found]

    done = dbtRunner().invoke(["build", "--project-dir", str(folder), "--profiles-dir", str(folder), "--quiet"])
    if not done.success:
        raise SystemExit(f"dbt could not build the project: {done.exception or done.result}")
    configuration = CLIConfiguration()
    configuration.setup(dbt_profiles_path=folder, dbt_project_path=folder, configure_file_logging=False)
    engine = configuration.mf

    def explained(query: dict[str, Any]) -> str:
        day = datetime.fromisoformat
        request = MetricFlowQueryRequest.create(
            metric_names=query["metrics"],
            group_by_names=query["group_by"],
            where_constraints=query.get("where"),
            time_constraint_start=day(query["start"]) if "start" in query else None,
            time_constraint_end=day(query["end"]) if "end" in query else None,
            order_by_names=query["group_by"],
        )
        return str(engine.explain(request).sql_statement.without_descriptions.sql)

    explained(asked[0])
    answers = []
    for query in asked:
        taken = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            sql = explained(query)
            taken.append(time.perf_counter() - began)
        answers.append({"sql": sql, "seconds": statistics.median(taken)})
    return answers


if __name__ == "__main__":
    main()
