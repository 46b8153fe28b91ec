"""What a person waits for: `c360 --help`, and a run without new data, as whole processes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.timing import seconds


def c360(*arguments: str, folder: Path) -> None:
    """Run the command line as a process."""
    subprocess.run([sys.executable, "-m", "customer360", *arguments], cwd=folder, check=True, capture_output=True)


def page() -> str:
    """Return the section of the bench page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        help_ = median(seconds(lambda: c360("--help", folder=folder)) for _ in range(5))
        c360("init", "project", folder=folder)
        c360("run", folder=folder / "project")
        idle = median(seconds(lambda: c360("run", folder=folder / "project")) for _ in range(3))
        query = median(seconds(lambda: c360("query", "revenue", folder=folder / "project")) for _ in range(3))
    rows = [("c360 --help", help_), ("c360 run without new data", idle), ("c360 query revenue", query)]
    lines = ["## The command line, whole processes", "", "| command | seconds |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{command}` | {taken:.2f} |" for command, taken in rows)])
