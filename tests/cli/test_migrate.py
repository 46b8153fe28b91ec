"""``c360 migrate`` on a real project: moved, compared, switched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.postgres_server import postgres
from typer.testing import CliRunner

from customer360.cli import app
from customer360.errors import WarehouseError
from customer360.workspace import open_project

if TYPE_CHECKING:
    from tests.postgres_server import PostgresServer

__all__ = ["postgres"]

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
