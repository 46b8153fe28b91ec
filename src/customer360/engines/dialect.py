"""Translate our SQL (DuckDB's dialect) for the other engines."""

from __future__ import annotations

from datetime import date

import sqlglot
from sqlglot import exp


def transpile(sql: str | exp.Expression, dialect: str, *, as_of: date | None = None) -> str:
    tree = sqlglot.parse_one(sql, read="duckdb") if isinstance(sql, str) else sql.copy()
    return tree.sql(dialect=dialect)
