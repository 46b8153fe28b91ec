"""Copies of small tables in memory: the same rows, of the same snapshot, and gone when a newer state is there."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.engines.conftest import OpenEngine

from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.lake import Lake
from customer360.names import Relation


def publish(engine: DuckLakeEngine, number: int, rows: int = 3) -> None:
    with engine.publish(note=f"publish {number}") as publication:
        publication.create_schema("gold")
        publication.create_schema("raw_shop")
        made = f"SELECT {number} AS number, range AS id, CAST(range AS DECIMAL(9, 2)) AS amount FROM range({rows})"
        publication.create_table_as(Relation("gold", "t"), made)
        publication.create_table_as(Relation("raw_shop", "landed"), "SELECT 1 AS x")
        publication.create_view(
            Relation("gold", "v"), "SELECT number, SUM(amount) AS amount FROM gold.t GROUP BY number"
        )


def copies(engine: DuckLakeEngine) -> list[str]:
    """Return the names of the in-memory databases beside the lake."""
    with engine.read() as session:
        listed = session.query("SELECT database_name FROM duckdb_databases() WHERE database_name LIKE 'at_hand%'")
    return listed.column(0).to_pylist()


def is_in_memory(engine: DuckLakeEngine, table: str) -> bool:
    """Say whether a query of a table scans memory, not files of the lake."""
    with engine.read() as session:
        return "at_hand_" in str(session.query(f"EXPLAIN SELECT * FROM {table}").to_pylist())


def test_a_server_reads_small_tables_and_their_views_from_memory(engine: DuckLakeEngine) -> None:
    publish(engine, 1)
    assert not is_in_memory(engine, "gold.t")
    with engine.read() as session:
        columns, relations = session.columns(Relation("gold", "t")), session.relations()
    engine.keep_at_hand()
    engine.settled()
    assert is_in_memory(engine, "gold.t")
    assert is_in_memory(engine, "gold.v")
    with engine.read() as session:
        assert session.columns(Relation("gold", "t")) == columns
        assert session.relations() == relations
        assert session.query("FROM gold.v").to_pylist() == [{"number": 1, "amount": Decimal("3.00")}]
        assert session.query("FROM raw_shop.landed").to_pylist() == [{"x": 1}]
    assert not is_in_memory(engine, "raw_shop.landed")


def test_a_newer_state_is_read_at_once_and_the_older_copies_go(engine: DuckLakeEngine) -> None:
    publish(engine, 1)
    engine.keep_at_hand()
    engine.settled()
    for number in range(2, 6):
        publish(engine, number)
        with engine.read() as session:  # before there can be copies of it
            assert session.query("SELECT DISTINCT number FROM gold.t").to_pylist() == [{"number": number}]
        engine.settled()
        assert is_in_memory(engine, "gold.t")
        assert len(copies(engine)) == 1
    before = engine.history()[1].id
    with engine.read(at_snapshot=before) as session:
        assert session.query("SELECT DISTINCT number FROM gold.t").to_pylist() == [{"number": 4}]


def test_a_session_keeps_the_copies_it_began_with(engine: DuckLakeEngine) -> None:
    publish(engine, 1)
    engine.keep_at_hand()
    engine.settled()
    with engine.read() as session:
        publish(engine, 2)
        assert not is_in_memory(engine, "gold.t")  # another session, on the newer state: copies of it are made now
        engine.settled()
        assert session.query("SELECT DISTINCT number FROM gold.t").to_pylist() == [{"number": 1}]
        assert len(copies(engine)) == 2
    assert len(copies(engine)) == 1


def test_large_tables_stay_in_the_lake_and_views_with_them(tmp_path: Path) -> None:
    engine = DuckLakeEngine(Lake(tmp_path / "warehouse", at_hand_rows=10))
    publish(engine, 1, rows=11)
    with engine.publish(note="a small one") as publication:
        publication.create_table_as(Relation("gold", "small"), "SELECT 1 AS x")
    engine.keep_at_hand()
    engine.settled()
    assert is_in_memory(engine, "gold.small")
    assert not is_in_memory(engine, "gold.t")
    assert not is_in_memory(engine, "gold.v")
    with engine.read() as session:
        assert session.query("SELECT COUNT(*) AS n FROM gold.t").to_pylist() == [{"n": 11}]
    engine.close()


def test_names_without_a_schema_find_nothing_in_memory_either(engine: DuckLakeEngine) -> None:
    publish(engine, 1)
    engine.keep_at_hand()
    engine.settled()
    with engine.read() as session:
        found = session.query("SELECT COUNT(*) AS n FROM duckdb_tables() WHERE schema_name = 'main'").to_pylist()
    assert found == [{"n": 0}]


def test_an_erasure_waits_for_no_copies(open_lake: OpenEngine) -> None:
    server, writer = open_lake(), open_lake()
    publish(writer, 1)
    server.keep_at_hand()
    server.settled()
    publish(writer, 2)
    assert writer.maintain(purge=True)["snapshots"] > 0
    with server.read() as session:
        assert session.query("SELECT DISTINCT number FROM gold.t").to_pylist() == [{"number": 2}]
    server.settled()
    assert len(copies(server)) == 1


def test_nothing_is_kept_before_something_is_built_or_where_the_project_wants_none(tmp_path: Path) -> None:
    engine = DuckLakeEngine(Lake(tmp_path / "warehouse", at_hand_rows=0))
    engine.keep_at_hand()
    publish(engine, 1)
    engine.keep_at_hand()
    engine.settled()
    assert copies(engine) == []
    engine.close()
