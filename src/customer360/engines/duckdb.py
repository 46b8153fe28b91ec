"""Keep the warehouse in a DuckLake: Parquet files plus a SQL catalogue, embedded in this process."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from customer360.engines.base import Capabilities, Column, Publication, Session, Snapshot
from customer360.errors import ExtensionMissing, WarehouseError, WarehouseMissing
from customer360.names import Relation, quoted

LAKE = "lake"


class LakeSession:
    """Reads of the lake through one connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        return self._connection.execute(sql, list(parameters)).to_arrow_table()

    def stream(self, sql: str, parameters: Sequence[Any] = (), *, batch_rows: int = 65_536) -> pa.RecordBatchReader:
        return self._connection.execute(sql, list(parameters)).to_arrow_reader(batch_rows)

    def describe(self, sql: str) -> tuple[Column, ...]:
        rows = self._connection.execute(f"DESCRIBE {sql}").fetchall()
        return tuple(Column(row[0], row[1]) for row in rows)

    def columns(self, relation: Relation) -> tuple[Column, ...]:
        if relation not in self.relations():
            raise WarehouseError(f"There is no table {relation} in the warehouse.", next_step="Run `c360 build` first.")
        return self.describe(f"FROM {relation.sql}")

    def relations(self) -> frozenset[Relation]:
        rows = self._connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = $1 "
            "UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = $1 AND NOT internal",
            [LAKE],
        ).fetchall()
        return frozenset(Relation(*row) for row in rows)

    def register(self, name: str, data: pa.Table | pa.RecordBatchReader) -> None:
        self._connection.register(name, data)

    def unregister(self, name: str) -> None:
        self._connection.unregister(name)


class LakePublication(LakeSession):
    """One open transaction on the lake."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, snapshot_before: int) -> None:
        super().__init__(connection)
        self.snapshot_before = snapshot_before

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        result = self._connection.execute(sql, list(parameters))
        if [d[0] for d in result.description or ()] == ["Count"]:
            row = result.fetchone()
            return int(row[0]) if row else -1
        return -1

    def create_schema(self, schema: str) -> None:
        self.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")

    def create_table(self, relation: Relation, columns: Sequence[Column]) -> None:
        body = ", ".join(f"{quoted(column.name)} {column.type}" for column in columns)
        self.execute(f"CREATE OR REPLACE TABLE {relation.sql} ({body})")

    def create_table_as(self, relation: Relation, select: str) -> int:
        return self.execute(f"CREATE OR REPLACE TABLE {relation.sql} AS {select}")

    def create_view(self, relation: Relation, select: str) -> None:
        self.execute(f"CREATE OR REPLACE VIEW {relation.sql} AS {select}")

    def insert_select(self, relation: Relation, select: str, columns: Sequence[str] = ()) -> int:
        names = f" ({', '.join(quoted(c) for c in columns)})" if columns else " BY NAME"
        return self.execute(f"INSERT INTO {relation.sql}{names} {select}")

    def insert_arrow(self, relation: Relation, data: pa.Table | pa.RecordBatchReader) -> int:
        self.register("arrow_batches", data)
        try:
            return self.insert_select(relation, "SELECT * FROM arrow_batches")
        finally:
            self.unregister("arrow_batches")

    def drop(self, relation: Relation) -> None:
        kind = self._connection.execute(
            "SELECT 1 FROM duckdb_views() WHERE database_name = $1 AND schema_name = $2 AND view_name = $3",
            [LAKE, relation.schema, relation.table],
        ).fetchone()
        self.execute(f"DROP {'VIEW' if kind else 'TABLE'} IF EXISTS {relation.sql}")


class DuckLakeEngine:
    """The embedded warehouse: ``<project>/warehouse/catalog.sqlite`` and ``<project>/warehouse/data``."""

    name = "duckdb"
    dialect = "duckdb"
    capabilities = Capabilities(
        time_travel=True, transactional_ddl=True, enforces_varchar_length=False, in_place_rollback=True
    )

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def exists(self) -> bool:
        return (self._folder / "catalog.sqlite").exists()

    def _connect(self, *, read_only: bool = False, at_snapshot: int | None = None) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        _load_extensions(connection, self._folder)
        options = [f"DATA_PATH '{self._folder / 'data'}'", "META_JOURNAL_MODE 'WAL'", "META_BUSY_TIMEOUT 5000"]
        if read_only:
            options.append("READ_ONLY")
        if at_snapshot is not None:
            options.append(f"SNAPSHOT_VERSION {at_snapshot}")
        connection.execute(
            f"ATTACH 'ducklake:sqlite:{self._folder / 'catalog.sqlite'}' AS {LAKE} ({', '.join(options)})"
        )
        connection.execute(f"USE {LAKE}")
        return connection

    @contextmanager
    def read(self, *, at_snapshot: int | None = None) -> Iterator[Session]:
        if not self.exists():
            raise WarehouseMissing("Nothing has been built in this project yet.", next_step="Run `c360 run` first.")
        connection = self._connect(at_snapshot=at_snapshot)
        try:
            yield LakeSession(connection)
        finally:
            connection.close()

    @contextmanager
    def publish(self, *, note: str) -> Iterator[Publication]:
        self._folder.mkdir(parents=True, exist_ok=True)
        connection = self._connect()
        try:
            before = _newest_snapshot(connection)
            connection.execute("BEGIN")
            try:
                yield LakePublication(connection, before)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute(f"CALL {LAKE}.set_commit_message('customer360', $1)", [note])
            connection.execute("COMMIT")
        finally:
            connection.close()

    def history(self) -> tuple[Snapshot, ...]:
        raise NotImplementedError

    def rollback(self, snapshot: int) -> Snapshot:
        raise NotImplementedError

    def maintain(self) -> Mapping[str, int]:
        return {}

    def sizes(self, relations: Iterable[Relation]) -> Mapping[Relation, int]:
        return dict.fromkeys(relations, 0)

    def close(self) -> None:
        """Nothing is kept open yet."""


def _newest_snapshot(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute(f"SELECT max(snapshot_id) FROM ducklake_snapshots('{LAKE}')").fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _load_extensions(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for name, file_name in (("ducklake", "ducklake"), ("sqlite", "sqlite_scanner")):
        spec = importlib.util.find_spec(f"duckdb_extension_{name}")
        if spec is None or not spec.submodule_search_locations:
            raise ExtensionMissing(f"The DuckDB extension {name} is not installed.")
        found = next(Path(spec.submodule_search_locations[0]).rglob(f"{name}.duckdb_extension"))
        target = folder / "extensions" / f"{file_name}.duckdb_extension"
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(found, target)
        connection.execute(f"LOAD '{target}'")
