"""Hold the names that floors share: tables of ours, reserved schemas, how a relation is written."""

from __future__ import annotations

import re
from dataclasses import dataclass

STATE_SCHEMA = "c360"
"""Schema of the tables that customer360 keeps about itself inside the warehouse."""

QUARANTINE_SCHEMA = "quarantine"
"""Schema of rows that broke their contract: one table per raw table, ``<source>_<table>``."""

RAW_PREFIX = "raw_"
"""Raw tables of source ``shop`` live in schema ``raw_shop``."""

LOAD_ID = "_load_id"
"""Column of every raw table: the load (row of ``c360.load_log``) that brought the row."""

EXPORTS = "exports"
"""Folder of a project for files that leave it; an erasure searches them."""

DASHBOARD_FILES = f"{EXPORTS}/dashboards"
"""Folder of a project that dashboards are written to as files, one folder each."""

UNKNOWN_KEY, UNKNOWN = -1, "Unknown"
"""Key and name of the member that each dimension has for what nobody knows: no row of a fact is dropped for it."""

IDENTIFIER = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
"""What a schema, table, column, source or metric of a project may be called."""


@dataclass(frozen=True, order=True)
class Relation:
    """A table or view of the warehouse: ``gold.gold_sales_fact``."""

    schema: str
    table: str

    @classmethod
    def parse(cls, text: str) -> Relation:
        """Split ``schema.table``; ValueError when there are not exactly two parts."""
        schema, table = text.split(".")
        return cls(schema, table)

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}"

    @property
    def sql(self) -> str:
        """Both parts quoted, ready to stand in SQL."""
        return f"{quoted(self.schema)}.{quoted(self.table)}"


def quoted(identifier: str) -> str:
    """Return an identifier in double quotes, inner quotes doubled."""
    return '"' + identifier.replace('"', '""') + '"'


def text_literal(value: object) -> str:
    """Return a text as SQL: in single quotes, inner quotes doubled."""
    return "'" + str(value).replace("'", "''") + "'"


def raw_relation(source: str, table: str) -> Relation:
    """Return where a source's table lands."""
    return Relation(RAW_PREFIX + source, table)


def quarantine_relation(source: str, table: str) -> Relation:
    """Return where a source's rejected rows go."""
    return Relation(QUARANTINE_SCHEMA, f"{source}_{table}")
