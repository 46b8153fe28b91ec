"""The hard queries of our trade: the same rows from DuckDB and from a real Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import sqlglot
from tests.engines.hard_queries import HARD, MORE, TABLES
from tests.engines.test_dialect import AS_OF, comparable, duck, same
from tests.spark_server import spark

from customer360.engines.base import Column
from customer360.engines.dialect import transpile, with_date
from customer360.engines.spark_sql import for_spark
from customer360.engines.spark_types import ddl

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.engines.spark_server import Spark

__all__ = ["duck", "spark"]

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def session(spark: Spark, duck: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The tables as Parquet files that DuckDB wrote, shown to Spark under their names."""
    folder: Path = tmp_path_factory.mktemp("hard")
    session = spark.session()
    for name in TABLES:
        file = folder / f"{name}.parquet"
        duck.execute(f"COPY shop.{name} TO '{file}' (FORMAT parquet)")
        columns = [Column(row[0], row[1]) for row in duck.execute(f"DESCRIBE shop.{name}").fetchall()]
        session.read.schema(ddl(columns)).parquet(file.as_uri()).createOrReplaceTempView(f"shop__{name}")
    return session


NEVER = {"casts": "SQL alone does not say that a column is DECIMAL, and Spark cuts off: the linter asks for ROUND"}
CASES = [
    pytest.param(name, marks=[pytest.mark.xfail(reason=NEVER[name], strict=True)] if name in NEVER else [])
    for name in (*HARD, *MORE)
]


@pytest.mark.parametrize("name", CASES)
def test_spark_yields_the_rows_of_duckdb(name: str, duck: duckdb.DuckDBPyConnection, session: Any) -> None:
    sql = {**HARD, **MORE}[name]
    expected = comparable(duck.execute(transpile(sql, "duckdb", as_of=AS_OF)).fetchall())
    tree = with_date(sqlglot.parse_one(sql, read="duckdb"), AS_OF)
    table = session.sql(for_spark(tree, lambda relation: f"{relation.schema}__{relation.table}")).toArrow()
    found = comparable([tuple(column[i].as_py() for column in table.columns) for i in range(table.num_rows)])
    assert expected, "a comparison of nothing proves nothing"
    assert len(found) == len(expected)
    for want, got in zip(expected, found, strict=True):
        assert all(map(same, want, got)), f"{want} is not {got}"
