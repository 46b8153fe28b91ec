"""Let Spark's machines compute for a method: by Spark SQL, or each by a DuckDB of its own where its values count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import duckdb
import sqlglot

from customer360.engines.spark_failures import NO_DUCKDB, OTHER_DUCKDB, translated
from customer360.engines.spark_sql import address, for_spark

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql.connect.session import SparkSession

    from customer360.names import Relation

Writer = Callable[[Any, Path], Iterable[Path]]
"""Lets Spark write the rows of a frame into a folder, and returns the files when they are all there."""
_TYPES = {"TINYINT": "BYTE", "INTEGER": "INT", "VARCHAR": "STRING"}
"""Our names of types where Spark has another one."""


class SparkParts:
    """The cluster of one publication."""

    def __init__(
        self, session: SparkSession, folder: Path, write: Writer, *, duckdb_version: str = duckdb.__version__
    ) -> None:
        self._session = session
        self._write = write
        self._version = duckdb_version
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def show(self, name: str, files: Sequence[Path]) -> None:
        """Let a name stand for the rows of Parquet files."""
        with translated():
            self._session.read.parquet(*map(address, files)).createOrReplaceTempView(name)

    def query(self, name: str, sql: str) -> None:
        """Let a name stand for what a query of ours yields, over such names."""
        text = for_spark(sqlglot.parse_one(sql, read="duckdb"), _unknown)
        with translated():
            self._session.sql(text).createOrReplaceTempView(name)

    def in_parts(self, name: str, of: str, sql: str, columns: Mapping[str, str]) -> None:
        """Let a name stand for what the DuckDB of each machine makes of the rows of another name that lie there."""
        schema = ", ".join(f"`{column}` {_TYPES.get(kind, kind)}" for column, kind in columns.items())
        with translated():
            made: Any = self._session.table(of).mapInArrow(by_duckdb(sql, self._version), schema)
            made.createOrReplaceTempView(name)

    def files(self, name: str) -> tuple[Path, ...]:
        """Compute the rows that a name stands for; return the Parquet files in ``folder`` that hold them."""
        with translated():
            return tuple(self._write(self._session.table(name), self.folder / f"{name}-{uuid4().hex}"))


def _unknown(relation: Relation) -> str:
    raise ValueError(f"{relation} is no name of this cluster")


def by_duckdb(sql: str, version: str) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return a function that runs a query over ``part`` in a DuckDB of its own, rows streaming through.

    Spark sends it to its machines as it is: it imports there, and only what they need to have.
    """
    missing, other = NO_DUCKDB, OTHER_DUCKDB

    def compute(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import itertools

        try:
            import duckdb
            import pyarrow as pa
        except ImportError:
            raise RuntimeError(missing) from None
        if duckdb.__version__ != version:
            raise RuntimeError(f"{other} {duckdb.__version__}")
        rest = iter(batches)
        first = next(rest, None)
        if first is None:
            return
        part = pa.RecordBatchReader.from_batches(first.schema, itertools.chain([first], rest))
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            connection.register("part", part)
            try:
                yield from connection.execute(sql).to_arrow_reader(65_536)
            except duckdb.Error as error:  # its words may hold values of people
                raise RuntimeError(f"DuckDB: {type(error).__name__}") from None

    return compute
