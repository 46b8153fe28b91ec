"""What the build of ShopFlow costs at 1x, 10x and 100x rows on each engine, Spark with one and with two workers.

python -m benchmarks scale                      prints the tables
python -m benchmarks.scale --write              writes them into docs/explanation/scale.md

C360_BENCH_TIMES chooses the sizes in multiples of 300 customers (default 1,10,100), C360_BENCH_ENGINES the engines
(default duckdb,postgres,spark-1,spark-2). C360_BENCH_FIGURES names a file of figures: those in it are not measured
again, so that sizes can be measured one after the other.

Every load and every build runs in a process of its own, so its peak memory is its own. Spark is a master, one or two
workers of one core and a Connect server on this machine; the largest size is built first, so that the smaller ones do
not pay for starting. PostgreSQL is the server of the test extra.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
from tests.postgres_server import free_port
from tests.spark_cluster import started

from benchmarks.postgres_load import started_server
from benchmarks.scale_page import ORDER, Figure, section
from benchmarks.timing import seconds
from customer360.project.starter import create_project
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_files import write_files
from customer360.workspace import open_project

CUSTOMERS = 300
TIMES, ENGINES, FIGURES = "C360_BENCH_TIMES", "C360_BENCH_ENGINES", "C360_BENCH_FIGURES"
PAGE = Path("docs/explanation/scale.md")
SERVER = {"work_mem": "256MB", "maintenance_work_mem": "256MB", "max_wal_size": "4GB", "jit": "off"}
"""What anybody would set for such a load, beside 2 GB of shared buffers."""
SPARK = {"spark.executor.memory": "2g", "spark.driver.memory": "2g", "spark.sql.shuffle.partitions": "4"}


def phase(name: str, root: Path) -> dict[str, float]:
    """Load or build in this process and return what it took."""
    workspace = open_project(root)
    found = {"models": 0.0, "methods": 0.0}

    def build() -> None:
        for node in workspace.build().nodes:
            found["methods" if node.kind == "step" else "models"] += node.seconds

    took = seconds((lambda: workspace.load().raise_failures()) if name == "load" else build)
    workspace.close()
    return {"took": took, "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20), **found}


def in_a_process(name: str, root: Path) -> dict[str, float]:
    words = [sys.executable, "-m", "benchmarks.scale", name, str(root)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3_000:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(engine: str, times: int, data: Path, folder: Path, options: dict[str, Any]) -> Figure:
    """Load and build one project."""
    root = folder / f"{engine}-{times}"
    create_project(root, template="shopflow", name="shopflow")
    shutil.copytree(data, root / "data", copy_function=os.link, dirs_exist_ok=True)
    settings = root / "c360.yaml"
    text, found = re.subn(r"(?m)^engine: .*$", f"engine: {json.dumps(options)}", settings.read_text(encoding="utf-8"))
    assert found == 1
    settings.write_text(text, encoding="utf-8")
    load, build = in_a_process("load", root), in_a_process("build", root)
    rows = sum(pq.read_metadata(file).num_rows for file in data.glob("*/*.parquet"))
    return Figure(
        engine, times, rows, load["took"], build["took"], build["models"], build["methods"], build["gigabytes"]
    )


Options = Callable[[], dict[str, Any]]


@contextmanager
def postgres() -> Iterator[Options]:
    """Run a server; each project gets a database of its own."""
    server = started_server(Path(tempfile.mkdtemp(prefix="c360-bench-pg-")))
    url, numbers = server.get_uri(), count(1)

    def told(*statements: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def options() -> dict[str, Any]:
        database = f"scale_{next(numbers)}"
        told(f"CREATE DATABASE {database}")
        os.environ["C360_WAREHOUSE_URL"] = url.replace("/postgres?", f"/{database}?")
        return {"name": "postgres"}

    try:
        told(*(f"ALTER SYSTEM SET {name} = '{value}'" for name, value in SERVER.items()), "SELECT pg_reload_conf()")
        yield options
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server.cleanup()


@contextmanager
def spark(workers: int, folder: Path) -> Iterator[Options]:
    """Run a cluster."""
    port = free_port()
    with started(folder / f"cluster-{workers}", memory="2500m") as cluster:
        for _ in range(workers):
            cluster.worker()
        cluster.connect(port, SPARK)
        os.environ["C360_SPARK_URL"] = f"sc://localhost:{port}"
        yield lambda: {"name": "spark", "folder": "warehouse", "url": {"env": "C360_SPARK_URL"}}


@contextmanager
def running(engine: str, folder: Path) -> Iterator[Options]:
    """Run what an engine needs and yield what c360.yaml says of it."""
    if engine == "duckdb":
        yield lambda: {"name": "duckdb", "folder": "warehouse"}
    elif engine == "postgres":
        with postgres() as options:
            yield options
    else:
        with spark(int(engine.removeprefix("spark-")), folder) as options:
            yield options


def known() -> dict[tuple[str, int], Figure]:
    """Return the figures that were measured before."""
    path = os.environ.get(FIGURES)
    if not path or not Path(path).exists():
        return {}
    rows = [Figure(**each) for each in json.loads(Path(path).read_text(encoding="utf-8"))]
    return {(row.engine, row.times): row for row in rows}


def measure() -> list[Figure]:
    """Measure what is wanted and not known yet, the largest size first; return all figures."""
    found = known()
    wanted = sorted((int(part) for part in os.environ.get(TIMES, "1,10,100").split(",")), reverse=True)
    engines = os.environ.get(ENGINES, "duckdb,postgres,spark-1,spark-2").split(",")
    with tempfile.TemporaryDirectory(prefix="c360-bench-scale-") as name:
        folder = Path(name)
        for engine in engines:
            missing = [times for times in wanted if (engine, times) not in found]
            if not missing:
                continue
            with running(engine, folder) as options:
                for times in missing:
                    data = folder / f"data-{times}"
                    if not data.exists():
                        write_files(ShopFlow.of(CUSTOMERS * times), data)
                    found[engine, times] = figure = measured(engine, times, data, folder, options())
                    print(figure, file=sys.stderr, flush=True)
                    if path := os.environ.get(FIGURES):
                        Path(path).write_text(json.dumps([asdict(each) for each in found.values()], indent=1))
    return sorted(found.values(), key=lambda each: (ORDER.index(each.engine), each.times))


def page() -> str:
    """Return the section of the bench page."""
    return section(measure())


def write() -> None:
    """Put the figures where the page keeps them."""
    text = PAGE.read_text(encoding="utf-8")
    start, end = "<!-- measured -->\n", "<!-- until here -->"
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    PAGE.write_text(f"{before}{start}\n{page()}\n\n{end}{after}", encoding="utf-8")


def main(words: Sequence[str]) -> None:
    if words[:1] == ["--write"]:
        write()
    elif words:
        print(json.dumps(phase(words[0], Path(words[1]))))
    else:
        print(page())


if __name__ == "__main__":
    main(sys.argv[1:])
