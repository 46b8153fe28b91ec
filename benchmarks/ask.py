"""How long reading a question takes, a first answer of a cold command line, and what a million values weigh."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
import tempfile
import tracemalloc
from pathlib import Path
from statistics import median

from benchmarks.timing import seconds
from customer360.ask.benchmark import read_cases
from customer360.ask.interpret import Interpreter
from customer360.ask.kept import CACHE
from customer360.ask.valueindex import Listed, ValueIndex
from customer360.project.starter import create_project
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_files import write_files
from customer360.workspace import Workspace, open_project

CUSTOMERS = 300
MILLION = 1_000_000
QUESTION = "average order value by segment last month"


def page() -> str:
    """Return the section of the bench page."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "shopflow"
        create_project(root, template="shopflow", name="demo")
        write_files(ShopFlow.of(CUSTOMERS), root / "data")
        workspace = open_project(root)
        workspace.run()
        times = _parsed(workspace)
        workspace.close()
        first = median(_first(root) for _ in range(3))
        cold = median(seconds(lambda: _cold(root)) for _ in range(3))
    built, held, found = _indexed()
    rows = [
        ("questions of the benchmark that are read", f"{len(times)}", ""),
        ("reading one, median", f"{1000 * median(times):.1f} ms", ""),
        ("reading one, 95 of 100 within", f"{1000 * sorted(times)[math.ceil(0.95 * len(times)) - 1]:.1f} ms", "50 ms"),
        (f'`c360 ask "{QUESTION}"`, a new process', f"{cold:.2f} s", "1.5 s"),
        ("the same, when the values it may name are not kept yet", f"{first:.2f} s", "1.5 s"),
        ("index of 1,000,000 values, memory it adds", f"{held / 1e6:.0f} MB", "300 MB"),
        ("making that index", f"{built:.1f} s", ""),
        ("looking a value up in it", f"{1e6 * found:.0f} \u00b5s", ""),
    ]
    lines = [
        "## Questions in plain language",
        "",
        f"ShopFlow of {CUSTOMERS} customers.",
        "",
        "| what | measured | bar |",
    ]
    return "\n".join([*lines, "|---|---|---|", *(f"| {what} | {value} | {bar} |" for what, value, bar in rows)])


def _parsed(workspace: Workspace) -> list[float]:
    """Return how long reading each question of ShopFlow's benchmark takes, words in memory, data left out."""
    files = sorted((workspace.project.root / "questions" / "benchmark").glob("*.yaml"))
    with workspace.engine.read() as session:
        interpreter: Interpreter = workspace.asker().edition(session, workspace.as_of()).interpreter
    return [seconds(lambda text=case.ask: interpreter.read(text)) for file in files for case in read_cases(file)]  # type: ignore[misc]


def _cold(root: Path) -> None:
    subprocess.run([sys.executable, "-m", "customer360", "ask", QUESTION], cwd=root, check=True, capture_output=True)


def _first(root: Path) -> float:
    """Return how long a question takes when the values of the data must be read first."""
    shutil.rmtree(root / CACHE, ignore_errors=True)
    return seconds(lambda: _cold(root))


def _indexed() -> tuple[float, int, float]:
    """Return the seconds to index a million values, the bytes it keeps, and the seconds of one look-up."""
    values = [f"Article {number:07d} blue {number % 977}" for number in range(MILLION)]
    kept: list[ValueIndex] = []
    built = seconds(lambda: kept.append(ValueIndex([Listed("product.product_name", values)])))
    (index,) = kept
    words = ("article", "0123456", "blue", str(123456 % 977))
    assert list(index.lookup(words))
    found = median(seconds(lambda: list(index.lookup(words))) for _ in range(200))
    return built, _weight(index), found


def _weight(index: ValueIndex) -> int:
    """Return the bytes of an index: its arrays, and whatever Python holds beside them."""
    tracemalloc.start()
    again = ValueIndex([Listed("product.product_name", [f"Article {number:07d}" for number in range(MILLION // 10)])])
    beside = tracemalloc.get_traced_memory()[0] * 10
    tracemalloc.stop()
    assert len(again)
    return max(index.nbytes, beside)
