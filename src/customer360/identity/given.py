"""Take the table of people as it was given: check its shape, and write every column that is used as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from customer360.identity.failures import RecordsMalformed
from customer360.identity.roles import RECORD_ID

_LARGEST_WHOLE = 2.0**53
"""Whole numbers beyond it are no more exact in a floating column."""
_READ = "texts, numbers and dates"


def table_of(records: Any) -> pa.Table:
    """Return records as an Arrow table: a table, or anything with an Arrow stream (pandas, Polars, DuckDB).

    Errors: RecordsMalformed.
    """
    if isinstance(records, pa.Table):
        return records
    if hasattr(records, "__arrow_c_stream__"):
        return pa.table(records)
    raise RecordsMalformed(
        f"The records are a {type(records).__name__}, not a table.",
        next_step="Make an Arrow table of them: pyarrow.Table.from_pylist(rows) or pyarrow.table(columns).",
    )


def ids(records: pa.Table) -> pa.ChunkedArray:
    """Return the records' ids as text. Errors: RecordsMalformed for an absent one."""
    if absent := records[RECORD_ID].null_count:
        raise RecordsMalformed(f"{absent:,} records have no record_id.", next_step="Give each record one.")
    column = records[RECORD_ID]
    if pa.types.is_floating(column.type) or pa.types.is_timestamp(column.type) or pa.types.is_decimal(column.type):
        return column.cast(pa.string())  # as they are: what a value loses, an id may not
    return _text(RECORD_ID, column)


def texts(records: pa.Table, roles: Mapping[str, Sequence[str]]) -> pa.Table:
    """Return record_id and the used columns as text, under the names of ``column_names``. Errors: RecordsMalformed."""
    columns = {RECORD_ID: ids(records)}
    for role, names in column_names(roles).items():
        for name, given in zip(names, roles[role], strict=True):
            columns[name] = _text(given, records[given])
    return pa.table(columns)


def column_names(roles: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return role -> names of its columns in ``texts``: whatever the caller's are called, they hurt nobody."""
    return {role: [f"{role} {number}" for number in range(1, len(used) + 1)] for role, used in roles.items()}


def _text(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_null(kind):
        return pa.chunked_array([pa.nulls(len(column), pa.string())])
    if pa.types.is_timestamp(kind):
        return column.cast(pa.date32(), safe=False).cast(pa.string())
    if pa.types.is_floating(kind):
        return _whole(column).cast(pa.string())
    if pa.types.is_decimal(kind):
        return pc.replace_substring_regex(column.cast(pa.string()), r"\.0+$", "")
    if not (_is_text(kind) or pa.types.is_integer(kind) or pa.types.is_date(kind) or pa.types.is_boolean(kind)):
        raise RecordsMalformed(
            f"Column '{name}' holds {kind}, and only {_READ} are read.",
            next_step="Write it as one text per record, or leave the column out with mapping={column: role}.",
        )
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid as error:
        raise RecordsMalformed(
            f"Column '{name}' holds bytes that are no UTF-8 text.",
            next_step="Decode it first, or leave the column out with mapping={column: role}.",
        ) from error


def _is_text(kind: pa.DataType) -> bool:
    kinds = (pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view())
    return any(kind.equals(each) for each in kinds)


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a floating column as whole numbers; what is none (infinite, not a number, beyond exactness) is absent."""
    exact = column.cast(pa.float64())
    return pc.if_else(pc.less_equal(pc.abs(exact), _LARGEST_WHOLE), exact, None).cast(pa.int64(), safe=False)
