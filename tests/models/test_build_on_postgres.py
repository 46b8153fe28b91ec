"""What builds promise, once more with the warehouse in PostgreSQL: the very tests of the embedded engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.models.test_build import *  # noqa: F403
from tests.models.test_kinds import *  # noqa: F403
from tests.postgres_server import postgres

from customer360.engines.postgres import PostgresEngine
from customer360.engines.postgres_server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres_server import PostgresServer

__all__ = ["postgres"]

pytestmark = pytest.mark.postgres


@pytest.fixture
def engine(postgres: PostgresServer) -> Iterator[PostgresEngine]:
    opened = PostgresEngine(Server(postgres.new_database()))
    yield opened
    opened.close()
