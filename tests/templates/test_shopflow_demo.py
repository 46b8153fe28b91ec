"""`c360 demo` on ShopFlow: from files and from live servers the same tables, and any subset of its systems builds."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.end_to_end.project import c360
from tests.mongo_server import mongo_url
from tests.postgres_server import postgres

from customer360.engines.registry import open_engine
from customer360.models.build import build
from customer360.project.reader import read_project
from customer360.project.starter import create_project
from customer360.raw.load import load
from customer360.workspace import open_project

if TYPE_CHECKING:
    from tests.postgres_server import PostgresServer
    from tests.templates.conftest import Built

__all__ = ["mongo_url", "postgres"]

SIZE = "150"


def contents(root: Path) -> dict[str, tuple[int, int]]:
    """Return rows and a digest of every table of the project's products."""
    workspace = open_project(root)
    found = {}
    try:
        for relation, model in sorted(workspace.project.models.items()):
            columns = ", ".join(f'"{c.name}"' for c in workspace.project.contract_of(relation).columns)  # type: ignore[union-attr]
            query = f"SELECT count(*) AS n, sum(hash({columns}) % 1000003) AS digest FROM {relation.sql}"
            (row,) = workspace.sql(query).to_pylist()
            found[str(model.relation)] = (row["n"], int(row["digest"] or 0))
    finally:
        workspace.close()
    return found


@pytest.fixture(scope="module")
def of_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("of_files")
    done = c360("demo", "shop", "--template", "shopflow", "--size", SIZE, "--no-serve", cwd=folder, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "into 28 of 28 tables" in done.stderr
    assert "0 warnings, as of 2024-11-30" in done.stderr
    return folder / "shop"


def test_a_second_demo_finds_everything_there(of_files: Path) -> None:
    done = c360("demo", "shop", "--no-serve", cwd=of_files.parent, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "Wrote ShopFlow" not in done.stderr
    assert "Loaded 0 new or changed rows" in done.stderr


def test_another_template_does_not_take_the_folder(of_files: Path) -> None:
    done = c360("demo", "shop", "--template", "complete_journey", "--no-serve", cwd=of_files.parent, timeout=300)
    assert done.returncode == 1
    assert "was not made from the template complete_journey" in done.stderr


def test_size_and_live_are_for_shopflow(tmp_path: Path) -> None:
    done = c360("demo", "x", "--template", "blank", "--live", cwd=tmp_path, timeout=300)
    assert done.returncode == 1
    assert "--live and --size are for shopflow" in done.stderr
    assert not (tmp_path / "x").exists()


@pytest.mark.postgres
def test_live_servers_started_for_the_demo_give_the_same_tables(of_files: Path, tmp_path: Path) -> None:
    root = tmp_path / "shop"
    arguments = ("demo", "shop", "--live", "--size", SIZE, "--no-serve")
    done = c360(*arguments, cwd=tmp_path, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "C360_POSTGRES_URL" in done.stderr
    assert "into 28 of 28 tables" in done.stderr
    project = read_project(root)
    assert {s.kind for s in project.sources.values()} == {"postgres", "mongodb"}
    assert contents(root) == contents(of_files)
    again = c360(*arguments, cwd=tmp_path, timeout=300)
    assert again.returncode == 0, again.stderr
    assert "Wrote ShopFlow" not in again.stderr
    assert "Loaded 0 new or changed rows" in again.stderr, "the servers kept their data"


@pytest.mark.postgres
@pytest.mark.full
def test_your_own_servers_are_filled_and_read(
    of_files: Path, tmp_path: Path, postgres: PostgresServer, mongo_url: str
) -> None:
    postgres.execute("DROP DATABASE IF EXISTS shopflow_demo", "CREATE DATABASE shopflow_demo")
    url = f"postgresql://postgres@/shopflow_demo?host={postgres.socket_folder}"
    variables = {"C360_POSTGRES_URL": url, "C360_MONGO_URL": mongo_url}
    arguments = ("demo", "shop", "--live", "--size", SIZE, "--no-serve")
    done = c360(*arguments, cwd=tmp_path, timeout=300, variables=variables)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "shop/.servers").exists()
    assert contents(tmp_path / "shop") == contents(of_files)
    # A second project must not write over what these servers hold.
    other = c360("demo", "other", *arguments[2:], cwd=tmp_path, timeout=300, variables=variables)
    assert other.returncode == 1
    assert "is there already" in other.stderr


@pytest.mark.parametrize(
    ("systems", "records"),
    [
        pytest.param(("shop", "support"), {"shop"}, marks=pytest.mark.full),
        pytest.param(("crm", "erp"), {"crm"}, marks=pytest.mark.full),
        (("support", "shop_ops"), set()),
        pytest.param(("care",), {"care"}, marks=pytest.mark.full),
        pytest.param(("wms",), set(), marks=pytest.mark.full),
    ],
    ids=str,
)
def test_a_subset_builds_without_warnings(
    shopflow: Built, tmp_path: Path, systems: tuple[str, ...], records: set[str]
) -> None:
    root = tmp_path / "acme"
    create_project(root, template="shopflow", systems=systems)
    for system in systems:
        shutil.copytree(shopflow.root / "data" / system, root / "data" / system)
    project = read_project(root)
    engine = open_engine(project.settings, root)
    load(engine, project).raise_failures()
    report = build(engine, project)
    with engine.read() as session:
        found = session.query("SELECT DISTINCT system FROM identity.customer_xref").column("system").to_pylist()
    engine.close()
    assert set(found) == records
    assert report.checks_warned == 0
