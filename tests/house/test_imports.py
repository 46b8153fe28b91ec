"""Imports go up the list of floors only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_imports_go_one_way() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": ""},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_the_clock_reads_the_wall_clock() -> None:
    spellings = ("datetime.now(", "date.today(", "time.time(", "utcnow(")
    found = [
        f"{path.relative_to(ROOT)}: {spelling}"
        for path in (ROOT / "src").rglob("*.py")
        if path.name != "clock.py"
        for spelling in spellings
        if spelling in path.read_text(encoding="utf-8")
    ]
    assert not found, "use customer360.clock, or better an as_of argument"


def test_only_engines_know_engine_names() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "src").rglob("*.py")
        if "engines" not in path.parts and ("engine.name ==" in path.read_text(encoding="utf-8"))
    ]
    assert not found, "differences between engines are Capabilities or rules of engines/dialect.py"
