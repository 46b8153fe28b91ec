"""Identity with the pairs chosen and compared by this process, and by a Spark of one and of two workers beside it.

Each in a process of its own, which tells its seconds and memory; the tables that come out are compared.

python -m benchmarks identity_on_spark            (records: C360_BENCH_RECORDS, default 100,000)
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import feather
from tests.postgres_server import free_port
from tests.spark_cluster import started

from customer360.engines.spark import SparkEngine
from customer360.identity import steps
from customer360.project.spec import EngineSettings, Place, Settings
from customer360.synthetic import people
from customer360.synthetic.company import Company

RECORDS = int(os.environ.get("C360_BENCH_RECORDS", "100000"))
DAY = date(2024, 11, 25)
SPARK = {"spark.executor.memory": "1500m", "spark.driver.memory": "1g", "spark.sql.shuffle.partitions": "4"}
URL = "C360_SPARK_URL"


def records(count: int) -> pa.Table:
    """Return records of people as a project has them."""
    table = people.table(Company(customers=1_000), count).drop_columns(["person_id", "household_id"])
    names = ["phone_number" if name == "phone" else name for name in table.column_names]
    return table.rename_columns(names).append_column("system", pa.array(["shop"] * count))


def measure(folder: Path, *, there: bool) -> None:
    """Make the model and the pairs of the records in a folder; print seconds and memory."""
    given = feather.read_table(folder / "records.feather", memory_map=False)
    with ExitStack() as stack:
        lent: dict[str, Any] = {}
        if there:
            options = {"identity": "cluster", "url": {"env": URL}, "folder": str(folder / "lake")}
            settings = Settings(name="b", label="B", place=Place("c360.yaml"), engine=EngineSettings("spark", options))
            publication: Any = stack.enter_context(SparkEngine.open(settings, folder).publish(note="build"))
            lent["cluster"] = publication.cluster()
            lent["cluster"].query("ready", "SELECT 1 AS one")
        began = time.perf_counter()
        model = steps.identity_model({"records": given}, {}, as_of=DAY, **lent)
        learned = time.perf_counter()
        pairs = steps.identity_pairs({"records": given, "model": model}, {}, as_of=DAY, **lent)
        done = time.perf_counter()
    name = f"pairs-{os.getpid()}.feather"
    feather.write_feather(pairs, folder / name)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(learned - began, done - learned, peak, name)


def _in_a_process(folder: Path, where: str) -> list[str]:
    words = [sys.executable, "-m", "benchmarks.identity_on_spark", str(folder), where]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()


def _on(workers: int, folder: Path) -> list[str]:
    with started(folder / f"cluster-{workers}", memory="1800m") as cluster:
        for _ in range(workers):
            cluster.worker()
        port = free_port()
        cluster.connect(port, SPARK)
        os.environ[URL] = f"sc://localhost:{port}"
        _in_a_process(folder, "there")  # Java and Python warm
        return _in_a_process(folder, "there")


def page() -> str:
    """Return the section of the bench page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        feather.write_feather(
            steps.identity_records({"records": records(RECORDS)}, {}, as_of=DAY), folder / "records.feather"
        )
        measured = {
            "this process": _in_a_process(folder, "here"),
            "Spark, one worker": _on(1, folder),
            "Spark, two workers": _on(2, folder),
        }
        tables = {title: feather.read_table(folder / row[3]) for title, row in measured.items()}
    lines = [
        f"## Identity beside Spark: {RECORDS:,} records, model and pairs",
        "",
        "| pairs compared by | model s | pairs s | most memory of this process GB | pairs |",
        "|---|---|---|---|---|",
    ]
    for title, (model, pairs, peak, _) in measured.items():
        figures = f"{float(model):.1f} | {float(pairs):.1f} | {float(peak):.2f} | {tables[title].num_rows:,}"
        lines.append(f"| {title} | {figures} |")
    equal = all(table.equals(tables["this process"]) for table in tables.values())
    lines += ["", f"The pairs are {'the same, row by row' if equal else '**not** the same'}."]
    return "\n".join(lines)


if __name__ == "__main__":
    measure(Path(sys.argv[1]), there=sys.argv[2] == "there")
