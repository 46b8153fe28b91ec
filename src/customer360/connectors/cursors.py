"""Say "from this cursor value on" in SQL, for typed columns and for text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa

from customer360.connectors.base import CursorValue
from customer360.connectors.local import local_duckdb
from customer360.names import quoted


def from_cursor_on(cursor: str | None, since: CursorValue | None, schema: pa.Schema) -> tuple[str, list[CursorValue]]:
    """Return a WHERE clause (or nothing) and its values for DuckDB.

    Rows whose cursor is empty or unreadable are kept, so that they are counted where rows land, not lost here.
    """
    if cursor is None or since is None:
        return "", []
    column = quoted(cursor)
    if pa.types.is_string(schema.field(cursor).type) and not isinstance(since, str):
        column = f"TRY_CAST({column} AS {sql_type(since)})"
    return f" WHERE {column} >= $1 OR {column} IS NULL", [since]


def sql_type(value: CursorValue) -> str:
    """Return the DuckDB type that a cursor value is compared in."""
    if isinstance(value, datetime):
        return "TIMESTAMP" if value.tzinfo is None else "TIMESTAMP WITH TIME ZONE"
    if isinstance(value, date):
        return "DATE"
    if isinstance(value, Decimal):
        return "DECIMAL(38, 10)"
    return "HUGEINT" if isinstance(value, int) else "VARCHAR"


def kept_from(
    batches: Iterator[pa.RecordBatch], cursor: str, since: CursorValue, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of text batches whose cursor is ``since`` or later, empty or unreadable."""
    where, values = from_cursor_on(cursor, since, schema)
    with local_duckdb() as filter_:
        for batch in batches:
            filter_.register("batch", pa.Table.from_batches([batch]))
            yield from filter_.execute(f"SELECT * FROM batch{where}", values).to_arrow_table().cast(schema).to_batches()
