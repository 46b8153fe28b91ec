"""Whoever is granted all ports can be shown every figure: no metric stands on a table that nobody can be granted."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from customer360.governance.ports import ports_of
from customer360.project.reader import read_project
from customer360.project.starter import create_project
from customer360.semantic.model import SemanticModel


@pytest.mark.parametrize("template", ["shopflow", "complete_journey", "blank"])
def test_every_table_of_a_semantic_model_is_a_port_that_can_be_granted(tmp_path: Path, template: str) -> None:
    create_project(tmp_path / "p", template=template, name="p")
    project = read_project(tmp_path / "p")
    granted = {str(relation) for relation, port in ports_of(project).items() if port.access != "private"}
    missing = {}
    for document in project.semantics.values():
        for dataset in SemanticModel.from_document(document).datasets.values():
            source = dataset.source
            tables = sqlglot.parse_one(source if " " in source else f"FROM {source}", read="duckdb").find_all(exp.Table)
            if left := {f"{table.db}.{table.name}" for table in tables if table.db} - granted:
                missing[dataset.name] = left
    assert missing == {}
