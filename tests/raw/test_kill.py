"""A load that is killed leaves no half batch, wherever it is hit; the next load brings everything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from tests.raw.conftest import Shop

ROWS = 60_000

PROGRAM = """
import os, signal, sys
from pathlib import Path
from customer360.engines.duckdb import DuckLakeEngine
from customer360.raw.load import load
from tests.raw.conftest import Shop

shop = Shop(Path(sys.argv[1]))
shop.source(orders="orders.csv", items="items.csv")

class Dying:
    def start(self, task, total=None): pass
    def finish(self, task): pass
    def step(self, task, what, amount=1):
        if sys.argv[2] == what:
            os.kill(os.getpid(), signal.SIGKILL)

print("ready", flush=True)
load(shop.engine, shop.project, progress=Dying())
print("done", flush=True)
"""


def started(root: Path, moment: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(root), moment], stdout=subprocess.PIPE, text=True, env=environment
    )


def numbers(start: int) -> str:
    return "id,batch\n" + "".join(f"{n},{start}\n" for n in range(ROWS))


def state(shop: Shop) -> list[tuple[int, str]]:
    """Rows by batch of both tables: one batch each, the same one, or the tables disagree."""
    found = []
    for table in ("orders", "items"):
        rows = shop.rows(f"(SELECT batch, count(*) AS n FROM raw_shop.{table} GROUP BY batch)", "batch, n")
        found += [(row["n"], row["batch"]) for row in rows]
    return found


@pytest.mark.parametrize("moment", ["orders", "items", 0.0, 0.05, 0.1, 0.2, 0.4, 0.8])
def test_a_killed_load_leaves_no_half_batch(
    shop: Shop, moment: str | float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staging = tmp_path / "staging"
    staging.mkdir()
    monkeypatch.setenv("TMPDIR", str(staging))
    monkeypatch.setattr(tempfile, "tempdir", None)  # read TMPDIR again
    shop.source(orders="orders.csv", items="items.csv")
    for name in ("orders", "items"):
        shop.write(f"{name}.csv", numbers(1))
    shop.load()
    for name in ("orders", "items"):
        shop.write(f"{name}.csv", numbers(2))
    with started(shop.root, str(moment)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        if isinstance(moment, float):
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)
        process.wait()
    assert state(shop) in ([(ROWS, "1")] * 2, [(ROWS, "2")] * 2)
    shop.load()
    assert state(shop) == [(ROWS, "2")] * 2
    # Python itself, killed while it tries whether the folder takes files, leaves its trial: empty, or the word "blat".
    left = [path for path in staging.iterdir() if path.is_dir() or path.read_bytes() not in {b"", b"blat"}]
    assert left == [], "staged rows of the dead load are personal data"
