"""ShopFlow with its models computed by Spark: people, star, insights and metrics as in the lake."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from tests.spark_server import spark
from tests.templates.test_journey_on_spark import made
from tests.templates.test_on_postgres import assert_same_metrics, assert_same_tables

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
    assert_same_tables(shopflow, on_spark)


def test_every_metric_of_shopflow_is_the_same_from_spark(shopflow: Built, on_spark: Built) -> None:
    assert_same_metrics(shopflow, on_spark)
