"""Read JSON-lines files as text columns: one object a line, its top-level keys are the columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from customer360.connectors.bytestreams import (
    MAX_LINE_BYTES,
    blocks,
    empty_file,
    line_too_long,
    not_utf8,
)
from customer360.connectors.local import local_duckdb
from customer360.connectors.locations import shown
from customer360.connectors.options import table_options
from customer360.errors import SourceMalformed
from customer360.names import quoted
from customer360.project.spec import SourceTable

_FIRST_BAD = """
    SELECT line_number FROM lines
    WHERE coalesce(CASE WHEN json_valid(line) THEN json_type(line) END, '') <> 'OBJECT'
    ORDER BY line_number LIMIT 1
"""
_KEYS = "SELECT json_keys(line) AS names FROM lines GROUP BY names ORDER BY min(line_number)"


@dataclass(frozen=True)
class JsonlOptions:
    """How a table's files are written."""

    max_line_bytes: int = MAX_LINE_BYTES
    allow_empty: bool = False


class JsonlFiles:
    """The JSON-lines files of one table. Numbers keep their digits up to 15; nested values arrive as JSON text."""

    def __init__(self, table: SourceTable, root: Path, files: Sequence[Path]) -> None:
        self._table = table
        self._root = root
        self._files = files
        self._options = table_options(table, JsonlOptions)

    def schema(self) -> pa.Schema:
        """Return every top-level key of any line, each a string, in order of first appearance. Reads all lines."""
        names: dict[str, None] = {}
        with local_duckdb() as parser:
            for path, lines in self._all_lines():
                self._check_objects(parser, path, lines)
                for (keys,) in parser.execute(_KEYS).fetchall():
                    names.update(dict.fromkeys(keys))
        self._refuse_twins(list(names))
        return pa.schema([pa.field(name, pa.string()) for name in names])

    def read(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Yield the files' rows as these string columns, file by file; a key that a line lacks is NULL."""
        shape = json.dumps(dict.fromkeys(schema.names, "VARCHAR"))
        columns = ", ".join(f"parsed.{quoted(name)} AS {quoted(name)}" for name in schema.names)
        rows = 0
        with local_duckdb() as parser:
            for path, lines in self._all_lines():
                self._check_objects(parser, path, lines)
                parsed = "SELECT json_transform(line, $1) AS parsed FROM lines ORDER BY line_number"
                found = parser.execute(f"SELECT {columns} FROM ({parsed})", [shape]).to_arrow_table()
                rows += found.num_rows
                yield from found.cast(schema).to_batches()
        if rows == 0 and not self._options.allow_empty:
            raise SourceMalformed(
                f"{self._table.source}.{self._table.name} has no rows in {shown(self._files[0], self._root)}.",
                place=self._table.place,
                next_step="Deliver it again; if no rows is normal here, set `options: {allow_empty: true}`.",
            )

    def _all_lines(self) -> Iterator[tuple[Path, pa.Table]]:
        for path in self._files:
            number = 1
            for block in self._blocks(path):
                try:
                    lines = block.decode("utf-8-sig" if number == 1 else "utf-8").split("\n")
                except UnicodeDecodeError as error:
                    line = number + block.count(b"\n", 0, error.start)
                    raise not_utf8(shown(path, self._root), self._table, line) from None
                filled = [(number + index, line) for index, line in enumerate(lines) if line and not line.isspace()]
                number += block.count(b"\n")
                if filled:
                    numbers, texts = zip(*filled, strict=True)
                    yield (
                        path,
                        pa.table({"line_number": pa.array(numbers, pa.int64()), "line": pa.array(texts, pa.string())}),
                    )

    def _blocks(self, path: Path) -> Iterator[bytes]:
        """Yield whole lines, about a block at a time."""
        name = shown(path, self._root)
        if path.stat().st_size == 0 and not self._options.allow_empty:
            raise empty_file(name, self._table)
        rest = b""
        for block in blocks(path, name, self._table):
            whole, end, rest = (rest + block).rpartition(b"\n")
            if len(rest) > self._options.max_line_bytes:
                raise line_too_long(name, self._table, self._options.max_line_bytes)
            if end:
                yield whole + end
        if rest:
            yield rest

    def _check_objects(self, parser: duckdb.DuckDBPyConnection, path: Path, lines: pa.Table) -> None:
        parser.register("lines", lines)
        bad = parser.execute(_FIRST_BAD).fetchone()
        if bad:
            raise SourceMalformed(
                f"Line {bad[0]:,} of the file {shown(path, self._root)} of {self._table.source}.{self._table.name}"
                " is not a JSON object.",
                place=self._table.place,
                next_step='Correct that line: each holds one whole object, such as {"id": 1}.',
            )

    def _refuse_twins(self, names: Sequence[str]) -> None:
        seen: dict[str, str] = {}
        for name in names:
            twin = seen.setdefault(name.casefold(), name)
            if twin != name:
                raise SourceMalformed(
                    f"The lines of {self._table.source}.{self._table.name} have the keys '{twin}' and '{name}';"
                    " case does not tell columns apart.",
                    place=self._table.place,
                    next_step="Rename one of them where the files are made.",
                )
