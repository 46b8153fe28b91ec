"""Read CSV files as text columns, strictly: a wrong byte, a ragged row or an open quote stops the load."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from customer360.connectors.bytestreams import (
    MAX_LINE_BYTES,
    blocks,
    broken_packing,
    empty_file,
    line_too_long,
    not_utf8,
    unpacked,
)
from customer360.connectors.locations import shown
from customer360.connectors.options import table_options
from customer360.errors import SourceMalformed, nearest
from customer360.project.spec import SourceTable

_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")
_NOT_TEXT = re.compile(r"Row #(\d+): CSV conversion error to string: invalid UTF8")
_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True)
class CsvOptions:
    """How a table's files are written. ``nulls`` are unquoted texts that mean NULL, beside the empty one."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    nulls: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    """Column names of files without a header line."""
    max_line_bytes: int = MAX_LINE_BYTES
    allow_empty: bool = False


class CsvFiles:
    """The CSV files of one table; their columns are put together by name."""

    def __init__(self, table: SourceTable, root: Path, files: Sequence[Path]) -> None:
        self._table = table
        self._root = root
        self._files = files
        options = table_options(table, CsvOptions)
        tabbed = "delimiter" not in table.options and all(".tsv" in path.suffixes for path in files)
        self._options = replace(options, delimiter="\t") if tabbed else options

    def schema(self) -> pa.Schema:
        """Return all columns, each a string, in the order in which the files first name them."""
        names: dict[str, None] = {}
        for path in self._files:
            names.update(dict.fromkeys(self._header(path)))
        _refuse_twins(list(names), f"The files of {self._table.source}.{self._table.name}", self._table)
        return pa.schema([pa.field(name, pa.string()) for name in names])

    def read(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Yield the files' rows as these string columns, file by file; a column that a file lacks is NULL."""
        rows = 0
        for path in self._files:
            header = self._header(path)
            if not header:
                continue
            for batch in self._batches(path, [name for name in header if name in schema.names], header):
                rows += batch.num_rows
                yield _completed(batch, schema)
        if rows == 0 and not self._options.allow_empty:
            raise self._no_rows()

    def _no_rows(self) -> SourceMalformed:
        names = ", ".join(shown(path, self._root) for path in self._files[:3])
        only = "a header and no rows" if not self._options.columns else "no rows"
        return SourceMalformed(
            f"{self._table.source}.{self._table.name} has {only} in {names}.",
            place=self._table.place,
            next_step="Deliver it again; if no rows is normal here, set `options: {allow_empty: true}` for the table.",
        )

    def _header(self, path: Path) -> list[str]:
        if path.stat().st_size == 0:
            if self._options.allow_empty:
                return []
            raise empty_file(shown(path, self._root), self._table)
        if self._options.columns:
            return list(self._options.columns)
        text = self._decoded(self._first_line(path), path)
        rows = csv.reader(
            io.StringIO(text),
            delimiter=self._options.delimiter,
            quotechar=self._options.quote or None,
            quoting=csv.QUOTE_MINIMAL if self._options.quote else csv.QUOTE_NONE,
        )
        names = next(rows, [])
        what = f"The header of {shown(path, self._root)}, a file of {self._table.source}.{self._table.name},"
        if not all(name.strip() for name in names) or not names:
            raise SourceMalformed(
                f"{what} has a column without a name.", place=self._table.place, next_step=_HEADER_HINT
            )
        _refuse_twins(names, what, self._table)
        self._refuse_other_delimiter(names, what)
        return names

    def _refuse_other_delimiter(self, names: Sequence[str], what: str) -> None:
        """Stop at a header that is one column only because its delimiter is another than the one expected."""
        if len(names) > 1 or "delimiter" in self._table.options:
            return
        for other, written in _DELIMITERS.items():
            if other != self._options.delimiter and names[0].count(other):
                raise SourceMalformed(
                    f"{what} reads as one column, '{names[0]}'.",
                    place=self._table.place,
                    next_step=f"It seems to be separated by another sign: set `options: {{delimiter: {written}}}`.",
                )

    def _first_line(self, path: Path) -> bytes:
        quote = self._options.quote.encode()
        head = b""
        name = shown(path, self._root)
        for block in blocks(path, name, self._table, min(1 << 16, self._options.max_line_bytes)):
            head += block
            for end in _LINE_END.finditer(head):
                line = head[: end.start()]
                if not quote or line.count(quote) % 2 == 0:
                    return line
            if len(head) > self._options.max_line_bytes:
                raise line_too_long(name, self._table, self._options.max_line_bytes)
        return head

    def _decoded(self, line: bytes, path: Path) -> str:
        encoding = "utf-8-sig" if self._options.encoding.lower() in {"utf-8", "utf8"} else self._options.encoding
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            raise not_utf8(shown(path, self._root), self._table, 1) from None
        except LookupError:
            known = ("utf-8", "utf-16", "latin-1", "cp1252", "cp1250", "iso-8859-15", "shift_jis", "gb18030")
            near = nearest(self._options.encoding, known)
            raise SourceMalformed(
                f"No encoding is named '{self._options.encoding}'.",
                place=self._table.place,
                next_step=f"Did you mean '{near}'?" if near else f"Known among others: {', '.join(known)}.",
            ) from None

    def _batches(self, path: Path, columns: Sequence[str], header: Sequence[str]) -> Iterator[pa.RecordBatch]:
        name = shown(path, self._root)
        # Arrow reads ahead in a thread of its own, so the stream is one of Arrow's own, too: a thread that still calls
        # into Python when the program ends would abort it.
        try:
            with unpacked(path) as stream, pa.csv.open_csv(stream, **self._settings(columns, header)) as reader:
                yield from reader
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            raise self._explained(str(error), name) from None
        except OSError:
            raise broken_packing(path, name, self._table) from None
        if self._options.quote and self._open_quote(path, name):
            raise SourceMalformed(
                f"The file {name} of {self._table.source}.{self._table.name} opens a quote and never closes it.",
                place=self._table.place,
                next_step="Double quotes inside values, or set `options: {quote: ''}` if the files quote nothing.",
            )

    def _open_quote(self, path: Path, name: str) -> bool:
        """Say whether the file's quote characters are odd in number. Reads it again: the parser takes no offence."""
        quote = self._options.quote.encode()
        return sum(block.count(quote) for block in blocks(path, name, self._table)) % 2 == 1

    def _settings(self, columns: Sequence[str], header: Sequence[str]) -> Mapping[str, Any]:
        options = self._options
        return {
            "read_options": pa.csv.ReadOptions(
                use_threads=False,  # keeps row numbers in messages; parsing is far faster than landing anyway
                block_size=options.max_line_bytes,
                column_names=list(header),
                skip_rows=0 if options.columns else 1,
                encoding="utf8" if options.encoding.lower() in {"utf-8", "utf8"} else options.encoding,
            ),
            "parse_options": pa.csv.ParseOptions(
                delimiter=options.delimiter,
                quote_char=options.quote or False,
                newlines_in_values=bool(options.quote),
            ),
            "convert_options": pa.csv.ConvertOptions(
                column_types={name: pa.string() for name in columns},
                include_columns=list(columns),
                null_values=["", *options.nulls],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        }

    def _explained(self, message: str, name: str) -> SourceMalformed:
        """Return our error for a parser's message, without the row it quotes."""
        of = f"{name} of {self._table.source}.{self._table.name}"
        if "straddling" in message:
            return line_too_long(name, self._table, self._options.max_line_bytes)
        if ragged := _RAGGED.search(message):
            row, expected, got = (int(number) for number in ragged.groups())
            return SourceMalformed(
                f"Row {row:,} of the file {of} has {got} values where {expected} are expected.",
                place=self._table.place,
                next_step="Correct that row (the header is row 1), or the delimiter: `options: {delimiter: ';'}`.",
            )
        if unreadable := _NOT_TEXT.search(message):
            return not_utf8(name, self._table, int(unreadable[1]))
        if "codec can't decode" in message or "invalid UTF8" in message:
            return not_utf8(name, self._table)
        return SourceMalformed(
            f"The file {of} cannot be read as CSV.",
            place=self._table.place,
            next_step="Check that it is a text file with one header line and the declared delimiter and quotes.",
        )


_DELIMITERS = {";": "';'", "\t": '"\\t"', "|": "'|'", ",": "','"}
"""Signs that separate values in the field, and how each is written in a project file."""

_HEADER_HINT = "Give every column a name of its own in the first line, or list them: `options: {columns: [...]}`."


def _refuse_twins(names: Sequence[str], what: str, table: SourceTable) -> None:
    seen: dict[str, str] = {}
    for name in names:
        if name.casefold() in seen:
            raise SourceMalformed(
                f"{what} names the column '{name}' twice (case does not tell columns apart).",
                place=table.place,
                next_step=_HEADER_HINT,
            )
        seen[name.casefold()] = name


def _completed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    if batch.schema.names == schema.names:
        return batch
    missing = pa.nulls(batch.num_rows, pa.string())
    arrays = [batch.column(name) if name in batch.schema.names else missing for name in schema.names]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
