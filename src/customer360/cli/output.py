"""Write data to stdout (or a file) as a table, JSON, CSV or Parquet; everything else goes to stderr."""

from __future__ import annotations

import json
import math
import shutil
import sys
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer360.cli.grid import Write, as_text
from customer360.cli.options import Format
from customer360.errors import C360Error

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

WIDE = 200
"""Columns of text where nobody says how wide the terminal is: in a pipe, in a file."""


def write_table(
    table: pa.Table, format_: Format | None, out: Path | None = None, *, formats: Mapping[str, Write] | None = None
) -> None:
    """Write Arrow data in the asked format, else in that of the file's ending.

    ``formats`` says how the ``table`` format writes the cells of a column, by name.
    """
    format_ = format_ or _by_ending(out)
    if format_ is Format.table:
        is_screen = out is None and sys.stdout.isatty()
        width = shutil.get_terminal_size((WIDE, 24)).columns if out is None else WIDE
        write_text(as_text(table, width=width, formats=formats, is_screen=is_screen), out)
    elif format_ is Format.json:
        write_text(as_json(table) + "\n", out)
    elif format_ is Format.csv:
        _write_bytes(_as_csv(table), out)
    else:
        if out is None and sys.stdout.isatty():
            raise C360Error("Parquet is not text.", next_step="Add --out FILE.parquet, or pipe it somewhere.")
        _write_bytes(_as_parquet(table), out)


def _by_ending(out: Path | None) -> Format:
    ending = out.suffix.lower().lstrip(".") if out is not None else ""
    return Format(ending) if ending in {Format.json, Format.csv, Format.parquet} else Format.table


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
    if out is not None and not out.parent.exists():
        out.parent.mkdir(parents=True)
    _write_bytes(text.encode(), out)


def write_files(files: Mapping[str, bytes], folder: Path, *, is_private: bool = False) -> None:
    """Write files of a folder, which is made. Private ones are for the user's own account only."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise C360Error(f"The folder {folder} cannot be made: {error.strerror}.") from error
    for name, content in files.items():
        _write_bytes(content, folder / name, is_private=is_private)


def _write_bytes(data: bytes, out: Path | None, *, is_private: bool = False) -> None:
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        if is_private:
            out.touch(mode=0o600)
            out.chmod(0o600)  # it may have been there
        out.write_bytes(data)
    except OSError as error:
        raise C360Error(f"The file {out} cannot be written: {error.strerror}.") from error
    note(f"Wrote {out} ({len(data):,} bytes).")
