"""A read session sees one snapshot, whole, for its whole life, and can change nothing."""

from __future__ import annotations

import multiprocessing
import shutil
import threading
import time
from pathlib import Path

import pyarrow as pa
import pytest
from tests.engines.conftest import OpenEngine, run, start
from tests.engines.scripts.workload import state, write

from customer360.engines.duckdb import DuckLakeEngine
from customer360.errors import NotPermitted, SnapshotMissing, StatementFailed
from customer360.names import Relation

T = Relation("gold", "t")


def publish(engine: DuckLakeEngine, value: int) -> None:
    with engine.publish(note=f"publish {value}") as publication:
        publication.create_schema("gold")
        publication.create_table_as(T, f"SELECT {value} AS x")


def value(engine: DuckLakeEngine, **options: int) -> object:
    with engine.read(**options) as session:
        return session.query(f"SELECT x FROM {T.sql}").column("x")[0].as_py()


def test_a_session_keeps_its_snapshot_while_others_are_published(engine: DuckLakeEngine) -> None:
    publish(engine, 1)
    with engine.read() as session:
        publish(engine, 2)
        assert session.snapshot == 1
        assert session.query(f"FROM {T.sql}").to_pylist() == [{"x": 1}]
        publish(engine, 3)
        assert session.query(f"FROM {T.sql}").to_pylist() == [{"x": 1}]
    assert value(engine) == 3


def test_a_snapshot_does_not_expire_while_it_is_read(open_lake: OpenEngine, tmp_path: Path) -> None:
    engine = open_lake(keep_snapshots=1)
    publish(engine, 1)
    with engine.read() as session:
        for number in range(2, 6):
            publish(engine, number)
        assert [entry.id for entry in engine.history()] == [5, 1]
        assert session.query(f"FROM {T.sql}").to_pylist() == [{"x": 1}]
    publish(engine, 6)
    assert [entry.id for entry in engine.history()] == [6]
    assert len(list(tmp_path.rglob("*.parquet"))) == 1


def test_a_snapshot_read_by_a_process_that_was_killed_expires(open_lake: OpenEngine, tmp_path: Path) -> None:
    engine = open_lake(keep_snapshots=1)
    with engine.publish(note="0") as publication:
        write(publication, 0)
    reader = start("read.py", tmp_path / "warehouse")
    assert reader.stdout is not None
    reader.stdout.readline()
    while not list((tmp_path / "warehouse" / "readers").iterdir()):
        time.sleep(0.005)
    reader.kill()
    reader.communicate()
    for k in (1, 2):
        with engine.publish(note=str(k)) as publication:
            write(publication, k)
    assert [entry.id for entry in engine.history()] == [3]
    assert list((tmp_path / "warehouse" / "readers").iterdir()) == []


def test_other_processes_see_the_old_state_until_the_commit_and_never_a_mix(tmp_path: Path) -> None:
    folder = tmp_path / "lake"
    run("write.py", folder, 0, 1)
    readers = [start("read.py", folder) for _ in range(2)]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
    run("write.py", folder, 1, 12)
    for reader in readers:
        output, _ = reader.communicate(timeout=60)
        assert "BAD" not in output
        assert output.split()[-1] == "12"


def test_an_open_transaction_of_another_process_is_invisible(tmp_path: Path, engine: DuckLakeEngine) -> None:
    publish(engine, 1)
    holder = start("hold.py", tmp_path / "warehouse", "load")
    assert holder.stdout is not None
    holder.stdout.readline()
    with engine.read() as session:
        assert session.query("SELECT count(*) AS n FROM duckdb_schemas() WHERE schema_name = 'held'").to_pylist() == [
            {"n": 0}
        ]
    holder.communicate()
    with engine.read() as session:
        assert session.snapshot == 2


def test_threads_share_the_instance_and_not_their_sessions(engine: DuckLakeEngine) -> None:
    with engine.publish(note="0") as publication:
        write(publication, 0)
    wrong: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(10):
                with engine.read() as session:
                    session.register("mine", pa.table({"who": [threading.get_ident()]}))
                    assert session.query("FROM mine").column("who").to_pylist() == [threading.get_ident()]
                    assert state(session) == state(session)
        except BaseException as error:  # noqa: BLE001 - reported by the main thread
            wrong.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for k in range(1, 4):
        with engine.publish(note=str(k)) as publication:
            write(publication, k)
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE gold.u AS SELECT 1 AS x",
        "CREATE TEMP TABLE u AS SELECT 1 AS x",
        "INSERT INTO gold.t VALUES (2)",
        "UPDATE gold.t SET x = 2",
        "DROP TABLE gold.t",
        "COMMIT",
        "COPY gold.t TO 'stolen.csv'",
        "ATTACH 'other.db'",
        "SET threads = 1",
        "CALL ducklake_expire_snapshots('lake', versions => [1])",
        "FROM ducklake_expire_snapshots('lake', versions => [1])",
        "FROM ducklake_delete_orphaned_files('lake', cleanup_all => true)",
        "SELECT 1; SELECT 2",
    ],
)
def test_a_read_session_cannot_write(engine: DuckLakeEngine, sql: str) -> None:
    publish(engine, 1)
    publish(engine, 2)
    with engine.read() as session, pytest.raises(StatementFailed):
        session.query(sql)
    assert [entry.id for entry in engine.history()] == [2, 1]
    assert value(engine) == 2


def test_an_earlier_snapshot_can_be_read_with_its_views(engine: DuckLakeEngine) -> None:
    for k in range(3):
        with engine.publish(note=str(k)) as publication:
            write(publication, k)
    for entry in engine.history():
        with engine.read(at_snapshot=entry.id) as session:
            assert session.snapshot == entry.id
            assert state(session) == int(entry.note)
            assert Relation("gold", "v") in session.relations()


def test_a_snapshot_that_is_not_kept_is_refused_with_the_kept_range(open_lake: OpenEngine) -> None:
    engine = open_lake(keep_snapshots=2)
    for number in range(4):
        publish(engine, number)
    with pytest.raises(SnapshotMissing, match=r"no snapshot 1\. Kept: 3, 4\."), engine.read(at_snapshot=1):
        pass
    with pytest.raises(SnapshotMissing, match="no snapshot 99"):
        engine.rollback(99)


def test_the_kept_snapshots_are_those_of_the_history(engine: DuckLakeEngine) -> None:
    publish(engine, 1)
    publish(engine, 2)
    for snapshot in (0, 7):
        expected = rf"no snapshot {snapshot}\. Kept: 1, 2\."
        with pytest.raises(SnapshotMissing, match=expected), engine.read(at_snapshot=snapshot):
            pass


def test_a_table_that_an_earlier_snapshot_lacks_is_named_with_what_published_it(engine: DuckLakeEngine) -> None:
    with engine.publish(note="load shop") as publication:
        publication.create_schema("raw_shop")
        publication.create_table_as(Relation("raw_shop", "orders"), "SELECT 1 AS x")
    with engine.publish(note="build") as publication:
        publication.create_schema("shop")
        publication.create_table_as(Relation("shop", "orders"), "FROM raw_shop.orders")
    sentence = r"^Snapshot 1 has no table shop\.orders; it was published by 'load shop'\."
    sql = "WITH o AS (FROM raw_shop.orders) SELECT o.x FROM o JOIN shop.orders AS s ON s.x = o.x"
    for reading in (engine.read, engine.read_untrusted):
        with reading(at_snapshot=2) as session:
            assert session.query(sql).to_pylist() == [{"x": 1}]
        with reading(at_snapshot=1) as session, pytest.raises(StatementFailed, match=sentence) as failed:
            session.query(sql)
        assert "c360 history" in str(failed.value)


def test_a_table_that_is_not_granted_stays_unsaid_in_an_earlier_snapshot(engine: DuckLakeEngine) -> None:
    publish(engine, 1)
    publish(engine, 2)
    with (
        engine.read_untrusted(relations=[Relation("gold", "v")], at_snapshot=1) as session,
        pytest.raises(NotPermitted, match=r"There is no table gold\.t that you may read"),
    ):
        session.query("FROM gold.t")


def test_a_stream_yields_batches_and_translates_late_errors(engine: DuckLakeEngine) -> None:
    publish(engine, 1)
    with engine.read() as session:
        reader = session.stream("SELECT range AS i FROM range(200000)", batch_rows=50_000)
        assert sum(batch.num_rows for batch in reader) == 200_000
        bad = session.stream(
            "SELECT (CASE WHEN range = 500000 THEN 'ann@example.com' ELSE '1' END)::INTEGER AS i FROM range(600000)"
        )
        with pytest.raises(StatementFailed, match="A value cannot be read as INTEGER"):
            bad.read_all()


def test_parameters_are_values_not_sql(engine: DuckLakeEngine) -> None:
    publish(engine, 1)
    with engine.read() as session:
        hostile = "'; DROP TABLE gold.t; --"
        assert session.query("SELECT ? AS v", [hostile]).to_pylist() == [{"v": hostile}]


@pytest.mark.parametrize("times", range(3))
def test_a_lake_that_was_deleted_and_built_anew_is_read_and_written_anew(
    engine: DuckLakeEngine, tmp_path: Path, times: int
) -> None:
    """Several times: the new catalogue file may get the inode number of the old one."""
    publish(engine, 1)
    assert value(engine) == 1
    shutil.rmtree(tmp_path / "warehouse")
    assert not engine.exists()
    run("write.py", tmp_path / "warehouse", 0, 1)
    with engine.read() as session:
        assert state(session) == 0
    shutil.rmtree(tmp_path / "warehouse")
    run("write.py", tmp_path / "warehouse", 0, 2)
    with engine.publish(note="2") as publication:
        write(publication, 2)
    shutil.rmtree(tmp_path / "warehouse")
    publish(engine, 3)
    assert value(engine) == 3


def _read_in_child(engine: DuckLakeEngine, answers: multiprocessing.SimpleQueue[object]) -> None:
    answers.put(value(engine))
    publish(engine, 8)
    answers.put(value(engine))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="the system cannot fork")
def test_a_forked_child_reads_and_writes_through_instances_of_its_own(engine: DuckLakeEngine) -> None:
    publish(engine, 7)
    assert value(engine) == 7
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    child = context.Process(target=_read_in_child, args=(engine, answers))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert [answers.get(), answers.get()] == [7, 8]
    assert value(engine) == 8
    publish(engine, 9)
    assert value(engine) == 9


def test_an_engine_can_be_used_after_it_was_closed(engine: DuckLakeEngine) -> None:
    publish(engine, 1)
    engine.close()
    assert value(engine) == 1
    publish(engine, 2)
    assert value(engine) == 2
