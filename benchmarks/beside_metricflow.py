"""Metric queries beside MetricFlow: the same model (exported for it), the same data, one run, equal answers.

C360_METRICFLOW names a Python that has it; without, it is installed into a folder of its own.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.metrics import AS_OF, BY_HAND, LINES, TABLES, model
from benchmarks.timing import paired, seconds
from customer360.semantic.compile import compile_query
from customer360.semantic.formats.dbt import dbt_project
from customer360.semantic.query import MetricQuery

PINNED = ("dbt-metricflow==0.15.0", "dbt-core==1.11.16", "dbt-duckdb==1.11.1", f"duckdb=={duckdb.__version__}")
RUNNER = Path(__file__).with_name("metricflow_runner.py")
PROFILE = """customer360_bench:
  target: dev
  outputs:
    dev: {{type: duckdb, path: "{path}", schema: metricflow}}
"""


@dataclass(frozen=True)
class Asked:
    """One question in both languages."""

    by: str
    ours: dict[str, Any]
    theirs: dict[str, Any]


GROUPS = (
    Asked("total", {}, {"group_by": []}),
    Asked("segment", {"dimensions": [{"name": "customer.segment"}]}, {"group_by": ["customer__segment"]}),
    Asked("month", {"dimensions": [{"name": "time", "grain": "month"}]}, {"group_by": ["metric_time__month"]}),
    Asked("brand", {"dimensions": [{"name": "product.brand"}]}, {"group_by": ["product__brand"]}),
    Asked(
        "region and category of a year",
        {
            "dimensions": [{"name": "customer.region"}, {"name": "product.category"}],
            "time": {"start": "2024-01-01", "end": "2024-12-31"},
        },
        {"group_by": ["customer__region", "product__category"], "start": "2024-01-01", "end": "2024-12-31"},
    ),
    Asked(
        "one segment by quarter",
        {
            "dimensions": [{"name": "time", "grain": "quarter"}],
            "where": {"field": "customer.segment", "value": "segment 3"},
        },
        {"group_by": ["metric_time__quarter"], "where": ["{{ Dimension('customer__segment') }} = 'segment 3'"]},
    ),
)


def page() -> str:
    """Return the table of both, query by query."""
    with tempfile.TemporaryDirectory() as folder:
        return _page(Path(folder))


def _page(folder: Path) -> str:
    database = folder / "bench.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(TABLES)
    found = model(time_field="sales.sale_date")
    for name, text in dbt_project(found).files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "dbt" / "profiles.yml").write_text(PROFILE.format(path=database), encoding="utf-8")
    asked = [(metrics, group) for metrics in BY_HAND for group in GROUPS]
    theirs = _metricflow(folder / "dbt", [{"metrics": metrics, **group.theirs} for metrics, group in asked])
    rows, ratios, compiling = [], [], []
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("SET enable_progress_bar = false")
        for (metrics, group), other in zip(asked, theirs, strict=True):
            query = MetricQuery.model_validate({"metrics": metrics, **group.ours})
            taken = statistics.median(seconds(lambda q=query: compile_query(found, q, as_of=AS_OF)) for _ in range(5))
            compiling.append((taken, other["seconds"]))
            sql = compile_query(found, query, as_of=AS_OF).sql
            _same(connection, sql, other["sql"])
            pair = paired(
                lambda sql=sql: connection.execute(sql).to_arrow_table(),
                lambda sql=other["sql"]: connection.execute(sql).to_arrow_table(),
                rounds=3,
            )
            ratios.append(pair.ratio)
            rows.append(
                f"| {', '.join(metrics)} | {group.by} | {pair.measured:.3f} | {pair.baseline:.3f} | {pair.ratio:.2f} |"
            )
    head = f"## Metric queries beside MetricFlow, {LINES:,} sales lines\n\n"
    head += "| metrics | by | customer360 s | MetricFlow s | ratio |\n|---|---|---|---|---|"
    ours, others = (statistics.median(each) * 1000 for each in zip(*compiling, strict=True))
    last = (
        f"{len(rows)} queries, all with equal answers. Median ratio {statistics.median(ratios):.2f}, "
        f"largest {max(ratios):.2f}. Compiling takes {ours:.1f} ms in the median, MetricFlow {others:.0f} ms "
        f"({PINNED[0].replace('==', ' ')})."
    )
    return "\n".join([head, *rows, "", last])


def _metricflow(folder: Path, queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    environment = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    environment |= {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}
    done = subprocess.run(
        [_python(), "-P", str(RUNNER), str(folder)],
        input=json.dumps(queries),
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=environment,
    )
    if done.returncode:
        raise RuntimeError(f"MetricFlow stopped:\n{done.stderr[-3000:]}")
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def _python() -> str:
    """Return a Python that has MetricFlow; it needs other versions of packages than we do, so never ours."""
    given = os.environ.get("C360_METRICFLOW")
    if given:
        return given
    folder = Path(sys.prefix) / "metricflow"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PINNED], check=True)
    return str(python)


def _same(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> None:
    answers = [sorted(_plain(row) for row in connection.execute(sql).fetchall()) for sql in (one, other)]
    if answers[0] != answers[1]:
        raise AssertionError(f"Different answers:\n{one}\n{other}\n{answers[0][:3]}\n{answers[1][:3]}")


def _plain(row: tuple[Any, ...]) -> tuple[str, ...]:
    """Return values as text: numbers to 9 digits, moments at midnight as days."""
    return tuple(
        f"{float(v):.9g}" if isinstance(v, int | float | Decimal) else str(v).removesuffix(" 00:00:00") for v in row
    )
