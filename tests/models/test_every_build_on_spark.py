"""What builds promise, once more with tables that Spark computes: all the very tests of the embedded engine."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from tests.models.projects import land, project
from tests.models.test_build import *  # noqa: F403
from tests.models.test_kinds import *  # noqa: F403
from tests.models.test_migration import company
from tests.spark_server import Kept, spark

from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.lake import Lake
from customer360.engines.spark import SparkEngine
from customer360.models.build import build
from customer360.models.migration import migrate
from customer360.project.spec import EngineSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from customer360.engines.spark_server import Spark

__all__ = ["spark"]

pytestmark = [pytest.mark.spark, pytest.mark.full]


@pytest.fixture
def engine(spark: Spark, tmp_path: Path) -> Iterator[SparkEngine]:
    opened = SparkEngine.open(project(engine=EngineSettings("spark")).settings, tmp_path, spark=Kept(spark))
    yield opened
    opened.close()


def test_a_warehouse_moves_to_spark_and_every_table_is_compared(engine: SparkEngine, tmp_path: Path) -> None:
    lake = DuckLakeEngine(Lake(tmp_path / "old"))
    land(lake, "raw_shop.people", "SELECT * FROM (VALUES (1, 'Rome'), (2, 'Oslo')) AS t(person_id, city)", load=1)
    build(lake, company(), as_of=date(2024, 3, 1))
    done = migrate(lake, engine, company())
    assert done.differences == {}
    assert {str(relation) for relation in done.compared} == {"gold.people", "gold.cities", "gold.now"}
    lake.close()
