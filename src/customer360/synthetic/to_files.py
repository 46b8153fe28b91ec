"""Write ShopFlow as files: a folder a system, a Parquet, CSV or JSON-lines file a table, streamed chunk by chunk."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from customer360.errors import C360Error
from customer360.progress import Progress, Silent
from customer360.synthetic import truth
from customer360.synthetic.ahead import ahead
from customer360.synthetic.columns import plain
from customer360.synthetic.written import TASK, Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from customer360.synthetic.shopflow import ShopFlow

FileFormat = Literal["parquet", "csv", "jsonl"]
TOGETHER = (("shop", "support", "shop_ops"), ("crm", "erp", "wms", "cdp", "care"))
"""Systems that share no work are written side by side."""

MOST_WORDS = 30_000
"""Larger vocabularies are written as plain text: a Parquet dictionary pays only where few words repeat."""


def write_files(
    shopflow: ShopFlow,
    folder: Path,
    *,
    systems: Sequence[str] | None = None,
    file_format: FileFormat = "parquet",
    since: date | None = None,
    progress: Progress | None = None,
) -> list[Written]:
    """Write the systems' tables below ``folder`` and the truth beside them in ``folder/truth``.

    With ``since``, logs (orders, events ...) get a file of their own with the days from then on,
    ``orders-2024-12-01.parquet``; tables of state (customers, inventory ...) are written whole again.
    Errors: UnknownName, C360Error.
    """
    progress = progress or Silent()
    chosen = shopflow.chosen(systems)
    progress.start(TASK, sum(len(tables) for tables in chosen.values()) + 1)

    def write(system: str) -> list[Written]:
        (folder / system).mkdir(parents=True, exist_ok=True)
        done = []
        for table, source in chosen[system].items():
            name = f"{table}-{since}" if since and source.moment else table
            count = _write(source(since), folder / system / f"{name}.{file_format}", file_format)
            done.append(Written(system, table, count))
            progress.step(TASK, f"{system}.{table}")
        return done

    groups = [[name for name in group if name in chosen] for group in TOGETHER]
    try:
        written = [w for done in ahead(lambda g: [w for s in g for w in write(s)], groups, workers=2) for w in done]
        _truth(shopflow, folder / "truth")
    except OSError as error:
        raise C360Error(f"The folder {folder} cannot be written: {error.strerror}.") from error
    progress.step(TASK, "truth")
    progress.finish(TASK)
    return written


def _truth(shopflow: ShopFlow, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in truth.tables(shopflow).items():
        pq.write_table(plain(content), folder / f"{name}.parquet", compression="zstd")


def _write(chunks: Iterator[pa.Table], path: Path, file_format: FileFormat) -> int:
    """Write to a temporary name first, so that a killed run leaves no half file under the real one."""
    part = path.with_name(path.name + ".part")
    count = {"parquet": _parquet, "csv": _csv, "jsonl": _json_lines}[file_format](chunks, part)
    part.replace(path)
    return count


def _parquet(chunks: Iterator[pa.Table], path: Path) -> int:
    count, writer = 0, None
    try:
        for chunk in chunks:
            writer = writer or parquet_writer(path, chunk)
            writer.write_table(chunk)
            count += chunk.num_rows
    finally:
        if writer is not None:
            writer.close()
    return count


def parquet_writer(path: Path, sample: pa.Table) -> pq.ParquetWriter:
    """Open a Parquet file for tables like ``sample``.

    Dictionaries only for the columns that repeat: building one for ids or moments costs more than all the rest. The
    Arrow schema stays out of the file, so dictionary-encoded text reads back as plain strings. Statistics only of days
    and moments, by which readers skip rows: those of the others take a third of the time.
    """
    few = [name for name in sample.column_names if _repeats(sample.column(name))]
    moments = {f.name: "DELTA_BINARY_PACKED" for f in sample.schema if pa.types.is_timestamp(f.type)}
    ordered = [f.name for f in sample.schema if pa.types.is_temporal(f.type)]
    return pq.ParquetWriter(
        path,
        sample.schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=few,
        column_encoding=moments or None,
        write_statistics=ordered or False,
        store_schema=False,
        store_decimal_as_integer=True,
    )


def _repeats(column: pa.ChunkedArray) -> bool:
    if not pa.types.is_dictionary(column.type) or not column.num_chunks:  # days without rows leave no chunk
        return False
    return len(column.chunk(0).dictionary) <= MOST_WORDS


def _csv(chunks: Iterator[pa.Table], path: Path) -> int:
    count, writer = 0, None
    try:
        for chunk in map(plain, chunks):
            writer = writer or pa_csv.CSVWriter(path, chunk.schema)
            writer.write_table(chunk)
            count += chunk.num_rows
    finally:
        if writer is not None:
            writer.close()
    return count


def _json_lines(chunks: Iterator[pa.Table], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for chunk in chunks:
            for row in plain(chunk).to_pylist():
                file.write(json.dumps(row, default=str) + "\n")
            count += chunk.num_rows
    return count
