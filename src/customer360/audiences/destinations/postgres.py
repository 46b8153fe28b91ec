"""Keep a table of a PostgreSQL server equal to the members of audiences, in one transaction an export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from customer360.audiences.delivery import from_environment
from customer360.audiences.failures import ExportFailed
from customer360.names import quoted

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.audiences.delivery import Delivery, Took

_TYPES = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_uint64, "numeric"),
    (pa.types.is_integer, "bigint"),
    (pa.types.is_decimal, "numeric"),
    (pa.types.is_floating, "double precision"),
    (pa.types.is_date, "date"),
)
"""SQL types of columns, by what a type is; of moments see ``_type``, anything else is text."""


def send_postgres(delivery: Delivery, root: Path) -> Iterator[Took]:
    """Write members into ``table``, whose key is (audience, member id). Errors: ExportFailed, SettingMissing."""
    del root
    destination = delivery.destination
    url = from_environment(destination, "url", purpose="the address of the PostgreSQL server")
    try:
        import psycopg
    except ModuleNotFoundError as error:
        raise ExportFailed(
            "Sending to PostgreSQL needs a driver that is not installed.",
            next_step="Install it: pip install 'customer360[postgres]'.",
        ) from error
    try:
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            for statement in _definition(delivery):
                cursor.execute(statement.encode())
            name = delivery.audience.name
            if destination.mode == "full":
                cursor.execute(f"DELETE FROM {_table(delivery)} WHERE audience = %s".encode(), (name,))
            elif delivery.removed:
                gone = f"DELETE FROM {_table(delivery)} WHERE audience = %s AND {quoted(delivery.member)} = %s"
                cursor.executemany(gone.encode(), [(name, id_) for id_ in delivery.removed])
            rows = [(name, id_, *delivery.rows[id_], delivery.refreshed_at) for id_ in delivery.upserts]
            if rows:
                cursor.executemany(_upsert(delivery).encode(), rows)
    except psycopg.Error as error:  # its text may hold values or the address
        said = f"{type(error).__name__}{f' ({error.sqlstate})' if error.sqlstate else ''}"
        raise ExportFailed(
            f"PostgreSQL did not take the members for '{destination.name}': {said}.",
            place=destination.place,
            next_step="Correct the address or the rights of its user; nothing was changed there.",
        ) from None
    yield delivery.took(delivery.upserts, delivery.removed)


def _table(delivery: Delivery) -> str:
    return ".".join(quoted(part) for part in str(delivery.destination.options["table"]).split("."))


def _definition(delivery: Delivery) -> Iterator[str]:
    schema = str(delivery.destination.options["table"]).partition(".")[0]
    member = quoted(delivery.member)
    yield f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}"
    yield (
        f"CREATE TABLE IF NOT EXISTS {_table(delivery)} (audience text NOT NULL, {member} text NOT NULL,"
        f" refreshed_at timestamptz NOT NULL, PRIMARY KEY (audience, {member}))"
    )
    for name, type_ in zip(delivery.columns, delivery.types, strict=True):
        yield f"ALTER TABLE {_table(delivery)} ADD COLUMN IF NOT EXISTS {quoted(name)} {_type(type_)}"


def _type(type_: pa.DataType) -> str:
    if pa.types.is_timestamp(type_):
        return "timestamp" if type_.tz is None else "timestamptz"
    return next((kind for is_one, kind in _TYPES if is_one(type_)), "text")


def _upsert(delivery: Delivery) -> str:
    names = ["audience", delivery.member, *delivery.columns, "refreshed_at"]
    kept = ", ".join(f"{quoted(name)} = EXCLUDED.{quoted(name)}" for name in names[2:])
    return (
        f"INSERT INTO {_table(delivery)} ({', '.join(map(quoted, names))}) VALUES ({', '.join(['%s'] * len(names))})"
        f" ON CONFLICT (audience, {quoted(delivery.member)}) DO UPDATE SET {kept}"
    )
