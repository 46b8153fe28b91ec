"""Every command explains itself: two pasteable examples, a place in the reference, a quick --help."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

import customer360
from customer360 import errors
from customer360.cli import app

ROOT = Path(__file__).parents[2]
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # a click Group has it


def error_classes(root: type[errors.C360Error]) -> set[str]:
    """Return the names of the class and of all below it that the package defines, wherever they are."""
    below = [name for child in root.__subclasses__() for name in error_classes(child)]
    return {*below, root.__name__} if root.__module__.startswith("customer360.") else set(below)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_has_two_examples(name: str) -> None:
    examples = [line for line in (COMMANDS[name].help or "").splitlines() if re.match(r"\s+c360 ", line)]
    assert len(examples) >= 2
    assert all(f"c360 {name}" in line for line in examples)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_in_the_reference(name: str) -> None:
    assert f"## c360 {name}\n" in (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")


def test_every_error_is_in_the_reference() -> None:
    text = (ROOT / "docs/reference/errors.md").read_text(encoding="utf-8")
    for module in pkgutil.walk_packages(customer360.__path__, "customer360."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    classes = error_classes(errors.C360Error)
    assert {"C360Error", "UnknownName", "NotServed", "LoadErrors"} <= classes  # deep ones and ones outside errors.py
    assert not sorted(name for name in classes if f"| `{name}` |" not in text), "run `make docs`"


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from customer360.cli import app; print(sorted(m for m in sys.modules if '.' not in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT / "src")
    loaded = set(re.findall(r"'(\w+)'", done.stdout))
    assert not loaded & {"duckdb", "pyarrow", "sqlglot", "numpy", "scipy", "fastapi", "pydantic", "jinja2", "splink"}


def test_unknown_command_is_a_usage_error() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from customer360.cli import main; main()", "biuld"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT / "src",
    )
    assert done.returncode == 2
    assert "build" in done.stderr
