"""What a user can meet is said in a sentence, with a place and a next step, and without anybody's data."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from tests.engines.conftest import OpenEngine, run, start

from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.failures import translation
from customer360.engines.lake import file_system
from customer360.errors import CommitFailed, StatementFailed, WarehouseError, WarehouseMissing
from customer360.names import Relation

T = Relation("gold", "t")


def publish(engine: DuckLakeEngine, value: int) -> None:
    with engine.publish(note=f"publish {value}") as publication:
        publication.create_schema("gold")
        publication.create_table_as(T, f"SELECT {value} AS x")


def set_format(catalogue: Path, version: str) -> None:
    with closing(sqlite3.connect(catalogue)) as connection, connection:
        connection.execute("UPDATE ducklake_metadata SET value = ? WHERE key = 'version'", [version])


def truncate(catalogue: Path) -> None:
    catalogue.write_bytes(catalogue.read_bytes()[:5000])


DAMAGE: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "not a database": (lambda f: f.write_bytes(b"scribble" * 1000), "catalogue file is damaged", "backup"),
    "cut off": (truncate, "catalogue file is damaged", "backup"),
    "newer": (lambda f: set_format(f, "2.0"), "in DuckLake format 2.0; this customer360 works with", "version that"),
    "older": (lambda f: set_format(f, "0.3"), "in DuckLake format 0.3; this customer360 works with", "version that"),
    "data gone": (lambda f: shutil.rmtree(f.parent / "data"), "data file of the warehouse is gone", "c360 rollback"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_lake_says_what_is_wrong(open_lake: OpenEngine, tmp_path: Path, damage: str) -> None:
    engine = open_lake()
    publish(engine, 1)
    engine.close()
    spoil, sentence, next_step = DAMAGE[damage]
    spoil(tmp_path / "warehouse" / "catalog.sqlite")
    with pytest.raises(WarehouseError) as reading, engine.read() as session:
        session.query(f"FROM {T.sql}")
    assert sentence in reading.value.what
    assert next_step in str(reading.value.next_step)
    if damage != "data gone":
        assert str(tmp_path / "warehouse") in str(reading.value.place)
        with pytest.raises(WarehouseError, match=sentence):
            publish(engine, 2)


def test_an_empty_catalogue_file_counts_as_nothing_built(engine: DuckLakeEngine, tmp_path: Path) -> None:
    (tmp_path / "warehouse").mkdir()
    (tmp_path / "warehouse" / "catalog.sqlite").touch()
    assert not engine.exists()
    with pytest.raises(WarehouseMissing), engine.read():
        pass
    publish(engine, 1)
    assert engine.exists()


def test_a_folder_that_cannot_be_made_says_so(open_lake: OpenEngine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(WarehouseError, match=r"cannot be made: (Not a directory|File exists)"):
        publish(open_lake("file/warehouse"), 1)
    with pytest.raises(WarehouseError, match=r"cannot be made: (Not a directory|File exists)"):
        publish(open_lake("file"), 1)


@pytest.mark.parametrize("where", ["data", "catalogue"])
def test_a_full_disk_publishes_nothing_and_heals(tmp_path: Path, engine: DuckLakeEngine, where: str) -> None:
    """Files may grow to so many bytes only: what a full disk does to a writer, without filling one."""
    publish(engine, 1)
    engine.close()
    said = json.loads(run("full_disk.py", tmp_path / "warehouse", where).splitlines()[-1])
    assert said["kind"] in {"WarehouseError", "CommitFailed"}
    assert "disk of the warehouse is full" in said["what"]
    assert "nothing was published" in said["next_step"]
    with engine.read() as session:
        assert session.query(f"FROM {T.sql}").to_pylist() == [{"x": 1}]
    publish(engine, 2)
    with engine.read() as session:
        assert session.query(f"FROM {T.sql}").to_pylist() == [{"x": 2}]
    assert len(list((tmp_path / "warehouse").rglob("*.parquet"))) == 2


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_folder_without_permission_says_so(tmp_path: Path, engine: DuckLakeEngine) -> None:
    publish(engine, 1)
    engine.close()
    said = json.loads(run("no_permission.py", tmp_path / "warehouse").splitlines()[-1])
    if "skip" in said:
        pytest.skip(said["skip"])
    assert "lock file cannot be opened: Permission denied" in said["write"]
    assert "may not be written by this user" in said["read"]
    assert "write permission" in said["read"]


def test_a_commit_that_another_program_blocks_publishes_nothing(tmp_path: Path, engine: DuckLakeEngine) -> None:
    publish(engine, 1)

    def blocked() -> None:
        with engine.publish(note="blocked") as publication:
            publication.create_table_as(T, "SELECT 2 AS x")
            blocker = start("block.py", tmp_path / "warehouse" / "catalog.sqlite")
            assert blocker.stdout is not None
            assert blocker.stdout.readline() == "blocking\n"
            blockers.append(blocker)

    blockers: list = []
    with pytest.raises(CommitFailed, match=r"Nothing was published.*Another program holds.*catalog\.sqlite"):
        blocked()
    blockers[0].communicate()
    publish(engine, 3)
    with engine.read() as session:
        assert session.query(f"FROM {T.sql}").to_pylist() == [{"x": 3}]
    assert [entry.note for entry in engine.history()] == ["publish 3", "publish 1"]
    assert len(list(tmp_path.rglob("*.parquet"))) == 2


def test_a_failed_clean_up_does_not_deny_the_publish(
    open_lake: OpenEngine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A folder stands where an old data file should be: it cannot be deleted as a file."""
    engine = open_lake(keep_snapshots=1)
    publish(engine, 1)
    [file] = tmp_path.rglob("*.parquet")
    file.unlink()
    file.mkdir()
    publish(engine, 2)
    with engine.read() as session:
        assert session.query(f"FROM {T.sql}").to_pylist() == [{"x": 2}]
    assert "Published, but old snapshots could not be cleaned up" in caplog.text
    file.rmdir()
    publish(engine, 3)
    assert len(engine.history()) == 1
    assert len(list(tmp_path.rglob("*.parquet"))) == 1


@pytest.mark.parametrize(
    ("sql", "kept"),
    [
        ("SELECT 'ann@example.com'::INTEGER", "as INTEGER"),
        ("SELECT strptime('ann@example.com', '%Y')", "Could not parse string <value>"),
        ("SELECT DATE 'ann@example.com'", "as DATE"),
        ("SELECT error('nothing personal')", "Nothing personal"),
        ("SELECT 4915112345678::INTEGER", "INT32"),
        ("SELECT x FROM (SELECT 'ann@example.com' AS email)", "No column is named 'x'"),
    ],
)
def test_messages_hold_no_values_of_rows(engine: DuckLakeEngine, sql: str, kept: str) -> None:
    publish(engine, 1)
    with engine.read() as session, pytest.raises(StatementFailed) as failure:
        session.query(sql)
    message = failure.value.what.split("\n\nLINE")[0]  # the line of SQL is the author's own text
    assert kept in message
    assert "ann@example.com" not in message
    assert "4915112345678" not in message


def test_a_session_that_failed_says_to_open_a_new_one(engine: DuckLakeEngine) -> None:
    publish(engine, 1)
    with engine.read() as session:
        with pytest.raises(StatementFailed, match="No column is named 'typo'"):
            session.query("SELECT typo FROM gold.t")
        assert session.query("FROM gold.t").to_pylist() == [{"x": 1}], "a typo does not end a session"
        with pytest.raises(StatementFailed, match="cannot be read as INTEGER"):
            session.query("SELECT (x || 'a')::INTEGER FROM gold.t")
        with pytest.raises(StatementFailed, match="open a new session"):
            session.query("FROM gold.t")


def test_an_unknown_error_keeps_its_text() -> None:
    assert translation(duckdb.BinderException("Binder Error: something new")).what == "Something new."


def test_the_file_system_is_the_one_of_the_nearest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda / ext4 rw 0 0\n"
        f"server:/export {tmp_path}/far nfs4 rw 0 0\n"
        f"//server/share {tmp_path}/with\\040space cifs rw 0 0\n"
    )
    assert file_system(tmp_path / "near", mounts) == "ext4"
    assert file_system(tmp_path / "far" / "warehouse", mounts) == "nfs4"
    assert file_system(tmp_path / "with space", mounts) == "cifs"
    assert file_system(tmp_path, tmp_path / "no such file") is None
