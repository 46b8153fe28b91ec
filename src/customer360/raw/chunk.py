"""Chunks of rows on their way into a raw table: cut to a bearable size, and parted into good and bad."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

CHUNK_ROWS = 250_000
CHUNK_BYTES = 64 << 20

BAD_ROWS = pa.schema(
    [
        pa.field("column_name", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("row_key", pa.string()),
        pa.field("row_json", pa.string()),
    ]
)


@dataclass(frozen=True)
class CastChunk:
    """Rows of one chunk: those that land, those that do not, and the sum of all their hashes."""

    good: pa.Table
    bad: pa.Table
    hashes: int
    reasons: Mapping[str, int]


def chunks(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield batches put together to chunks worth a query."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        size += batch.nbytes
        if rows >= CHUNK_ROWS or size >= CHUNK_BYTES:
            yield pa.Table.from_batches(held, schema)
            held, rows, size = [], 0, 0
    if held:
        yield pa.Table.from_batches(held, schema)
