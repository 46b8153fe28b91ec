"""Keep the lake small: forget old snapshots, merge small files, delete files that nobody can read any more.

Everything here runs under the writer lock. The cost of a publish grows with what the catalogue remembers, so the
newest ``keep`` snapshots stay and the rest go after each publish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from customer360.engines.lake import LAKE, Lake, metadata
from customer360.names import text_literal

COMPACTION = "compaction"
"""Note of a snapshot that only merged files: the same rows as the one before, not shown in the history."""

SMALL_FILE_BYTES = 8 * 2**20
MANY_FILES = 50
"""A table of more small files than this is merged after a publish: one load a night leaves one file a night."""


@dataclass(frozen=True)
class Cleaned:
    """What a clean-up removed."""

    snapshots: int = 0
    files: int = 0
    bytes: int = 0

    def __add__(self, other: Cleaned) -> Cleaned:
        return Cleaned(self.snapshots + other.snapshots, self.files + other.files, self.bytes + other.bytes)


def retain(connection: duckdb.DuckDBPyConnection, lake: Lake, *, keep: int, tell: Callable[[str], None]) -> Cleaned:
    """Do what follows each publish: merge where there are many files, expire, delete what nobody reads."""
    merge_small_files(connection, more_than=MANY_FILES)
    tell("files merged")
    expired = expire(connection, lake, keep=keep)
    tell("snapshots expired")
    deleted = delete_scheduled_files(connection, lake, tell=tell)
    tell("cleaned up")
    return Cleaned(snapshots=expired) + deleted


def expire(connection: duckdb.DuckDBPyConnection, lake: Lake, *, keep: int, uncounted: str | None = COMPACTION) -> int:
    """Forget all but the newest ``keep`` published states and those being read; return how many went.

    Snapshots with the note ``uncounted`` do not count and go with the state they belong to.

    The order matters: which ones are old is settled before the claims are read, and a session that begins later
    begins on the newest, which is never old.
    """
    rows = connection.execute(
        f"SELECT s.snapshot_id, c.commit_message FROM {metadata()}.ducklake_snapshot s "
        f"LEFT JOIN {metadata()}.ducklake_snapshot_changes c USING (snapshot_id) ORDER BY s.snapshot_id DESC"
    ).fetchall()
    published = [number for number, note in rows if note is None or note != uncounted]
    if len(published) <= keep:
        return 0
    oldest_kept = published[keep - 1]
    in_use = lake.claimed().snapshots
    old = [number for number, _ in rows if number < oldest_kept and number not in in_use]
    if old:
        connection.execute(f"CALL ducklake_expire_snapshots({text_literal(LAKE)}, versions => {old})")
    return len(old)


def merge_small_files(connection: duckdb.DuckDBPyConnection, *, more_than: int) -> None:
    """Merge the files of tables that have more than so many small ones; all of it is one snapshot."""
    tables = connection.execute(
        f"SELECT s.schema_name, t.table_name FROM {metadata()}.ducklake_data_file f "
        f"JOIN {metadata()}.ducklake_table t ON t.table_id = f.table_id AND t.end_snapshot IS NULL "
        f"JOIN {metadata()}.ducklake_schema s ON s.schema_id = t.schema_id AND s.end_snapshot IS NULL "
        "WHERE f.end_snapshot IS NULL AND f.file_size_bytes < $1 GROUP BY ALL HAVING count(*) > $2 ORDER BY ALL",
        [SMALL_FILE_BYTES, more_than],
    ).fetchall()
    if tables:
        with _snapshot(connection, COMPACTION):
            for schema, table in tables:
                connection.execute(
                    f"CALL ducklake_merge_adjacent_files({text_literal(LAKE)}, {text_literal(table)}, "
                    f"schema => {text_literal(schema)})"
                )


def rewrite_deleted_rows(connection: duckdb.DuckDBPyConnection, *, threshold: float) -> None:
    """Rewrite data files of which more than this share of rows is deleted."""
    with _snapshot(connection, COMPACTION):
        connection.execute(f"CALL ducklake_rewrite_data_files({text_literal(LAKE)}, delete_threshold => {threshold:f})")


@contextmanager
def _snapshot(connection: duckdb.DuckDBPyConnection, note: str) -> Iterator[None]:
    """Make one snapshot with a note of what the block does; none when it changes nothing."""
    connection.execute("BEGIN")
    connection.execute(f"CALL ducklake_set_commit_message({text_literal(LAKE)}, 'customer360', {text_literal(note)})")
    yield
    connection.execute("COMMIT")


def delete_scheduled_files(
    connection: duckdb.DuckDBPyConnection, lake: Lake, *, tell: Callable[[str], None]
) -> Cleaned:
    """Delete files that no kept snapshot needs, unless a session is open that began before they were dismissed.

    A merge dismisses files that a running query may still be going through, so the claim on a snapshot is not enough.
    Not DuckLake's own ``ducklake_cleanup_old_files``: with a SQLite catalogue its ``older_than`` compares days only.
    """
    until = lake.claimed().since or datetime.max.replace(tzinfo=UTC)
    scheduled = connection.execute(
        f"SELECT data_file_id, path FROM {metadata()}.ducklake_files_scheduled_for_deletion "
        "WHERE epoch_us(schedule_start::TIMESTAMPTZ) < $1",
        [int(until.timestamp() * 1e6)],
    ).fetchall()
    size = 0
    for bytes_ in lake.store.delete(path for _, path in scheduled):
        size += bytes_
        tell("file deleted")
    if scheduled:
        numbers = [row[0] for row in scheduled]
        connection.execute(
            f"DELETE FROM {metadata()}.ducklake_files_scheduled_for_deletion WHERE data_file_id IN (SELECT unnest($1))",
            [numbers],
        )
    return Cleaned(files=len(scheduled), bytes=size)


def delete_orphans(connection: duckdb.DuckDBPyConnection, lake: Lake) -> Cleaned:
    """Delete Parquet files that the catalogue does not know: what a killed writer left.

    Only ever under the writer lock: another process's open transaction has just such files.
    """
    orphans = [
        str(row[0])
        for row in connection.execute(
            f"CALL ducklake_delete_orphaned_files({text_literal(LAKE)}, cleanup_all => true, dry_run => true)"
        ).fetchall()
    ]
    size = sum(lake.store.delete(orphans))
    lake.store.tidy()
    for leftover in sorted(lake.spill.rglob("*"), reverse=True):
        leftover.rmdir() if leftover.is_dir() else leftover.unlink(missing_ok=True)
    return Cleaned(files=len(orphans), bytes=size)
