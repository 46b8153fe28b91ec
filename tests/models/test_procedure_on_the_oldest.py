"""Builds, and the procedure, on the oldest PostgreSQL that is taken, and on the oldest that lacks nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.models.test_procedure import call, start, test_a_call_makes_what_a_build_makes_again_and_again, two
from tests.postgres_server import running

from customer360.engines.postgres_older import COMPLETE
from customer360.engines.postgres_server import OLDEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres_server import PostgresServer

__all__ = ["call", "start", "test_a_call_makes_what_a_build_makes_again_and_again", "two"]

pytestmark = [pytest.mark.postgres, pytest.mark.full]


@pytest.fixture(scope="module", params=[OLDEST // 10_000, COMPLETE // 10_000])
def postgres(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    with running(request.param) as found:
        yield found
