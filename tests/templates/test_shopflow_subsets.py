"""ShopFlow with some of its systems runs and checks as well as with all: nothing fails for what is not there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.end_to_end.project import c360

from customer360.project.starter import create_project
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_files import write_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "systems",
    [("crm", "erp"), *(pytest.param(systems, marks=pytest.mark.full) for systems in (("shop", "support"), ("cdp",)))],
    ids=",".join,
)
def test_some_systems_run_and_every_metric_equals_its_check(tmp_path: Path, systems: tuple[str, ...]) -> None:
    root = tmp_path / "some"
    create_project(root, template="shopflow", systems=systems)
    write_files(ShopFlow.of(120), root / "data", systems=systems)
    ran = c360("run", cwd=root, timeout=300)
    assert ran.returncode == 0, ran.stderr
    text = (root / "semantic/shopflow.yaml").read_text(encoding="utf-8")
    metrics = text.count("check_sql")
    assert metrics > 100
    checked = c360("check", "--format", "json", cwd=root, timeout=300)
    assert checked.returncode == 0, checked.stderr
    rows = json.loads(checked.stdout)["rows"]
    assert [row for row in rows if row["outcome"] in ("failed", "error")] == []
    assert any(row["name"] == f"shopflow: {metrics} metrics" for row in rows)
