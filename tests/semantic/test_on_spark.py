"""Every pinned metric query, in Spark's SQL, gives on a real Spark the rows of DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from tests.semantic.shop import AS_OF, COLUMNS, SALT, Shop, changed
from tests.semantic.test_golden import CHANGES, PRINCIPALS, QUERIES
from tests.semantic.test_on_postgres import rows_of
from tests.spark_server import spark

from customer360.semantic.compile import compile_query
from customer360.semantic.masks import KEYED_HASH
from customer360.semantic.query import MetricQuery

if TYPE_CHECKING:
    from customer360.engines.spark_server import Spark

__all__ = ["spark"]

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def session(spark: Spark, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The shop's tables in Spark's own catalogue, over Parquet files."""
    folder, shop, session = tmp_path_factory.mktemp("shop"), Shop(), spark.session()
    session.sql(f"CREATE DATABASE gold LOCATION 'file://{folder}/gold'").collect()
    with duckdb.connect() as copies:
        for table, columns in COLUMNS.items():
            copies.execute(f"CREATE TABLE {table} ({columns})")
            rows = shop.sql(f"SELECT * FROM gold.{table}")
            copies.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
            copies.execute(f"COPY {table} TO '{folder / table}.parquet' (FORMAT parquet)")
            session.sql(f"CREATE TABLE gold.{table} USING parquet LOCATION 'file://{folder / table}.parquet'").collect()
    return session


SAMPLE = {"total", "two_facts", "cumulative", "period_to_date", "distinct_and_percentile", "comparison", "filled"}
CASES = [pytest.param(name, marks=() if name in SAMPLE else pytest.mark.full) for name in QUERIES]


@pytest.mark.parametrize("name", CASES)
def test_a_pinned_query_answers_on_spark_as_on_duckdb(name: str, session: Any) -> None:
    shop = Shop(CHANGES.get(name))
    model = changed(CHANGES[name]) if name in CHANGES else shop.model
    query = MetricQuery.model_validate(QUERIES[name])
    principal = PRINCIPALS.get(name)
    here = compile_query(model, query, as_of=AS_OF, principal=principal).sql
    there = compile_query(model, query, as_of=AS_OF, principal=principal, dialect="spark").sql
    hashed = f"left(sha2(concat('{SALT}', t), 256), 32)"
    session.sql(f"CREATE OR REPLACE TEMPORARY FUNCTION {KEYED_HASH}(t STRING) RETURNS STRING RETURN {hashed}")
    found = session.sql(there).toArrow()
    rows = [tuple(column[i].as_py() for column in found.columns) for i in range(found.num_rows)]
    assert rows_of(rows) == rows_of(shop.sql(here)), there
