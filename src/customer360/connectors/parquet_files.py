"""Read Parquet files with the types they carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from customer360.connectors.base import CursorValue
from customer360.connectors.bytestreams import empty_file
from customer360.connectors.cursors import from_cursor_on
from customer360.connectors.local import local_duckdb
from customer360.connectors.locations import shown
from customer360.connectors.options import table_options
from customer360.errors import SourceMalformed
from customer360.names import quoted, text_literal
from customer360.project.spec import SourceTable

_MARK = b"PAR1"
BATCH_ROWS = 122_880


@dataclass(frozen=True)
class ParquetOptions:
    """Parquet files need no options."""


class ParquetFiles:
    """The Parquet files of one table; their columns are put together by name."""

    def __init__(self, table: SourceTable, root: Path, files: Sequence[Path]) -> None:
        self._table = table
        self._root = root
        self._files = files
        table_options(table, ParquetOptions)
        for path in files:
            self._check_mark(path)

    def schema(self) -> pa.Schema:
        """Return the columns of all files with the types that hold every file's values."""
        with local_duckdb() as reader:
            try:
                return reader.execute(f"SELECT * FROM {self._scan()} LIMIT 0").to_arrow_table().schema
            except duckdb.Error:
                raise self._damaged() from None

    def read(
        self, schema: pa.Schema, cursor: str | None = None, since: CursorValue | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield the files' rows as these columns; with ``since``, row groups before it are skipped unread."""
        columns = ", ".join(quoted(name) for name in schema.names)
        where, values = from_cursor_on(cursor, since, schema)
        with local_duckdb() as reader:
            try:
                yield from reader.execute(f"SELECT {columns} FROM {self._scan()}{where}", values).to_arrow_reader(
                    BATCH_ROWS
                )
            except (duckdb.Error, OSError, pa.ArrowInvalid):
                raise self._damaged() from None

    def _scan(self) -> str:
        names = ", ".join(map(text_literal, self._files))
        return f"read_parquet([{names}], union_by_name = true, hive_partitioning = false)"

    def _check_mark(self, path: Path) -> None:
        name = shown(path, self._root)
        size = path.stat().st_size
        if size == 0:
            raise empty_file(name, self._table)
        with path.open("rb") as file:
            head = file.read(len(_MARK))
            file.seek(max(size - len(_MARK), 0))
            tail = file.read(len(_MARK))
        if head == _MARK and tail != _MARK:
            raise self._damaged(name)
        if head != _MARK:
            raise SourceMalformed(
                f"The file {name} of {self._table.source}.{self._table.name} is not a Parquet file.",
                place=self._table.place,
                next_step="Correct `format:` (csv, parquet, jsonl) or deliver the file as Parquet.",
            )

    def _damaged(self, name: str | None = None) -> SourceMalformed:
        which = name or ", ".join(shown(path, self._root) for path in self._files[:3])
        return SourceMalformed(
            f"The Parquet data of {self._table.source}.{self._table.name} in {which} is cut off, damaged,"
            " or its files do not fit together.",
            place=self._table.place,
            next_step="Write the files again, all with the same columns.",
        )
