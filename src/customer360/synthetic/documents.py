"""Describe tables as their sources document them: columns with PostgreSQL types, keys, references and indexes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column as its source documents it."""

    name: str
    type: str
    rules: str = ""
    """What stands behind the type: ``NOT NULL``, ``UNIQUE``, ``DEFAULT 0``, a CHECK."""


@dataclass(frozen=True)
class Reference:
    """A foreign key of one column to a table of the same schema."""

    column: str
    table: str
    to: str
    on_delete: str = ""


@dataclass(frozen=True)
class Document:
    """A table as its source documents it."""

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    references: tuple[Reference, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    unique: tuple[str, ...] = ()


def document(
    text: str,
    key: str,
    references: tuple[str, ...] = (),
    indexes: tuple[str, ...] = (),
    unique: str = "",
) -> Document:
    """Read one column a line: name, type (no space inside), rules."""
    columns = tuple(Column(*line.strip().split(" ", 2)) for line in text.strip().splitlines())
    links = []
    for each in references:
        column, table, to, *rest = each.split(" ", 3)
        links.append(Reference(column, table, to, rest[0] if rest else ""))
    return Document(
        columns, tuple(key.split()), tuple(links), tuple(tuple(i.split()) for i in indexes), tuple(unique.split())
    )
