"""Write the DDL of ShopFlow's sources: the documented types, keys and indexes, in PostgreSQL's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.errors import UnknownName
from customer360.names import quoted
from customer360.synthetic.documented import DOCUMENTED, SCHEMAS
from customer360.synthetic.documents import Column, Document

if TYPE_CHECKING:
    from collections.abc import Sequence


def ddl(systems: Sequence[str] | None = None) -> str:
    """Return one script that creates schemas and tables of these systems (all by default); it can be run again.

    Errors: UnknownName.
    """
    chosen = list(systems or DOCUMENTED)
    for system in chosen:
        if system not in DOCUMENTED:
            raise UnknownName("system in PostgreSQL", system, list(DOCUMENTED))
    parts = []
    for schema in dict.fromkeys(SCHEMAS[system] for system in chosen):
        parts.append(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)};")
    for system in chosen:
        for table, document in DOCUMENTED[system].items():
            parts.append(create_table(SCHEMAS[system], table, document, if_missing=True) + ";")
            parts.extend(f"{line};" for line in create_indexes(SCHEMAS[system], table, document))
    return "\n\n".join(parts) + "\n"


def create_table(
    schema: str | None, table: str, document: Document, *, if_missing: bool = False, bare: bool = False
) -> str:
    """Return CREATE TABLE with keys and references; ``bare`` leaves them for after the rows are in."""
    lines = [f"    {_column(column)}" for column in document.columns]
    if not bare:
        lines.extend(f"    {line}" for line in (*keys(document), *references(schema, document)))
    missing = "IF NOT EXISTS " if if_missing else ""
    return f"CREATE TABLE {missing}{relation(schema, table)} (\n" + ",\n".join(lines) + "\n)"


def keys(document: Document) -> list[str]:
    """Return the primary key and the unique columns."""
    unique = [f"UNIQUE ({_list(document.unique)})"] if document.unique else []
    return [f"PRIMARY KEY ({_list(document.key)})", *unique]


def references(schema: str | None, document: Document) -> list[str]:
    """Return the foreign keys; they are checked when a transaction ends, so that rows may be replaced inside one."""
    return [
        f"FOREIGN KEY ({quoted(each.column)}) REFERENCES {relation(schema, each.table)} ({quoted(each.to)})"
        + (f" ON DELETE {each.on_delete}" if each.on_delete else "")
        + " DEFERRABLE INITIALLY DEFERRED"
        for each in document.references
    ]


def create_indexes(schema: str | None, table: str, document: Document) -> list[str]:
    """Return CREATE INDEX for every documented index."""
    return [
        f"CREATE INDEX IF NOT EXISTS {quoted('_'.join((table, *columns, 'idx')))}"
        f" ON {relation(schema, table)} ({_list(columns)})"
        for columns in document.indexes
    ]


def _column(column: Column) -> str:
    return f"{quoted(column.name)} {column.type} {column.rules}".rstrip()


def relation(schema: str | None, table: str) -> str:
    """Return a quoted name, with its schema where there is one."""
    return quoted(table) if schema is None else f"{quoted(schema)}.{quoted(table)}"


def _list(names: Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in names)
