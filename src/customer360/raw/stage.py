"""Hold the rows of one load on local disk between source and warehouse, so that memory does not grow with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from customer360.connectors.base import CursorValue
from customer360.errors import RowsRejected
from customer360.names import quoted
from customer360.raw.cast import BAD_ROWS, CastChunk, Caster, chunks
from customer360.raw.cursor import highest
from customer360.raw.plan import Mode, Plan

POSITION = "_position"
ROW_KEY = "_row_key"


@dataclass(frozen=True)
class Staged:
    """What one table's read brought: good rows and bad rows as Arrow files, mapped, not loaded."""

    good: pa.Table
    bad: pa.Table
    rows_read: int
    digest: str
    rejected: Counter[str]
    cursor_to: CursorValue | None


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


def stage(
    scratch: duckdb.DuckDBPyConnection,
    plan: Plan,
    source_types: Mapping[str, str],
    rows_in: pa.RecordBatchReader,
    folder: Path,
) -> Staged:
    """Read, cast and sort out every row. With key and cursor, of several rows with one key only the newest stays."""
    caster = Caster(scratch, plan, source_types, keyed=plan.mode is Mode.merge)
    empty = caster.tried_out(rows_in.schema)
    good, bad = _File(folder / "good.arrow"), _File(folder / "bad.arrow")
    rows = hashes = 0
    rejected: Counter[str] = Counter()
    cursor_to: CursorValue | None = None
    for chunk in chunks(rows_in, rows_in.schema):
        done = caster.cast(chunk)
        good.write(_positioned(done, rows) if _is_deduplicated(plan) else done.good)
        if done.bad.num_rows:
            bad.write(done.bad)
        rows += chunk.num_rows
        hashes = (hashes + done.hashes) % 2**64
        rejected.update(done.reasons)
        cursor_to = _later(cursor_to, done.good, plan)
    found = good.mapped()
    if found is not None and _is_deduplicated(plan):
        found = _newest_of_each_key(scratch, found, plan, folder)
    return Staged(
        good=empty.good if found is None else found,
        bad=bad.mapped() or BAD_ROWS.empty_table(),
        rows_read=rows,
        digest=f"{rows}:{hashes:016x}",
        rejected=rejected,
        cursor_to=cursor_to,
    )


def _is_deduplicated(plan: Plan) -> bool:
    return bool(plan.table.key and plan.table.cursor)


def _positioned(done: CastChunk, first: int) -> pa.Table:
    return done.good.append_column(POSITION, pa.array(np.arange(first, first + done.good.num_rows)))


def _later(known: CursorValue | None, rows: pa.Table, plan: Plan) -> CursorValue | None:
    name = plan.cursor
    if name is None or not rows.num_rows:
        return known
    newest = highest(rows[name])
    if known is None or newest is None:
        return newest if known is None else known
    return max(known, newest)


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
