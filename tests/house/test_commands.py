"""Every command explains itself: two pasteable examples, a place in the reference, a quick --help."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from customer360 import errors
from customer360.cli import app

ROOT = Path(__file__).parents[2]
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # a click Group has it


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
    classes = [n for n, c in vars(errors).items() if isinstance(c, type) and issubclass(c, errors.C360Error)]
    assert not [name for name in classes if f"`{name}`" not in text]


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
