"""Compute tables on Spark, keep them in the lake: the DuckDB engine with its models' SQL run elsewhere.

Spark writes Parquet files where the lake's lie; the lake takes them as they are, in the transaction that publishes.
So states, readers, checks, rollback and crashes are those of the DuckDB engine; nothing is copied for serving.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from customer360.engines import duckdb
from customer360.engines.lake import Lake, in_bucket, lake_of
from customer360.engines.spark_publication import SparkPublication
from customer360.engines.spark_server import Address, Spark
from customer360.errors import ProjectError, UnknownName

if TYPE_CHECKING:
    from customer360.engines.base import Publication
    from customer360.project.spec import Settings

OPTIONS = (
    "folder",
    "memory_limit",
    "threads",
    "at_hand_rows",
    "untrusted_memory_limit",
    "data",
    "url",
    "master",
    "memory",
    "settings",
    "identity",
)
"""Keys under ``engine:`` of c360.yaml beside ``name``; docs/how-to/spark.md says what they do."""
IDENTITY = ("here", "cluster")
"""Who chooses and compares the pairs of records: this process, or Spark's machines."""
ENCODING = MappingProxyType({"parquet_version": "1", "parquet_compression": "snappy"})
"""How the lake writes what Spark will read: before 4.3 Spark cannot read all of Parquet's second version."""


class SparkEngine(duckdb.DuckLakeEngine):
    """The lake of the DuckDB engine whose models are computed by Spark. Reading needs no Spark."""

    name = "spark"

    def __init__(
        self,
        lake: Lake,
        spark: Spark,
        *,
        keep_snapshots: int = 10,
        untrusted_memory_limit: str,
        identity_on_cluster: bool = False,
    ) -> None:
        self._spark = spark
        super().__init__(
            lake,
            keep_snapshots=keep_snapshots,
            untrusted_memory_limit=untrusted_memory_limit,
            publication=partial(SparkPublication, spark=spark, lake=lake, lends=identity_on_cluster),
        )

    @classmethod
    def open(cls, settings: Settings, root: Path, *, spark: Spark | None = None) -> SparkEngine:  # type: ignore[override]
        """Open a project's lake; nothing is touched, and Spark is not asked, until it is written."""
        options = settings.engine.options
        if in_bucket(options):
            raise ProjectError(
                "Spark's lake keeps its data files in a folder, not in object storage.",
                place=settings.place,
                next_step="Name a folder that Spark's workers see: `data: /mnt/customers`, under engine.",
            )
        for key in options:
            if key not in OPTIONS:
                raise UnknownName("option of the spark engine", key, OPTIONS, place=settings.place)
        where = str(options.get("identity", "here"))
        if where not in IDENTITY:
            raise UnknownName("place for identity", where, IDENTITY, place=settings.place)
        return cls(
            replace(lake_of(options, root), encoding=ENCODING),
            spark or Spark(Address.named(options, place=settings.place)),
            keep_snapshots=settings.keep_snapshots,
            untrusted_memory_limit=str(options.get("untrusted_memory_limit", duckdb.UNTRUSTED_MEMORY_LIMIT)),
            identity_on_cluster=where == "cluster",
        )

    @contextmanager
    def publish(self, *, note: str, wait: float = 0.0) -> Iterator[Publication]:
        """Write in one transaction of the lake; what Spark wrote for it goes when it does not come about."""
        with self._writer.publication(note=note, wait=wait) as found:
            publication = cast("SparkPublication", found)
            try:
                yield publication
            except BaseException:  # also Ctrl-C: Spark must not go on writing
                publication.abandon()
                raise
            finally:
                publication.tidy()
                self._spark.close()  # a server of ours ends with the build, one of others forgets idle sessions

    def close(self) -> None:
        """Give back connections and the Spark session; the engine can be used again."""
        super().close()
        self._spark.close()
