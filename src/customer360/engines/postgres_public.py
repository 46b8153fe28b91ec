"""Show the newest state to everybody else: one view per table, under the table's own name."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from customer360.clock import stopwatch
from customer360.errors import CommitFailed, WarehouseError

if TYPE_CHECKING:
    from psycopg import Connection

    from customer360.engines.postgres_versions import Member
    from customer360.names import Relation

LOCK_MILLISECONDS = 200
"""How long a view is waited for at a time: whoever wants to read it queues behind us meanwhile."""
PAUSE_SECONDS = 0.1


def show(
    connection: Connection[Any], before: Mapping[Relation, Member], after: Mapping[Relation, Member], *, patience: float
) -> None:
    """Let the views point at the tables of a new state; all of them change when the transaction commits.

    A session of somebody else that reads a view in a long transaction keeps it from changing: CommitFailed after
    ``patience`` seconds.
    """
    deadline = stopwatch() + patience
    connection.execute(f"SET LOCAL lock_timeout = '{LOCK_MILLISECONDS}ms'".encode())
    for relation in sorted(before.keys() - after.keys()):
        _retried(connection, relation, deadline, lambda r=relation: _drop(connection, r))  # type: ignore[misc]
    for relation, member in sorted(after.items()):
        if relation not in before or before[relation].physical != member.physical:
            _retried(
                connection,
                relation,
                deadline,
                lambda r=relation, m=member: _point(connection, r, m),  # type: ignore[misc]
            )
    connection.execute("SET LOCAL lock_timeout = 0")


def _retried(connection: Connection[Any], relation: Relation, deadline: float, action: Callable[[], None]) -> None:
    from psycopg import errors

    while True:
        try:
            with connection.transaction():
                action()
        except errors.LockNotAvailable as error:
            if stopwatch() >= deadline:
                raise CommitFailed(
                    f"Another session keeps the view {relation} locked, so nothing was published.",
                    next_step="End its transaction (pg_stat_activity shows it) and run again.",
                ) from error
            time.sleep(PAUSE_SECONDS)
        except errors.WrongObjectType as error:
            raise WarehouseError(
                f"There is a table {relation} in the database that customer360 did not make.",
                next_step="Rename it, or take another schema for the data product.",
            ) from error
        else:
            return


def _drop(connection: Connection[Any], relation: Relation) -> None:
    connection.execute(f"DROP VIEW IF EXISTS {relation.sql}".encode())


def _point(connection: Connection[Any], relation: Relation, member: Member) -> None:
    """Let a view show a version; one whose columns changed is made anew, and keeps who may read it."""
    from psycopg import errors

    try:
        with connection.transaction():
            connection.execute(f"CREATE OR REPLACE VIEW {relation.sql} AS SELECT * FROM {member.sql}".encode())
    except errors.InvalidTableDefinition:
        grants = _grants(connection, relation, [column.name for column in member.columns])
    else:
        return
    connection.execute(f"DROP VIEW {relation.sql}".encode())
    connection.execute(f"CREATE VIEW {relation.sql} AS SELECT * FROM {member.sql}".encode())
    for grant in grants:
        connection.execute(grant.encode())


def _grants(connection: Connection[Any], relation: Relation, columns: Sequence[str]) -> list[str]:
    """Return the statements that give again what others may read, of a view and of those columns that stay."""
    rows = connection.execute(
        "SELECT format('GRANT %%s%%s ON %%s TO %%s%%s', g.privilege_type, g.columns, c.oid::regclass,"
        " CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END,"
        " CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)"
        " FROM pg_class AS c, LATERAL ("
        " SELECT a.*, '' AS columns FROM aclexplode(c.relacl) AS a"
        " UNION ALL SELECT a.*, format(' (%%I)', t.attname)"
        " FROM pg_attribute AS t, aclexplode(t.attacl) AS a WHERE t.attrelid = c.oid AND t.attname = ANY(%s)"
        ") AS g WHERE c.oid = %s::regclass AND g.grantee <> c.relowner",
        [columns, relation.sql],
    ).fetchall()
    return [text for (text,) in rows]
