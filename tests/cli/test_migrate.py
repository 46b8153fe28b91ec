"""``c360 migrate`` on a real project: moved, compared, switched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.postgres_server import postgres
from typer.testing import CliRunner

from customer360.cli import app
from customer360.errors import WarehouseError
from customer360.workspace import open_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres_server import PostgresServer

__all__ = ["postgres"]

pytestmark = pytest.mark.postgres


def c360(*words: str) -> None:
    found = CliRunner().invoke(app, list(words))
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == 0, found.output


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
