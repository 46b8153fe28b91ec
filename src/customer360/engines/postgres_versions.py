"""Remember which version of which table belongs to which published state, and who reads or writes.

Every table of ours is kept as ``<table>__v<N>`` and never changed once it is published; state N is a list of such
tables. A reader claims its state by an advisory lock, so nothing it may read is dropped. Views with the tables' own
names show the newest state to everybody else.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from customer360.engines.base import Column, Snapshot
from customer360.engines.postgres_older import find, search_path, supply
from customer360.names import Relation, quoted

if TYPE_CHECKING:
    from psycopg import Connection

LONGEST = 63
"""Bytes of a name in PostgreSQL."""
_STATES = "id bigint PRIMARY KEY, made_at timestamptz NOT NULL, note text NOT NULL, holder text NOT NULL"
_MEMBERS = (
    "schema_name text NOT NULL, table_name text NOT NULL, first_state bigint NOT NULL, last_state bigint, "
    "physical text NOT NULL, definition text, columns text NOT NULL, "
    "PRIMARY KEY (schema_name, table_name, first_state)"
)


@dataclass(frozen=True)
class Member:
    """One table or view of a state: where it lies, and what our SQL calls the types of its columns."""

    relation: Relation
    physical: str
    """``schema.table__v7``, without quotes."""
    columns: tuple[Column, ...]
    definition: str | None = None
    """Of a view: its query in our SQL."""

    @property
    def sql(self) -> str:
        """The physical name, quoted for SQL."""
        return physical_sql(self.physical)


def physical_sql(physical: str) -> str:
    """Return a physical name quoted for SQL."""
    schema, _, table = physical.partition(".")
    return f"{quoted(schema)}.{quoted(table)}"


def physical_name(relation: Relation, version: int, attempt: int) -> str:
    """Return where a version of a table lies."""
    return named_with(relation, f"__v{version}" + (f"_{attempt}" if attempt else ""))


def named_with(relation: Relation, tail: str) -> str:
    """Return a table's name with an ending; long names are cut and told apart by a digest."""
    name = relation.table
    if len((name + tail).encode()) > LONGEST:
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        name = f"{name[: LONGEST - len(tail) - 9]}_{digest}"
    return f"{relation.schema}.{name}{tail}"


class Versions:
    """The list of states, in a schema of its own. Its methods work in the caller's connection and transaction."""

    def __init__(self, schema: str) -> None:
        self.schema = schema
        self.lock_class = zlib.crc32(schema.encode()) - 2**31
        self._table = {name: f"{quoted(schema)}.{quoted(name)}" for name in ("warehouse", "states", "members")}

    def is_there(self, connection: Connection[Any]) -> bool:
        """Say whether anything was ever published here."""
        return self._value(connection, "SELECT to_regclass(%s) IS NOT NULL", [self._table["states"]]) is True

    def create(self, connection: Connection[Any]) -> None:
        """Make the schema unless it is there, and what the server lacks."""
        supply(connection, self.schema)
        if self.is_there(connection):
            return
        for statement in (
            f"CREATE SCHEMA IF NOT EXISTS {quoted(self.schema)}",
            f"CREATE TABLE {self._table['warehouse']} (id text NOT NULL)",
            f"INSERT INTO {self._table['warehouse']} VALUES (gen_random_uuid()::text)",
            f"CREATE TABLE {self._table['states']} ({_STATES})",
            f"CREATE TABLE {self._table['members']} ({_MEMBERS})",
        ):
            connection.execute(statement.encode())

    def equip(self, connection: Connection[Any]) -> None:
        """Let a session find what the server lacks."""
        find(connection, self.schema)

    def search_path(self, connection: Connection[Any]) -> str:
        """Return where a procedure finds what the server lacks, as SQL; empty when it lacks nothing."""
        return search_path(connection, self.schema)

    def identity(self, connection: Connection[Any]) -> str:
        """Return what tells this warehouse from one that is made in its place."""
        return str(self._value(connection, f"SELECT id FROM {self._table['warehouse']}"))

    def newest(self, connection: Connection[Any]) -> int:
        """Return the number of the newest state, 0 before the first."""
        return int(self._value(connection, f"SELECT coalesce(max(id), 0) FROM {self._table['states']}"))

    def is_kept(self, connection: Connection[Any], state: int) -> bool:
        """Say whether a state can still be read."""
        return bool(self._value(connection, f"SELECT count(*) FROM {self._table['states']} WHERE id = %s", [state]))

    def states(self, connection: Connection[Any]) -> tuple[Snapshot, ...]:
        """Return the kept states, newest first."""
        rows = connection.execute(
            f"SELECT id, made_at, note, holder FROM {self._table['states']} ORDER BY id DESC".encode()
        ).fetchall()
        return tuple(Snapshot(*row) for row in rows)

    def members(self, connection: Connection[Any], state: int) -> dict[Relation, Member]:
        """Return the tables and views of a state."""
        rows = connection.execute(
            f"SELECT schema_name, table_name, physical, columns, definition FROM {self._table['members']}"
            " WHERE first_state <= %s AND (last_state IS NULL OR last_state > %s)".encode(),
            [state, state],
        ).fetchall()
        found = [
            Member(Relation(row[0], row[1]), row[2], tuple(Column(*c) for c in json.loads(row[3])), row[4])
            for row in rows
        ]
        return {member.relation: member for member in found}

    def record(
        self,
        connection: Connection[Any],
        state: Snapshot,
        before: Mapping[Relation, Member],
        after: Mapping[Relation, Member],
    ) -> None:
        """Write a new state down: what it has in another version than the one before, and what it lacks."""
        connection.execute(
            f"INSERT INTO {self._table['states']} VALUES (%s, %s, %s, %s)".encode(),
            [state.id, state.at, state.note, state.holder],
        )
        ended = [relation for relation, member in before.items() if after.get(relation) != member]
        with connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {self._table['members']} SET last_state = %s WHERE schema_name = %s AND table_name = %s"
                " AND last_state IS NULL".encode(),
                [(state.id, relation.schema, relation.table) for relation in ended],
            )
            cursor.executemany(
                f"INSERT INTO {self._table['members']} VALUES (%s, %s, %s, NULL, %s, %s, %s)".encode(),
                [
                    (r.schema, r.table, state.id, m.physical, m.definition, columns_text(m.columns))
                    for r, m in after.items()
                    if before.get(r) != m
                ],
            )

    def expired(self, connection: Connection[Any], keep: int) -> list[int]:
        """Return the states beyond the newest ``keep`` that nobody reads, locked against new readers until commit."""
        rows = connection.execute(
            f"SELECT id FROM {self._table['states']} ORDER BY id DESC OFFSET %s".encode(), [keep]
        ).fetchall()
        return [
            state
            for (state,) in rows
            if self._value(connection, "SELECT pg_try_advisory_xact_lock(%s, %s)", [self.lock_class, state])
        ]

    def forget(self, connection: Connection[Any], states: Sequence[int]) -> list[tuple[str, bool]]:
        """Take states off the list; return what lies in none of the others: physical name, whether it is a view."""
        connection.execute(f"DELETE FROM {self._table['states']} WHERE id = ANY(%s)".encode(), [list(states)])
        gone = connection.execute(
            f"DELETE FROM {self._table['members']} AS m WHERE m.last_state IS NOT NULL AND NOT EXISTS (SELECT 1"
            f" FROM {self._table['states']} AS s WHERE s.id >= m.first_state AND s.id < m.last_state)"
            " RETURNING m.physical, m.definition IS NOT NULL".encode()
        ).fetchall()
        kept = {
            name for (name,) in connection.execute(f"SELECT physical FROM {self._table['members']}".encode()).fetchall()
        }
        return sorted({(name, is_view) for name, is_view in gone if name not in kept})

    def claim(self, connection: Connection[Any], state: int) -> bool:
        """Keep a state from being dropped as long as this connection reads it; False when it just went."""
        if not self._value(connection, "SELECT pg_try_advisory_lock_shared(%s, %s)", [self.lock_class, state]):
            return False
        if self.is_kept(connection, state):
            return True
        self.release(connection, state)
        return False

    def release(self, connection: Connection[Any], state: int) -> None:
        """Give a claim back."""
        connection.execute("SELECT pg_advisory_unlock_shared(%s, %s)", [self.lock_class, state])

    @staticmethod
    def _value(connection: Connection[Any], sql: str, parameters: Sequence[Any] = ()) -> Any:
        row = connection.execute(sql.encode(), parameters).fetchone()
        return row[0] if row else None


def columns_text(columns: Sequence[Column]) -> str:
    """Return the columns of a table as they are remembered."""
    return json.dumps([[column.name, column.type] for column in columns])
