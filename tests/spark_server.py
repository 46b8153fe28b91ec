"""A real Spark for tests: one Spark Connect server of ours on this machine a session, small and without a page."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from customer360.engines.spark_server import Address, Spark

if TYPE_CHECKING:
    from collections.abc import Iterator

pyspark = pytest.importorskip("pyspark")

QUICK = (
    ("spark.sql.shuffle.partitions", "1"),
    ("spark.default.parallelism", "1"),
    ("spark.sql.adaptive.enabled", "false"),
    ("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss4m"),
)


@pytest.fixture(scope="session")
def spark() -> Iterator[Spark]:
    """A session that lives as long as the tests."""
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java (apt-get install openjdk-17-jre-headless)")
    found = Spark(Address(master="local[1]", memory="1g", settings=QUICK))
    yield found
    found.close()


class Kept(Spark):
    """The session of the tests, given to an engine that gives it back: it stays."""

    def __init__(self, spark: Spark) -> None:
        self.spark = spark

    def session(self):
        return self.spark.session()

    def close(self) -> None:
        """Stay."""
