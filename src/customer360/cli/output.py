"""Write data to stdout (or a file) as a table, JSON, CSV or Parquet; everything else goes to stderr."""

from __future__ import annotations

import json
import math
import sys
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer360.cli.options import Format
from customer360.errors import C360Error

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN_ROWS = 1_000
"""Rows that the ``table`` format prints; the other formats print all."""


def write_table(table: pa.Table, format_: Format, out: Path | None = None) -> None:
    """Write Arrow data in the asked format. Parquet needs ``--out`` when stdout is a terminal."""
    if format_ is Format.table:
        write_text(_as_text(table), out)
    elif format_ is Format.json:
        write_text(as_json(table) + "\n", out)
    elif format_ is Format.csv:
        _write_bytes(_as_csv(table), out)
    else:
        if out is None and sys.stdout.isatty():
            raise C360Error("Parquet is not text.", next_step="Add --out FILE.parquet, or pipe it somewhere.")
        _write_bytes(_as_parquet(table), out)


def note(text: str) -> None:
    """Say something to the person, on stderr."""
    from customer360.cli.progress import emit, is_json

    if is_json():
        emit("note", text=text)
    else:
        sys.stderr.write(text + "\n")


def as_json(table: pa.Table) -> str:
    """Return ``{"columns": [...], "rows": [{...}]}``: valid JSON, in which nothing is lost but NaN and infinity."""
    rows = [_plain(row) for row in table.to_pylist()]
    return json.dumps({"columns": table.column_names, "rows": rows}, allow_nan=False)


def plain(value: Any) -> Any:
    """Return a JSON value: decimals as numbers when exact in a float, else text; dates in ISO form; NaN as null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(str(number)) == value else str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: plain(value) for key, value in row.items()}


def _as_text(table: pa.Table) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(show_edge=False, pad_edge=False)
    for field in table.schema:
        numeric = _is_numeric(field.type)
        grid.add_column(Text(field.name), justify="right" if numeric else "left", no_wrap=numeric)
    for row in table.slice(0, SHOWN_ROWS).to_pylist():
        grid.add_row(*(Text(_shown(value)) for value in row.values()))
    console = Console(width=None if sys.stdout.isatty() else 200)
    with console.capture() as captured:
        console.print(grid)
        if table.num_rows > SHOWN_ROWS:
            console.print(f"... {table.num_rows - SHOWN_ROWS:,} more rows; use --format csv for all.")
    return captured.get()


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    if isinstance(value, Decimal):
        return f"{value:,}"
    return str(value)


def _is_numeric(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _as_csv(table: pa.Table) -> bytes:
    import pyarrow as pa
    import pyarrow.csv as pa_csv

    for index, field in enumerate(table.schema):
        if pa.types.is_nested(field.type):  # a list or a struct has no place in CSV but as JSON text
            texts = [None if v is None else json.dumps(plain(v)) for v in table.column(index).to_pylist()]
            table = table.set_column(index, field.name, pa.array(texts, pa.string()))
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(table, sink)
    return bytes(sink.getvalue())


def _as_parquet(table: pa.Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


def write_text(text: str, out: Path | None) -> None:
    """Write text to stdout or a file."""
    _write_bytes(text.encode(), out)


def _write_bytes(data: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        out.write_bytes(data)
    except OSError as error:
        raise C360Error(f"The file {out} cannot be written: {error.strerror}.") from error
    note(f"Wrote {out} ({len(data):,} bytes).")
