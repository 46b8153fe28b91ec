"""A small project on disk that tests add files to."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from customer360.errors import ProjectErrors
from customer360.project.reader import read_project

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from customer360.project.spec import Contract, Project


class Folder:
    """A project folder: write files, read the project, or its errors."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("c360.yaml", "name: acme\nas_of: 2024-11-30\ndomains: {sales: {label: Sales}}\n")

    def write(self, file: str, text: str) -> Folder:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return self

    def table(self, relation: str, columns: Sequence[str] = (), *, extra: str = "", api: str = "v3.1.0") -> Folder:
        """Write a model and its contract; ``columns`` are flow mappings, ``extra`` more keys of the table."""
        schema, table = relation.split(".")
        rows = "".join(
            f"\n      - {column}" for column in columns or ["{name: id, logicalType: integer, primaryKey: true}"]
        )
        self.write(f"products/{schema}/{table}.sql", f"-- One row per {table}.\nSELECT 1 AS id\n")
        path = self.root / f"products/{schema}/{table}.odcs.yaml"
        path.write_text(
            f"apiVersion: {api}\nkind: DataContract\nid: c360:{schema}:{table}\nversion: '1.0.0'\nstatus: active\n"
            f"schema:\n  - name: {table}\n    properties:{rows}\n{textwrap.indent(textwrap.dedent(extra), '    ')}",
            encoding="utf-8",
        )
        return self

    def read(self) -> Project:
        return read_project(self.root)

    def contract(self, relation: str) -> Contract:
        schema, table = relation.split(".")
        return self.read().contracts[f"c360:{schema}:{table}"]

    def errors(self) -> list[str]:
        with pytest.raises(ProjectErrors) as caught:
            self.read()
        return [str(error) for error in caught.value.errors]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)
