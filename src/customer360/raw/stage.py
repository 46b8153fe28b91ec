"""Cast all rows of one table, and hold them on local disk until they are compared and written.

Memory does not grow with the rows: files are mapped, not loaded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from customer360.connectors.base import CursorValue
from customer360.errors import RowsRejected
from customer360.names import quoted
from customer360.raw.ahead import ahead
from customer360.raw.cast import Caster
from customer360.raw.chunk import BAD_ROWS, chunks
from customer360.raw.cursor import highest
from customer360.raw.plan import Mode, Plan

POSITION = "_position"
ROW_KEY = "_row_key"


@dataclass(frozen=True)
class Staged:
    """What one table's read brought. ``good``: the rows to land, empty where they were written as they came."""

    good: pa.Table
    bad: pa.Table
    rows_read: int
    rows_landed: int
    digest: str
    rejected: Counter[str]
    cursor_to: CursorValue | None


class CastRun:
    """One pass over a table's rows: yields the good ones, keeps the bad ones, sums up what it saw."""

    def __init__(
        self,
        scratch: duckdb.DuckDBPyConnection,
        plan: Plan,
        source_types: Mapping[str, str],
        rows_in: pa.RecordBatchReader,
        folder: Path,
    ) -> None:
        self._plan = plan
        self._rows_in = rows_in
        self._caster = Caster(scratch, plan, source_types, keyed=plan.mode is Mode.merge)
        self.empty = self._caster.tried_out(rows_in.schema).good
        """No rows, with the columns and types of good ones."""
        self._bad = _File(folder / "bad.arrow")
        self._rows = self._good_rows = self._hashes = 0
        self._rejected: Counter[str] = Counter()
        self._cursor_to: CursorValue | None = None

    def good_chunks(self) -> Iterator[pa.Table]:
        """Yield good rows; reading and casting go on meanwhile in threads of their own."""
        cast = map(self._caster.cast, chunks(ahead(self._rows_in, depth=4), self._rows_in.schema))
        for read in ahead(cast):
            done = self._plan.screen.apply(read) if self._plan.screen else read
            if done.bad.num_rows:
                self._bad.write(done.bad)
            self._rows += read.good.num_rows + read.bad.num_rows
            self._good_rows += done.good.num_rows
            self._hashes = (self._hashes + done.hashes) % 2**64
            self._rejected.update(done.reasons)
            self._note_cursor(read.good)
            yield done.good

    def summary(self, good: pa.Table) -> Staged:
        """Return what the whole pass saw; ``good``: the rows that wait to be written."""
        return Staged(
            good=good,
            bad=self._bad.mapped() or BAD_ROWS.empty_table(),
            rows_read=self._rows,
            rows_landed=good.num_rows or self._good_rows,
            digest=f"{self._rows}:{self._hashes:016x}",
            rejected=self._rejected,
            cursor_to=self._cursor_to,
        )

    def _note_cursor(self, rows: pa.Table) -> None:
        newest = highest(rows[self._plan.cursor]) if self._plan.cursor is not None and rows.num_rows else None
        if newest is not None:
            self._cursor_to = newest if self._cursor_to is None else max(self._cursor_to, newest)


def stage(
    scratch: duckdb.DuckDBPyConnection,
    plan: Plan,
    source_types: Mapping[str, str],
    rows_in: pa.RecordBatchReader,
    folder: Path,
) -> Staged:
    """Read, cast and keep every row. With key and cursor, of several rows with one key only the newest stays."""
    run = CastRun(scratch, plan, source_types, rows_in, folder)
    file, rows = _File(folder / "good.arrow"), 0
    for good in run.good_chunks():
        file.write(_positioned(good, rows) if plan.is_deduplicated else good)
        rows += good.num_rows
    found = file.mapped()
    if found is not None and plan.is_deduplicated:
        found = _newest_of_each_key(scratch, found, plan, folder)
    return run.summary(run.empty if found is None else found)


class _File:
    """An Arrow file written chunk by chunk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pa.ipc.RecordBatchFileWriter | None = None
        self._sink: pa.OSFile | None = None

    def write(self, table: pa.Table) -> None:
        if self._writer is None:
            self._sink = pa.OSFile(str(self._path), "wb")
            self._writer = pa.ipc.new_file(self._sink, table.schema)
        self._writer.write_table(table)

    def mapped(self) -> pa.Table | None:
        """Close the file and return its rows; None when nothing was written."""
        if self._writer is None or self._sink is None:
            return None
        self._writer.close()
        self._sink.close()
        return pa.ipc.open_file(pa.memory_map(str(self._path))).read_all()


def _positioned(rows: pa.Table, first: int) -> pa.Table:
    return rows.append_column(POSITION, pa.array(np.arange(first, first + rows.num_rows)))


def _refuse_conflicts(scratch: duckdb.DuckDBPyConnection, plan: Plan, key: str) -> None:
    """Raise RowsRejected where rows of one key and one cursor differ: nothing says which of them is the newer one."""
    row = scratch.execute(
        f"SELECT count(*) FROM (SELECT {key}, {quoted(str(plan.cursor))} FROM (SELECT DISTINCT * EXCLUDE ({POSITION})"
        " FROM staged) AS different GROUP BY ALL HAVING count(*) > 1) AS conflicts"
    ).fetchone()
    if row and row[0]:
        noun = "key stands" if row[0] == 1 else "keys stand"
        raise RowsRejected(
            f"{row[0]:,} {noun} on rows of {plan.table.source}.{plan.table.name} that differ and have the same "
            f"{plan.cursor}: which of them holds cannot be told, and none is dropped silently.",
            place=plan.table.place,
            next_step=f"Correct the source, or name a finer cursor or a longer key (now: {', '.join(plan.key)}).",
        )


def _newest_of_each_key(scratch: duckdb.DuckDBPyConnection, rows: pa.Table, plan: Plan, folder: Path) -> pa.Table:
    """Return one row a key: the one with the greatest cursor; the very same row twice counts once."""
    key = ", ".join(quoted(name) for name in plan.key)
    scratch.register("staged", rows)
    try:
        if not scratch.execute(f"SELECT 1 FROM staged GROUP BY {key} HAVING count(*) > 1 LIMIT 1").fetchone():
            return rows.drop_columns([POSITION])
        _refuse_conflicts(scratch, plan, key)
        newest = f"{quoted(str(plan.cursor))} DESC NULLS LAST, {POSITION} DESC"
        kept = scratch.execute(
            f"SELECT * EXCLUDE ({POSITION}) FROM staged"
            f" QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {newest}) = 1 ORDER BY {POSITION}"
        )
        file = _File(folder / "newest.arrow")
        for batch in kept.to_arrow_reader(100_000):
            file.write(pa.Table.from_batches([batch]))
    finally:
        scratch.unregister("staged")
    found = file.mapped()
    assert found is not None  # noqa: S101 - a table with double keys has rows
    return found
