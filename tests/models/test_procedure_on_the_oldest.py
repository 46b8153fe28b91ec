"""Builds, and the procedure, on the oldest PostgreSQL that is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.models.test_procedure import call, start, test_a_call_makes_what_a_build_makes_again_and_again, two
from tests.postgres_server import running

from customer360.engines.postgres_server import OLDEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres_server import PostgresServer

__all__ = ["call", "start", "test_a_call_makes_what_a_build_makes_again_and_again", "two"]

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with running(OLDEST // 10_000) as found:
        yield found
