"""A publish becomes visible whole or not at all."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from tests.engines.conftest import OpenEngine

from customer360.engines.base import Column
from customer360.engines.duckdb import DuckLakeEngine
from customer360.errors import StatementFailed, WarehouseError, WarehouseMissing
from customer360.names import Relation

T = Relation("gold", "t")


def rows(engine: DuckLakeEngine, sql: str) -> list[dict[str, object]]:
    with engine.read() as session:
        return session.query(sql).to_pylist()


def publish_table(engine: DuckLakeEngine, select: str, note: str = "build") -> None:
    with engine.publish(note=note) as publication:
        publication.create_schema("gold")
        publication.create_table_as(T, select)


def parquet_files(engine_folder: Path) -> int:
    return len(list(engine_folder.rglob("*.parquet")))


def test_nothing_is_there_before_the_first_publish(engine: DuckLakeEngine, tmp_path: Path) -> None:
    assert not engine.exists()
    assert engine.history() == ()
    assert engine.maintain() == {"snapshots": 0, "files": 0, "bytes": 0}
    with pytest.raises(WarehouseMissing, match="c360 run"), engine.read():
        pass
    assert not (tmp_path / "warehouse").exists(), "reading makes no folder"


def test_a_publish_is_visible_when_its_block_ends(engine: DuckLakeEngine) -> None:
    with engine.publish(note="build") as publication:
        publication.create_schema("gold")
        assert publication.create_table_as(T, "SELECT 1 AS x UNION ALL SELECT 2") == 2
        assert publication.query(f"SELECT sum(x) AS s FROM {T.sql}").to_pylist() == [{"s": Decimal(3)}]
        assert publication.columns(T) == (Column("x", "INTEGER"),)
        assert not engine.exists(), "not yet visible"
        assert publication.snapshot_after is None
    assert publication.snapshot_after == 1
    assert rows(engine, f"FROM {T.sql}") == [{"x": 1}, {"x": 2}]


def test_an_error_in_the_block_publishes_nothing_and_leaves_no_file(engine: DuckLakeEngine, tmp_path: Path) -> None:
    publish_table(engine, "SELECT 1 AS x")

    def break_off() -> None:
        with engine.publish(note="broken") as publication:
            publication.create_table_as(T, "SELECT 2 AS x")
            publication.create_table_as(Relation("gold", "other"), "SELECT range FROM range(1000)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert rows(engine, f"FROM {T.sql}") == [{"x": 1}]
    assert parquet_files(tmp_path) == 1
    publish_table(engine, "SELECT 3 AS x")
    assert rows(engine, f"FROM {T.sql}") == [{"x": 3}]


def test_a_publish_that_changes_nothing_makes_no_snapshot(engine: DuckLakeEngine) -> None:
    publish_table(engine, "SELECT 1 AS x")
    with engine.publish(note="idle") as publication:
        publication.create_schema("gold")
    assert publication.snapshot_after == publication.snapshot_before == 1
    assert [entry.note for entry in engine.history()] == ["build"]


def test_tables_and_views_replace_each_other(engine: DuckLakeEngine) -> None:
    publish_table(engine, "SELECT 1 AS x")
    with engine.publish(note="now a view") as publication:
        publication.create_view(T, "SELECT 2 AS x")
    assert rows(engine, f"FROM {T.sql}") == [{"x": 2}]
    with engine.publish(note="a table again") as publication:
        publication.create_table(T, [Column("x", "DECIMAL(10,2)")])
        publication.insert_select(T, "SELECT 3 AS x")
    assert rows(engine, f"FROM {T.sql}") == [{"x": Decimal("3.00")}]
    with engine.publish(note="gone") as publication:
        publication.create_view(Relation("gold", "v"), "SELECT 1 AS x")
        publication.drop(T)
        publication.drop(T)
        publication.drop(Relation("gold", "v"))
        assert publication.relations() == frozenset()


def test_arrow_rows_are_appended_by_column_name(engine: DuckLakeEngine) -> None:
    data = pa.table({"b": ["x", "y"], "a": pa.array([1, 2], pa.int64())})
    with engine.publish(note="load") as publication:
        publication.create_schema("gold")
        publication.create_table(T, [Column("a", "BIGINT"), Column("b", "VARCHAR"), Column("c", "DATE")])
        assert publication.insert_arrow(T, data) == 2
        assert publication.insert_arrow(T, data.to_reader(max_chunksize=1)) == 2
        assert publication.insert_select(T, "SELECT 9", ["a"]) == 1
        assert publication.execute(f"UPDATE {T.sql} SET c = DATE '2024-01-01' WHERE b = 'x'") == 2
    with engine.read() as session:
        assert session.query(f"SELECT a, b, c IS NULL AS n FROM {T.sql} ORDER BY ALL").to_pylist() == [
            {"a": 1, "b": "x", "n": False},
            {"a": 1, "b": "x", "n": False},
            {"a": 2, "b": "y", "n": True},
            {"a": 2, "b": "y", "n": True},
            {"a": 9, "b": None, "n": True},
        ]


def test_a_publication_cannot_be_committed_by_hand(engine: DuckLakeEngine) -> None:
    with pytest.raises(StatementFailed, match="commits or rolls back by itself"), engine.publish(note="x") as p:
        p.execute("COMMIT")


def test_an_unknown_table_is_named_with_the_nearest(engine: DuckLakeEngine) -> None:
    with engine.publish(note="build") as publication:
        publication.create_schema("gold")
        publication.create_table_as(Relation("gold", "customers"), "SELECT 1 AS x")
    with engine.read() as session, pytest.raises(WarehouseError, match=r"gold\.customer .*mean gold\.customers\?"):
        session.columns(Relation("gold", "customer"))


def test_sizes_are_the_bytes_of_the_data_files(engine: DuckLakeEngine, tmp_path: Path) -> None:
    publish_table(engine, "SELECT range AS x FROM range(10000)")
    view = Relation("gold", "v")
    with engine.publish(note="view") as publication:
        publication.create_view(view, f"FROM {T.sql}")
    [file] = tmp_path.rglob("*.parquet")
    assert engine.sizes([T, view, Relation("no", "such")]) == {
        T: file.stat().st_size,
        view: 0,
        Relation("no", "such"): 0,
    }


def test_times_are_utc_whatever_the_machine_says(engine: DuckLakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    publish_table(engine, "SELECT TIMESTAMPTZ '2024-01-01 00:00:00+00'::VARCHAR AS at, current_setting('TimeZone') z")
    assert rows(engine, f"FROM {T.sql}") == [{"at": "2024-01-01 00:00:00+00", "z": "UTC"}]


def test_a_python_variable_is_never_taken_for_a_table(engine: DuckLakeEngine) -> None:
    publish_table(engine, "SELECT 1 AS x")
    customers = pa.table({"x": [1]})
    assert customers.num_rows == 1
    with pytest.raises(StatementFailed, match="No table is named 'customers'"):
        rows(engine, "FROM customers")


def test_folders_with_odd_names_work_and_may_move(open_lake: OpenEngine, tmp_path: Path) -> None:
    odd = open_lake("O'Brien & söhne?")
    publish_table(odd, "SELECT 1 AS x")
    odd.close()
    (tmp_path / "O'Brien & söhne?").rename(tmp_path / "moved")
    moved = open_lake("moved")
    assert rows(moved, f"FROM {T.sql}") == [{"x": 1}]
    publish_table(moved, "SELECT 2 AS x")
    assert rows(moved, f"FROM {T.sql}") == [{"x": 2}]
    assert not (tmp_path / "O'Brien & söhne?").exists()


def test_the_listener_hears_the_moments_in_order(open_lake: OpenEngine) -> None:
    heard: list[str] = []
    engine = open_lake(keep_snapshots=1, listener=heard.append)
    publish_table(engine, "SELECT 1 AS x")
    heard.clear()
    publish_table(engine, "SELECT 2 AS x")
    assert heard == [
        "lock taken",
        "transaction open",
        "file written",
        "before commit",
        "after commit",
        "files merged",
        "snapshots expired",
        "file deleted",
        "cleaned up",
    ]
