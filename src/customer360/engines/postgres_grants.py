"""Let roles of the database read our views, and stop them: GRANT and REVOKE, as governance says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from customer360.engines.base import Lent
from customer360.names import Relation, quoted

if TYPE_CHECKING:
    from psycopg import Connection

_LENT = """
SELECT n.nspname, c.relname, r.rolname
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL aclexplode(c.relacl) AS a
JOIN pg_roles AS r ON r.oid = a.grantee
WHERE c.relkind = 'v' AND a.privilege_type = 'SELECT' AND r.rolname = ANY(%s)
"""


def let_read(
    connection: Connection[Any], views: Collection[Relation], wanted: Mapping[str, Collection[Relation]]
) -> Lent:
    """Let each role read these of our views and no other of them: first what is taken away, then what is given.

    Each role stands for itself: one that is missing, or that the server refuses, is named in what is returned and stops
    no other. Roles that are not named are left alone, and so are tables that are not ours.
    """
    roles = sorted(wanted)
    there = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [roles])}
    ours = frozenset(views)
    has = {
        (role, Relation(schema, view))
        for schema, view, role in connection.execute(_LENT, [roles]).fetchall()
        if Relation(schema, view) in ours
    }
    should = {(role, relation) for role in there for relation in wanted[role] if relation in ours}
    taken, not_taken = _each_role(connection, has - should, _revoke)
    given, not_given = _each_role(connection, should - has, _grant)
    missing = tuple(role for role in roles if role not in there)
    return Lent(given, taken, missing, tuple(sorted({*not_taken, *not_given})))


def _each_role(
    connection: Connection[Any], pairs: Collection[tuple[str, Relation]], change: Callable[[str, Relation], list[str]]
) -> tuple[tuple[tuple[str, Relation], ...], list[str]]:
    """Change each role in a transaction of its own; return the pairs that were changed, and the roles that were not."""
    import psycopg

    done: list[tuple[str, Relation]] = []
    refused: list[str] = []
    for role, found in groupby(sorted(pairs), key=itemgetter(0)):
        mine = list(found)
        try:
            with connection.transaction():
                for _, relation in mine:
                    for statement in change(role, relation):
                        connection.execute(statement.encode())
        except psycopg.OperationalError:
            raise  # the server is gone: that is no fault of a role
        except psycopg.Error:
            refused.append(role)
        else:
            done += mine
    return tuple(done), refused


def _grant(role: str, relation: Relation) -> list[str]:
    return [
        f"GRANT USAGE ON SCHEMA {quoted(relation.schema)} TO {quoted(role)}",
        f"GRANT SELECT ON {relation.sql} TO {quoted(role)}",
    ]


def _revoke(role: str, relation: Relation) -> list[str]:
    return [f"REVOKE SELECT ON {relation.sql} FROM {quoted(role)}"]
