"""Open a private DuckDB in memory, quiet and in UTC, to read or cast with; it is no warehouse."""

from __future__ import annotations

import duckdb


def local_duckdb() -> duckdb.DuckDBPyConnection:
    """Return a connection of its own instance; close it after use."""
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")  # it would write into our output
    connection.execute("SET TimeZone = 'UTC'")
    return connection
