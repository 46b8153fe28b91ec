"""Take a method's inputs: check columns and parameters, run SQL over Arrow tables in a DuckDB of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from customer360.errors import InputMalformed, UnknownName

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def require_columns(table: pa.Table, columns: Iterable[str], *, name: str) -> pa.Table:
    """Return the table; UnknownName when a column is absent (``name`` is what the sentence calls the table)."""
    for column in columns:
        if column not in table.column_names:
            raise UnknownName(f"column of {name}", column, table.column_names)
    return table


def require_input(inputs: Mapping[str, pa.Table], name: str, columns: Iterable[str], *, method: str) -> pa.Table:
    """Return one input of a step; UnknownName when the input or one of its columns is absent."""
    if name not in inputs:
        raise UnknownName(f"input of {method}", name, list(inputs))
    return require_columns(inputs[name], columns, name=name)


def with_defaults(parameters: Mapping[str, Any], defaults: Mapping[str, Any], *, method: str) -> dict[str, Any]:
    """Return parameters over their defaults; UnknownName for one that the method does not have."""
    for name in parameters:
        if name not in defaults:
            raise UnknownName(f"parameter of {method}", name, list(defaults))
    return {**defaults, **parameters}


def require_share(value: float, name: str) -> float:
    """Return a value between 0 and 1; InputMalformed otherwise."""
    if not 0 <= value <= 1:
        raise InputMalformed(f"{name} is {value}; it is a share.", next_step="Give a number from 0 to 1.")
    return value


def run_sql(sql: str, parameters: Mapping[str, Any] | None = None, /, **tables: pa.Table) -> pa.Table:
    """Run one SELECT over Arrow tables, each readable under its keyword, and return its rows.

    ``parameters`` fill ``$name`` placeholders. The connection is in memory, reads no file and ends with the call.
    """
    with duckdb.connect(config={"enable_external_access": False, "autoinstall_known_extensions": False}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, table in tables.items():
            connection.register(name, table)
        return connection.execute(sql, dict(parameters or {})).to_arrow_table()


def coded(table: pa.Table, column: str) -> pa.Table:
    """Return the table with small integers for the distinct values of a column, NULL kept: they join and count faster.

    A column of integers stays as it is.
    """
    values = table[column]
    if pa.types.is_integer(values.type):
        return table
    numbers = values.dictionary_encode().unify_dictionaries()
    indices = pa.chunked_array([chunk.indices for chunk in numbers.chunks], pa.int32())
    return table.set_column(table.schema.get_field_index(column), column, indices)
