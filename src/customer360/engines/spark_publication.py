"""Write one state of the lake with tables that Spark computes: its Parquet files become the lake's, uncopied."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from customer360.engines.base import Column
from customer360.engines.lake import LAKE, Lake
from customer360.engines.sessions import LakePublication, Listener
from customer360.engines.spark_failures import SHARE, UNSEEN, translated
from customer360.engines.spark_parts import SparkParts
from customer360.engines.spark_server import Spark
from customer360.engines.spark_sql import address, for_spark, stored_only
from customer360.engines.spark_types import is_plain, taken_back, typed
from customer360.engines.spark_views import SparkViews
from customer360.errors import WarehouseError
from customer360.names import RAW_PREFIX, Relation, text_literal

HANDOVER = "handover"
"""Folder beside the data files for what one side writes for the other to read once."""
_WRITING = ("CREATE", "INSERT", "UPDATE", "DELETE", "ALTER", "DROP", "MERGE", "TRUNCATE")


class SparkPublication(LakePublication):
    """One open transaction on the lake. Models are computed by Spark; loads, merges, methods and checks by the lake."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        snapshot: int,
        tell: Listener,
        spark: Spark,
        lake: Lake,
        lends: bool = False,
    ) -> None:
        super().__init__(connection, snapshot=snapshot, tell=tell)
        self._spark = spark
        self._lake = lake
        self._lends = lends
        self._lent = False
        self._handover = lake.data / HANDOVER / uuid4().hex
        self._folders: list[Path] = []
        self._views: SparkViews | None = None
        self._changed: set[Relation] = set()

    def create_table_as(self, relation: Relation, select: str, *, types: Mapping[str, str] | None = None) -> int:
        """Create a table from a query that Spark runs; by the lake when it reads what only this process has."""
        query = _statement(select)
        if relation.schema.startswith(RAW_PREFIX) or not isinstance(query, exp.Query) or not stored_only(query):
            return super().create_table_as(relation, select, types=types)
        columns = self.describe(select)
        if not is_plain(columns):
            rows = self._replace("TABLE", relation, f"AS {self._computed(query, columns)}")
            self._tell("file written")
            return rows
        folder = self._lake.data / relation.schema / relation.table / f"spark-{uuid4().hex}"
        files = self._written(query, columns, folder)
        self.create_table(relation, columns)
        if files:
            listed = ", ".join(text_literal(file) for file in files)
            self.execute(
                f"CALL ducklake_add_data_files({text_literal(LAKE)}, {text_literal(relation.table)}, [{listed}], "
                f"schema => {text_literal(relation.schema)})"
            )
        self._seen().know(relation, columns, list(files))
        self._tell("file written")
        return sum(files.values())

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run one statement for its effect; the rows of a temporary table are computed by Spark where it can."""
        tree = _statement(sql) if sql.lstrip()[:8].upper().startswith(_WRITING) else None
        staged = _staged(tree) if not parameters else None
        if staged is not None and isinstance(tree, exp.Create):
            columns = self.describe(staged.sql("duckdb"))
            name = tree.this.sql("duckdb")
            return super().execute(f"CREATE TEMP TABLE {name} AS {self._computed(staged, columns)}")
        if tree is not None:
            self._note(tree)
        return super().execute(sql, parameters)

    def cluster(self) -> SparkParts | None:
        """Return the cluster that methods may use; None where the project wants them to run here."""
        if not self._lends:
            return None
        self._lent = True
        return SparkParts(self._spark.session(), self._handover / uuid4().hex, self._kept)

    def abandon(self) -> None:
        """Stop what Spark still does for this publication, and delete what it wrote."""
        if self._views is not None or self._lent:
            with suppress(WarehouseError), translated():
                self._spark.session().interruptAll()
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)

    def tidy(self) -> None:
        """Delete what was written for the other side to read once."""
        shutil.rmtree(self._handover, ignore_errors=True)

    def _seen(self) -> SparkViews:
        if self._views is None:
            self._views = SparkViews(self._spark.session(), self, self._handover, frozenset(self._changed))
        return self._views

    def _note(self, tree: exp.Expr) -> None:
        """Remember which table a statement changes: what is committed of it is no longer what it holds."""
        target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        if isinstance(target, exp.Table) and target.db:
            relation = Relation(target.db, target.name)
            self._changed.add(relation)
            if self._views is not None:
                self._views.forget(relation)

    def _computed(self, query: exp.Query, columns: Sequence[Column]) -> str:
        """Let Spark compute a query for this transaction to read once; return the SELECT (ours) that reads it."""
        files = self._written(query, columns, self._handover / uuid4().hex, keep_empty=True)
        listed = ", ".join(text_literal(file) for file in files)
        return f"SELECT {taken_back(columns)} FROM read_parquet([{listed}])"

    def _written(
        self, query: exp.Query, columns: Sequence[Column], folder: Path, *, keep_empty: bool = False
    ) -> dict[Path, int]:
        """Let Spark write a query's rows into a folder; return its files with their rows."""
        session = self._spark.session()
        text = typed(for_spark(query, self._seen().name), columns)
        with translated():
            made = session.sql(text)
        return self._kept(made, folder, keep_empty=keep_empty)

    def _kept(self, made: Any, folder: Path, *, keep_empty: bool = True) -> dict[Path, int]:
        """Let Spark write the rows of a frame into a folder; return its files with their rows."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._folders.append(folder)
        from pyspark.sql.connect.functions import count, lit
        from pyspark.sql.connect.observation import Observation

        counted: Any = Observation("rows")
        with translated():
            made.observe(counted, count(lit(1)).alias("n")).write.option("compression", "snappy").parquet(
                address(folder)
            )
            rows = int(counted.get["n"])
        return _files(folder, rows, keep_empty=keep_empty)


def _files(folder: Path, rows: int, *, keep_empty: bool) -> dict[Path, int]:
    """Return the Parquet files in a folder with their rows; all else in it is deleted.

    WarehouseError when they do not hold the rows that Spark says it wrote: its machines wrote somewhere else.
    """
    import pyarrow.parquet as pq

    found: dict[Path, int] = {}
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        number = int(pq.read_metadata(path).num_rows) if path.suffix == ".parquet" else 0
        if number or (keep_empty and path.suffix == ".parquet"):
            found[path] = number
        else:
            path.unlink(missing_ok=True)
    if sum(found.values()) != rows or not (found or not keep_empty):
        raise WarehouseError(UNSEEN, place=str(folder), next_step=SHARE)
    return found


def _statement(sql: str) -> exp.Expr | None:
    """Return the tree of a statement; None for one that SQLGlot cannot read."""
    try:
        return sqlglot.parse_one(sql, read="duckdb")
    except SqlglotError:
        return None


def _staged(tree: exp.Expr | None) -> exp.Query | None:
    """Return the query of ``CREATE TEMP TABLE x AS SELECT ...`` when it reads tables of the warehouse only."""
    if not isinstance(tree, exp.Create) or not tree.find(exp.TemporaryProperty):
        return None
    query = tree.expression
    return query if isinstance(query, exp.Query) and stored_only(query) else None
