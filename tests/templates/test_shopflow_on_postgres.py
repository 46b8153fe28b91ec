"""ShopFlow with its warehouse in PostgreSQL: people, star, insights and metrics as in the lake."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from tests.postgres_server import postgres
from tests.templates.test_on_postgres import (
    assert_procedure_builds,
    assert_same_metrics,
    assert_same_tables,
    made,
    moved,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres_server import PostgresServer
    from tests.templates.conftest import Built

__all__ = ["postgres"]

pytestmark = [pytest.mark.postgres, pytest.mark.full]


@pytest.fixture(scope="module")
def on_postgres(shopflow: Built, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The project of the session's lake once more, in a database of its own."""
    root = tmp_path_factory.mktemp("shopflow_on_postgres") / "project"
    shutil.copytree(shopflow.root, root, ignore=shutil.ignore_patterns("warehouse"))
    moved(root)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("C360_WAREHOUSE_URL", postgres.new_database())
        built = made(root)
        yield built
        built.engine.close()


def test_every_table_of_shopflow_is_the_same_in_postgresql(shopflow: Built, on_postgres: Built) -> None:
    assert_same_tables(shopflow, on_postgres)


def test_the_exported_procedure_makes_what_a_build_makes(
    on_postgres: Built, postgres: PostgresServer, tmp_path: Path
) -> None:
    renamed = (
        "UPDATE raw_shop.products SET category = (SELECT MIN(category) FROM raw_shop.products), _load_id = 77777"
        " WHERE RIGHT(product_id, 1) IN ('1', '4', '7')"
    )
    assert_procedure_builds(on_postgres, postgres, tmp_path, changing=renamed)


def test_every_metric_of_shopflow_is_the_same_in_postgresql(shopflow: Built, on_postgres: Built) -> None:
    assert_same_metrics(shopflow, on_postgres)
