"""PostgreSQL tables arrive exactly, by both wires, and every refusal is one sentence without the password."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from tests.postgres_server import PostgresServer, free_port

from customer360.connectors.base import Extract
from customer360.connectors.postgres import PostgresConnector
from customer360.errors import (
    C360Error,
    Place,
    ProjectError,
    SettingMissing,
    SourceMalformed,
    SourceUnreachable,
    UnknownName,
)
from customer360.project.spec import Source, SourceTable

pytestmark = pytest.mark.postgres

PLACE = Place("sources/crm.yaml", 7)
VARIABLE = "C360_TEST_URL"
Opened = Callable[..., PostgresConnector]

ODD = """
    CREATE TYPE mood AS ENUM ('happy', 'sad');
    CREATE TABLE odd (
        id int PRIMARY KEY, free numeric, exact numeric(12,2), wide numeric(50,10), at timestamp, at_zone timestamptz,
        day date, uid uuid, doc jsonb, price money, numbers int[], amounts numeric[], mood mood, address inet,
        padded char(5), ok boolean, note text, small real);
    INSERT INTO odd VALUES (1, 1234567890123456789.123456789, 1.10, 12345678901234567890123456789012345678.0000000001,
        '2024-03-31 01:30:00', '2024-03-31 01:30:00+02', '2024-03-31', 'c0ffee00-0000-0000-0000-000000000000',
        '{"a": 1.10}', '1.5', '{1,2}', '{1.10,2}', 'happy', '10.0.0.1', 'ab', true, '', 0.5);
    INSERT INTO odd (id, exact) VALUES (2, 0);
"""


@pytest.fixture(scope="module")
def database(postgres: PostgresServer) -> Iterator[PostgresServer]:
    postgres.execute(
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE SCHEMA closed; CREATE SCHEMA shut",
        ODD,
        "CREATE TABLE orders AS SELECT n AS order_id, DATE '2024-01-01' + n % 100 AS order_date,"
        " (n * 1.01)::numeric(10,2) AS amount,"
        " TIMESTAMPTZ '2024-01-01 00:00:00+00' + n * INTERVAL '1 minute' AS changed_at"
        " FROM generate_series(1, 300000) AS n",
        "CREATE VIEW long AS SELECT n, repeat('x', 100) AS text FROM generate_series(1, 3000000) AS n",
        "CREATE INDEX ON orders (changed_at)",
        "CREATE VIEW late_orders AS SELECT * FROM orders WHERE order_date > '2024-03-01'",
        "CREATE TABLE nan (id int, amount numeric(10,2)); INSERT INTO nan VALUES (1, 'NaN')",
        "CREATE TABLE shut.t (id int); CREATE TABLE secret (id int); CREATE TABLE half (id int, salary int)",
        "GRANT USAGE ON SCHEMA public, closed TO reader; GRANT SELECT ON orders TO reader",
        "GRANT SELECT (id) ON half TO reader",
    )
    yield postgres
    postgres.execute("DROP SCHEMA closed CASCADE; DROP SCHEMA shut CASCADE; DROP OWNED BY reader")


@pytest.fixture(params=["duckdb", "adbc"])
def opened(
    request: pytest.FixtureRequest, database: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Opened]:
    made: list[PostgresConnector] = []

    def open_(url: str | None = None) -> PostgresConnector:
        monkeypatch.setenv(VARIABLE, url or database.url)
        made.append(PostgresConnector(crm(options={"driver": request.param}), None))  # type: ignore[arg-type]
        return made[-1]

    yield open_
    for connector in made:
        connector.close()


def crm(**facts: Any) -> Source:
    return Source("crm", "postgres", PLACE, {}, **{"connection": {"url": {"env": VARIABLE}}, **facts})


def table_of(location: str, **facts: Any) -> SourceTable:
    return SourceTable("crm", "orders", location, PLACE, **facts)


def read(connector: PostgresConnector, table: SourceTable, **parts: Any) -> pa.Table:
    return connector.read(Extract(table, **parts)).read_all()


def asked(database: PostgresServer, query: str) -> Any:
    with psycopg.connect(database.url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_types_arrive_exactly(opened: Opened) -> None:
    table = read(opened(), table_of("odd"))
    row = table.slice(0, 1).to_pylist()[0]
    assert row["free"] == "1234567890123456789.123456789"
    assert row["exact"] == Decimal("1.10")
    assert table.schema.field("exact").type == pa.decimal128(12, 2)
    assert row["wide"] == "12345678901234567890123456789012345678.0000000001"
    assert row["at"] == datetime(2024, 3, 31, 1, 30)  # noqa: DTZ001 - a wall-clock time, as in the table
    assert row["at_zone"] == datetime(2024, 3, 30, 23, 30, tzinfo=UTC)
    assert str(table.schema.field("at_zone").type) == "timestamp[us, tz=UTC]"
    assert (row["day"], row["ok"], row["small"], row["numbers"]) == (date(2024, 3, 31), True, 0.5, [1, 2])
    assert (row["uid"], row["doc"]) == ("c0ffee00-0000-0000-0000-000000000000", '{"a": 1.10}')
    assert (row["price"], row["amounts"], row["mood"], row["address"]) == ("$1.50", "{1.10,2}", "happy", "10.0.0.1/32")
    assert (row["padded"], row["note"]) == ("ab", "")
    assert all(value is None for name, value in table.slice(1).to_pylist()[0].items() if name not in {"id", "exact"})


def test_declared_schema_is_the_schema_of_the_rows(opened: Opened) -> None:
    connector = opened()
    for location in ("odd", "public.orders", "late_orders"):
        assert connector.schema(table_of(location)) == read(connector, table_of(location)).schema


def test_sums_equal_the_servers(opened: Opened, database: PostgresServer) -> None:
    for relation in ("orders", "late_orders"):
        table = read(opened(), table_of(f"public.{relation}"))
        rows = table.select(["order_id", "amount"]).to_pydict()
        expected = asked(database, f"SELECT count(*), sum(order_id), sum(amount) FROM {relation}")
        assert [(table.num_rows, sum(rows["order_id"]), sum(rows["amount"]))] == expected


def test_projection_and_cursor_are_the_servers_work(opened: Opened, database: PostgresServer) -> None:
    since = datetime(2024, 7, 20, tzinfo=UTC)
    table = table_of("orders", cursor="changed_at")
    found = read(opened(), table, since=since, columns=("order_id",))
    assert found.schema.names == ["order_id"]
    expected = asked(database, "SELECT order_id FROM orders WHERE changed_at >= '2024-07-20 00:00:00+00'")
    assert sorted(found["order_id"].to_pylist()) == sorted(row[0] for row in expected)
    assert len(expected) > 1000


def test_a_cursor_query_uses_the_servers_index(database: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, database.url)
    connector = PostgresConnector(crm(), None)  # type: ignore[arg-type]
    before = asked(database, "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'orders'")
    table = table_of("orders", cursor="changed_at")
    assert read(connector, table, since=datetime(2024, 7, 27, tzinfo=UTC)).num_rows > 0
    connector.close()
    database.execute("SELECT pg_stat_force_next_flush()")
    assert asked(database, "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'orders'") == before


@pytest.mark.parametrize("since", [200_000, Decimal("200000.5"), date(2024, 3, 1), "sad"])
def test_cursors_of_every_type(opened: Opened, database: PostgresServer, since: Any) -> None:
    column, relation = {int: ("order_id", "orders"), Decimal: ("amount", "orders"), date: ("order_date", "orders")}.get(
        type(since), ("padded", "odd")
    )
    found = read(opened(), table_of(relation, cursor=column), since=since)
    condition = f"{column} >= '{since}' OR {column} IS NULL"
    assert [(found.num_rows,)] == asked(database, f"SELECT count(*) FROM {relation} WHERE {condition}")


def test_tables_of_one_source_come_from_one_snapshot(opened: Opened, database: PostgresServer) -> None:
    connector = opened()
    before = read(connector, table_of("late_orders")).num_rows
    database.execute("INSERT INTO orders VALUES (0, '2024-03-31', 1, now())")
    try:
        assert read(connector, table_of("late_orders")).num_rows == before
    finally:
        database.execute("DELETE FROM orders WHERE order_id = 0")


def test_rows_stream(opened: Opened) -> None:
    sizes = [batch.num_rows for batch in opened().read(Extract(table_of("orders")))]
    assert sum(sizes) == 300_000
    assert max(sizes) <= 150_000


REFUSALS: dict[str, tuple[dict[str, Any], dict[str, Any], type[C360Error], str]] = {
    "server down": ({"url": "postgresql://ann:{password}@127.0.0.1:{free}/crm"}, {}, SourceUnreachable,
        ("PostgreSQL at 127.0.0.1:{free} does not answer. In sources/crm.yaml:7. "
        "Start the server, or correct host and port in C360_TEST_URL.")),
    "no such machine": ({"url": "postgresql://ann:{password}@no-such-machine.invalid/crm"}, {}, SourceUnreachable,
        ("PostgreSQL at no-such-machine.invalid:5432 cannot be found: no machine has that name. In sources/crm.yaml:7. "
        "Correct the host in C360_TEST_URL.")),
    "wrong password": ({"user": "reader"}, {}, SourceUnreachable,
        ("PostgreSQL at {socket} refused the password of user 'reader'. In sources/crm.yaml:7. "
        "Correct user and password in C360_TEST_URL.")),
    "no such user": ({"user": "nobody_here"}, {}, SourceUnreachable,
        ("PostgreSQL at {socket} knows no user 'nobody_here'. In sources/crm.yaml:7. "
        "Correct the user in C360_TEST_URL.")),
    "no such database": ({"user": "postgres", "database": "crn"}, {}, SourceUnreachable,
        ("PostgreSQL at {socket} has no database named 'crn'. In sources/crm.yaml:7. "
        "Correct the database in C360_TEST_URL.")),
    "no such table": ({}, {"location": "public.order"}, SourceMalformed,
        ("PostgreSQL at {socket} has no table or view public.order in database 'postgres'. In sources/crm.yaml:7. "
        "Did you mean 'public.orders'?")),
    "no such schema": ({}, {"location": "sales.x"}, SourceMalformed,
        ("PostgreSQL at {socket} has no table or view sales.x in database 'postgres'. In sources/crm.yaml:7. It has: "
        "public.half, public.late_orders, public.long, public.nan, public.odd, public.orders, public.secret, shut.t.")),
    "no such cursor": ({}, {"location": "orders", "cursor": "change_at"}, SourceMalformed,
        ("orders in PostgreSQL at {socket} has no column 'change_at', which is key or cursor of crm.orders. "
        "In sources/crm.yaml:7. Did you mean 'changed_at'?")),
    "no such key": ({}, {"location": "orders", "key": ("id",)}, SourceMalformed,
        ("orders in PostgreSQL at {socket} has no column 'id', which is key or cursor of crm.orders. "
        "In sources/crm.yaml:7. It has: order_id, order_date, amount, changed_at.")),
    "table not granted": ({"user": "reader", "right": True}, {"location": "secret"}, SourceUnreachable,
        ("PostgreSQL at {socket} does not let user 'reader' read public.secret: permission denied for the table. "
        "In sources/crm.yaml:7. Ask its administrator: GRANT SELECT ON public.secret TO reader.")),
    "column not granted": ({"user": "reader", "right": True}, {"location": "half"}, SourceUnreachable,
        ("PostgreSQL at {socket} does not let user 'reader' read public.half: permission denied for column salary. "
        "In sources/crm.yaml:7. Ask its administrator: GRANT SELECT ON public.half TO reader.")),
    "schema not granted": ({"user": "reader", "right": True}, {"location": "shut.s"}, SourceUnreachable,
        ("PostgreSQL at {socket} does not let user 'reader' into schema shut. In sources/crm.yaml:7. "
        "Ask its administrator: GRANT USAGE ON SCHEMA shut TO reader.")),
    "NaN in exact numbers": ({}, {"location": "nan"}, SourceMalformed,
        ("nan in PostgreSQL at {socket} holds NaN in a NUMERIC column (one of: amount), which no exact number can be. "
        "In sources/crm.yaml:7. Correct the rows (NULL says unknown), or read a view that does.")),
    "not a URL": ({"url": "host=localhost password={password}"}, {}, ProjectError,
        ("The environment variable C360_TEST_URL does not hold a PostgreSQL URL. In sources/crm.yaml:7. "
        "Write it as postgresql://user:password@host:5432/database (special characters percent-encoded).")),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS, ids=[name.replace(" ", "_") for name in REFUSALS])
def test_a_refusal_is_one_sentence_without_the_password(opened: Opened, database: PostgresServer, case: str) -> None:
    access, facts, kind, sentence = REFUSALS[case]
    free = str(free_port())
    password = "open sesame" if access.get("right") else "hunter2"
    if "user" in access:
        url = database.url_of(access["user"], password, access.get("database", "postgres"))
    else:
        url = access.get("url", database.url).replace("{password}", password).replace("{free}", free)
    with pytest.raises(kind) as caught:
        read(opened(url), table_of(**{"location": "orders", **facts}))
    assert str(caught.value) == sentence.replace("{socket}", database.socket_folder).replace("{free}", free)
    assert password not in str(caught.value)
    assert caught.value.__cause__ is None


def test_something_that_is_not_postgresql(opened: Opened) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        def chat() -> None:
            connection, _ = other.accept()
            with connection:
                connection.recv(8)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=chat)
        thread.start()
        with pytest.raises(SourceUnreachable, match=rf"What answers at 127\.0\.0\.1:{port} is not PostgreSQL\."):
            opened(f"postgresql://ann:hunter2@127.0.0.1:{port}/crm").schema(table_of("orders"))
        thread.join()


def test_url_must_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(
        SettingMissing, match="The environment variable C360_TEST_URL is not set; it holds the PostgreSQL URL"
    ):
        PostgresConnector(crm(), None)  # type: ignore[arg-type]
    with pytest.raises(ProjectError, match="does not name the environment variable") as caught:
        PostgresConnector(crm(connection={"url": "postgresql://ann:hunter2@host/db"}), None)  # type: ignore[arg-type]
    assert "hunter2" not in str(caught.value)
    with pytest.raises(UnknownName, match="Did you mean 'duckdb'"):
        PostgresConnector(crm(options={"driver": "duckdv"}), None)  # type: ignore[arg-type]


def test_a_server_that_goes_away_while_reading(opened: Opened, database: PostgresServer) -> None:
    others = "pid <> pg_backend_pid() AND backend_type = 'client backend'"
    batches = iter(opened().read(Extract(table_of("long"))))
    next(batches)
    database.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    with pytest.raises(SourceUnreachable, match=r"ended the connection while crm\.orders was read\."):
        list(batches)
