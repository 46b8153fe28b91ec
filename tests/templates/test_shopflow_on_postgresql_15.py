"""ShopFlow with its warehouse in PostgreSQL 15: people, star, insights, procedure and metrics as in the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.postgres_server import running
from tests.templates.test_on_postgres import assert_same_tables
from tests.templates.test_shopflow_on_postgres import (
    on_postgres,
    test_every_metric_of_shopflow_is_the_same_in_postgresql,
    test_the_exported_procedure_makes_what_a_build_makes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres_server import PostgresServer
    from tests.templates.conftest import Built

__all__ = [
    "on_postgres",
    "test_every_metric_of_shopflow_is_the_same_in_postgresql",
    "test_the_exported_procedure_makes_what_a_build_makes",
]

pytestmark = [pytest.mark.postgres, pytest.mark.full]


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with running(15) as found:
        yield found


def test_every_table_of_shopflow_is_the_same_in_postgresql_15(
    shopflow: Built, on_postgres: Built, postgres: PostgresServer
) -> None:
    with psycopg.connect(postgres.url) as connection:
        assert connection.info.server_version // 10_000 == 15
    assert_same_tables(shopflow, on_postgres)
