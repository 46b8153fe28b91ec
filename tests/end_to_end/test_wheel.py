"""The wheel alone is enough: installed into a fresh environment, the command line works far from the checkout."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OF_CHECKOUTS = ("customer360", "_customer360", "__editable__")
"""How the entries of an installed or editable customer360 begin in site-packages."""


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


def said(command: Sequence[str | Path], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that has to work."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    said([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT], cwd=out)
    (made,) = out.glob("customer360-*.whl")
    return made


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of commands of a fresh environment: the wheel, and this interpreter's packages but ours."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=False)
    places = {"base": str(home), "platbase": str(home)}
    packages = Path(sysconfig.get_path("purelib", "venv", places))
    borrowed = home / "borrowed"
    borrowed.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(OF_CHECKOUTS):
            (borrowed / entry.name).symlink_to(entry)
    (packages / "borrowed.pth").write_text(f"{borrowed}\n", encoding="utf-8")
    folder = Path(sysconfig.get_path("scripts", "venv", places))
    install: list[str | Path] = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--disable-pip-version-check",
        wheel,
    ]
    said([folder / "python", *install], cwd=home)
    return folder


def test_the_wheel_holds_package_and_templates_only(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"customer360"}
    sources = {p.relative_to(ROOT / "src").as_posix() for p in (ROOT / "src").rglob("*.py")}
    templates = {
        p.relative_to(ROOT / "src").as_posix()
        for p in (ROOT / "src/customer360/templates/blank").rglob("*")
        if p.is_file()
    }
    assert sources | templates <= set(names)


def test_a_project_runs_from_the_wheel(scripts: Path, tmp_path: Path) -> None:
    where = said([scripts / "python", "-c", "import customer360; print(customer360.__file__)"], cwd=tmp_path)
    assert Path(where.stdout.strip()).is_relative_to(scripts.parent)
    assert said([scripts / "c360", "version"], cwd=tmp_path).stdout.startswith("customer360 ")
    said([scripts / "c360", "init", "p"], cwd=tmp_path)
    run = said([scripts / "c360", "run"], cwd=tmp_path / "p")
    assert "Built 2 tables" in run.stderr
    answer = said([scripts / "c360", "query", "revenue", "--format", "csv"], cwd=tmp_path / "p")
    with (tmp_path / "p" / "data" / "orders.csv").open(encoding="utf-8") as orders:
        revenue = sum(Decimal(row["amount"]) for row in csv.DictReader(orders) if row["status"] != "cancelled")
    assert [Decimal(row["revenue"]) for row in csv.DictReader(io.StringIO(answer.stdout))] == [revenue]
