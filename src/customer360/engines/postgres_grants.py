"""Let roles of the database read our views, and stop them: GRANT and REVOKE, as governance says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from customer360.engines.base import Lent
from customer360.errors import WarehouseError
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
    """Let each role read these of our views and no other of them, in one transaction. Errors: WarehouseError.

    Roles that are not named are left alone, and so are tables that are not ours.
    """
    roles = sorted(wanted)
    there = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [roles])}
    if missing := [role for role in roles if role not in there]:
        raise WarehouseError(
            f"The database has no role named {missing[0]}.",
            next_step=f"Make it: CREATE ROLE {quoted(missing[0])} LOGIN; or correct the account's postgres_role.",
        )
    ours = frozenset(views)
    has = {
        (role, Relation(schema, view))
        for schema, view, role in connection.execute(_LENT, [roles]).fetchall()
        if Relation(schema, view) in ours
    }
    should = {(role, relation) for role in roles for relation in wanted[role] if relation in ours}
    with connection.transaction():
        for role, relation in sorted(should - has):
            connection.execute(f"GRANT USAGE ON SCHEMA {quoted(relation.schema)} TO {quoted(role)}".encode())
            connection.execute(f"GRANT SELECT ON {relation.sql} TO {quoted(role)}".encode())
        for role, relation in sorted(has - should):
            connection.execute(f"REVOKE SELECT ON {relation.sql} FROM {quoted(role)}".encode())
    return Lent(tuple(sorted(should - has)), tuple(sorted(has - should)))
