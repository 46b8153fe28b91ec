"""Read SQL with DuckDB's own parser, in memory and without any warehouse."""

from __future__ import annotations

import threading

import duckdb

_own = threading.local()


def serialized(sql: str) -> str:
    """Return the tree that DuckDB makes of a text, as JSON; of a text that is no query a tree with ``error``."""
    if not hasattr(_own, "connection"):
        _own.connection = duckdb.connect(
            config={"enable_external_access": False, "autoinstall_known_extensions": False, "threads": 1}
        )
    row = _own.connection.execute("SELECT json_serialize_sql($1)", [sql]).fetchone()
    return str(row[0])
