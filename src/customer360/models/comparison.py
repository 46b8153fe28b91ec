"""Compare two tables row by row: exact, but for floating point, where the ninth digit may differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from customer360.names import quoted

if TYPE_CHECKING:
    import pyarrow as pa

TOLERANCE = 1e-9
"""Of the value: two engines add up in another order."""
_FLOATS = ("FLOAT", "DOUBLE")


def difference(ours: pa.Table, theirs: pa.Table) -> str | None:
    """Return what differs between two tables in words, None when they hold the same rows in any order."""
    if ours.column_names != theirs.column_names:
        return f"the columns are {', '.join(ours.column_names)} and {', '.join(theirs.column_names)}"
    if ours.num_rows != theirs.num_rows:
        return f"there are {ours.num_rows:,} and {theirs.num_rows:,} rows"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("ours", ours)
        connection.register("theirs", theirs)
        types = {row[0]: row[1] for row in connection.execute("DESCRIBE FROM ours").fetchall()}
        row = connection.execute(_query(types)).fetchone()
    return f"{row[0]:,} of {ours.num_rows:,} rows differ" if row and row[0] else None


def _query(types: dict[str, str]) -> str:
    listed = ", ".join(f"CAST({quoted(name)} AS {type_}) AS {quoted(name)}" for name, type_ in types.items())
    exact = [quoted(name) for name, type_ in types.items() if type_ not in _FLOATS]
    floats = [quoted(name) for name, type_ in types.items() if type_ in _FLOATS]
    order = ", ".join([*exact, *floats])
    same = [f"x.{name} IS NOT DISTINCT FROM y.{name}" for name in exact]
    same += [
        f"(x.{name} IS NOT DISTINCT FROM y.{name}"
        f" OR coalesce(abs(x.{name} - y.{name}) <= 1e-12 + {TOLERANCE} * abs(x.{name}), false))"
        for name in floats
    ]
    placed = "(SELECT *, row_number() OVER (ORDER BY {order}) AS c360_place FROM (SELECT {listed} FROM {table}) AS t)"
    left, right = (placed.format(order=order, listed=listed, table=table) for table in ("ours", "theirs"))
    return f"SELECT count(*) FROM {left} AS x JOIN {right} AS y USING (c360_place) WHERE NOT ({' AND '.join(same)})"
