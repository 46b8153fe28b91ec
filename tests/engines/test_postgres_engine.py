"""The PostgreSQL engine on a real server: states, versions of tables, readers, the writer's lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pyarrow as pa
import pytest
from tests.postgres_server import PostgresServer, free_port

from customer360.engines.base import Column
from customer360.engines.postgres import PostgresEngine
from customer360.engines.postgres_server import Server
from customer360.errors import (
    CommitFailed,
    NotPermitted,
    Place,
    ProjectError,
    QueryError,
    SettingMissing,
    SnapshotMissing,
    StatementFailed,
    UnknownName,
    WarehouseError,
    WarehouseMissing,
    WriterBusy,
)
from customer360.names import Relation
from customer360.project.spec import EngineSettings, Settings

pytestmark = pytest.mark.postgres

OpenEngine = Callable[..., PostgresEngine]
COLUMNS = [Column("id", "BIGINT"), Column("name", "VARCHAR"), Column("amount", "DECIMAL(10,2)")]
T, V, U = Relation("gold", "t"), Relation("gold", "v"), Relation("gold", "u")


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    """The URL of a database of its own."""
    return postgres.new_database()


@pytest.fixture
def open_engine(database: str) -> Iterator[OpenEngine]:
    opened: list[PostgresEngine] = []

    def make(**options: Any) -> PostgresEngine:
        opened.append(PostgresEngine(Server(database), **options))
        return opened[-1]

    yield make
    for engine in opened:
        engine.close()


@pytest.fixture
def engine(open_engine: OpenEngine) -> PostgresEngine:
    return open_engine(keep_snapshots=3)


def put(engine: PostgresEngine, *rows: tuple[int, str, str], table: Relation = T, note: str = "put") -> int:
    """Publish a table with these rows and return the snapshot."""
    with engine.publish(note=note) as publication:
        publication.create_schema(table.schema)
        publication.create_table(table, COLUMNS)
        ids, names, amounts = zip(*rows, strict=True)
        exact = pa.array([Decimal(amount) for amount in amounts], pa.decimal128(10, 2))
        publication.insert_arrow(table, pa.table({"id": list(ids), "name": list(names), "amount": exact}))
    assert publication.snapshot_after is not None
    return publication.snapshot_after


def rows(engine: PostgresEngine, sql: str = "SELECT id, name, amount FROM gold.t ORDER BY id", **at: Any) -> Any:
    with engine.read(**at) as session:
        return [tuple(row.values()) for row in session.query(sql).to_pylist()]


def test_nothing_is_there_before_the_first_publish(engine: PostgresEngine) -> None:
    assert not engine.exists()
    assert engine.history() == ()
    with pytest.raises(WarehouseMissing), engine.read():
        pass


def test_values_of_every_type_come_back_as_they_were_sent(engine: PostgresEngine) -> None:
    sent = pa.table(
        {
            "whole": pa.array([2**62, None, -1], pa.int64()),
            "exact": pa.array([Decimal("0.10"), None, Decimal("-12345678.99")], pa.decimal128(10, 2)),
            "text": ['a,"b"\nc', "", None],
            "day": [date(9999, 12, 31), None, date(1, 1, 1)],
            "moment": pa.array([datetime.fromisoformat("2024-01-02T03:04:05.678901"), None, None], pa.timestamp("us")),
            "instant": pa.array([datetime(2024, 1, 2, tzinfo=UTC), None, None], pa.timestamp("us", tz="UTC")),
            "truth": [True, False, None],
            "number": [0.1, float("inf"), None],
            "many": pa.array([["x", 'y"\\', None], [], None], pa.list_(pa.string())),
        }
    )
    types = ["BIGINT", "DECIMAL(10,2)", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "BOOLEAN"]
    types += ["DOUBLE", "VARCHAR[]"]
    with engine.publish(note="types") as publication:
        publication.create_schema("gold")
        publication.create_table(T, [Column(n, t) for n, t in zip(sent.column_names, types, strict=True)])
        assert publication.insert_arrow(T, sent) == 3
    with engine.read() as session:
        assert [column.type for column in session.columns(T)] == types
        found = session.query("SELECT * FROM gold.t")
    assert found.to_pylist() == sent.to_pylist()
    assert found.schema.types == sent.schema.types


def test_an_empty_text_and_nothing_stay_apart_in_a_table_of_one_column(engine: PostgresEngine) -> None:
    with engine.publish(note="one column") as publication:
        publication.create_schema("gold")
        publication.create_table(T, [Column("name", "VARCHAR")])
        publication.insert_arrow(T, pa.table({"name": ["", None, "a"]}))
    assert rows(engine, "SELECT name FROM gold.t ORDER BY name") == [("",), ("a",), (None,)]


def test_a_state_is_published_whole_or_not_at_all(engine: PostgresEngine) -> None:
    put(engine, (1, "a", "1.00"))

    def half() -> None:
        with engine.publish(note="half") as publication:
            publication.execute("DELETE FROM gold.t")
            publication.create_table(U, COLUMNS)
            assert publication.query("SELECT * FROM gold.t").num_rows == 0
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        half()
    assert rows(engine) == [(1, "a", Decimal("1.00"))]
    with engine.read() as session:
        assert session.relations() == {T}


def test_a_published_version_never_changes(engine: PostgresEngine) -> None:
    first = put(engine, (1, "a", "1.00"), (2, "b", "2.00"))
    with engine.publish(note="change") as publication:
        assert publication.execute('UPDATE "gold"."t" SET "name" = $1 WHERE "gold"."t"."id" = 1', ["z"]) == 1
        assert publication.execute("DELETE FROM gold.t WHERE id = $1", [2]) == 1
        assert publication.insert_select(T, "SELECT id + 10 AS id, name FROM gold.t") == 1
        publication.execute('ALTER TABLE "gold"."t" ADD COLUMN "more" VARCHAR')
    assert rows(engine, "SELECT id, name, more FROM gold.t ORDER BY id") == [(1, "z", None), (11, "z", None)]
    assert rows(engine, at_snapshot=first) == [(1, "a", Decimal("1.00")), (2, "b", Decimal("2.00"))]


def test_a_publication_that_changes_nothing_makes_no_state(engine: PostgresEngine) -> None:
    before = put(engine, (1, "a", "1.00"))
    with engine.publish(note="nothing") as publication:
        publication.query("SELECT 1 AS one")
    assert publication.snapshot_after == before
    assert [entry.id for entry in engine.history()] == [before]


def test_a_reader_keeps_its_state_while_others_publish_and_clean_up(open_engine: OpenEngine) -> None:
    engine = open_engine(keep_snapshots=1)
    put(engine, (1, "a", "1.00"))
    put(engine, (1, "a", "1.00"), table=U)
    with engine.read() as session:
        state = session.state
        for number in range(2, 5):
            put(engine, (number, "b", "2.00"))
            put(engine, (number, "b", "2.00"), table=U)
        assert session.query("SELECT id FROM gold.t").to_pylist() == [{"id": 1}]
        assert session.query("SELECT id FROM gold.u").to_pylist() == [{"id": 1}]
    assert rows(engine, "SELECT id FROM gold.t") == [(4,)]
    with engine.read() as session:
        assert session.state != state
    put(engine, (5, "c", "1.00"))
    assert len(engine.history()) == 1


def test_readers_never_see_an_error_or_a_mix_during_publishes(open_engine: OpenEngine) -> None:
    """Both tables hold the same number in every state; readers look at one, then at the other."""
    engine = open_engine(keep_snapshots=2)

    def both(number: int) -> None:
        with engine.publish(note=f"both {number}") as publication:
            publication.create_schema("gold")
            for table in (T, U):
                publication.create_table_as(table, f"SELECT {number} AS id FROM generate_series(1, 50) AS s(i)")
            publication.create_view(
                V, "SELECT t.id AS left_id, u.id AS right_id FROM gold.t AS t CROSS JOIN gold.u AS u"
            )

    both(0)
    stop, problems, seen = threading.Event(), [], set()

    def look() -> None:
        reader = open_engine()
        while not stop.is_set():
            try:
                with reader.read() as session:
                    (left,) = session.query("SELECT DISTINCT id FROM gold.t").column(0).to_pylist()
                    (right,) = session.query("SELECT DISTINCT id FROM gold.u").column(0).to_pylist()
                    pairs = session.query("SELECT DISTINCT left_id, right_id FROM gold.v").to_pylist()
                if left != right or pairs != [{"left_id": left, "right_id": right}]:
                    problems.append((left, right, pairs))
                seen.add(left)
            except Exception as error:  # noqa: BLE001 - whatever it is, no reader may meet it
                problems.append(error)

    readers = [threading.Thread(target=look) for _ in range(3)]
    for thread in readers:
        thread.start()
    for number in range(1, 16):
        both(number)
    stop.set()
    for thread in readers:
        thread.join()
    assert problems == []
    assert len(seen) > 1


def test_a_rollback_publishes_an_earlier_state_again(engine: PostgresEngine) -> None:
    first = put(engine, (1, "a", "1.00"), note="first")
    put(engine, (2, "b", "2.00"), note="second")
    put(engine, (3, "c", "3.00"), table=U)
    made = engine.rollback(first)
    assert (made.note, made.id) == (f"rollback to {first}", 4)
    assert rows(engine) == [(1, "a", Decimal("1.00"))]
    with engine.read() as session:
        assert session.relations() == {T}
    put(engine, (4, "d", "4.00"))
    assert rows(engine, "SELECT id FROM gold.t") == [(4,)]
    assert rows(engine, "SELECT id FROM gold.t", at_snapshot=made.id) == [(1,)]


def test_only_so_many_states_are_kept_and_their_tables_are_dropped(engine: PostgresEngine, database: str) -> None:
    for number in range(1, 7):
        put(engine, (number, "a", "1.00"))
    assert [entry.id for entry in engine.history()] == [6, 5, 4]
    with pytest.raises(SnapshotMissing, match=r"There is no snapshot 1\. Kept: 4, 5, 6"), engine.read(at_snapshot=1):
        pass
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'gold' ORDER BY 1"
    with psycopg.connect(database) as connection:
        assert connection.execute(tables).fetchall() == [("t__v4",), ("t__v5",), ("t__v6",)]
    assert engine.maintain(purge=True)["snapshots"] == 2
    assert [entry.id for entry in engine.history()] == [6]


def test_views_that_stand_on_views_go_with_their_state(open_engine: OpenEngine, database: str) -> None:
    engine = open_engine(keep_snapshots=1)
    for number in range(3):
        with engine.publish(note="build") as publication:
            publication.create_schema("gold")
            publication.create_table_as(T, f"SELECT {number} AS id")
            publication.create_view(Relation("gold", "first"), "SELECT id FROM gold.t")
            publication.create_view(Relation("gold", "also"), "SELECT id FROM gold.first")
            publication.create_view(V, "SELECT id FROM gold.also")
    with psycopg.connect(database) as connection:
        left = connection.execute("SELECT relname FROM pg_class WHERE relname LIKE '%\\_\\_v%' ORDER BY 1").fetchall()
    assert left == [("also__v3",), ("first__v3",), ("t__v3",), ("v__v3",)]


def test_a_second_writer_hears_who_writes(engine: PostgresEngine) -> None:
    busy = pytest.raises(WriterBusy, match=r"is being written by .+ \(\d+ on ")
    with engine.publish(note="long build"), busy, engine.publish(note="second"):
        pass
    put(engine, (1, "a", "1.00"))


def test_a_writer_can_wait_for_another(engine: PostgresEngine) -> None:
    inside = threading.Event()

    def first() -> None:
        with engine.publish(note="first") as publication:
            publication.create_schema("gold")
            publication.create_table(T, COLUMNS)
            inside.set()

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait(10)
    with engine.publish(note="second", wait=20.0) as publication:
        assert T in publication.relations()
    thread.join()


def test_a_writer_that_dies_leaves_the_state_and_the_lock_free(
    engine: PostgresEngine, postgres: PostgresServer
) -> None:
    put(engine, (1, "a", "1.00"))
    ours = "datname LIKE 'made_%' AND state = 'idle in transaction'"

    def dies() -> None:
        with engine.publish(note="dies") as publication:
            publication.execute("DELETE FROM gold.t")
            postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")
            publication.query("SELECT 1 AS one")

    with pytest.raises(WarehouseError, match="connection to the PostgreSQL warehouse was lost"):
        dies()
    assert rows(engine) == [(1, "a", Decimal("1.00"))]
    put(engine, (2, "b", "1.00"))
    assert rows(engine, "SELECT id FROM gold.t") == [(2,)]


def test_everybody_else_reads_the_newest_state_through_views_and_keeps_the_right_to(
    engine: PostgresEngine, database: str, postgres: PostgresServer
) -> None:
    put(engine, (1, "a", "1.00"))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("GRANT USAGE ON SCHEMA gold TO reader")
        connection.execute("GRANT SELECT ON gold.t TO reader WITH GRANT OPTION")
        connection.execute("GRANT UPDATE (name) ON gold.t TO reader")
    with engine.publish(note="other columns") as publication:
        publication.create_table_as(T, "SELECT 'x' AS name, 7 AS number")
    name = urlsplit(database).path.lstrip("/")
    with psycopg.connect(postgres.url_of("reader", "open sesame", name)) as connection:
        assert connection.execute("SELECT * FROM gold.t").fetchall() == [("x", 7)]
        rights = "SELECT has_column_privilege('gold.t', %s, 'UPDATE'), has_table_privilege('gold.t', %s)"
        on_name = connection.execute(rights, ["name", "SELECT WITH GRANT OPTION"]).fetchone()
        on_number = connection.execute(rights, ["number", "UPDATE"]).fetchone()
        assert (on_name, on_number) == ((True, True), (False, False))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM gold.t__v2")


def test_a_view_that_is_being_read_holds_a_publish_up_and_nothing_is_published(
    open_engine: OpenEngine, database: str
) -> None:
    engine = open_engine(lock_seconds=0.3)
    put(engine, (1, "a", "1.00"))
    with psycopg.connect(database) as connection:
        connection.execute("SELECT * FROM gold.t")
        with pytest.raises(CommitFailed, match=r"keeps the view gold\.t locked"):
            put(engine, (2, "b", "1.00"))
    assert rows(engine, "SELECT id FROM gold.t") == [(1,)]
    put(engine, (3, "c", "1.00"))


def test_a_table_that_is_not_ours_is_never_replaced(engine: PostgresEngine, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA gold")
        connection.execute("CREATE TABLE gold.t (x integer)")
    with pytest.raises(WarehouseError, match=r"a table gold\.t in the database that customer360 did not make"):
        put(engine, (1, "a", "1.00"))
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT * FROM gold.t").fetchall() == []


def test_a_view_follows_the_tables_it_reads(engine: PostgresEngine) -> None:
    put(engine, (1, "a", "1.00"))
    with engine.publish(note="views") as publication:
        publication.create_view(V, "SELECT SUM(amount) AS total FROM gold.t")
        publication.create_view(Relation("gold", "w"), "SELECT total * 2 AS doubled FROM gold.v")
    first = engine.history()[0].id
    put(engine, (1, "a", "5.00"))
    assert rows(engine, "SELECT doubled FROM gold.w") == [(Decimal("10.00"),)]
    assert rows(engine, "SELECT doubled FROM gold.w", at_snapshot=first) == [(Decimal("2.00"),)]


def test_columns_get_the_types_that_a_contract_declares_within_their_family(engine: PostgresEngine) -> None:
    put(engine, (1, "a", "1.25"))
    with engine.publish(note="typed") as publication:
        publication.create_table_as(
            U,
            "SELECT amount * 2 AS net, id - 1 AS place, name FROM gold.t",
            types={"net": "DECIMAL(12,2)", "place": "INTEGER", "name": "BIGINT"},
        )
        found = publication.describe("SELECT * FROM gold.u")
    assert [column.type for column in found] == ["DECIMAL(12,2)", "INTEGER", "VARCHAR"]


def test_texts_are_ordered_byte_by_byte(engine: PostgresEngine) -> None:
    put(engine, (1, "b", "1.00"), (2, "B", "1.00"), (3, "a", "1.00"), (4, "Ä", "1.00"))
    assert [name for (name,) in rows(engine, "SELECT name FROM gold.t ORDER BY name")] == ["B", "a", "b", "Ä"]


def test_a_statement_that_fails_harms_no_other(engine: PostgresEngine) -> None:
    put(engine, (1, "a", "1.00"))
    with engine.publish(note="go on") as publication:
        with pytest.raises(StatementFailed, match="nope"):
            publication.query("SELECT nope FROM gold.t")
        publication.execute("DELETE FROM gold.t")
    assert rows(engine) == []


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("SELECT CAST('Ann Example' AS INTEGER) AS x", "cannot be read as the type"),
        ("SELECT * FROM pg_class", "No table in FROM is named 'pg_class'"),
        ("SELECT * FROM gold.tt", "No table is named 'gold.tt'"),
        ("SELECT pg_sleep(1) AS x", r"pg_sleep\(\) has no rule"),
        ("DELETE FROM gold.t", "can only run queries"),
        ("WITH gone AS (DELETE FROM gold.t) SELECT 1 AS one", "DELETE has no rule"),
        ("SELECT 1 AS a; SELECT 2 AS b", "One statement is expected"),
        ("SELEC 1", "cannot be read"),
    ],
)
def test_an_error_is_a_sentence_without_a_value(engine: PostgresEngine, sql: str, what: str) -> None:
    put(engine, (1, "a", "1.00"))
    with engine.read() as session, pytest.raises(StatementFailed, match=what) as caught:
        session.query(sql)
    assert "Ann" not in str(caught.value)


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("SELECT * FROM gold.u", NotPermitted),
        ("SELECT * FROM gold.t__v1", NotPermitted),
        ("SELECT * FROM c360_versions.members", NotPermitted),
        ("SELECT * FROM pg_catalog.pg_class", NotPermitted),
        ("WITH pg_class AS (SELECT 1 AS x) SELECT * FROM pg_class", QueryError),
        ("SELECT pg_read_file('/etc/passwd') AS x", QueryError),
        ("SELECT * FROM gold.t; DROP TABLE gold.t", QueryError),
        ("DROP TABLE gold.t", QueryError),
        ("SELECT count(*) AS n FROM gold.t, generate_series(1, 1000000000)", QueryError),
        ("SELECT * FROM gold.t FOR UPDATE", QueryError),
        ("SELECT nextval('x') AS x", QueryError),
        ("SELECT * INTO gold.x FROM gold.t", NotPermitted),
    ],
)
def test_typed_sql_reads_what_it_may_and_nothing_else(engine: PostgresEngine, sql: str, error: type) -> None:
    put(engine, (1, "a", "1.00"))
    put(engine, (1, "a", "1.00"), table=U)
    with engine.read_untrusted(relations=[T], seconds=0.5) as session:
        with pytest.raises(error):
            session.query(sql)
        assert session.query("SELECT COUNT(*) AS n FROM gold.t").to_pylist() == [{"n": 1}]
        assert session.relations() == {T}
    assert rows(engine, "SELECT id FROM gold.t") == [(1,)]


def test_data_of_a_session_can_be_joined_and_are_gone_with_it(engine: PostgresEngine) -> None:
    put(engine, (1, "a", "1.00"), (2, "b", "1.00"))
    with engine.read() as session:
        session.register("wanted", pa.table({"id": [2]}))
        joined = session.query("SELECT t.name FROM gold.t AS t JOIN wanted AS w ON w.id = t.id")
        assert joined.to_pylist() == [{"name": "b"}]
        session.register("wanted", pa.table({"id": [1]}))
        assert session.query("SELECT id FROM wanted").to_pylist() == [{"id": 1}]
        session.unregister("wanted")
        with pytest.raises(StatementFailed, match="wanted"):
            session.query("SELECT * FROM wanted")
    with engine.read() as session, pytest.raises(StatementFailed, match="wanted"):
        session.query("SELECT * FROM wanted")


def test_names_longer_than_postgresql_allows_are_cut_and_stay_apart(engine: PostgresEngine) -> None:
    first, second = Relation("gold", "a" * 62 + "b"), Relation("gold", "a" * 62 + "c")
    put(engine, (1, "a", "1.00"), table=first)
    put(engine, (2, "a", "1.00"), table=second)
    assert rows(engine, f"SELECT id FROM {first.sql}") == [(1,)]
    assert rows(engine, f"SELECT id FROM {second.sql}") == [(2,)]


def test_keys_are_indexed_and_tables_measured(engine: PostgresEngine, database: str) -> None:
    with engine.publish(note="indexed") as publication:
        publication.create_schema("gold")
        publication.create_table_as(T, "SELECT i AS id FROM generate_series(1, 1000) AS s(i)")
        publication.index(T, ["id"])
    assert engine.sizes([T, V])[T] > 0
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT indexdef, (SELECT reltuples FROM pg_class WHERE relname = 't__v1') FROM pg_indexes "
            "WHERE schemaname = 'gold'"
        ).fetchall()
    assert len(found) == 1
    assert "(id)" in found[0][0]
    assert found[0][1] == 1000


def settings(**options: Any) -> Settings:
    return Settings(name="acme", place=Place("c360.yaml", 1), label="Acme", engine=EngineSettings("postgres", options))


@pytest.mark.parametrize(
    ("options", "error", "what"),
    [
        ({"folder": "warehouse"}, UnknownName, "No option of the postgres engine is named 'folder'"),
        ({}, SettingMissing, "C360_WAREHOUSE_URL is not set"),
        ({"url": {"env": "ACME_URL"}}, SettingMissing, "ACME_URL is not set"),
        ({"url": "postgresql://db/x"}, ProjectError, "stands in an environment variable"),
        ({"url": {"env": "HOME"}}, ProjectError, "HOME does not hold a PostgreSQL URL"),
    ],
)
def test_settings_that_cannot_be_right_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], error: type[Exception], what: str
) -> None:
    monkeypatch.delenv("C360_WAREHOUSE_URL", raising=False)
    with pytest.raises(error, match=what):
        PostgresEngine.open(settings(**options), tmp_path)


def test_a_server_that_does_not_answer_is_told_without_its_password() -> None:
    engine = PostgresEngine(Server(f"postgresql://ann:geheim@127.0.0.1:{free_port()}/warehouse"))
    with pytest.raises(WarehouseError, match="does not answer") as caught:
        engine.exists()
    assert "geheim" not in str(caught.value)


def test_a_wrong_password_is_told_without_it(postgres: PostgresServer) -> None:
    engine = PostgresEngine(Server(postgres.url_of("reader", "wrong word")))
    with pytest.raises(WarehouseError, match="refused user or password") as caught:
        engine.exists()
    assert "wrong word" not in str(caught.value)
