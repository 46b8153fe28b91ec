"""A real cluster on loopback, a master and two workers behind Spark Connect: what dies during a build does no harm."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from tests.models.projects import model, project, source
from tests.postgres_server import free_port
from tests.spark_cluster import started

from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.lake import Lake
from customer360.engines.spark import SparkEngine
from customer360.engines.spark_server import Address, Spark
from customer360.errors import BuildFailed
from customer360.models.build import build
from customer360.models.comparison import difference
from customer360.names import Relation
from customer360.project.spec import EngineSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.spark_cluster import Cluster

    from customer360.engines.base import Engine

pytest.importorskip("pyspark")

pytestmark = [
    pytest.mark.spark,
    pytest.mark.full,
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java"),
]

NUMBERS, PAIRS = Relation("raw_shop", "numbers"), Relation("gold", "pairs")
PROJECT = project(
    model(
        "gold.pairs",
        "-- One row per remainder.\nSELECT a.n % 97 AS remainder, count(*) AS pairs, sum(a.n * b.n % 1000)::BIGINT AS total\n"
        "FROM raw_shop.numbers AS a JOIN raw_shop.numbers AS b ON a.part = b.part GROUP BY a.n % 97",
    ),
    sources=(source("shop", "numbers"),),
)
SETTINGS = {
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.adaptive.enabled": "false",
    "spark.executor.memory": "700m",
    "spark.driver.memory": "700m",
}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with started(tmp_path / "cluster") as made:
        yield made


def loaded(engine: Engine) -> None:
    with engine.publish(note="load") as publication:
        publication.create_schema("raw_shop")
        rows = "SELECT range AS n, range % 8 AS part, 1::BIGINT AS _load_id FROM range(40_000)"
        publication.create_table_as(NUMBERS, rows)


@dataclass
class Killing:
    """Something dies as soon as Spark has begun to write a table's files; was Spark still at it then?"""

    folder: Path
    kill: Callable[[], None]
    amid: bool = False

    def __enter__(self) -> Killing:
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.thread.join()

    def watch(self) -> None:
        end = time.monotonic() + 120
        while time.monotonic() < end and not any(self.folder.rglob("spark-*/_temporary")):
            time.sleep(0.05)
        time.sleep(1)
        self.kill()
        self.amid = any(self.folder.rglob("spark-*/_temporary"))


def test_a_worker_and_then_the_server_die_during_builds(cluster: Cluster, tmp_path: Path) -> None:
    workers, port = [cluster.worker(), cluster.worker()], free_port()
    server = cluster.connect(port, SETTINGS)
    settings = project(engine=EngineSettings("spark")).settings
    engine = SparkEngine.open(settings, tmp_path, spark=Spark(Address(url=f"sc://localhost:{port}")))
    loaded(engine)
    data = tmp_path / "warehouse" / "data"

    with Killing(data, lambda: cluster.kill(workers[0])) as died:
        build(engine, PROJECT)
    assert died.amid, "the worker died while the table was computed"
    lake = DuckLakeEngine(Lake(tmp_path / "compared"))
    loaded(lake)
    build(lake, PROJECT)
    with engine.read() as ours, lake.read() as theirs:
        first = ours.query(f"FROM {PAIRS.sql} ORDER BY 1")
        assert difference(first, theirs.query(f"FROM {PAIRS.sql} ORDER BY 1")) is None
    lake.close()

    before, files = engine.history(), sorted(data.rglob("*.parquet"))
    with Killing(data, lambda: cluster.kill(server)) as died, pytest.raises(BuildFailed, match="went away"):
        build(engine, PROJECT, full_refresh=True)
    assert died.amid
    assert engine.history() == before
    with engine.read() as session:
        assert session.query(f"FROM {PAIRS.sql} ORDER BY 1").equals(first)
    engine.close()
    again_port = free_port()
    cluster.connect(again_port, SETTINGS)
    again = SparkEngine.open(settings, tmp_path, spark=Spark(Address(url=f"sc://localhost:{again_port}")))
    build(again, PROJECT, full_refresh=True)
    with again.read() as session:
        assert session.query(f"FROM {PAIRS.sql} ORDER BY 1").equals(first)
    assert not set(data.rglob("_temporary"))
    assert len(files) < len(list(data.rglob("*.parquet"))), "one more state, and nothing of the build that died"
    again.close()
