"""Carry rows between Arrow and PostgreSQL: by COPY in CSV, which pyarrow writes and reads at the speed of C++."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from customer360.engines.postgres_types import Field
from customer360.names import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from psycopg import Connection

BLOCK_BYTES = 8 * 2**20
_WRITTEN = csv.WriteOptions(include_header=False, quoting_style="all_valid")


def fields_of(connection: Connection[Any], sql: str) -> tuple[Field, ...]:
    """Return the columns of a query in PostgreSQL's words without running it."""
    from psycopg.errors import error_from_result
    from psycopg.generators import execute
    from psycopg.pq import ExecStatus

    wire = connection.pgconn
    # not wire.prepare(): it keeps every other thread from running until the server answers
    wire.send_prepare(b"", sql.encode())
    found = connection.wait(execute(wire))[-1]
    if found.status == ExecStatus.COMMAND_OK:
        wire.send_describe_prepared(b"")
        found = connection.wait(execute(wire))[-1]
    if found.status != ExecStatus.COMMAND_OK:
        raise error_from_result(found, "utf-8")
    return tuple(
        Field((found.fname(number) or b"").decode(), found.ftype(number), found.fmod(number))
        for number in range(found.nfields)
    )


def fetched(connection: Connection[Any], sql: str, *, limit: int | None = None) -> pa.Table | None:
    """Run a query and return its rows; None when they are more than ``limit`` bytes."""
    fields = fields_of(connection, sql)
    if any(field.is_list for field in fields):
        listed = ", ".join(
            f"CAST(to_json({quoted(f.name)}) AS text) AS {quoted(f.name)}" if f.is_list else quoted(f.name)
            for f in fields
        )
        sql = f"SELECT {listed} FROM ({sql}) AS listed"
    buffer, size = io.BytesIO(), 0
    with connection.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv)".encode()) as copy:
        for block in copy:
            size += len(block)
            if limit is not None and size > limit:
                connection.cancel()
                return None
            buffer.write(block)
    return _table(pa.py_buffer(buffer.getvalue()), fields)


def _table(buffer: pa.Buffer, fields: Sequence[Field]) -> pa.Table:
    types = [pa.string() if field.is_list else field.arrow or pa.string() for field in fields]
    names = [f"c{number}" for number in range(len(fields))]
    if not buffer.size:
        columns: list[Any] = [pa.array([], type_) for type_ in types]
    else:
        columns = _parsed(buffer, names, types).columns
    made = [_as_field(column, field) for column, field in zip(columns, fields, strict=True)]
    schema = pa.schema([(field.name, column.type) for field, column in zip(fields, made, strict=True)])
    return pa.table(made, schema=schema)


def _parsed(buffer: pa.Buffer, names: Sequence[str], types: Sequence[pa.DataType]) -> pa.Table:
    convert = csv.ConvertOptions(
        column_types=dict(zip(names, types, strict=True)),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["t"],
        false_values=["f"],
    )
    parse = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
    for size in (min(BLOCK_BYTES, buffer.size + 1), buffer.size + 1):
        try:
            read = csv.ReadOptions(column_names=list(names), block_size=max(size, 64))
            return csv.read_csv(pa.BufferReader(buffer), read, parse, convert)
        except pa.ArrowInvalid:  # a row longer than a block: once more in one piece
            if size > buffer.size:
                raise
    raise AssertionError("unreachable")  # pragma: no cover


def _as_field(column: pa.ChunkedArray | pa.Array, field: Field) -> pa.ChunkedArray | pa.Array:
    if field.is_list:
        return _lists(column, field)
    return column if field.arrow is not None else _exact(column)


def _exact(texts: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Return numbers without a declared scale as decimals that hold them all; floating point where none does."""
    present = pc.drop_null(texts)
    if not len(present):
        return texts.cast(pa.decimal128(38, 0))
    if pc.any(pc.match_substring_regex(present, "^(NaN|-?Infinity)$")).as_py():
        return texts.cast(pa.float64())
    point = pc.find_substring(present, ".")
    scales = pc.if_else(pc.less(point, 0), 0, pc.subtract(pc.subtract(pc.binary_length(present), point), 1))
    try:
        return texts.cast(pa.decimal128(38, pc.max(scales).as_py()))
    except (pa.ArrowInvalid, ValueError):  # more digits than the widest decimal has
        return texts.cast(pa.float64())


def _lists(texts: pa.ChunkedArray | pa.Array, field: Field) -> pa.Array:
    assert field.arrow is not None  # noqa: S101 - a list has a type
    inner = field.arrow.value_type
    read: Any = (
        date.fromisoformat
        if pa.types.is_date(inner)
        else datetime.fromisoformat
        if pa.types.is_timestamp(inner)
        else None
    )

    def values(text: str | None) -> list[Any] | None:
        if text is None:
            return None
        found: list[Any] = json.loads(text)
        return [None if value is None or read is None else read(value) for value in found] if read else found

    return pa.array([values(text) for text in texts.to_pylist()], field.arrow)


def copied(connection: Connection[Any], table: str, names: Sequence[str], batches: Iterable[pa.RecordBatch]) -> int:
    """Append Arrow batches to a table, columns by name, and return how many rows."""
    rows = 0
    listed = ", ".join(quoted(name) for name in names)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({listed}) FROM STDIN (FORMAT csv)".encode()) as copy,
    ):
        for batch in batches:
            if batch.num_rows:
                copy.write(_written(batch))
                rows += batch.num_rows
    return rows


def _written(batch: pa.RecordBatch) -> bytes:
    sink = io.BytesIO()
    columns = [_writable(column) for column in batch.columns]
    csv.write_csv(pa.table(columns, names=[f"c{n}" for n in range(len(columns))]), sink, _WRITTEN)
    return sink.getvalue()


def _writable(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        return column.dictionary_decode()
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return pa.array([None if v is None else _list_text(v) for v in column.to_pylist()], pa.string())
    if pa.types.is_null(column.type):
        return column.cast(pa.string())
    return column


def _list_text(values: Sequence[Any]) -> str:
    return "{" + ",".join(_item_text(value) for value in values) + "}"


def _item_text(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int | float | Decimal):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
