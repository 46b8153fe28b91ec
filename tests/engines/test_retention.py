"""The lake keeps so many snapshots and no more, whatever happens in it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from tests.engines.conftest import OpenEngine

from customer360.engines.base import Column
from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.retention import MANY_FILES
from customer360.errors import WarehouseError
from customer360.names import Relation

LOG = Relation("c360", "load_log")


def publish(engine: DuckLakeEngine, k: int, tables: int = 3) -> None:
    """Rebuild a few tables and append one row to a log, as a nightly run does."""
    with engine.publish(note=f"build {k}") as publication:
        publication.create_schema("gold")
        publication.create_schema("c360")
        for number in range(tables):
            publication.create_table_as(Relation("gold", f"t{number}"), f"SELECT range AS i, {k} AS k FROM range(100)")
        if k == 0:
            publication.create_table(LOG, [Column("k", "INTEGER")])
        publication.insert_arrow(LOG, pa.table({"k": pa.array([k], pa.int32())}))


def catalogue_rows(engine: DuckLakeEngine) -> int:
    """Count what the catalogue remembers: the cost of a publish grows with it."""
    with engine.read() as session:
        counts = [
            session.query(f"SELECT count(*) AS n FROM __ducklake_metadata_lake.ducklake_{name}").column("n")[0].as_py()
            for name in ("snapshot", "table", "column", "data_file", "file_column_stats", "schema_versions")
        ]
    return sum(counts)


def test_so_many_snapshots_are_kept_as_the_project_says(open_lake: OpenEngine) -> None:
    engine = open_lake(keep_snapshots=4)
    for k in range(9):
        publish(engine, k)
    assert [entry.note for entry in engine.history()] == ["build 8", "build 7", "build 6", "build 5"]


@pytest.mark.parametrize("many", [40, pytest.param(100, marks=pytest.mark.full)])
def test_many_publishes_leave_no_more_than_twenty(open_lake: OpenEngine, tmp_path: Path, many: int) -> None:
    """Files, snapshots and catalogue stay as they are; only the log's files swing between 1 and its merge."""
    engine = open_lake(keep_snapshots=5)
    sizes = {}
    for k in range(many):
        publish(engine, k, tables=1)
        if k + 1 in {20, many}:
            sizes[k + 1] = (len(list(tmp_path.rglob("*.parquet"))), catalogue_rows(engine))
    swing = MANY_FILES + 1
    assert len(engine.history()) == 5
    assert sizes[many][0] <= sizes[20][0] + swing
    assert sizes[many][0] <= 5 + swing
    assert sizes[many][1] <= sizes[20][1] + 2 * swing
    with engine.read() as session:
        assert session.query(f"SELECT k FROM {LOG.sql} ORDER BY k").column("k").to_pylist() == list(range(many))
    for entry in engine.history():
        with engine.read(at_snapshot=entry.id) as session:
            log = session.query(f"SELECT count(*) AS n, max(k) AS k FROM {LOG.sql}").to_pylist()[0]
            assert entry.note == f"build {log['k']}"
            assert log["n"] == log["k"] + 1


def test_maintenance_merges_small_files_and_changes_no_row(open_lake: OpenEngine, tmp_path: Path) -> None:
    engine = open_lake(keep_snapshots=2)
    for k in range(8):
        publish(engine, k, tables=1)
    log_files = tmp_path / "warehouse" / "data" / "c360"
    assert len(list(log_files.rglob("*.parquet"))) == 8
    gone = engine.maintain()
    assert gone["files"] == 8
    assert gone["bytes"] > 0
    assert len(list(log_files.rglob("*.parquet"))) == 1
    assert [entry.note for entry in engine.history()] == ["build 7", "build 6"], "a merge is no event of its own"
    with engine.read() as session:
        assert session.query(f"SELECT k FROM {LOG.sql} ORDER BY k").column("k").to_pylist() == list(range(8))
    with engine.read(at_snapshot=engine.history()[-1].id) as session:
        assert session.query(f"SELECT k FROM {LOG.sql} ORDER BY k").column("k").to_pylist() == list(range(7))


def test_stray_files_are_removed_after_a_broken_publish_only(engine: DuckLakeEngine, tmp_path: Path) -> None:
    publish(engine, 0)
    stray = tmp_path / "warehouse" / "data" / "gold" / "t0" / "stray.parquet"
    stray.write_bytes(b"left by a killed writer")
    publish(engine, 1)
    assert stray.exists(), "looking for leftovers costs a walk through all files"
    (tmp_path / "warehouse" / "unfinished").touch()
    publish(engine, 2)
    assert not stray.exists()


def traces(folder: Path, word: str) -> list[str]:
    """Return the files that hold a word as it is (Parquet keeps short columns and statistics uncompressed)."""
    return [file.name for file in folder.rglob("*") if file.is_file() and word.encode() in file.read_bytes()]


@pytest.mark.parametrize(
    "erase",
    [
        "CREATE OR REPLACE TABLE gold.people AS SELECT email FROM gold.people WHERE email <> '{person}'",
        "DELETE FROM gold.people WHERE email = '{person}'",
        "UPDATE gold.people SET email = 'erased' WHERE email = '{person}'",
    ],
    ids=["rebuilt", "deleted", "updated"],
)
def test_a_purge_leaves_no_trace_of_an_erased_person(open_lake: OpenEngine, tmp_path: Path, erase: str) -> None:
    engine = open_lake(keep_snapshots=5)
    person = "persephone.nightingale@example.com"
    people = Relation("gold", "people")
    with engine.publish(note="build") as publication:
        publication.create_schema("gold")
        publication.create_table_as(people, f"SELECT '{person}' AS email UNION ALL SELECT 'b@example.com'")
        publication.insert_select(people, "SELECT 'c@example.com' AS email")
    assert traces(tmp_path, person)
    with engine.publish(note="erase") as publication:
        publication.execute(erase.replace("{person}", person))
    with engine.read() as reading:
        assert reading.snapshot == 2
        with pytest.raises(WarehouseError, match="cannot be purged while 1 of them"):
            engine.maintain(purge=True)
    engine.maintain()  # its merges must not save anything from the purge
    assert engine.maintain(purge=True)["snapshots"] >= 2
    assert traces(tmp_path, person) == []
    assert len(engine.history()) == 1
    with engine.read() as session:
        left = session.query(f"FROM {people.sql} WHERE email <> 'erased' ORDER BY email").column("email").to_pylist()
    assert left == ["b@example.com", "c@example.com"]
