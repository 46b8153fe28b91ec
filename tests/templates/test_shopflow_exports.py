"""ShopFlow's whole model goes out to other tools and gives the same figures there, or is said to be left out."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from sqlglot import exp
from tests.semantic.formats.view_reader import MetricView, duck
from tests.semantic.shop import MemorySession
from tests.semantic.test_tpcds import SCHEMA
from tests.templates.test_shopflow_metrics import MODEL

from customer360.ask.questionfiles import plain_questions
from customer360.semantic.answer import answer
from customer360.semantic.formats.dbt import dbt_project
from customer360.semantic.formats.dbt_import import read_dbt
from customer360.semantic.formats.dbt_shape import SemanticFile
from customer360.semantic.formats.genie import genie_space
from customer360.semantic.formats.genie_shape import Space
from customer360.semantic.formats.metric_view_shape import MetricView as Shape
from customer360.semantic.formats.metric_views import metric_views
from customer360.semantic.formats.ossie import ossie, read_ossie
from customer360.semantic.formats.query_sources import tables_of
from customer360.semantic.query import MetricQuery

if TYPE_CHECKING:
    from tests.templates.conftest import Built

    from customer360.semantic.model import SemanticModel

VIEWS = metric_views(MODEL)
SOURCE = re.compile(r"\{\{ source\('(\w+)', '(\w+)'\) \}\}")


@pytest.fixture(scope="module")
def copy(shopflow: Built) -> MemorySession:
    """The tables that the model reads, in a database that one may add views to."""
    session = MemorySession()
    with shopflow.engine.read() as read:
        for schema, table in {pair for dataset in MODEL.datasets.values() for pair in tables_of(dataset)}:
            rows = read.query(f"SELECT * FROM {schema}.{table}")
            session.connection.register("rows", rows)
            session.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            session.connection.execute(f"CREATE TABLE {schema}.{table} AS FROM rows")
            session.connection.unregister("rows")
    return session


def figures(session: MemorySession, model: SemanticModel, shopflow: Built, metric: str) -> Any:
    query = MetricQuery(metrics=(metric,))
    table = answer(session, model, query, as_of=shopflow.report.as_of).table  # type: ignore[arg-type]
    return table.column(metric)[0].as_py()


def at_as_of(sql: str, shopflow: Built) -> str:
    """Other tools have today; here it is the as-of date."""
    return sql.replace("CURRENT_DATE()", "CURRENT_DATE").replace("CURRENT_DATE", f"DATE '{shopflow.report.as_of}'")


def rounded(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows in one order, figures to nine digits."""
    plain = [tuple(f"{v:.9g}" if isinstance(v, float | int | Decimal) else str(v) for v in row) for row in rows]
    return sorted(plain)


def lost(exported: Any) -> set[str]:
    """Metrics that are left out, not only changed."""
    changed = ("its synonyms", "MetricFlow picks")
    return {
        loss.what.removeprefix("metric ")
        for loss in exported.losses
        if loss.what.startswith("metric ") and not loss.why.startswith(changed)
    }


def test_ossie_comes_back_as_it_went(tmp_path: Path) -> None:
    exported = ossie(MODEL)
    assert exported.losses == ()
    path = tmp_path / "shopflow.yaml"
    path.write_text(next(iter(exported.files.values())))
    (model,), losses = read_ossie(path)
    assert losses == ()
    assert model.digest == MODEL.digest
    assert list(SCHEMA.iter_errors(yaml.safe_load(path.read_text()))) == []


def measures() -> list[tuple[str, str]]:
    found = []
    for name, text in VIEWS.files.items():
        if name.endswith(".yaml"):
            document = yaml.safe_load(text)
            Shape.model_validate(document)
            found += [(name, measure["name"]) for measure in document["measures"] if "window" not in measure]
    return found


def test_every_metric_is_in_a_metric_view_or_said_to_be_left_out() -> None:
    windowed = {"stock_on_hand", "stock_value", "stockouts", "reorder_positions", "stocked_positions"}
    assert lost(VIEWS) == {
        "revenue_per_visit", "purchases_per_view", "contacts_per_order", "abandonment_share", "revenue_this_year",
        "average_stock",
    }  # fmt: skip
    named = {metric for _, metric in measures()}
    assert named | lost(VIEWS) | windowed | {"revenue_28_days"} == set(MODEL.metrics)
    assert not any("as_of(" in text for text in VIEWS.files.values())


@pytest.mark.parametrize(("file", "metric"), measures())
def test_a_measure_of_a_metric_view_equals_the_metric(
    shopflow: Built, copy: MemorySession, file: str, metric: str
) -> None:
    sql = at_as_of(MetricView(VIEWS.files[file]).sql([metric], []), shopflow)
    ((found,),) = copy.connection.execute(sql).fetchall()
    assert float(found) == pytest.approx(float(figures(copy, MODEL, shopflow, metric)), rel=1e-9)


def test_dbt_fits_its_shape_and_gives_the_same_figures_when_read_back(
    shopflow: Built, copy: MemorySession, tmp_path: Path
) -> None:
    exported = dbt_project(MODEL)
    for name, text in exported.files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    document = yaml.safe_load(exported.files["dbt/models/semantic_models.yml"])
    SemanticFile.model_validate(document)
    copy.connection.execute("CREATE SCHEMA dbt")
    for path in sorted((tmp_path / "dbt" / "models").glob("shopflow_*.sql")):
        sql = at_as_of(SOURCE.sub(r"\1.\2", path.read_text()), shopflow)
        copy.connection.execute(f"CREATE VIEW dbt.{path.stem} AS {sql}")
    back, _ = read_dbt(tmp_path / "dbt", name="shopflow", schema="dbt")
    kept = set(MODEL.metrics) & set(back.metrics)
    assert kept == set(MODEL.metrics) - lost(exported)
    assert len(kept) >= 100
    for metric in sorted(kept):
        one, other = figures(copy, back, shopflow, metric), figures(copy, MODEL, shopflow, metric)
        assert math.isclose(float(one), float(other), rel_tol=1e-9), metric


def test_genie_gets_a_space_whose_measures_give_the_figures(shopflow: Built, copy: MemorySession) -> None:
    lessons = plain_questions(shopflow.root)
    exported = genie_space(MODEL, as_of=shopflow.report.as_of, questions=lessons)
    space = json.loads(exported.files["genie/shopflow.json"])
    Space.model_validate(space)
    found = {snippet["alias"]: snippet["sql"][0] for snippet in space["instructions"]["sql_snippets"]["measures"]}
    assert set(found) == set(MODEL.metrics) - lost(exported)
    tried = 0
    for metric, sql in found.items():
        owners = {column.table for column in duck(sql).find_all(exp.Column)}
        if len(owners) == 1:
            (owner,) = owners
            text = f"SELECT {duck(sql).sql(dialect='duckdb')} FROM {MODEL.datasets[owner].source} AS {owner}"
            ((value,),) = copy.connection.execute(text).fetchall()
            expected = figures(copy, MODEL, shopflow, metric)
            assert float(value) == pytest.approx(float(expected), rel=1e-9), metric
            tried += 1
    assert tried >= 60
    taught = {each["question"][0]: each["sql"] for each in space["instructions"]["example_question_sqls"]}
    tested = {each["question"][0]: each["answer"][0]["content"] for each in space["benchmarks"]["questions"]}
    assert not taught.keys() & tested.keys()
    assert len(taught) >= 10
    assert len(tested) >= 10
    queries = {lesson.question: lesson.query for lesson in lessons}
    for question, lines in (taught | tested).items():
        tree = duck("".join(lines))
        for table in tree.find_all(exp.Table):
            table.set("catalog", None)
        rows = copy.connection.execute(tree.sql(dialect="duckdb")).fetchall()
        query = MetricQuery.model_validate(queries[question])
        ours = answer(copy, MODEL, query, as_of=shopflow.report.as_of).table  # type: ignore[arg-type]
        assert rounded(rows) == rounded([tuple(row.values()) for row in ours.to_pylist()]), question
