"""Show Spark the tables of an open publication: the lake's own files where they hold just the rows, else a copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from customer360.engines.lake import LAKE, metadata
from customer360.engines.spark_failures import translated
from customer360.engines.spark_sql import address, for_spark
from customer360.engines.spark_types import ddl, handed_over, is_plain, typed
from customer360.errors import StatementFailed
from customer360.names import Relation, text_literal

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql.connect.session import SparkSession

    from customer360.engines.base import Column


class Transaction(Protocol):
    """What is asked of the open publication."""

    def query(self, sql: str) -> pa.Table:
        """Run one query."""
        ...

    def columns(self, relation: Relation) -> tuple[Column, ...]:
        """Return a table's columns."""
        ...

    def execute(self, sql: str) -> int:
        """Run one statement."""
        ...


@dataclass(frozen=True)
class _Known:
    """Files that Spark itself wrote in this publication."""

    columns: tuple[Column, ...]
    files: tuple[Path, ...]


class SparkViews:
    """Temporary views of a Spark session, named ``<schema>__<table>``, made when a query first reads a table."""

    def __init__(
        self, session: SparkSession, lake: Transaction, handover: Path, changed: frozenset[Relation] = frozenset()
    ) -> None:
        self._session = session
        self._lake = lake
        self._handover = handover
        self._changed = set(changed)
        self._made: dict[Relation, _Known] = {}
        self._shown: set[Relation] = set()
        self._altered: frozenset[Relation] | None = None
        self._copies = 0

    def know(self, relation: Relation, columns: Sequence[Column], files: Sequence[Path]) -> None:
        """Take note of a table's files, just written by Spark."""
        self.forget(relation)
        self._made[relation] = _Known(tuple(columns), tuple(files))

    def forget(self, relation: Relation) -> None:
        """Take note that a table changed: it is looked at anew, and what is committed of it does not count."""
        self._changed.add(relation)
        self._made.pop(relation, None)
        self._shown.clear()  # views may read it

    def name(self, relation: Relation) -> str:
        """Return the view that shows a table of the lake as the publication sees it, made if need be."""
        name = f"{relation.schema}__{relation.table}"
        if relation not in self._shown:
            self._show(relation, name)
            self._shown.add(relation)
        return name

    def _show(self, relation: Relation, name: str) -> None:
        known = self._made.get(relation)
        if known is not None:
            return self._read(name, known.columns, known.files)
        columns = self._lake.columns(relation)
        if is_plain(columns):
            query = self._view(relation)
            if query is not None:
                try:
                    text = typed(for_spark(query, self.name), columns)
                except StatementFailed:  # DuckDB prints a view's text in its own words: not all have a rule
                    return self._copy(relation, name, columns)
                with translated():
                    return self._session.sql(text).createOrReplaceTempView(name)
            files = self._committed(relation)
            if files is not None:
                return self._read(name, columns, files)
        return self._copy(relation, name, columns)

    def _read(self, name: str, columns: Sequence[Column], files: Sequence[Path]) -> None:
        with translated():
            found: Any
            if files:
                found = self._session.read.schema(ddl(columns)).parquet(*map(address, files))
            else:
                nothing = ", ".join(["NULL"] * len(columns))
                found = self._session.sql(f"SELECT * FROM ({typed(f'SELECT {nothing}', columns)}) WHERE FALSE")
            found.createOrReplaceTempView(name)

    def _copy(self, relation: Relation, name: str, columns: Sequence[Column]) -> None:
        """Write a table's rows for Spark: of files that this transaction or deleted rows changed, or odd types."""
        self._handover.mkdir(parents=True, exist_ok=True)
        self._copies += 1
        file = self._handover / f"{name}-{self._copies}.parquet"
        self._lake.execute(
            f"COPY (SELECT {handed_over(columns)} FROM {relation.sql}) TO {text_literal(file)} "
            "(FORMAT parquet, COMPRESSION snappy)"
        )
        self._read(name, columns, [file])

    def _committed(self, relation: Relation) -> list[Path] | None:
        """Return the files of a table, None when they do not hold just its rows in its columns."""
        if relation in self._changed or relation in self._with_altered_columns():
            return None
        rows = self._lake.query(
            "SELECT data_file, delete_file"
            f" FROM ducklake_list_files({text_literal(LAKE)}, {text_literal(relation.table)}, "
            f"schema => {text_literal(relation.schema)})"
        ).to_pylist()
        if any(row["delete_file"] is not None for row in rows):
            return None
        return [Path(row["data_file"]) for row in rows]

    def _with_altered_columns(self) -> frozenset[Relation]:
        """Return the tables whose older files may have other columns than they have now."""
        if self._altered is None:
            meta = metadata()
            rows = self._lake.query(
                f"SELECT DISTINCT s.schema_name, t.table_name FROM {meta}.ducklake_column c "
                f"JOIN {meta}.ducklake_table t ON t.table_id = c.table_id AND t.end_snapshot IS NULL "
                f"JOIN {meta}.ducklake_schema s ON s.schema_id = t.schema_id AND s.end_snapshot IS NULL "
                "WHERE c.end_snapshot IS NOT NULL OR c.begin_snapshot > t.begin_snapshot"
            ).to_pylist()
            self._altered = frozenset(Relation(row["schema_name"], row["table_name"]) for row in rows)
        return self._altered

    def _view(self, relation: Relation) -> exp.Query | None:
        """Return the query of a view of the lake; None for a table."""
        rows = self._lake.query(
            "SELECT sql FROM duckdb_views() WHERE database_name = current_database() "
            f"AND schema_name = {text_literal(relation.schema)} AND view_name = {text_literal(relation.table)}"
        ).to_pylist()
        if not rows:
            return None
        try:
            found = sqlglot.parse_one(rows[0]["sql"], read="duckdb").expression
        except SqlglotError:
            return None
        return found if isinstance(found, exp.Query) else None
