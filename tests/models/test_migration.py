"""A warehouse moves to another engine: nothing is lost, everything is compared, both ways."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tests.models.projects import column, contract, land, model, project, source
from tests.postgres_server import postgres

from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.lake import Lake
from customer360.engines.postgres import PostgresEngine
from customer360.engines.postgres_server import Server
from customer360.errors import WarehouseError
from customer360.models.build import build
from customer360.models.comparison import difference
from customer360.models.migration import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres_server import PostgresServer

    from customer360.project.spec import Project

__all__ = ["postgres"]

pytestmark = pytest.mark.postgres

PEOPLE = "SELECT * FROM (VALUES {rows}) AS t(person_id, city)"


def company() -> Project:
    return project(
        model("gold.people", "-- One row per person and state.\nSELECT person_id, city FROM raw_shop.people",
              kind="scd2", key="person_id"),
        model("gold.cities", "-- One row per city.\nSELECT city, COUNT(*) AS people FROM gold.people GROUP BY city"),
        model("gold.now", "-- One row per person.\nSELECT person_id, city FROM gold.people WHERE is_current",
              kind="view"),
        contracts=[contract("gold.cities", [column("city", "VARCHAR"), column("people", "BIGINT")])],
        sources=(source("shop", "people"),),
    )  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[DuckLakeEngine]:
    """A lake with a history of two days."""
    engine = DuckLakeEngine(Lake(tmp_path / "warehouse"))
    land(engine, "raw_shop.people", PEOPLE.format(rows="(1, 'Rome'), (2, 'Oslo')"), load=1)
    build(engine, company(), as_of=date(2024, 3, 1))
    land(engine, "raw_shop.people", PEOPLE.format(rows="(1, 'Bern'), (2, 'Oslo')"), load=2, replace=True)
    build(engine, company(), as_of=date(2024, 3, 31))
    yield engine
    engine.close()


@pytest.fixture
def server(postgres: PostgresServer) -> Iterator[PostgresEngine]:
    engine = PostgresEngine(Server(postgres.new_database()))
    yield engine
    engine.close()


HISTORY = "SELECT person_id, city, CAST(valid_from AS VARCHAR) AS since, is_current FROM gold.people ORDER BY 1, 3"


def test_a_history_moves_to_postgresql_and_goes_on_there(lake: DuckLakeEngine, server: PostgresEngine) -> None:
    done = migrate(lake, server, company())
    assert done.differences == {}
    assert [str(relation) for relation in done.compared] == ["gold.cities", "gold.now", "gold.people"]
    with lake.read() as old, server.read() as new:
        assert new.query(HISTORY).to_pylist() == old.query(HISTORY).to_pylist()
        assert new.query("SELECT COUNT(*) AS n FROM gold.people").to_pylist() == [{"n": 3}]
    assert {node.action for node in build(server, company()).nodes} == {"skipped"}
    land(server, "raw_shop.people", PEOPLE.format(rows="(1, 'Bern'), (2, 'Kiel')"), load=3, replace=True)
    build(server, company(), as_of=date(2024, 4, 30))
    with server.read() as new:
        assert new.query("SELECT COUNT(*) AS n FROM gold.people").to_pylist() == [{"n": 4}]
        assert new.query("SELECT city FROM gold.now ORDER BY city").to_pylist() == [{"city": "Bern"}, {"city": "Kiel"}]


def test_a_warehouse_moves_back(lake: DuckLakeEngine, server: PostgresEngine, tmp_path: Path) -> None:
    migrate(lake, server, company())
    back = DuckLakeEngine(Lake(tmp_path / "back"))
    assert migrate(server, back, company()).differences == {}
    back.close()


def test_a_place_with_a_warehouse_is_not_overwritten(lake: DuckLakeEngine, server: PostgresEngine) -> None:
    migrate(lake, server, company())
    with pytest.raises(WarehouseError, match="There is a warehouse in the place"):
        migrate(lake, server, company())


def test_a_project_newer_than_its_warehouse_is_found_by_the_comparison(
    lake: DuckLakeEngine, server: PostgresEngine
) -> None:
    made = company()
    changed = {**made.models}
    cities = next(relation for relation in changed if relation.table == "cities")
    newer = model(
        "gold.cities", "-- One row per city.\nSELECT city, COUNT(*) * 2 AS people FROM gold.people GROUP BY 1"
    )
    changed[cities] = newer
    done = migrate(lake, server, replace(made, models=changed))
    assert {str(relation): what for relation, what in done.differences.items()} == {"gold.cities": "3 of 3 rows differ"}


@pytest.mark.parametrize(
    ("ours", "theirs", "what"),
    [
        ({"a": [1, 2]}, {"a": [2, 1]}, None),
        ({"a": [1, None]}, {"a": [1, 2]}, "1 of 2 rows differ"),
        ({"a": [1.0, None]}, {"a": [1.0 + 1e-12, None]}, None),
        ({"a": [1.0]}, {"a": [1.0 + 1e-6]}, "1 of 1 rows differ"),
        ({"a": [1.0]}, {"a": pa.array([None], pa.float64())}, "1 of 1 rows differ"),
        ({"a": ["x"]}, {"a": ["x", "y"]}, "there are 1 and 2 rows"),
        ({"a": ["x"]}, {"b": ["x"]}, "the columns are a and b"),
    ],
)
def test_a_comparison_sees_what_differs_and_nothing_else(ours: dict, theirs: dict, what: str | None) -> None:
    assert difference(pa.table(ours), pa.table(theirs)) == what
