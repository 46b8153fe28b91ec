"""Complete Journey with its models computed by Spark: every table and metric as in the lake, row by row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.spark_server import Kept, spark
from tests.templates.conftest import SAMPLE, Built, start
from tests.templates.projects import template_project
from tests.templates.test_on_postgres import assert_same_metrics, differences, rows

from customer360.engines.spark import SparkEngine
from customer360.models.build import build
from customer360.models.quality import check_published
from customer360.project.reader import read_project
from customer360.project.spec import EngineSettings
from customer360.raw.load import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from customer360.engines.spark_server import Spark
    from customer360.names import Relation

__all__ = ["spark"]

pytestmark = [pytest.mark.spark, pytest.mark.full]

JOURNEY = sorted(template_project("complete_journey").models)


def made(root: Path, spark: Spark) -> Built:
    """Load and build a project on Spark."""
    project = read_project(root)
    settings = replace(project.settings, engine=EngineSettings("spark"))
    engine = SparkEngine.open(settings, root, spark=Kept(spark))
    load(engine, project).raise_failures()
    return Built(root, engine, build(engine, project))


@pytest.fixture(scope="module")
def on_spark(spark: Spark, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The sample of the Complete Journey, built by Spark."""
    root = tmp_path_factory.mktemp("journey_on_spark") / "project"
    start(root, SAMPLE)
    built = made(root, spark)
    yield built
    built.engine.close()


@pytest.mark.parametrize("relation", JOURNEY, ids=str)
def test_a_table_of_the_complete_journey_is_the_same_from_spark(
    journey: Built, on_spark: Built, relation: Relation
) -> None:
    with journey.engine.read() as lake, on_spark.engine.read() as other:
        assert other.columns(relation) == lake.columns(relation)
    ours, theirs = rows(journey, relation), rows(on_spark, relation)
    assert len(theirs) == len(ours)
    assert differences(ours, theirs) == []


def assert_spark_computed(built: Built) -> None:
    """Compare the tables that Spark wrote files of with those that hold rows and are neither method nor view."""
    written = {path.parts[-4:-2] for path in built.root.rglob("spark-*/*.parquet")}
    tables = {str(node.relation) for node in built.report.nodes if node.kind not in {"step", "view"} and node.rows}
    assert {".".join(names) for names in written} == tables


def test_every_model_of_sql_was_computed_by_spark(on_spark: Built) -> None:
    assert_spark_computed(on_spark)


def test_every_check_of_a_contract_says_on_spark_what_it_says_in_the_lake(journey: Built, on_spark: Built) -> None:
    ours = {(r.relation, r.rule_id): (r.outcome, r.reason) for r in check_published(journey.engine, journey.project)}
    theirs = {
        (r.relation, r.rule_id): (r.outcome, r.reason) for r in check_published(on_spark.engine, on_spark.project)
    }
    assert len(theirs) > 900
    assert theirs == ours


def test_every_metric_is_on_spark_what_its_check_sql_and_the_lake_say(journey: Built, on_spark: Built) -> None:
    assert_same_metrics(journey, on_spark)


def test_a_second_run_on_spark_changes_nothing(on_spark: Built) -> None:
    before = on_spark.engine.history()
    on_spark.load()
    report = build(on_spark.engine, on_spark.project)
    assert {node.action for node in report.nodes} == {"skipped"}
    assert on_spark.engine.history() == before
