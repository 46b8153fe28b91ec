"""Killing a writer, at any moment, leaves the old state or the new one, and nothing behind."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engines.conftest import run, start
from tests.engines.scripts.workload import state, write

from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.lake import Lake

NAMED = [
    ("lock taken", 1),
    ("transaction open", 1),
    ("file written", 1),  # a batch of the load log has landed
    ("file written", 2),
    ("file written", 3),
    ("before commit", 1),
    ("after commit", 1),
    ("files merged", 1),
    ("snapshots expired", 1),
    ("file deleted", 1),
    ("file deleted", 2),
    ("cleaned up", 1),
]


@pytest.fixture(scope="module")
def busy_lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lake with four publishes, and three processes that read it all the time and must never see a mix."""
    folder = tmp_path_factory.mktemp("busy") / "warehouse"
    run("write.py", folder, 0, 4)
    readers = [start("read.py", folder) for _ in range(3)]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
    yield folder
    for reader in readers:
        output, _ = reader.communicate(timeout=60)
        assert reader.returncode == 0, output
        assert "BAD" not in output
        assert int(output.split()[-3]) > 10, "the reader hardly read"
    engine = DuckLakeEngine(Lake(folder), keep_snapshots=3)
    assert_next_publish_leaves_no_trace(engine, folder, present(engine) + 1, readers=0)
    engine.close()


@pytest.fixture(scope="module")
def own_engine(busy_lake: Path) -> Iterator[DuckLakeEngine]:
    """This process's engine: its connections stay open while other processes write, die and clean up."""
    engine = DuckLakeEngine(Lake(busy_lake), keep_snapshots=3)
    yield engine
    engine.close()


def present(engine: DuckLakeEngine) -> int:
    with engine.read() as session:
        return state(session)


def assert_next_publish_leaves_no_trace(engine: DuckLakeEngine, folder: Path, k: int, *, readers: int = 3) -> None:
    """What sessions of that moment hold on to may stay until the publish after; nothing else."""
    with engine.publish(note=f"after the crash {k}") as publication:
        write(publication, k)
    with engine.read() as session:
        assert state(session) == k
        known = session.query(
            "SELECT s.schema_name || '/' || t.table_name || '/' || f.path AS path "
            "FROM __ducklake_metadata_lake.ducklake_data_file f "
            "JOIN __ducklake_metadata_lake.ducklake_table t USING (table_id) "
            "JOIN __ducklake_metadata_lake.ducklake_schema s USING (schema_id)"
        ).column("path")
        dismissed = session.query(
            "SELECT path FROM __ducklake_metadata_lake.ducklake_files_scheduled_for_deletion"
        ).column("path")
    data = folder / "data"
    on_disk = {file.relative_to(data).as_posix() for file in data.rglob("*") if file.is_file()}
    assert on_disk == {*known.to_pylist(), *dismissed.to_pylist()}
    assert 3 <= len(engine.history()) <= 3 + readers
    if not readers:
        assert len(dismissed) == 0
        assert list((folder / "readers").iterdir()) == []
    assert not (folder / "unfinished").exists()
    assert (folder / "writer.lock").read_text() == ""


@pytest.mark.parametrize(("moment", "nth"), NAMED)
def test_a_writer_killed_at_a_named_moment_harms_nothing(
    busy_lake: Path, own_engine: DuckLakeEngine, moment: str, nth: int
) -> None:
    before = present(own_engine)
    many = 50 if moment == "file deleted" else 1  # readers may keep the files of the first publishes
    writer = start("write.py", busy_lake, before + 1, many, moment, nth)
    output, _ = writer.communicate(timeout=60)
    assert writer.returncode == -signal.SIGKILL, output

    said = int(output.split()[-1]) if output else before
    committed = moment in {"after commit", "files merged", "snapshots expired", "file deleted", "cleaned up"}
    assert present(own_engine) == said + committed
    assert_next_publish_leaves_no_trace(own_engine, busy_lake, said + committed + 1)


@pytest.mark.parametrize("times", [4, pytest.param(10, marks=pytest.mark.full)])
def test_a_writer_killed_at_random_moments_harms_nothing(
    busy_lake: Path, own_engine: DuckLakeEngine, times: int
) -> None:
    chance = random.Random(360 + times)
    for _ in range(times):
        before = present(own_engine)
        writer = start("write.py", busy_lake, before + 1, 1000)
        assert writer.stdout is not None
        assert writer.stdout.readline() == f"{before + 1}\n"
        time.sleep(chance.uniform(0.0, 0.4))
        writer.kill()
        output, _ = writer.communicate(timeout=60)
        said = int(output.split()[-1]) if output else before + 1
        now = present(own_engine)
        assert now in {said, said + 1}, "committed but not yet said, at most one"
        assert_next_publish_leaves_no_trace(own_engine, busy_lake, now + 1)


def test_a_first_publish_that_is_killed_leaves_a_usable_folder(tmp_path: Path) -> None:
    for moment in ("lock taken", "transaction open", "before commit"):
        writer = start("write.py", tmp_path / "lake", 0, 1, moment, 1)
        writer.communicate(timeout=60)
        assert writer.returncode == -signal.SIGKILL
        engine = DuckLakeEngine(Lake(tmp_path / "lake"))
        assert not engine.exists()
        assert engine.history() == ()
        engine.close()
    assert run("write.py", tmp_path / "lake", 0, 1) == "0\n"


def test_the_lock_of_a_killed_writer_is_free_at_once(tmp_path: Path, engine: DuckLakeEngine) -> None:
    holder: subprocess.Popen[str] = start("hold.py", tmp_path / "warehouse", "load")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "holding\n"
    holder.kill()
    holder.wait()
    with engine.publish(note="build") as publication:
        publication.create_schema("gold")
    holder.communicate()
