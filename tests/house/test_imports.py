"""Imports go up the list of floors only."""

from __future__ import annotations

import subprocess
import sys
import tomllib
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


def test_every_room_has_its_floor_and_its_line_in_the_architecture() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    floors = {room.strip() for layer in contract["layers"] for room in layer.split("|")}
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = {path.stem for path in (ROOT / "src" / "customer360").iterdir() if not path.name.startswith("_")}
    assert floors == {f"customer360.{room}" for room in rooms - {"templates"}}  # these hold no code
    assert [room for room in rooms if f"`{room}`" not in page and f"`{room}/`" not in page] == []


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
