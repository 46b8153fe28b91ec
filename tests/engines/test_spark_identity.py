"""Pairs that Spark's machines choose and compare are those of this process, row by row."""

from __future__ import annotations

import shutil
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.engines.test_spark_engine import rows, settings
from tests.identity.conftest import quality
from tests.identity.small_project import small_project
from tests.postgres_server import free_port
from tests.spark_cluster import started
from tests.spark_server import Kept, spark

from customer360.engines.spark import SparkEngine
from customer360.engines.spark_parts import SparkParts
from customer360.engines.spark_server import Spark
from customer360.errors import BuildFailed, ExtensionMissing, StatementFailed, UnknownName
from customer360.identity import outcome, steps
from customer360.identity.tables import model_of
from customer360.synthetic import people
from customer360.synthetic.company import Company
from customer360.workspace import Workspace, open_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.engines.base import Cluster

__all__ = ["spark"]

pytestmark = pytest.mark.spark

MONDAY = date(2024, 11, 25)
SETTINGS = {"settings": {"train_from": 300}}
TABLES = ("identity_record", "identity_model", "identity_pair", "identity_edge", "customer_xref")


@pytest.fixture
def engine(spark: Spark, tmp_path: Path) -> Iterator[SparkEngine]:
    opened = SparkEngine.open(settings(folder="ware house", identity="cluster"), tmp_path, spark=Kept(spark))
    yield opened
    opened.close()


def generated(count: int) -> tuple[pa.Table, dict[str, str]]:
    """Return records of people (one system, ids beyond it), and who they really are."""
    table = people.table(Company(customers=1_000), count)
    names = ["phone_number" if name == "phone" else name for name in table.column_names]
    records = table.rename_columns(names).append_column("system", pa.array(["shop"] * count))
    truth = dict(zip(table["record_id"].to_pylist(), table["person_id"].to_pylist(), strict=True))
    return records.drop_columns(["person_id", "household_id"]), truth


def chain(
    records: pa.Table, cluster: Cluster | None = None, before: dict[str, pa.Table] | None = None
) -> dict[str, pa.Table]:
    """Make the tables of identity as a build does, with what it knew before."""
    lent: Any = {} if cluster is None else {"cluster": cluster}
    known = {name: {"previous": table} for name, table in (before or {}).items()}
    record = steps.identity_records({"records": records, **known.get("record", {})}, SETTINGS, as_of=MONDAY)
    model = steps.identity_model({"records": record, **known.get("model", {})}, SETTINGS, as_of=MONDAY, **lent)
    inputs = {"records": record, "model": model}
    pair = steps.identity_pairs({**inputs, **known.get("pair", {})}, SETTINGS, as_of=MONDAY, **lent)
    edge = steps.identity_edges({**inputs, "pairs": pair}, SETTINGS, as_of=MONDAY)
    xref = outcome.customer_xref({"records": records, "edges": edge}, SETTINGS, as_of=MONDAY)
    return {"record": record, "model": model, "pair": pair, "edge": edge, "xref": xref}


def test_model_pairs_and_people_are_those_of_this_process(engine: SparkEngine, tmp_path: Path) -> None:
    everyone, truth = generated(700)
    first = everyone.slice(0, 650)
    here = chain(first)
    with engine.publish(note="build") as publication:
        cluster = publication.cluster()
        there = chain(first, cluster)
        later = chain(everyone, cluster, there)
        assert list(cluster.folder.glob("*"))
    assert not list(tmp_path.rglob("handover/*")), "what was handed over is gone"
    assert there == here
    assert model_of(here["model"]).trained
    assert pc.sum(pc.not_equal(there["pair"]["record_a"], there["pair"]["record_b"])).as_py() > 100
    assert later == chain(everyone, None, here), "records looked at before are paired with new ones only"
    found = there["xref"].rename_columns(
        ["person_id" if name == "customer_id" else name for name in there["xref"].column_names]
    )
    precision, recall = quality(found, truth)
    assert (precision, recall) > (0.97, 0.8)


def test_records_that_say_nothing_make_no_pairs(engine: SparkEngine) -> None:
    nothing = pa.table({"system": ["shop"] * 3, "record_id": ["1", "2", "3"], "email": pa.nulls(3, pa.string())})
    with engine.publish(note="build") as publication:
        assert chain(nothing, publication.cluster()) == chain(nothing)


def test_a_project_says_where_pairs_are_compared(spark: Spark, tmp_path: Path) -> None:
    assert SparkEngine.open(settings(identity="here"), tmp_path, spark=Kept(spark)).name == "spark"
    with pytest.raises(UnknownName, match=r"'clutser'.*Did you mean 'cluster'"):
        SparkEngine.open(settings(identity="clutser"), tmp_path, spark=Kept(spark))
    usual = SparkEngine.open(settings(), tmp_path, spark=Kept(spark))
    with usual.publish(note="build") as publication:
        assert publication.cluster() is None
    usual.close()


def test_machines_with_another_duckdb_are_told_and_no_value_is_shown(spark: Spark, tmp_path: Path) -> None:
    def written(frame: Any, folder: Path) -> list[Path]:
        frame.write.parquet(f"file://{folder}")
        return sorted(folder.glob("*.parquet"))

    file = tmp_path / "names.parquet"
    duckdb.sql("SELECT 'Ann' AS name").write_parquet(str(file))
    other = SparkParts(spark.session(), tmp_path, written, duckdb_version="0.0.1")
    other.show("names", [file])
    other.in_parts("long", "names", "SELECT length(name) AS n FROM part", {"n": "BIGINT"})
    with pytest.raises(ExtensionMissing, match=rf"have DuckDB {duckdb.__version__} in their Python") as caught:
        other.files("long")
    assert f"duckdb=={duckdb.__version__}" in str(caught.value.next_step)
    same = SparkParts(spark.session(), tmp_path, written)
    same.in_parts("long", "names", "SELECT CAST(name AS BIGINT) AS n FROM part", {"n": "BIGINT"})
    with pytest.raises(StatementFailed) as failed:
        same.files("long")
    assert "Ann" not in f"{failed.value} {failed.value.next_step}"


def python_without(folder: Path, *packages: str) -> Path:
    """Return a Python that cannot import some packages."""
    folder.mkdir()
    for package in packages:
        (folder / f"{package}.py").write_text(f"raise ImportError('{package} is not here')", encoding="utf-8")
    path = folder / "python"
    words = f'#!/bin/sh\nPYTHONPATH="{folder}:$PYTHONPATH" exec "{sys.executable}" "$@"\n'
    path.write_text(words, encoding="utf-8")
    path.chmod(0o755)
    return path


def peopled(root: Path, engine: str) -> Workspace:
    """Return a project whose two systems hold 2,400 records."""
    root.mkdir()
    small_project(root)
    records, _ = generated(2_400)
    for number, system in enumerate(("shop", "crm")):
        half = records.slice(number * 1_200, 1_200).select(["record_id", "first_name", "last_name", "email"])
        duckdb.from_arrow(half).write_csv(str(root / f"{system}.csv"))
    with (root / "c360.yaml").open("a", encoding="utf-8") as file:
        file.write(engine)
    return open_project(root)


def told(workspace: Workspace, table: str) -> list[tuple[Any, ...]]:
    return sorted(rows(workspace.engine, f"FROM identity.{table}"), key=repr)


@pytest.mark.full
@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java")
def test_two_workers_that_have_duckdb_only_make_the_same_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = peopled(tmp_path / "here", "")
    here.run()
    text = "engine: {name: spark, identity: cluster, url: {env: C360_SPARK_URL}}\n"
    with started(tmp_path / "cluster") as cluster:
        cluster.worker(), cluster.worker()
        limits = {"spark.sql.shuffle.partitions": "4", "spark.executor.memory": "700m", "spark.driver.memory": "700m"}
        port = free_port()
        monkeypatch.setenv("C360_SPARK_URL", f"sc://localhost:{port}")
        monkeypatch.setenv("PYSPARK_PYTHON", str(python_without(tmp_path / "none", "duckdb")))
        server = cluster.connect(port, limits)
        there = peopled(tmp_path / "there", text)
        there.load()
        before = there.engine.history()
        with pytest.raises(BuildFailed, match=r"have no DuckDB in their Python\. Nothing was published"):
            there.build()
        assert there.engine.history() == before
        there.close()
        cluster.kill(server)

        again = free_port()
        monkeypatch.setenv("C360_SPARK_URL", f"sc://localhost:{again}")
        bare = python_without(tmp_path / "bare", "pandas", "splink", "customer360", "numba")
        monkeypatch.setenv("PYSPARK_PYTHON", str(bare))
        cluster.connect(again, limits)
        workspace = open_project(tmp_path / "there")
        workspace.build()
        for table in TABLES:
            assert told(workspace, table) == told(here, table), table
        workspace.close()
    here.close()
