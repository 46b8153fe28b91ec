"""ShopFlow with its models computed by Spark: people, star, insights and metrics as in the lake; and asked of Spark."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from tests.spark_server import spark
from tests.templates import test_shopflow_queries
from tests.templates.test_journey_on_spark import assert_spark_computed, made
from tests.templates.test_on_postgres import assert_same_metrics, assert_same_tables, differences, order, plain, same

from customer360.engines.dialect import transpile
from customer360.engines.spark_types import handed_over
from customer360.models.build import build
from customer360.models.quality import check_published
from customer360.semantic.model import SemanticModel
from customer360.semantic.verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from tests.templates.conftest import Built

    from customer360.engines.spark_server import Spark

__all__ = ["spark"]

pytestmark = [pytest.mark.spark, pytest.mark.full]

SEED_QUERIES = {
    name: text
    for name, text in vars(test_shopflow_queries).items()
    if isinstance(text, str) and text.lstrip().startswith(("SELECT", "WITH"))
}


@pytest.fixture(scope="module")
def on_spark(shopflow: Built, spark: Spark, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The project of the session's lake once more, built by Spark."""
    root = tmp_path_factory.mktemp("shopflow_on_spark") / "project"
    shutil.copytree(shopflow.root, root, ignore=shutil.ignore_patterns("warehouse"))
    built = made(root, spark)
    yield built
    built.engine.close()


class Asked:
    """What a comparison of metrics asks of a session, answered by Spark itself."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        assert not parameters
        return self._session.sql(sql).toArrow()


@pytest.fixture(scope="module")
def asked(shopflow: Built, spark: Spark, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """The tables of ShopFlow in Spark's own catalogue, over copies of their rows."""
    folder, session = tmp_path_factory.mktemp("copies"), spark.session()
    tables = sorted(shopflow.project.models)
    schemas = sorted({relation.schema for relation in tables})
    for schema in schemas:
        session.sql(f"DROP DATABASE IF EXISTS {schema} CASCADE").collect()
        session.sql(f"CREATE DATABASE {schema} LOCATION 'file://{folder / schema}'").collect()
    with shopflow.engine.read() as lake, duckdb.connect() as copies:
        for relation in tables:
            file = folder / f"{relation}.parquet"
            copies.register("rows", lake.query(f"SELECT {handed_over(lake.columns(relation))} FROM {relation.sql}"))
            copies.execute(f"COPY rows TO '{file}' (FORMAT parquet)")
            session.sql(f"CREATE TABLE {relation} USING parquet LOCATION 'file://{file}'").collect()
    yield Asked(session)
    for schema in schemas:
        session.sql(f"DROP DATABASE {schema} CASCADE").collect()


def test_every_table_of_shopflow_is_the_same_from_spark(shopflow: Built, on_spark: Built) -> None:
    assert len(on_spark.project.models) > 120
    assert_same_tables(shopflow, on_spark)


def test_every_model_of_sql_in_shopflow_was_computed_by_spark(on_spark: Built) -> None:
    assert_spark_computed(on_spark)


def test_every_check_of_shopflow_says_on_spark_what_it_says_in_the_lake(shopflow: Built, on_spark: Built) -> None:
    ours, theirs = (
        {(r.relation, r.rule_id): (r.outcome, r.reason) for r in check_published(built.engine, built.project)}
        for built in (shopflow, on_spark)
    )
    assert len(theirs) > 1_000
    assert theirs == ours


def test_every_metric_of_shopflow_is_the_same_from_spark(shopflow: Built, on_spark: Built) -> None:
    assert_same_metrics(shopflow, on_spark)


@pytest.mark.parametrize("name", ["shopflow", "shopflow_insights"])
def test_every_metric_in_sparks_own_sql_is_what_its_check_sql_and_the_lake_say(
    shopflow: Built, asked: Asked, name: str
) -> None:
    model, as_of = SemanticModel.from_document(shopflow.project.semantics[name]), shopflow.report.as_of
    with shopflow.engine.read() as lake:
        ours = {found.metric: found for found in verify(lake, model, as_of=as_of)}
    theirs = {found.metric: found for found in verify(asked, model, as_of=as_of, dialect="spark")}  # type: ignore[arg-type]
    assert theirs.keys() == ours.keys() == model.metrics.keys()
    wrong = {
        name: (ours[name], found)
        for name, found in theirs.items()
        if not found.agrees or not same(*map(number, (ours[name].answered, found.answered)))
    }
    assert wrong == {}


def number(value: Any) -> float | None:
    return None if value is None else float(value)


@pytest.mark.parametrize("name", SEED_QUERIES)
def test_a_query_of_the_source_documents_answers_on_spark_as_in_the_lake(
    shopflow: Built, asked: Asked, name: str
) -> None:
    ours = [tuple(map(plain, row.values())) for row in shopflow.rows(SEED_QUERIES[name])]
    found = asked.query(transpile(SEED_QUERIES[name], "spark", as_of=shopflow.report.as_of)).to_pylist()
    theirs = [tuple(map(plain, row.values())) for row in found]
    assert len(theirs) == len(ours)
    assert differences(sorted(ours, key=order), sorted(theirs, key=order)) == []


def test_a_second_build_of_shopflow_on_spark_changes_nothing(on_spark: Built) -> None:
    before = on_spark.engine.history()
    report = build(on_spark.engine, on_spark.project)
    assert {node.action for node in report.nodes} == {"skipped"}
    assert on_spark.engine.history() == before
