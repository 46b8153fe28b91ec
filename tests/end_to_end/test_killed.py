"""A run killed at any moment leaves readers on a whole state, and the next run ends where an undisturbed one does."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest
from tests.end_to_end import project as small

from customer360.workspace import open_project

HERE = Path(__file__).parent
READERS = 3

MOMENTS = [
    ("step load", 1),  # a batch has landed
    ("transaction open", 1),
    ("file written", 1),
    ("before commit", 1),
    ("after commit", 1),
    ("transaction open", 2),
    ("file written", 3),
    ("step build", 2),
    ("before commit", 2),
    ("after commit", 2),
    ("snapshots expired", 2),
    ("file deleted", 1),
    ("cleaned up", 2),
]


def everything(root: Path) -> dict[str, pa.Table]:
    """Return every product table, sorted."""
    workspace = open_project(root)
    with workspace.engine.read() as session:
        found = {t: session.query(f"SELECT * FROM sales.{t} ORDER BY ALL") for t in small.TABLES}
    workspace.close()
    return found


def prepared(root: Path, versions: int = 4) -> Path:
    """Return a project with a few published versions behind it, so that clean-up has something to do."""
    small.write(root)
    for version in range(1, versions + 1):
        small.write_data(root, version)
        done = small.c360("run", cwd=root)
        assert done.returncode == 0, done.stderr
    small.write_data(root, versions + 1)
    return root


def undisturbed(tmp_path: Path) -> dict[str, pa.Table]:
    """Return what the tables hold when nobody kills anything."""
    root = tmp_path / "undisturbed"
    small.write(root)
    small.write_data(root, 5)
    assert small.c360("run", cwd=root).returncode == 0
    return everything(root)


def watched(root: Path, stop: Path) -> list[subprocess.Popen[str]]:
    """Start readers of a project."""
    command = [sys.executable, str(HERE / "reader.py"), str(root), str(stop)]
    return [
        subprocess.Popen(command, env=small.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(READERS)
    ]


def assert_saw_whole_states(readers: list[subprocess.Popen[str]]) -> None:
    """Check what readers printed: every state is of one version, and its sums agree."""
    for reader in readers:
        out, err = reader.communicate(timeout=60)
        assert reader.returncode == 0, err
        reads, *states = out.splitlines()
        assert int(reads) > 0
        for state in states:
            lines, per_customer, total, *sums = state.split("\t")
            assert lines == per_customer == total, state
            low, high = lines.split("-")
            assert low == high, state
            assert len(set(sums)) == 1, state


def kill_and_recover(root: Path, tmp_path: Path, victim: subprocess.Popen[bytes], seconds: float | None) -> None:
    """Let the victim die (after ``seconds``, or by itself), run again, and compare with an undisturbed run."""
    stop = tmp_path / "stop"
    readers = watched(root, stop)
    if seconds is not None:
        time.sleep(seconds)
        victim.send_signal(signal.SIGKILL)
    victim.wait(timeout=60)
    again = small.c360("run", cwd=root)
    stop.touch()
    assert_saw_whole_states(readers)
    assert again.returncode == 0, again.stderr
    expected = undisturbed(tmp_path)
    found = everything(root)
    assert all(found[name].equals(expected[name]) for name in small.TABLES)


def victim_of(root: Path, moment: str, occurrence: int) -> subprocess.Popen[bytes]:
    """Start a run that kills itself."""
    command = [sys.executable, str(HERE / "victim.py"), str(root), moment, str(occurrence)]
    return subprocess.Popen(command, env=small.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize(("moment", "occurrence"), MOMENTS)
def test_killed_at_a_named_moment_nothing_is_lost(tmp_path: Path, moment: str, occurrence: int) -> None:
    root = prepared(tmp_path / "project")
    victim = victim_of(root, moment, occurrence)
    kill_and_recover(root, tmp_path, victim, None)
    assert victim.returncode == -signal.SIGKILL, "the moment never came, so this proved nothing"


@pytest.mark.parametrize("number", range(10))
def test_killed_at_a_random_moment_nothing_is_lost(tmp_path: Path, number: int) -> None:
    root = prepared(tmp_path / "project")
    victim = victim_of(root, "never", 1)
    kill_and_recover(root, tmp_path, victim, random.Random(number).uniform(0.3, 2.5))
