"""Carry rows out of PostgreSQL: by DuckDB's postgres extension, or by ADBC where that cannot load."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from customer360.connectors.local import local_duckdb
from customer360.engines.extensions import load_extension
from customer360.errors import ExtensionMissing
from customer360.names import quoted, text_literal

BATCH_ROWS = 122_880
BATCH_BYTES = 4 << 20


class WireError(Exception):
    """What a driver said; may hold the connection's URL, so it is never shown: the connector explains it."""


@dataclass(frozen=True)
class WholeTable:
    """All rows of a plain table, these columns as they are."""

    schema: str
    table: str
    columns: tuple[str, ...]


class Wire(Protocol):
    """One way to ask PostgreSQL. Raises WireError."""

    as_text: frozenset[str]
    """PostgreSQL types that this wire cannot carry exactly: the connector casts them to text on the server."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return all rows of a small query (numbers and texts only)."""
        ...

    def schema(self, sql: str) -> pa.Schema:
        """Return the columns of a query."""
        ...

    def stream(self, sql: str, whole: WholeTable | None = None) -> Iterator[pa.RecordBatch]:
        """Yield a query's rows; ``whole`` says that it is all rows of a plain table, which may be read in parallel."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class DuckWire:
    """DuckDB's postgres extension. Everything is read in one read-only snapshot of the server."""

    def __init__(self, url: str) -> None:
        self.as_text: frozenset[str] = frozenset()
        self._connection = local_duckdb()
        load_extension(self._connection, "postgres")
        self._connection.execute("SET streaming_buffer_size = '32MB'")  # lets the server run ahead of the reader
        with _duck_errors():
            self._connection.execute(f"ATTACH {text_literal(url)} AS pg (TYPE postgres, READ_ONLY)")
            self._connection.execute("BEGIN")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return all rows."""
        with _duck_errors():
            return self._connection.execute(f"FROM {_query(sql)}").fetchall()

    def schema(self, sql: str) -> pa.Schema:
        """Return the columns; reads no row."""
        with _duck_errors():
            return self._connection.execute(f"FROM {_query(sql)} LIMIT 0").to_arrow_table().schema

    def stream(self, sql: str, whole: WholeTable | None = None) -> Iterator[pa.RecordBatch]:
        """Yield rows: a whole table in parallel by page ranges, a query as the server plans it (with its indexes)."""
        statement = f"FROM {_query(sql)}"
        if whole is not None:
            columns = ", ".join(quoted(name) for name in whole.columns)
            statement = f"SELECT {columns} FROM pg.{quoted(whole.schema)}.{quoted(whole.table)}"
        with _duck_errors():
            yield from self._connection.execute(statement).to_arrow_reader(BATCH_ROWS)

    def close(self) -> None:
        """End the transaction: left open towards a server that is gone, it would end the process at exit."""
        with suppress(duckdb.Error):
            self._connection.execute("ROLLBACK")
        with suppress(duckdb.Error):
            self._connection.close()


class AdbcWire:
    """The ADBC driver: one connection, one read-only snapshot."""

    def __init__(self, url: str) -> None:
        try:
            from adbc_driver_postgresql import dbapi
        except ImportError as error:
            raise ExtensionMissing(
                "The ADBC driver for PostgreSQL is not installed.",
                next_step="Run: pip install 'customer360[postgres]', or leave out `driver: adbc`.",
            ) from error
        self._dbapi = dbapi
        self.as_text = frozenset({"numeric", "uuid", "json", "jsonb", "bpchar", "name", "interval"})
        with self._errors():
            self._connection = dbapi.connect(url)
            with self._connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return all rows."""
        with self._errors(), self._connection.cursor() as cursor:
            cursor.execute(sql)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def schema(self, sql: str) -> pa.Schema:
        """Return the columns; reads no row."""
        with self._errors(), self._connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({sql}) AS nothing LIMIT 0")
            return cursor.fetch_record_batch().schema

    def stream(self, sql: str, whole: WholeTable | None = None) -> Iterator[pa.RecordBatch]:  # noqa: ARG002 - no second way
        """Yield rows."""
        with self._errors(), self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)})
            cursor.execute(sql)
            yield from cursor.fetch_record_batch()

    def close(self) -> None:
        """Give the connection back."""
        with suppress(self._dbapi.Error):
            self._connection.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (self._dbapi.Error, OSError, pa.ArrowException) as error:
            raise WireError(str(error)) from None


def open_wire(url: str, driver: str) -> Wire:
    """Return the wire that ``driver`` names: duckdb, adbc, or auto (duckdb, where its extension loads, else adbc)."""
    if driver == "adbc":
        return AdbcWire(url)
    try:
        return DuckWire(url)
    except ExtensionMissing:
        if driver == "duckdb" or importlib.util.find_spec("adbc_driver_postgresql") is None:
            raise
        return AdbcWire(url)


@contextmanager
def _duck_errors() -> Iterator[None]:
    try:
        yield
    except (duckdb.Error, OSError, pa.ArrowException) as error:
        raise WireError(str(error)) from None


def _query(sql: str) -> str:
    return f"postgres_query('pg', {text_literal(sql)})"
