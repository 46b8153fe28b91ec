"""Read tables and views of PostgreSQL: exact numbers, UTC moments, one snapshot for all tables of a source."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer360.connectors.base import Extract
from customer360.connectors.options import checked_options, table_options
from customer360.connectors.postgres_catalog import DESCRIBE, SCHEMA, TABLES, UNIQUE, ServerColumn, ServerTable
from customer360.connectors.postgres_errors import Server, explained, server_of
from customer360.connectors.postgres_wires import WholeTable, Wire, WireError, open_wire
from customer360.errors import ProjectError, SettingMissing, SourceMalformed, SourceUnreachable, UnknownName, nearest
from customer360.names import quoted, text_literal
from customer360.project.spec import Source, SourceTable

DRIVERS = ("auto", "duckdb", "adbc")
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""Settings of the connection, unless the URL has them: a server that is gone is noticed within a minute."""


@dataclass(frozen=True)
class PostgresOptions:
    """``driver``: auto (DuckDB's extension, ADBC where that cannot load), duckdb or adbc.

    ``lock_seconds``: how long to wait for a table that another session has locked.
    """

    driver: str = "auto"
    lock_seconds: float = 60.0


@dataclass(frozen=True)
class PostgresTableOptions:
    """Tables of PostgreSQL need no options."""


class PostgresConnector:
    """One PostgreSQL database. Connects when first asked; its URL comes from the environment only."""

    def __init__(self, source: Source, root: Path) -> None:  # noqa: ARG002 - every connector is opened this way
        self._options = checked_options(source.options, PostgresOptions, source.place)
        if self._options.driver not in DRIVERS:
            raise UnknownName("driver", self._options.driver, DRIVERS, place=source.place)
        self._url, self._server = _url_of(source)
        self._opened: Wire | None = None

    def schema(self, table: SourceTable, fields: Sequence[str] = ()) -> pa.Schema:  # noqa: ARG002 - the server names them
        """Return the columns as they will arrive: NUMERIC(p,s) as decimals, other NUMERIC and odd types as text."""
        return self._arriving(table, self._find(table))

    def read(self, extract: Extract) -> pa.RecordBatchReader:
        """Stream the rows; columns and cursor filter are the server's work."""
        found = self._find(extract.table)
        schema = self._arriving(extract.table, found)
        wanted = pa.schema([f for f in schema if extract.columns is None or f.name in extract.columns])
        return pa.RecordBatchReader.from_batches(wanted, self._batches(extract, found, wanted))

    def fingerprint(self, table: SourceTable) -> None:
        """Return nothing: PostgreSQL does not say cheaply whether a table changed."""

    def may_stream(self, table: SourceTable) -> bool:
        """Say whether a primary key, or unique index without NULLs, stands on the table's key (where that matters)."""
        if not (table.key and table.cursor):
            return True
        found = self._find(table)
        with self._explaining(table):
            indexes = self._wire.rows(UNIQUE.format(schema=text_literal(found.schema), table=text_literal(found.name)))
        wanted = ",".join(sorted(table.key))
        return any(wanted == names for (names,) in indexes)

    def close(self) -> None:
        """End the transaction and give back the connection."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def _wire(self) -> Wire:
        if self._opened is None:
            try:
                opened = open_wire(self._url, self._options.driver)
                patience = max(1, int(self._options.lock_seconds * 1_000))
                opened.rows(f"SELECT set_config('lock_timeout', '{patience}', false) AS patience")
                self._opened = opened
            except WireError as error:
                raise explained(str(error), self._server) from None
        return self._opened

    @contextmanager
    def _explaining(self, table: SourceTable) -> Iterator[None]:
        try:
            yield
        except WireError as error:
            raise explained(str(error), self._server, f"{table.source}.{table.name}") from None

    def _arriving(self, table: SourceTable, found: ServerTable) -> pa.Schema:
        sql = found.select(tuple(found.columns), self._wire.as_text)
        with self._explaining(table):
            return pa.schema([_arriving_field(field, found.columns[field.name]) for field in self._wire.schema(sql)])

    def _batches(self, extract: Extract, found: ServerTable, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        names = tuple(schema.names)
        sql = found.select(names, self._wire.as_text) + found.where(extract.table, extract.since)
        as_it_is = all(found.columns[name].is_carried_by(self._wire.as_text) for name in names)
        whole = WholeTable(found.schema, found.name, names)
        zeros: set[str] = set()
        with self._explaining(extract.table):
            is_whole = extract.since is None and found.is_plain and as_it_is
            for batch in self._wire.stream(sql, whole if is_whole else None):
                if nan := [name for name in names if _has_nan_text(batch.column(name), schema.field(name).type)]:
                    raise self._nan(extract.table, nan)
                arrays = [_converted(batch.column(name), schema.field(name).type) for name in names]
                zeros |= {n for n, array in zip(names, arrays, strict=True) if n not in zeros and _has_zero(array)}
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)
            self._refuse_nan(extract.table, found, sorted(zeros))

    def _refuse_nan(self, table: SourceTable, found: ServerTable, names: list[str]) -> None:
        """Make sure that zeros are zeros: DuckDB's extension reads NaN in a NUMERIC(p,s) as 0."""
        if not names:
            return
        conditions = " OR ".join(f"{quoted(name)} = 'NaN'" for name in names)
        if self._wire.rows(f"SELECT 1 AS found FROM {found.sql} WHERE {conditions} LIMIT 1"):
            raise self._nan(table, names)

    def _nan(self, table: SourceTable, names: list[str]) -> SourceMalformed:
        return SourceMalformed(
            f"{table.location} in {self._server} holds NaN in a NUMERIC column (one of: {', '.join(names)}),"
            " which no exact number can be.",
            place=table.place,
            next_step="Correct the rows (NULL says unknown), or read a view that does.",
        )

    def _find(self, table: SourceTable) -> ServerTable:
        table_options(table, PostgresTableOptions)
        schema, _, name = table.location.rpartition(".")
        schema = schema or "public"
        with self._explaining(table):
            rows = self._wire.rows(DESCRIBE.format(schema=text_literal(schema), table=text_literal(name)))
            if not rows:
                raise self._missing(table, schema, name)
        columns = {row[1]: ServerColumn(*row[1:]) for row in rows}
        hidden = [column.name for column in columns.values() if not column.may_read]
        if hidden:
            what = "the table" if len(hidden) == len(columns) else f"column {hidden[0]}"
            raise SourceUnreachable(
                f"{self._server} does not let user '{self._server.user}' read {schema}.{name}:"
                f" permission denied for {what}.",
                place=table.place,
                next_step=f"Ask its administrator: GRANT SELECT ON {schema}.{name} TO {self._server.user}.",
            )
        self._check_columns(table, columns)
        return ServerTable(schema, name, rows[0][0] == "r", columns)

    def _check_columns(self, table: SourceTable, columns: Mapping[str, ServerColumn]) -> None:
        for name in (*table.key, *([table.cursor] if table.cursor else [])):
            if name not in columns:
                near = nearest(name, tuple(columns))
                raise SourceMalformed(
                    f"{table.location} in {self._server} has no column '{name}',"
                    f" which is key or cursor of {table.source}.{table.name}.",
                    place=table.place,
                    next_step=f"Did you mean '{near}'?" if near else f"It has: {', '.join(list(columns)[:8])}.",
                )

    def _missing(self, table: SourceTable, schema: str, name: str) -> SourceMalformed | SourceUnreachable:
        ((exists, may_use),) = self._wire.rows(SCHEMA.format(schema=text_literal(schema)))
        if exists and not may_use:
            return SourceUnreachable(
                f"{self._server} does not let user '{self._server.user}' into schema {schema}.",
                place=table.place,
                next_step=f"Ask its administrator: GRANT USAGE ON SCHEMA {schema} TO {self._server.user}.",
            )
        known = [row[0] for row in self._wire.rows(TABLES)]
        near = nearest(f"{schema}.{name}", known)
        hint = f"Did you mean '{near}'?" if near else f"It has: {', '.join(known[:8]) or 'none that this user sees'}."
        what = f"{self._server} has no table or view {schema}.{name} in database '{self._server.database}'."
        return SourceMalformed(what, place=table.place, next_step=hint)


def _url_of(source: Source) -> tuple[str, Server]:
    setting = source.connection.get("url")
    if not isinstance(setting, Mapping) or not isinstance(setting.get("env"), str):
        raise ProjectError(
            f"The source {source.name} does not name the environment variable that holds its URL.",
            place=source.place,
            next_step="Write `connection: {url: {env: C360_POSTGRES_URL}}`; a URL holds a password: not in files.",
        )
    unknown = [key for key in source.connection if key != "url"]
    if unknown:
        raise UnknownName("connection setting", unknown[0], ("url",), place=source.place)
    variable = setting["env"]
    url = os.environ.get(variable, "")
    if not url:
        raise SettingMissing(variable, purpose=f"the PostgreSQL URL of source {source.name}", place=source.place)
    server = server_of(url, variable, source.place)
    for name, value in _PATIENCE.items():
        if f"{name}=" not in url:
            url += ("&" if urlsplit(url).query else "?") + f"{name}={value}"
    return url, server


def _arriving_field(field: pa.Field, column: ServerColumn) -> pa.Field:
    if column.decimal is not None:
        return pa.field(field.name, pa.decimal128(*column.decimal))
    if pa.types.is_dictionary(field.type) or pa.types.is_large_string(field.type):
        return pa.field(field.name, pa.string())
    return pa.field(field.name, field.type)


def _converted(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    return array if array.type == wanted else array.cast(wanted)


def _has_nan_text(array: pa.Array, wanted: pa.DataType) -> bool:
    is_text = pa.types.is_decimal(wanted) and pa.types.is_string(array.type)
    return is_text and bool(pc.any(pc.equal(array, "NaN")).as_py())


def _has_zero(array: pa.Array) -> bool:
    if not pa.types.is_decimal128(array.type) or not len(array):
        return False
    low = np.frombuffer(array.buffers()[1], np.int64)[2 * array.offset : 2 * (array.offset + len(array)) : 2]
    return not low.all() and bool(pc.any(pc.equal(array, Decimal(0))).as_py())
