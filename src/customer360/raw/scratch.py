"""Open a private DuckDB for casting rows: in memory, spilling to the load's own folder, without any other access."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from customer360.connectors.local import local_duckdb
from customer360.names import text_literal

MEMORY_LIMIT = "1GB"


def open_scratch(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection whose moments are UTC and whose memory does not grow with the rows."""
    scratch = local_duckdb()
    scratch.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    scratch.execute(f"SET temp_directory = {text_literal(folder)}")
    return scratch


def engine_types(scratch: duckdb.DuckDBPyConnection, schema: pa.Schema) -> dict[str, str]:
    """Return the DuckDB type of each Arrow column; enumerations and columns of only NULLs become VARCHAR."""
    scratch.register("described", schema.empty_table())
    rows = scratch.execute("SELECT column_name, column_type FROM (DESCRIBE described)").fetchall()
    scratch.unregister("described")
    nulls = {field.name for field in schema if pa.types.is_null(field.type)}
    return {n: "VARCHAR" if n in nulls or t.startswith("ENUM") else t for n, t in rows}
