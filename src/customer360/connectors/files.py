"""Read tables from files: CSV, JSON lines and Parquet, packed or not, by path, glob or Python package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from customer360.connectors.base import Extract
from customer360.connectors.bytestreams import PACKED
from customer360.connectors.csv_files import CsvFiles
from customer360.connectors.cursors import kept_from
from customer360.connectors.jsonl_files import JsonlFiles
from customer360.connectors.locations import find_files, fingerprint_of
from customer360.connectors.parquet_files import ParquetFiles
from customer360.errors import ProjectError, UnknownName
from customer360.project.spec import Source, SourceTable

TableFiles = CsvFiles | JsonlFiles | ParquetFiles
FORMATS: dict[str, type[TableFiles]] = {"csv": CsvFiles, "jsonl": JsonlFiles, "parquet": ParquetFiles}
ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}


class FilesConnector:
    """Files of one source. Keeps nothing open between reads."""

    def __init__(self, source: Source, root: Path) -> None:  # noqa: ARG002 - every connector is opened this way
        self._root = root.resolve()

    def schema(self, table: SourceTable, fields: Sequence[str] = ()) -> pa.Schema:  # noqa: ARG002 - files name theirs
        """Return the columns the files have: strings for text formats."""
        return self._opened(table).schema()

    def read(self, extract: Extract) -> pa.RecordBatchReader:
        """Stream the rows, files in name order, rows in file order."""
        opened = self._opened(extract.table)
        found = opened.schema()
        cursor, since = extract.table.cursor, extract.since
        names = [n for n in found.names if extract.columns is None or n in extract.columns or (since and n == cursor)]
        schema = pa.schema([found.field(name) for name in names])
        if isinstance(opened, ParquetFiles):
            batches = opened.read(schema, cursor, since)
        elif cursor is None or since is None:
            batches = opened.read(schema)
        else:
            batches = kept_from(opened.read(schema), cursor, since, schema)
        return pa.RecordBatchReader.from_batches(schema, batches)

    def fingerprint(self, table: SourceTable) -> str:
        """Return a digest of the files' names, sizes and modification times."""
        return fingerprint_of(find_files(table, self._root), self._root)

    def may_stream(self, table: SourceTable) -> bool:  # noqa: ARG002 - part of the protocol
        """Say no: a broken line must be found before the warehouse is locked."""
        return False

    def close(self) -> None:
        """Do nothing: every read closes its own files."""

    def _opened(self, table: SourceTable) -> TableFiles:
        name = table.format or _format_by_ending(table)
        if name not in FORMATS:
            raise UnknownName("file format", name, tuple(FORMATS), place=table.place)
        return FORMATS[name](table, self._root, find_files(table, self._root))


def _format_by_ending(table: SourceTable) -> str:
    path = Path(table.location)
    ending = Path(path.stem).suffix if path.suffix in PACKED else path.suffix
    if ending.lower() not in ENDINGS:
        raise ProjectError(
            f"The format of {table.source}.{table.name} cannot be told from its location {table.location}.",
            place=table.place,
            next_step="Add `format: csv`, `format: parquet` or `format: jsonl`.",
        )
    return ENDINGS[ending.lower()]
