"""What loads promise, once more with the warehouse in PostgreSQL: the very tests of the embedded engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.raw.conftest import Shop
from tests.raw.test_load import *  # noqa: F403

from customer360.engines.postgres import PostgresEngine
from customer360.engines.postgres_server import Server
from customer360.names import LOAD_ID, Relation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.postgres


class ShopOnPostgres(Shop):
    """The project with its warehouse in a database of its own."""

    def __init__(self, root: Path, url: str) -> None:
        super().__init__(root)
        self.engine = PostgresEngine(Server(url))

    def rows(self, relation: str = "raw_shop.orders", columns: str | None = None) -> list[dict[str, Any]]:
        with self.engine.read() as session:
            known = [column.name for column in session.columns(Relation.parse(relation))]
        listed = columns or ", ".join(f'"{name}"' for name in known if name != LOAD_ID)
        found = self.query(f"SELECT {listed} FROM {relation}").to_pylist()
        return sorted(found, key=lambda row: [(value is None, value) for value in row.values()])


@pytest.fixture
def shop(tmp_path: Path, postgres: PostgresServer) -> Iterator[Shop]:
    made = ShopOnPostgres(tmp_path, postgres.new_database())
    yield made
    made.engine.close()
