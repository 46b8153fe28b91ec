"""PostgreSQL 15 beside 18: what can be cast, who may ask, what the server is given, and which servers are refused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
import pytest
from tests.faulty_wire import FaultyWire
from tests.postgres_server import running

from customer360.engines.base import Column
from customer360.engines.postgres import PostgresEngine
from customer360.engines.postgres_server import Server
from customer360.errors import WarehouseError
from customer360.names import Relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.postgres

TYPES = (
    "SMALLINT", "INTEGER", "BIGINT", "DOUBLE", "FLOAT", "DECIMAL(10,2)", "DECIMAL(4,4)", "DECIMAL(38,0)", "DATE",
    "TIMESTAMP", "VARCHAR",
)  # fmt: skip
TEXTS = (
    *("", " ", "abc", "NaN", "Infinity", "-", "+", ".", "1.", ".5", "-0", "+7", " 7 ", "1e3", "1e-400", "1e400", "1 2"),
    *("32767", "32767.4", "32767.5", "-32768.5", "32768", "2147483647.5", "-2147483648", "9223372036854775807"),
    *("9223372036854775808", "99999999.994", "99999999.995", "-99999999.99", "0.9999", "0.99995", "3.5e38", "1e-46"),
    *("99999999999999999999999999999999999999", "100000000000000000000000000000000000000", "true", "0x10", "1_000"),
    *("2024-02-29", "2023-02-29", "2024-2-5", " 2024-02-05 ", "2024-13-01", "2024-00-10", "2024-01-32", "0000-01-01"),
    *("9999-12-31", "2024-02-05 24:00:00", "2024-02-05 25:00", "2024-02-05T10:11:12.1234567"),
    *("2024-02-05 10:61", "2024-02-05 10:11:12+02", "2024-02-05 10:00 Mars/Olympus", "2024-02-05 10:00 Europe/Rome"),
    *("2024-02-05 x", "2024-02-05 23:59:60", "20240205", "2024/02/05", "2024-02-05Z", "2024-02-05 10:00 AM PM"),
)
SEEN, CAST = Relation("gold", "seen"), Relation("gold", "casted")
ASKED = ", ".join(f'TRY_CAST(t AS {type_}) AS "{type_}"' for type_ in TYPES)


@pytest.fixture(scope="module")
def older() -> Iterator[PostgresServer]:
    with running(15) as found:
        yield found


def made(url: str) -> PostgresEngine:
    """Publish the texts, a view that casts them and a table that does."""
    engine = PostgresEngine(Server(url))
    with engine.publish(note="texts") as publication:
        publication.create_schema("gold")
        publication.create_table(Relation("gold", "texts"), [Column("t", "VARCHAR")])
        publication.insert_arrow(Relation("gold", "texts"), pa.table({"t": [*TEXTS, None]}))
        publication.create_view(SEEN, f"SELECT t, {ASKED} FROM gold.texts")
        publication.create_table_as(CAST, f"SELECT t, {ASKED} FROM gold.texts")
    return engine


def answers(url: str) -> dict[str, list[dict[str, Any]]]:
    """Return what each way to ask says: a session's query, the view, the table, SQL that a person typed."""
    engine = made(url)
    typed = f"SELECT t, {ASKED} FROM gold.texts ORDER BY t"
    with engine.read() as session:
        found = {"query": session.query(typed).to_pylist()}
        for relation in (SEEN, CAST):
            found[relation.table] = session.query(f"SELECT * FROM {relation.sql} ORDER BY t").to_pylist()
    with engine.read_untrusted() as session:
        found["typed"] = session.query(typed).to_pylist()
    engine.close()
    return found


def test_a_text_is_cast_or_left_empty_as_on_the_newest(older: PostgresServer, postgres: PostgresServer) -> None:
    ours, theirs = answers(older.new_database()), answers(postgres.new_database())
    assert ours == theirs
    rows = {row["t"]: row for row in ours["query"]}
    assert all(way == ours["query"] for way in ours.values())
    assert len(rows) == len(TEXTS) + 1
    for type_ in TYPES:  # each is answered in both ways, so the comparison is one
        assert {row[type_] is None for text, row in rows.items() if text is not None} == {
            "VARCHAR": {False},
        }.get(type_, {True, False})
    assert rows["32767.4"]["SMALLINT"] == 32767
    assert rows["32767.5"]["SMALLINT"] is None
    assert str(rows["99999999.994"]["DECIMAL(10,2)"]) == "99999999.99"
    assert rows["99999999.995"]["DECIMAL(10,2)"] is None
    assert rows["1e400"]["DOUBLE"] is None
    assert math.isclose(rows["1e3"]["DOUBLE"], 1000)
    assert str(rows["2024-02-29"]["DATE"]) == "2024-02-29"
    assert rows["2023-02-29"]["DATE"] is None
    assert rows["2024-02-05 25:00"]["TIMESTAMP"] is None


def test_the_newest_is_given_nothing(older: PostgresServer, postgres: PostgresServer) -> None:
    asked = (
        "SELECT count(*) FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE nspname LIKE 'c360%'"
    )
    for server, functions in ((older, 1), (postgres, 0)):
        url = server.new_database()
        for _ in range(2):  # the second publish finds what the first has made
            made(url).close()
        with psycopg.connect(url) as connection:
            assert connection.execute(asked).fetchone() == (functions,)


def test_a_role_that_may_read_a_view_reads_what_the_view_casts(older: PostgresServer) -> None:
    url = older.new_database()
    engine = made(url)
    older.execute("CREATE ROLE analyst LOGIN")
    engine.let_read({"analyst": [SEEN]})
    engine.close()
    with psycopg.connect(url.replace("//postgres:@", "//analyst@")) as connection:
        row = connection.execute('SELECT "DATE" FROM gold.seen WHERE t = %s', ["2024-2-5"]).fetchone()
        assert [str(value) for value in row or ()] == ["2024-02-05"]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM gold.casted")


class OlderWire(FaultyWire):
    """Says of a server that it is PostgreSQL 14."""

    def spoken(self, data: bytes) -> bytes:
        return data.replace(b"server_version\x0018.", b"server_version\x0014.")


def test_an_older_server_is_refused_with_what_to_do(postgres: PostgresServer) -> None:
    wire = OlderWire(f"{postgres.socket_folder}/.s.PGSQL.5432")
    engine = PostgresEngine(Server(f"postgresql://postgres@127.0.0.1:{wire.port}/postgres"))
    with pytest.raises(WarehouseError, match=r"is PostgreSQL 14; customer360 needs 15 or newer.*upgrade the server"):
        engine.exists()
    engine.close()
    wire.down()
