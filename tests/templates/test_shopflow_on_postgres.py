"""ShopFlow with its warehouse in PostgreSQL: people, star, insights and metrics as in the lake."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from tests.postgres_server import postgres
from tests.templates.test_on_postgres import differences, made, moved, rows, same

from customer360.semantic.model import SemanticModel
from customer360.semantic.verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    different = {}
    for relation in sorted(shopflow.project.models):
        ours, theirs = rows(shopflow, relation), rows(on_postgres, relation)
        found = differences(ours, theirs) if len(ours) == len(theirs) else [(len(ours), len(theirs))]
        if found:
            different[str(relation)] = found[:3]
    assert different == {}


def test_every_metric_of_shopflow_is_the_same_in_postgresql(shopflow: Built, on_postgres: Built) -> None:
    as_of = shopflow.report.as_of
    for document in on_postgres.project.semantics.values():
        model = SemanticModel.from_document(document)
        with shopflow.engine.read() as lake, on_postgres.engine.read() as server:
            ours, theirs = verify(lake, model, as_of=as_of), verify(server, model, as_of=as_of)
        assert len(theirs) == len(model.metrics) > 10
        assert [found for found in theirs if not found.agrees] == []
        for one, other in zip(ours, theirs, strict=True):
            left, right = (None if found.answered is None else float(found.answered) for found in (one, other))
            assert same(left, right), one.metric
