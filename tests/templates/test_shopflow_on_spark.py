"""ShopFlow with its models computed by Spark: people, star, insights and metrics as in the lake."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from tests.spark_server import spark
from tests.templates.test_journey_on_spark import made
from tests.templates.test_on_postgres import differences, rows, same

from customer360.semantic.model import SemanticModel
from customer360.semantic.verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.templates.conftest import Built

    from customer360.engines.spark_server import Spark

__all__ = ["spark"]

pytestmark = [pytest.mark.spark, pytest.mark.full]


@pytest.fixture(scope="module")
def on_spark(shopflow: Built, spark: Spark, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The project of the session's lake once more, built by Spark."""
    root = tmp_path_factory.mktemp("shopflow_on_spark") / "project"
    shutil.copytree(shopflow.root, root, ignore=shutil.ignore_patterns("warehouse"))
    built = made(root, spark)
    yield built
    built.engine.close()


def test_every_table_of_shopflow_is_the_same_from_spark(shopflow: Built, on_spark: Built) -> None:
    different = {}
    for relation in sorted(shopflow.project.models):
        ours, theirs = rows(shopflow, relation), rows(on_spark, relation)
        found = differences(ours, theirs) if len(ours) == len(theirs) else [(len(ours), len(theirs))]
        if found:
            different[str(relation)] = found[:3]
    assert different == {}


def test_every_metric_of_shopflow_is_the_same_from_spark(shopflow: Built, on_spark: Built) -> None:
    as_of = shopflow.report.as_of
    for document in on_spark.project.semantics.values():
        model = SemanticModel.from_document(document)
        with shopflow.engine.read() as lake, on_spark.engine.read() as other:
            ours, theirs = verify(lake, model, as_of=as_of), verify(other, model, as_of=as_of)
        assert len(theirs) > 100
        assert [found for found in theirs if not found.agrees] == []
        for one, other_one in zip(ours, theirs, strict=True):
            left, right = (None if found.answered is None else float(found.answered) for found in (one, other_one))
            assert same(left, right), one.metric
