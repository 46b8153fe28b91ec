"""The wire to Spark fails while a build runs: the published state stays, and the next build succeeds."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from tests.engines.test_spark_cluster import PAIRS, PROJECT, SETTINGS, Killing, loaded
from tests.faulty_wire import FaultyWire
from tests.models.projects import project
from tests.postgres_server import free_port
from tests.spark_cluster import started

from customer360.engines.spark import SparkEngine
from customer360.engines.spark_server import Address, Spark
from customer360.errors import BuildFailed
from customer360.models.build import build
from customer360.project.spec import EngineSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("pyspark")

pytestmark = [
    pytest.mark.spark,
    pytest.mark.full,
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java"),
]

ATTENTIVE = "grpc_keepalive_time_ms=4000;grpc_keepalive_timeout_ms=3000"
"""The driver's own patience with a wire that says nothing is 80 seconds."""


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[FaultyWire]:
    """A wire to the Connect server of a cluster."""
    port = free_port()
    with started(tmp_path / "cluster") as cluster:
        cluster.worker()
        cluster.connect(port, SETTINGS)
        found = FaultyWire(("127.0.0.1", port))
        yield found
        found.down()


def test_a_cut_wire_and_one_that_loses_everything_harm_no_published_state(wire: FaultyWire, tmp_path: Path) -> None:
    address = Address(url=f"sc://localhost:{wire.port}/;{ATTENTIVE}")
    engine = SparkEngine.open(project(engine=EngineSettings("spark")).settings, tmp_path, spark=Spark(address))
    loaded(engine)
    build(engine, PROJECT)
    with engine.read() as session:
        first = session.query(f"FROM {PAIRS.sql} ORDER BY 1")
    data = tmp_path / "warehouse" / "data"
    for fail in (wire.down, wire.vanish):
        before = engine.history()
        with Killing(data, fail) as failed, pytest.raises(BuildFailed, match="went away"):
            build(engine, PROJECT, full_refresh=True)
        assert failed.amid, "the wire failed while the table was computed"
        assert engine.history() == before
        with engine.read() as session:
            assert session.query(f"FROM {PAIRS.sql} ORDER BY 1").equals(first)
        wire.heal()
        build(engine, PROJECT, full_refresh=True)
        assert len(engine.history()) == len(before) + 1
        with engine.read() as session:
            assert session.query(f"FROM {PAIRS.sql} ORDER BY 1").equals(first)
    engine.close()
