"""ShopFlow inside a real PostgreSQL: the same rows, the documented types, continued and written again."""

from __future__ import annotations

import uuid
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest
from tests.synthetic.conftest import whole

from customer360.errors import C360Error, SourceUnreachable
from customer360.synthetic.ddl import ddl
from customer360.synthetic.documented import DOCUMENTED, SCHEMAS
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_postgres import write_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.postgres
TABLES = [(system, table) for system, tables in DOCUMENTED.items() for table in tables]


@pytest.fixture(scope="module")
def url(postgres: PostgresServer) -> Iterator[str]:
    return database(postgres)


def database(postgres: PostgresServer) -> str:
    """Make an empty database and return its URL."""
    name = f"shopflow_{uuid.uuid4().hex[:8]}"
    postgres.execute(f"CREATE DATABASE {name}")
    return f"postgresql://postgres@/{name}?host={quote(postgres.socket_folder, safe='/')}"


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


@pytest.fixture(scope="module")
def small() -> ShopFlow:
    return ShopFlow.of(300)


@pytest.fixture(scope="module")
def filled(url: str, small: ShopFlow) -> str:
    written = write_postgres(small, url)
    assert {(each.system, each.table) for each in written} == set(TABLES)
    assert all(each.rows > 0 for each in written)
    return url


@pytest.mark.parametrize(("system", "table"), TABLES)
def test_every_row_arrives_as_it_was(filled: str, small: ShopFlow, system: str, table: str) -> None:
    key = ", ".join(f'"{name}"' for name in DOCUMENTED[system][table].key)
    expected = whole(small, system, table).to_pylist()
    order = DOCUMENTED[system][table].key
    expected.sort(key=lambda row: tuple(row[name] for name in order))
    found = rows(
        filled,
        f'SELECT * FROM "{SCHEMAS[system]}"."{table}" ORDER BY {key} COLLATE "C"'
        if len(order) == 1 and isinstance(expected[0][order[0]], str)
        else f'SELECT * FROM "{SCHEMAS[system]}"."{table}"',
    )
    assert sorted(map(repr, found)) == sorted(repr(tuple(row.values())) for row in expected)


TYPES = {"INT": "integer", "SERIAL": "integer", "TIMESTAMP": "timestamp without time zone"}


def test_types_are_the_documented_ones(filled: str) -> None:
    found = {
        (schema, table, column): f"{kind}({length})" if length else f"{kind}({p},{s})" if kind == "numeric" else kind
        for schema, table, column, kind, length, p, s in rows(
            filled,
            "SELECT table_schema::text, table_name::text, column_name::text, data_type::text, character_maximum_length,"
            " numeric_precision, numeric_scale FROM information_schema.columns",
        )
    }
    for system, table in TABLES:
        for column in DOCUMENTED[system][table].columns:
            kind = column.type.replace("VARCHAR", "character varying").replace("DECIMAL", "numeric")
            assert found[SCHEMAS[system], table, column.name] == TYPES.get(kind, kind if "(" in kind else kind.lower())


def test_keys_references_and_indexes_are_there(filled: str) -> None:
    counted = dict(rows(filled, "SELECT contype::text, count(*) FROM pg_constraint WHERE conrelid > 16384 GROUP BY 1"))
    documents = [DOCUMENTED[system][table] for system, table in TABLES]
    assert counted["p"] == len(TABLES)
    assert counted["f"] == sum(len(each.references) for each in documents)
    indexes = rows(filled, "SELECT count(*) FROM pg_indexes WHERE indexname LIKE '%\\_idx'")
    assert indexes == [(sum(len(each.indexes) for each in documents),)]


def test_the_next_inserted_row_gets_a_free_number(filled: str) -> None:
    with psycopg.connect(filled) as connection:
        highest = connection.execute("SELECT max(customer_id) FROM cdp.customer_info").fetchone()
        added = connection.execute("INSERT INTO cdp.customer_info (last_name) VALUES ('Test') RETURNING customer_id")
        assert highest is not None
        assert added.fetchone() == (highest[0] + 1,)
        connection.rollback()


def test_writing_again_needs_a_word(filled: str, small: ShopFlow) -> None:
    with pytest.raises(C360Error, match=r"shop\.customers is there already.*--replace"):
        write_postgres(small, filled)


def test_replacing_leaves_what_one_run_would_have_written(postgres: PostgresServer) -> None:
    url = database(postgres)
    write_postgres(ShopFlow.of(200, seed=1), url, systems=["erp", "crm"])
    second = ShopFlow.of(100, seed=2)
    write_postgres(second, url, systems=["erp", "crm"], replace=True)
    assert rows(url, "SELECT count(*) FROM sources.erp_orders") == [(whole(second, "erp", "erp_orders").num_rows,)]


def test_continuing_equals_all_at_once_and_may_be_repeated(postgres: PostgresServer) -> None:
    until, since = date(2024, 12, 14), date(2024, 12, 1)
    grown, at_once = database(postgres), database(postgres)
    write_postgres(ShopFlow.of(250), grown)
    for _ in range(2):
        write_postgres(ShopFlow.of(250, until=until), grown, since=since)
    write_postgres(ShopFlow.of(250, until=until), at_once)
    for system, table in TABLES:
        query = f'SELECT * FROM "{SCHEMAS[system]}"."{table}"'
        assert sorted(map(repr, rows(grown, query))) == sorted(map(repr, rows(at_once, query))), table


def test_all_or_nothing(postgres: PostgresServer) -> None:
    """A table in the way of the last system makes the whole run leave no trace."""
    url = database(postgres)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA care; CREATE VIEW care.agents AS SELECT 1 AS agent_id")
    with pytest.raises(C360Error):
        write_postgres(ShopFlow.of(50), url)
    assert rows(url, "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'shop'") == [(0,)]


def test_tickets_are_not_for_postgres(url: str, small: ShopFlow) -> None:
    with pytest.raises(C360Error, match="MongoDB"):
        write_postgres(small, url, systems=["support"])


def test_a_server_that_is_down_is_named_without_the_password(small: ShopFlow) -> None:
    with pytest.raises(SourceUnreachable, match="does not answer") as caught:
        write_postgres(small, "postgresql://shop:s3cret@127.0.0.1:1/shop")
    assert "s3cret" not in str(caught.value)


def test_a_wrong_password_is_named_as_such(postgres: PostgresServer, small: ShopFlow) -> None:
    with pytest.raises(SourceUnreachable, match="refused the password") as caught:
        write_postgres(small, postgres.url_of("reader", "wr0ng"))
    assert "wr0ng" not in str(caught.value)


def test_exported_ddl_creates_every_table_twice_over(postgres: PostgresServer) -> None:
    url = database(postgres)
    for _ in range(2):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(ddl().encode())
    made = rows(
        url,
        "SELECT table_schema::text, table_name::text FROM information_schema.tables"
        " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')",
    )
    assert set(made) == {(SCHEMAS[system], table) for system, table in TABLES}
