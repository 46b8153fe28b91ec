"""Run SQL by hand in one transaction, straight in DuckDB: the baseline that builds are compared with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from customer360.engines.extensions import load_extension


def connect() -> duckdb.DuckDBPyConnection:
    """Open DuckDB with the lake's extensions."""
    connection = duckdb.connect(config={"autoload_known_extensions": False})
    for name in ("ducklake", "sqlite"):
        load_extension(connection, name)
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    return connection


def in_a_lake(folder: Path, work: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
    """Do the work in one transaction of the lake in ``folder``, made when it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = connect()
    connection.execute(
        f"ATTACH 'ducklake:sqlite:{folder / 'catalog.sqlite'}' AS lake "
        f"(DATA_PATH '{folder / 'data'}', OVERRIDE_DATA_PATH true, META_JOURNAL_MODE 'WAL', META_BUSY_TIMEOUT 5000)"
    )
    _transaction(connection, "lake", work)


def in_a_file(path: Path, work: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
    """Do the work in one transaction of a native DuckDB file."""
    path.unlink(missing_ok=True)
    connection = connect()
    connection.execute(f"ATTACH '{path}' AS native")
    _transaction(connection, "native", work)


def _transaction(
    connection: duckdb.DuckDBPyConnection, database: str, work: Callable[[duckdb.DuckDBPyConnection], None]
) -> None:
    connection.execute(f"USE {database}")
    connection.execute("BEGIN")
    work(connection)
    connection.execute("COMMIT")
    connection.close()
