"""Give each member of a dimension an integer key once, and keep it over rebuilds (step ``surrogate_keys``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from customer360.errors import C360Error, UnknownName
from customer360.names import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from customer360.names import Relation

FIRST_KEY = 1
LARGEST_KEY = 2**31 - 1


def surrogate_keys(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:  # noqa: ARG001 - the signature of a step; keys know no time
    """Return one row per member: its business key and its INTEGER key, sorted by the latter.

    Input ``members`` has the column that parameter ``business_key`` names (repeats and NULLs do not matter); input
    ``previous`` is the table itself as last published, absent or empty the first time. Members that are there keep
    their key, also when they are no member any more; new ones get the next numbers in the order of their business
    key, so the same members give the same keys whatever the order of rows. Parameter ``surrogate_key`` names the
    column that is made. Keys begin at 1: 0 and below are left for unknown members.

    Raises UnknownName when a column is absent, C360Error when a 32-bit integer can hold no more keys.
    """
    name, key = parameters["business_key"], parameters["surrogate_key"]
    members = _column(inputs["members"], name, "members").cast(pa.string())
    old_names, old_keys = _kept(inputs.get("previous"), name, key)
    fresh = pc.unique(pc.drop_null(members))
    fresh = fresh.filter(pc.invert(pc.is_in(fresh, value_set=old_names)))
    fresh = fresh.take(pc.sort_indices(fresh))
    newest = pc.max(old_keys).as_py() if len(old_keys) else FIRST_KEY - 1
    if newest + len(fresh) > LARGEST_KEY:
        raise C360Error(
            f"{key} has run out of numbers: there are more than {LARGEST_KEY:,} members.",
            next_step=f"Declare {key} BIGINT in the contract and use a digest of {name} as key.",
        )
    new_keys = pa.array(range(newest + 1, newest + 1 + len(fresh)), pa.int32())
    names = pa.chunked_array([old_names, fresh], pa.string())
    keys = pa.chunked_array([old_keys, new_keys], pa.int32())
    return pa.table({name: names, key: keys}).sort_by(key)


def surrogate_keys_in_sql(inputs: Mapping[str, Relation], parameters: Mapping[str, Any]) -> str:
    """Return the same as one SELECT, where a table was published before; the database says so when keys run out."""
    name, key = quoted(parameters["business_key"]), quoted(parameters["surrogate_key"])
    members, previous = inputs["members"].sql, inputs["previous"].sql
    return (
        f"SELECT {name}, {key} FROM {previous} UNION ALL SELECT fresh.{name}, CAST((SELECT COALESCE(MAX({key}),"
        f" {FIRST_KEY - 1}) FROM {previous}) + ROW_NUMBER() OVER (ORDER BY fresh.{name}) AS INTEGER) AS {key}"
        f" FROM (SELECT DISTINCT CAST({name} AS VARCHAR) AS {name} FROM {members} WHERE {name} IS NOT NULL) AS fresh"
        f" WHERE NOT EXISTS (SELECT 1 FROM {previous} AS old WHERE old.{name} = fresh.{name})"
    )


def _kept(previous: pa.Table | None, name: str, key: str) -> tuple[pa.Array, pa.Array]:
    """Return the business keys and the keys that were given before."""
    if previous is None:
        return pa.array([], pa.string()), pa.array([], pa.int32())
    names = _column(previous, name, "previous").cast(pa.string())
    keys = _column(previous, key, "previous").cast(pa.int32())
    return names.combine_chunks(), keys.combine_chunks()


def _column(table: pa.Table, name: str, what: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        raise UnknownName(f"column of {what}", name, table.column_names)
    return table.column(name)
