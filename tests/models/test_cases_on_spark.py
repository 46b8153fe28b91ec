"""Every shipped case once more, its model's rows computed by Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest
from tests.models.projects import project
from tests.spark_server import Kept, spark
from tests.templates.projects import template_project

from customer360.engines.base import Column
from customer360.engines.spark import SparkEngine
from customer360.models.cases import compare, given_tables
from customer360.models.graph import Graph
from customer360.models.kinds.union import select_of
from customer360.names import Relation
from customer360.project.spec import EngineSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from customer360.engines.base import Publication
    from customer360.engines.spark_server import Spark
    from customer360.models.graph import Node

__all__ = ["spark"]

pytestmark = [pytest.mark.spark, pytest.mark.full]

CASES = [(name, case) for name in ("blank", "complete_journey", "shopflow") for case in template_project(name).cases]
MADE = Relation("made", "rows")


@pytest.fixture(scope="module")
def engine(spark: Spark, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkEngine]:
    root = tmp_path_factory.mktemp("cases")
    opened = SparkEngine.open(project(engine=EngineSettings("spark")).settings, root, spark=Kept(spark))
    yield opened
    opened.close()


def select(publication: Publication, node: Node, as_of: date) -> str | None:
    if node.model.is_union:
        return select_of(node, as_of, lambda text: [column.name for column in publication.describe(text)])
    return node.parts[0].sql("duckdb", as_of)


@pytest.mark.parametrize(("template", "case"), CASES, ids=[f"{name}: {case.name}" for name, case in CASES])
def test_a_shipped_case_holds_on_spark(engine: SparkEngine, template: str, case) -> None:
    found = template_project(template)
    graph = Graph.from_project(found)
    node = graph.nodes[case.model]
    assert node.model.step is None, "a method is Python: no engine computes it"
    with duckdb.connect() as connection, engine.publish(note="case") as publication:
        for relation in given_tables(connection, case, found, graph):
            columns = connection.execute(f"DESCRIBE {relation.sql}").fetchall()
            publication.create_schema(relation.schema)
            publication.create_table(relation, [Column(str(name), str(type_)) for name, type_, *_ in columns])
            publication.insert_arrow(relation, connection.execute(f"FROM {relation.sql}").to_arrow_table())
        publication.create_schema(MADE.schema)
        query = select(publication, node, case.as_of or found.settings.as_of)
        assert query is not None
        publication.create_table_as(MADE, query)
        rows = publication.query(f"FROM {MADE.sql}").to_pylist()
    assert list(compare(case, rows)) == []
