"""Complete Journey with its warehouse in PostgreSQL 15, which lacks what TRY_CAST calls: every table as in the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.postgres_server import postgres_15
from tests.templates.test_on_postgres import (
    assert_same_metrics,
    assert_same_tables,
    on_postgres,
    test_every_check_of_a_contract_says_in_postgresql_what_it_says_in_the_lake,
    test_the_exported_procedure_makes_what_a_build_makes,
)

if TYPE_CHECKING:
    from tests.templates.conftest import Built

__all__ = [
    "on_postgres",
    "postgres_15",
    "test_every_check_of_a_contract_says_in_postgresql_what_it_says_in_the_lake",
    "test_the_exported_procedure_makes_what_a_build_makes",
]

pytestmark = [pytest.mark.postgres, pytest.mark.full]


def test_every_table_of_the_complete_journey_is_the_same_in_postgresql_15(journey: Built, on_postgres: Built) -> None:
    assert_same_tables(journey, on_postgres)


def test_every_metric_is_the_same_in_postgresql_15(journey: Built, on_postgres: Built) -> None:
    assert_same_metrics(journey, on_postgres)
