"""What builds promise, once more with tables that Spark computes: those tests that touch each way to it once."""

from __future__ import annotations

import pytest
from tests.models.conftest import rows, shop
from tests.models.test_build import (
    test_a_failing_model_publishes_nothing_and_is_named,
    test_after_a_rollback_the_next_build_starts_from_that_state,
    test_an_interrupted_build_leaves_the_old_state,
    test_tables_are_built_after_those_they_read,
)
from tests.models.test_every_build_on_spark import engine
from tests.models.test_kinds import (
    test_a_change_closes_a_version_and_opens_the_next,
    test_an_entity_is_the_union_of_what_feeds_it_in_the_contracts_columns,
    test_an_incremental_model_takes_new_rows_and_late_ones_inside_its_window,
)
from tests.spark_server import spark

__all__ = [
    "engine",
    "rows",
    "shop",
    "spark",
    "test_a_change_closes_a_version_and_opens_the_next",
    "test_a_failing_model_publishes_nothing_and_is_named",
    "test_after_a_rollback_the_next_build_starts_from_that_state",
    "test_an_entity_is_the_union_of_what_feeds_it_in_the_contracts_columns",
    "test_an_incremental_model_takes_new_rows_and_late_ones_inside_its_window",
    "test_an_interrupted_build_leaves_the_old_state",
    "test_tables_are_built_after_those_they_read",
]

pytestmark = pytest.mark.spark
