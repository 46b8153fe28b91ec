"""Read a file's bytes, unpacked, in blocks, so that nothing larger than a block is ever in memory."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pyarrow as pa

from customer360.errors import SourceMalformed
from customer360.project.spec import SourceTable

BLOCK_BYTES = 1 << 20
MAX_LINE_BYTES = 4 << 20
"""Longest line of a text file unless the table's option ``max_line_bytes`` says otherwise."""

PACKED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}


class ByteStream(io.RawIOBase):
    """Blocks of one file, unpacked. Counts the quote characters that passed: an odd count means an open quote."""

    def __init__(self, path: Path, name: str, table: SourceTable, *, quote: bytes = b"") -> None:
        super().__init__()
        self._name = name
        self._table = table
        self._quote = quote
        self.quotes = 0
        self.failure: SourceMalformed | None = None
        self._packing = PACKED.get(path.suffix)
        self._stream: Any = pa.input_stream(str(path), compression=self._packing, buffer_size=BLOCK_BYTES)

    def readable(self) -> bool:
        """Say yes: this is how PyArrow asks."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes; SourceMalformed when the packing is broken."""
        try:
            block: bytes = self._stream.read(size if size >= 0 else None)
        except OSError:
            self.failure = SourceMalformed(
                f"The file {self._name} of {self._table.source}.{self._table.name} is not a whole {self._packing} file:"
                " it is cut off, damaged or not packed at all.",
                place=self._table.place,
                next_step="Copy it again from its origin, or take the ending off its name if it is not packed.",
            )
            raise self.failure from None
        if self._quote:
            self.quotes += block.count(self._quote)
        return block

    def close(self) -> None:
        """Give the file back."""
        if not self.closed:
            self._stream.close()
        super().close()


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
