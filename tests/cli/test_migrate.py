"""``c360 migrate`` on a real project: moved, compared, switched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from tests.object_storage import keys_to_storage, object_storage
from tests.postgres_server import postgres
from typer.testing import CliRunner

from customer360.cli import app
from customer360.cli.doctor import examine
from customer360.errors import WarehouseError
from customer360.web.app import create_app
from customer360.workspace import open_project

if TYPE_CHECKING:
    from tests.object_storage import ObjectStorage
    from tests.postgres_server import PostgresServer

__all__ = ["keys_to_storage", "object_storage", "postgres"]

SRC = Path(__file__).parents[2] / "src"


def c360(*words: str) -> None:
    found = CliRunner().invoke(app, list(words))
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == 0, found.output


def in_a_process(*words: str) -> None:
    """Run a command that starts a Spark: a process can have one only."""
    command, environment = [sys.executable, "-m", "customer360", *words], {**os.environ, "PYTHONPATH": str(SRC)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.postgres
def test_a_project_is_moved_and_answers_as_before(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("C360_WAREHOUSE_URL", postgres.new_database())
    root = tmp_path / "acme"
    c360("init", str(root), "--template", "blank")
    c360("run", "--project", str(root))
    before = open_project(root)
    question = {"metrics": [next(iter(before.semantic_model().metrics))]}
    expected = before.query(question).to_pylist()
    comments = [line for line in (root / "c360.yaml").read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    c360("migrate", "--to", "postgres", "--project", str(root))
    after = open_project(root)
    assert after.project.settings.engine.name == "postgres"
    assert after.query(question).to_pylist() == expected
    text = (root / "c360.yaml").read_text(encoding="utf-8")
    assert all(line in text for line in comments)
    c360("check", "--project", str(root))
    c360("build", "--project", str(root))
    with pytest.raises(WarehouseError, match="is postgres already"):
        c360("migrate", "--to", "postgres", "--project", str(root))
    before.close()
    after.close()


@pytest.mark.postgres
@pytest.mark.usefixtures("keys_to_storage")
def test_a_project_moves_into_object_storage_and_is_served_from_there(
    postgres: PostgresServer, object_storage: ObjectStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("C360_CATALOGUE_URL", postgres.new_database())
    root, place = tmp_path / "acme", f"s3://{object_storage.new_bucket()}/acme"
    c360("init", str(root), "--template", "blank")
    c360("run", "--project", str(root))
    before = open_project(root)
    question = {"metrics": [next(iter(before.semantic_model().metrics))]}
    expected = before.query(question).to_pylist()
    before.close()
    keys = ["catalogue={env: C360_CATALOGUE_URL}", f"data={place}", f"endpoint={object_storage.endpoint}"]
    c360("migrate", "--to", "duckdb", *(word for key in keys for word in ("--set", key)), "--project", str(root))
    shutil.rmtree(root / "warehouse" / "data")
    after = open_project(root)
    assert after.project.settings.engine.options["data"] == place
    with TestClient(create_app(after), base_url="http://127.0.0.1") as pages:
        served = pages.post("/api/v1/metrics/query", json=question)
    assert served.json()["rows"] == [{name: float(value) for name, value in row.items()} for row in expected]
    findings = {each.what: each for each in examine(root)}
    assert findings["data files"].detail == f"{place}/ answers; the bucket keeps no earlier versions"
    assert findings["warehouse"].ok
    c360("build", "--full", "--project", str(root))
    c360("rollback", str(after.history()[1].id), "--project", str(root))
    assert after.query(question).to_pylist() == expected
    after.close()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    assert "AWS_ACCESS_KEY_ID is not set" in {each.what: each.detail for each in examine(root)}["project"]


@pytest.mark.parametrize("key", ["data", "da ta=x", "data={", "=x"])
def test_a_key_that_cannot_be_one_is_refused(key: str, tmp_path: Path) -> None:
    c360("init", str(tmp_path / "acme"), "--template", "blank")
    found = CliRunner().invoke(app, ["migrate", "--to", "duckdb", "--set", key, "--project", str(tmp_path / "acme")])
    assert found.exit_code == 2, found.output


@pytest.mark.spark
@pytest.mark.full
@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java")
def test_a_project_moves_to_a_spark_of_its_own_and_back(tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    root = tmp_path / "acme"
    c360("init", str(root), "--template", "blank")
    c360("run", "--project", str(root))
    before = open_project(root)
    question = {"metrics": [next(iter(before.semantic_model().metrics))]}
    expected = before.query(question).to_pylist()
    before.close()
    in_a_process("migrate", "--to", "spark", "--folder", "on_spark", "--project", str(root))
    moved = open_project(root)
    assert (moved.project.settings.engine.name, moved.engine.name) == ("spark", "spark")
    assert moved.query(question).to_pylist() == expected
    moved.close()
    assert list((root / "on_spark").rglob("spark-*/*.parquet"))
    in_a_process("build", "--full", "--project", str(root))
    c360("check", "--project", str(root))
    in_a_process("migrate", "--to", "duckdb", "--folder", "back", "--project", str(root))
    back = open_project(root)
    assert (back.engine.name, back.query(question).to_pylist()) == ("duckdb", expected)
    back.close()
