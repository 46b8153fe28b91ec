"""ShopFlow with its warehouse in PostgreSQL 15: people, star, insights, procedure and metrics as in the lake."""

from __future__ import annotations

import pytest
from tests.postgres_server import postgres_15
from tests.templates.test_shopflow_on_postgres import (
    on_postgres,
    test_every_metric_of_shopflow_is_the_same_in_postgresql,
    test_every_table_of_shopflow_is_the_same_in_postgresql,
    test_the_exported_procedure_makes_what_a_build_makes,
)

__all__ = [
    "on_postgres",
    "postgres_15",
    "test_every_metric_of_shopflow_is_the_same_in_postgresql",
    "test_every_table_of_shopflow_is_the_same_in_postgresql",
    "test_the_exported_procedure_makes_what_a_build_makes",
]

pytestmark = [pytest.mark.postgres, pytest.mark.full]
