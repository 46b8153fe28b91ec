"""Let a PostgreSQL server settle who writes: advisory locks, and the name of who holds one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from customer360.errors import WriterBusy

if TYPE_CHECKING:
    from psycopg import Connection

WRITER = 0
"""Second half of the writer's lock; states have their own number there, from 1."""


def writer_of(connection: Connection[Any], lock_class: int) -> str | None:
    """Return who holds a writer's lock, as that session calls itself, and since when."""
    row = connection.execute(
        "SELECT a.application_name, to_char(coalesce(a.xact_start, a.backend_start), 'YYYY-MM-DD HH24:MI:SS')"
        " FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid"
        " JOIN pg_database AS d ON d.oid = l.database AND d.datname = current_database()"
        " WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %s::bigint::oid AND l.objid = %s",
        [lock_class % 2**32, WRITER],
    ).fetchone()
    return f"{row[0]}, since {row[1]} UTC" if row and row[0] else None


def busy(writer: str | None) -> WriterBusy:
    """Return the error for a warehouse that somebody else writes."""
    return WriterBusy(
        f"The warehouse is being written by {writer or 'another process'}.",
        next_step="Wait until it is done, or stop that process; readers are not affected.",
    )
