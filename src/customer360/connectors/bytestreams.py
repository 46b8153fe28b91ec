"""Read a file's bytes, unpacked, in blocks, so that nothing larger than a block is ever in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from customer360.errors import SourceMalformed
from customer360.project.spec import SourceTable

BLOCK_BYTES = 1 << 20
MAX_LINE_BYTES = 4 << 20
"""Longest line of a text file unless the table's option ``max_line_bytes`` says otherwise."""

PACKED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}


def unpacked(path: Path) -> Any:
    """Open a file as Arrow's own stream of its bytes, unpacked; reading a damaged one raises OSError."""
    return pa.input_stream(str(path), compression=PACKED.get(path.suffix), buffer_size=BLOCK_BYTES)


def blocks(path: Path, name: str, table: SourceTable, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield a file's bytes, unpacked, at most ``size`` at a time; SourceMalformed when the packing is broken."""
    with unpacked(path) as stream:
        try:
            while block := stream.read(size):
                yield block
        except OSError:
            raise broken_packing(path, name, table) from None


def broken_packing(path: Path, name: str, table: SourceTable) -> SourceMalformed:
    """Return the error for a packed file that cannot be unpacked."""
    return SourceMalformed(
        f"The file {name} of {table.source}.{table.name} is not a whole {PACKED.get(path.suffix)} file:"
        " it is cut off, damaged or not packed at all.",
        place=table.place,
        next_step="Copy it again from its origin, or take the ending off its name if it is not packed.",
    )


def empty_file(name: str, table: SourceTable) -> SourceMalformed:
    """Return the error for a file of no bytes."""
    return SourceMalformed(
        f"The file {name} of {table.source}.{table.name} is empty (0 bytes).",
        place=table.place,
        next_step="Deliver it again; if that is normal here, set `options: {allow_empty: true}` for the table.",
    )


def line_too_long(name: str, table: SourceTable, limit: int) -> SourceMalformed:
    """Return the error for a line beyond the limit."""
    return SourceMalformed(
        f"The file {name} of {table.source}.{table.name} has a line of more than {limit:,} bytes.",
        place=table.place,
        next_step="Check line ends and quotes; if lines may be that long, raise `options: {max_line_bytes: ...}`.",
    )


def not_utf8(name: str, table: SourceTable, line: int | None = None) -> SourceMalformed:
    """Return the error for bytes that are no UTF-8."""
    where = f"Line {line} of the file" if line else "The file"
    return SourceMalformed(
        f"{where} {name} of {table.source}.{table.name} is not UTF-8 text.",
        place=table.place,
        next_step="Save it as UTF-8, or say what it is: `options: {encoding: latin-1}` for the table.",
    )
