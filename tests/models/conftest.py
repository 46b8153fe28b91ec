from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.models.projects import land, project

from customer360.engines.duckdb import DuckLakeEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckLakeEngine]:
    opened = DuckLakeEngine.open(project().settings, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def rows(engine: DuckLakeEngine) -> Callable[[str], list[tuple[object, ...]]]:
    """Read a query's rows from the published state."""

    def read(sql: str) -> list[tuple[object, ...]]:
        with engine.read() as session:
            table = session.query(sql)
        return [tuple(row.values()) for row in table.to_pylist()]

    return read


@pytest.fixture
def shop(engine: DuckLakeEngine) -> DuckLakeEngine:
    """A warehouse into which source ``shop`` was loaded once: customers and orders."""
    land(
        engine,
        "raw_shop.customers",
        "SELECT * FROM (VALUES ('C1', 'ann@example.com', 'US'), ('C2', 'bob@example.com', 'DE'), "
        "('C3', 'cleo@example.com', 'US')) AS t(customer_id, email, country)",
        load=1,
    )
    land(
        engine,
        "raw_shop.orders",
        "SELECT * FROM (VALUES (1, 'C1', DATE '2024-01-05', 10.50), (2, 'C1', DATE '2024-02-05', 20.00), "
        "(3, 'C2', DATE '2024-03-05', 5.25)) AS t(order_id, customer_id, order_date, amount)",
        load=2,
    )
    return engine
