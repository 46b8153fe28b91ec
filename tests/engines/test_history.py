"""The history names each publish, and any kept state can be published again."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.engines.conftest import OpenEngine

from customer360.engines.base import Column, Publication, Session
from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.lake import Lake
from customer360.names import Relation

A, B, V = Relation("gold", "a"), Relation("gold", "b"), Relation("gold", "v")


def content(session: Session) -> dict[str, object]:
    """Everything a session shows: each relation's columns and sorted rows."""
    return {
        str(relation): (
            session.columns(relation),
            session.query(f"FROM {relation.sql} ORDER BY ALL").to_pylist(),
        )
        for relation in session.relations()
    }


def test_the_history_is_newest_first_with_note_holder_and_time(engine: DuckLakeEngine) -> None:
    for note in ("load", "build"):
        with engine.publish(note=note) as publication:
            publication.create_schema(f"by_{note}")
    newest, oldest = engine.history()
    assert (newest.id, newest.note, oldest.id, oldest.note) == (2, "build", 1, "load")
    assert "process" in newest.holder
    assert newest.at.tzinfo is not None
    assert abs(datetime.now(tz=UTC) - newest.at) < timedelta(minutes=5)


def test_a_rollback_is_a_new_snapshot_equal_to_the_earlier_one(engine: DuckLakeEngine) -> None:
    with engine.publish(note="first") as publication:
        publication.create_schema("gold")
        publication.create_table_as(A, "SELECT range AS i, DATE '2024-01-01' AS d FROM range(5)")
        publication.create_view(V, f"SELECT count(*) AS n FROM {A.sql}")
    with engine.read() as session:
        wanted = content(session)
    with engine.publish(note="second") as publication:
        publication.create_table_as(A, "SELECT 'other' AS t")
        publication.create_view(V, "SELECT 0 AS n")
        publication.create_schema("new")
        publication.create_table_as(Relation("new", "t"), "SELECT 1 AS x")
    made = engine.rollback(1)
    assert (made.id, made.note) == (3, "rollback to 1")
    with engine.read() as session:
        assert content(session) == wanted
        assert "new" not in session.query("SELECT schema_name FROM duckdb_schemas()").column(0).to_pylist()
    assert [entry.id for entry in engine.history()] == [3, 2, 1]
    assert engine.rollback(2).id == 4, "and back again"
    with engine.read() as session:
        assert session.query(f"FROM {A.sql}").to_pylist() == [{"t": "other"}]


def test_a_rollback_to_the_present_state_publishes_nothing(engine: DuckLakeEngine) -> None:
    with engine.publish(note="only") as publication:
        publication.create_schema("gold")
        publication.create_table_as(A, "SELECT 1 AS i")
    assert engine.rollback(1) == engine.history()[0]
    assert len(engine.history()) == 1


def test_a_rollback_does_not_rewrite_what_nobody_touched(open_lake: OpenEngine) -> None:
    heard: list[str] = []
    engine = open_lake(listener=heard.append)
    with engine.publish(note="first") as publication:
        publication.create_schema("gold")
        publication.create_table_as(A, "SELECT 1 AS i")
        publication.create_table_as(B, "SELECT 1 AS i")
    with engine.publish(note="second") as publication:
        publication.create_table_as(B, "SELECT 2 AS i")
    heard.clear()
    engine.rollback(1)
    assert heard.count("file written") == 1


def test_a_rollback_keeps_not_null_and_defaults_and_views_of_views(engine: DuckLakeEngine) -> None:
    w = Relation("gold", "a_view_of_the_view")
    with engine.publish(note="first") as publication:
        publication.create_schema("gold")
        publication.execute(f"CREATE TABLE {A.sql} (i INTEGER NOT NULL, t VARCHAR DEFAULT 'x')")
        publication.execute(f"INSERT INTO {A.sql} (i) VALUES (1)")
        publication.execute(f"CREATE VIEW {V.sql} (renamed) AS SELECT i FROM {A.sql}")
        publication.create_view(w, f"SELECT renamed FROM {V.sql}")
    with engine.publish(note="second") as publication:
        for relation in (w, V, A):
            publication.drop(relation)
    engine.rollback(1)
    with engine.publish(note="third") as publication:
        publication.execute(f"INSERT INTO {A.sql} (i) VALUES (2)")
    with engine.read() as session:
        assert session.query(f"FROM {A.sql} ORDER BY i").to_pylist() == [{"i": 1, "t": "x"}, {"i": 2, "t": "x"}]
        assert session.query(f"FROM {w.sql} ORDER BY 1").to_pylist() == [{"renamed": 1}, {"renamed": 2}]
        definition = session.query("SELECT sql FROM duckdb_tables() WHERE table_name = 'a'").column(0)[0].as_py()
    assert "NOT NULL" in definition


CHANGES = st.sampled_from(
    ["replace", "append", "update", "delete", "drop", "add column", "view", "to view", "schema", "merge"]
)


def change(publication: Publication, what: str, relation: Relation, number: int) -> None:
    """Apply one change where it is possible."""
    tables = publication.query(
        "SELECT schema_name || '.' || table_name AS t FROM duckdb_tables() WHERE database_name = 'lake'"
    )
    is_table = str(relation) in tables.column("t").to_pylist()
    if what == "replace" or (not is_table and what not in {"view", "to view", "schema"}):
        publication.create_table(relation, [Column("i", "INTEGER"), Column("t", "VARCHAR")])
        publication.insert_arrow(relation, pa.table({"i": pa.array([number], pa.int32()), "t": ["new"]}))
    elif what == "append":
        publication.execute(f"INSERT INTO {relation.sql} (i) VALUES ({number}), (7)")
    elif what == "update":
        publication.execute(f"UPDATE {relation.sql} SET t = 'changed {number}' WHERE i % 2 = 1")
    elif what == "delete":
        publication.execute(f"DELETE FROM {relation.sql} WHERE i = 7")
    elif what == "drop":
        publication.drop(relation)
    elif what == "add column":
        publication.execute(f"ALTER TABLE {relation.sql} ADD COLUMN IF NOT EXISTS extra INTEGER DEFAULT {number}")
    elif what == "view":
        publication.create_view(V, f"SELECT {number} AS n")
    elif what == "to view":
        publication.create_view(relation, f"SELECT {number} AS i, 'v' AS t")
    elif what == "schema":
        publication.create_schema("other")
        publication.create_table_as(Relation("other", "o"), f"SELECT {number} AS n")


@settings(
    max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate]
)  # shrinking takes minutes
@given(st.lists(st.tuples(CHANGES, st.sampled_from([A, B])), min_size=2, max_size=6), st.data())
def test_any_kept_state_comes_back_whole(changes: list[tuple[str, Relation]], data: st.DataObject) -> None:
    folder = Path(tempfile.mkdtemp(prefix="history-"))
    engine = DuckLakeEngine(Lake(folder / "lake"), keep_snapshots=50)
    try:
        wanted: dict[int, dict[str, object]] = {}
        for number, (what, relation) in enumerate(changes):
            if what == "merge" and engine.exists():
                engine.maintain()
                continue
            with engine.publish(note=what) as publication:
                publication.create_schema("gold")
                change(publication, what, relation, number)
            with engine.read() as session:
                wanted[session.snapshot] = content(session)
        for snapshot, state in wanted.items():
            with engine.read(at_snapshot=snapshot) as session:
                assert content(session) == state
        chosen = data.draw(st.sampled_from(sorted(wanted)))
        engine.rollback(chosen)
        with engine.read() as session:
            assert content(session) == wanted[chosen]
    finally:
        engine.close()
        shutil.rmtree(folder)
