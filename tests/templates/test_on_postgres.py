"""Complete Journey and ShopFlow with their warehouse in PostgreSQL: every table as in the lake, row by row."""

from __future__ import annotations

import math
import os
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from tests.postgres_server import postgres
from tests.templates.conftest import SAMPLE, Built, start
from tests.templates.projects import template_project
from typer.testing import CliRunner

from customer360.cli import app
from customer360.engines.postgres import PostgresEngine
from customer360.engines.postgres_server import Server
from customer360.engines.registry import open_engine
from customer360.errors import C360Error
from customer360.models.build import build
from customer360.models.methods import IN_SQL
from customer360.models.quality import check_published
from customer360.project.reader import read_project
from customer360.raw.load import load
from customer360.semantic.answer import answer
from customer360.semantic.model import SemanticModel
from customer360.semantic.query import MetricQuery
from customer360.semantic.verify import verify
from customer360.workspace import open_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres_server import PostgresServer

    from customer360.names import Relation

__all__ = ["postgres"]

pytestmark = pytest.mark.postgres

PROJECT = template_project("complete_journey")
JOURNEY = sorted(PROJECT.models)
WIDGETS = [(board.name, widget) for board in PROJECT.dashboards.values() for widget in board.widgets]


def moved(root: Path) -> None:
    """Let a project keep its warehouse in PostgreSQL."""
    settings = root / "c360.yaml"
    text = re.sub(r"(?m)^engine:.*\n(?: .*\n)*", "", settings.read_text(encoding="utf-8"))
    settings.write_text(text + "\nengine: {name: postgres}\n", encoding="utf-8")


def made(root: Path) -> Built:
    """Load and build a project."""
    project = read_project(root)
    engine = open_engine(project.settings, root)
    load(engine, project).raise_failures()
    return Built(root, engine, build(engine, project))


@pytest.fixture(scope="module")
def on_postgres(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The sample of the Complete Journey, loaded and built in a database of its own."""
    root = tmp_path_factory.mktemp("journey_on_postgres") / "project"
    start(root, SAMPLE)
    moved(root)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("C360_WAREHOUSE_URL", postgres.new_database())
        built = made(root)
        yield built
        built.engine.close()


def plain(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def order(row: tuple[Any, ...]) -> list[tuple[bool, str]]:
    return [(value is None, f"{value:.6g}" if isinstance(value, float) else str(value)) for value in row]


def rows(built: Built, relation: Relation) -> list[tuple[Any, ...]]:
    return sorted((tuple(map(plain, row.values())) for row in built.rows(f"SELECT * FROM {relation.sql}")), key=order)


def same(ours: Any, theirs: Any) -> bool:
    """Exact but for floating point: there 1e-9 of the value."""
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-12) or (math.isnan(ours) and math.isnan(theirs))
    return bool(ours == theirs)


def differences(ours: list[tuple[Any, ...]], theirs: list[tuple[Any, ...]]) -> list[tuple[Any, Any]]:
    return [
        (left, right)
        for one, other in zip(ours, theirs, strict=True)
        for left, right in zip(one, other, strict=True)
        if not same(left, right)
    ]


def assert_same_tables(one: Built, other: Built) -> None:
    """Compare every table of two builds of a project, row by row."""
    different = {}
    for relation in sorted(one.project.models):
        ours, theirs = rows(one, relation), rows(other, relation)
        found = differences(ours, theirs) if len(ours) == len(theirs) else [(len(ours), len(theirs))]
        if found:
            different[str(relation)] = found[:3]
    assert different == {}


def assert_same_metrics(one: Built, other: Built) -> None:
    """Compare every metric of two builds with each other, and with its check SQL."""
    as_of = one.report.as_of
    for document in other.project.semantics.values():
        model = SemanticModel.from_document(document)
        with one.engine.read() as lake, other.engine.read() as session:
            ours, theirs = verify(lake, model, as_of=as_of), verify(session, model, as_of=as_of)
        assert len(theirs) == len(model.metrics) > 10
        assert [found for found in theirs if not found.agrees] == []
        for left, right in zip(ours, theirs, strict=True):
            values = [None if found.answered is None else float(found.answered) for found in (left, right)]
            assert same(*values), left.metric


def assert_procedure_builds(of: Built, postgres: PostgresServer, folder: Path, *, changing: str) -> None:
    """Change raw rows in two copies of a warehouse, build one, call the procedure in the other, compare all tables."""
    of.engine.close()
    urls = [postgres.new_database(like=os.environ["C360_WAREHOUSE_URL"]) for _ in range(2)]
    one, other = (Built(of.root, PostgresEngine(Server(url)), of.report) for url in urls)
    file = folder / "cdp_procedure.sql"
    found = CliRunner().invoke(app, ["export", "procedure", "--project", str(of.root), "--out", str(file)])
    assert found.exit_code == 0, found.output
    for copy in (one, other):
        with copy.engine.publish(note="change") as publication:
            assert publication.execute(changing) > 0
    project, as_of = of.project, of.report.as_of + timedelta(days=1)
    sql_models = [str(r) for r, model in project.models.items() if model.step is None or model.step.method in IN_SQL]
    report = build(one.engine, project, select=sql_models, as_of=as_of)
    assert len([node for node in report.nodes if node.action == "built"]) > 25
    with psycopg.connect(urls[1], autocommit=True) as connection:
        connection.execute(file.read_bytes())
        connection.execute("CALL c360.cdp_procedure(%s)", [as_of])
    with one.engine.read() as built, other.engine.read() as called:
        assert called.snapshot == built.snapshot
        for relation in project.models:
            assert called.columns(relation) == built.columns(relation), relation
    assert_same_tables(one, other)
    one.engine.close()
    other.engine.close()


@pytest.mark.parametrize("relation", JOURNEY, ids=str)
def test_a_table_of_the_complete_journey_is_the_same_in_postgresql(
    journey: Built, on_postgres: Built, relation: Relation
) -> None:
    with journey.engine.read() as lake, on_postgres.engine.read() as server:
        assert [c.name for c in server.columns(relation)] == [c.name for c in lake.columns(relation)]
    ours, theirs = rows(journey, relation), rows(on_postgres, relation)
    assert len(theirs) == len(ours)
    assert differences(ours, theirs) == []


def test_every_check_of_a_contract_says_in_postgresql_what_it_says_in_the_lake(
    journey: Built, on_postgres: Built
) -> None:
    ours = {(r.relation, r.rule_id): (r.outcome, r.reason) for r in check_published(journey.engine, journey.project)}
    theirs = {
        (r.relation, r.rule_id): (r.outcome, r.reason) for r in check_published(on_postgres.engine, on_postgres.project)
    }
    assert len(theirs) > 900
    assert theirs == ours


def test_every_metric_is_in_postgresql_what_its_check_sql_and_the_lake_say(journey: Built, on_postgres: Built) -> None:
    assert_same_metrics(journey, on_postgres)


@pytest.mark.parametrize("name", [f"{board}/{widget.name}" for board, widget in WIDGETS])
def test_a_widget_shows_in_postgresql_what_it_shows_in_the_lake(journey: Built, on_postgres: Built, name: str) -> None:
    (widget,) = [widget for board, widget in WIDGETS if f"{board}/{widget.name}" == name]
    (document,) = PROJECT.semantics.values()
    model, query = SemanticModel.from_document(document), MetricQuery.model_validate(dict(widget.query))
    with journey.engine.read() as lake, on_postgres.engine.read() as server:
        ours, theirs = (answer(s, model, query, as_of=journey.report.as_of).table for s in (lake, server))
    assert theirs.column_names == ours.column_names
    one, other = (sorted((tuple(row.values()) for row in t.to_pylist()), key=order) for t in (ours, theirs))
    assert differences(one, other) == []
    assert len(other) > 0


def test_customers_questions_and_typed_sql_are_answered_as_in_the_lake(journey: Built, on_postgres: Built) -> None:
    lake, server = open_project(journey.root), open_project(on_postgres.root)
    typed = "SELECT household_id, COUNT(*) AS n FROM raw_complete_journey.transactions GROUP BY ALL ORDER BY n DESC, 1 LIMIT 3"
    assert server.sql(typed).to_pylist() == lake.sql(typed).to_pylist()
    with pytest.raises(C360Error):
        server.sql("SELECT * FROM pg_catalog.pg_authid")
    (key,) = lake.sql("SELECT MIN(customer_id) AS id FROM customer_360.customer_360")["id"].to_pylist()
    ours, theirs = lake.customer(key), server.customer(key)
    assert theirs.profile.keys() == ours.profile.keys()
    assert theirs.timeline.to_pylist() == ours.timeline.to_pylist()
    asked = "average order value by segment"
    assert server.ask(asked).text == lake.ask(asked).text
    lake.close()
    server.close()


def test_a_second_run_in_postgresql_changes_nothing(on_postgres: Built) -> None:
    before = on_postgres.engine.history()
    on_postgres.load()
    report = build(on_postgres.engine, on_postgres.project)
    assert {node.action for node in report.nodes} == {"skipped"}
    assert on_postgres.engine.history() == before


def test_the_exported_procedure_makes_what_a_build_makes(
    on_postgres: Built, postgres: PostgresServer, tmp_path: Path
) -> None:
    renamed = (
        "UPDATE raw_complete_journey.products SET product_category = 'BEEF', _load_id = 77777"
        " WHERE CAST(product_id AS BIGINT) % 3 = 0"
    )
    assert_procedure_builds(on_postgres, postgres, tmp_path, changing=renamed)
