"""Describe PostgreSQL's tables from its catalogue, and write the SQL that reads them exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from customer360.connectors.base import CursorValue
from customer360.errors import ProjectError
from customer360.names import quoted, text_literal
from customer360.project.spec import SourceTable

_PLAIN = frozenset(
    {
        "int2",
        "int4",
        "int8",
        "float4",
        "float8",
        "bool",
        "text",
        "varchar",
        "bpchar",
        "name",
        "date",
        "time",
        "timestamp",
        "timestamptz",
        "uuid",
        "json",
        "jsonb",
        "bytea",
        "interval",
        "_int2",
        "_int4",
        "_int8",
        "_float4",
        "_float8",
        "_bool",
        "_text",
        "_varchar",
        "_date",
        "_timestamp",
        "_timestamptz",
    }
)
"""Types that arrive exactly; every other one is cast to text on the server."""

_TEXTS = frozenset({"text", "varchar", "bpchar", "name"})
_MAX_PRECISION = 38

DESCRIBE = """
    SELECT c.relkind::text AS kind, a.attname::text AS name, t.typname::text AS type, a.atttypmod AS modifier,
           a.attnotnull AS is_required, has_column_privilege(c.oid, a.attnum, 'SELECT') AS may_read
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
    WHERE n.nspname = {schema} AND c.relname = {table} AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
    ORDER BY a.attnum
"""
TABLES = """
    SELECT n.nspname || '.' || c.relname AS name
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND n.nspname NOT LIKE 'pg_toast%' AND has_schema_privilege(n.oid, 'USAGE')
    ORDER BY 1
"""
SCHEMA = """
    SELECT count(*)::int AS found, coalesce(bool_or(has_schema_privilege(oid, 'USAGE')), false) AS may_use
    FROM pg_catalog.pg_namespace WHERE nspname = {schema}
"""
UNIQUE = """
    SELECT string_agg(a.attname::text, ',' ORDER BY a.attname::text COLLATE "C") AS names
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
    WHERE n.nspname = {schema} AND c.relname = {table} AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
      AND i.indexprs IS NULL AND i.indnkeyatts = i.indnatts
    GROUP BY i.indexrelid HAVING bool_and(a.attnotnull)
"""


@dataclass(frozen=True)
class ServerColumn:
    """A column as the server's catalogue describes it."""

    name: str
    type: str
    modifier: int
    is_required: bool
    may_read: bool

    @property
    def decimal(self) -> tuple[int, int] | None:
        """Precision and scale of a NUMERIC that fits a DECIMAL, else None."""
        if self.type != "numeric" or self.modifier < 0:
            return None
        precision = ((self.modifier - 4) >> 16) & 0xFFFF
        scale = (((self.modifier - 4) & 0x7FF) ^ 1024) - 1024
        return (precision, scale) if 0 <= scale <= precision <= _MAX_PRECISION else None

    def is_carried_by(self, as_text: frozenset[str]) -> bool:
        """Say whether it arrives exactly as it is on a wire that carries the types ``as_text`` only as text."""
        return (self.type in _PLAIN or self.decimal is not None) and self.type not in as_text


@dataclass(frozen=True)
class ServerTable:
    """A table or view as the server's catalogue describes it."""

    schema: str
    name: str
    is_plain: bool
    columns: Mapping[str, ServerColumn]

    @property
    def sql(self) -> str:
        """Its name, quoted."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def select(self, names: tuple[str, ...], as_text: frozenset[str]) -> str:
        """Return the query for these columns, cast to text where a wire cannot carry the type exactly."""
        parts = [
            quoted(name) if self.columns[name].is_carried_by(as_text) else f"{quoted(name)}::text AS {quoted(name)}"
            for name in names
        ]
        return f"SELECT {', '.join(parts)} FROM {self.sql}"

    def where(self, table: SourceTable, since: CursorValue | None) -> str:
        """Return the condition for rows from ``since`` on, and for those without a cursor value."""
        if since is None or table.cursor is None:
            return ""
        column = self.columns[table.cursor]
        empty = "" if column.is_required else f" OR {quoted(column.name)} IS NULL"
        return f" WHERE {quoted(column.name)} >= {_cursor_literal(since, column, table)}{empty}"


def _cursor_literal(value: CursorValue, column: ServerColumn, table: SourceTable) -> str:
    if isinstance(value, str):
        return f'{text_literal(value)} COLLATE "C"'  # cursors are compared by code point everywhere
    if column.type in _TEXTS:
        raise ProjectError(
            f"The cursor '{column.name}' of {table.source}.{table.name} is text in PostgreSQL and a"
            f" {type(value).__name__} in the contract, so the server cannot compare it.",
            place=table.place,
            next_step="Choose a cursor that has its type in the database, or read a view that casts it.",
        )
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
        return f"TIMESTAMPTZ '{text}+00'" if column.type == "timestamptz" else f"TIMESTAMP '{text}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return format(value, "f") if isinstance(value, Decimal) else str(value)
