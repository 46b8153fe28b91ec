"""A run killed at any moment leaves readers on a whole state, and the next run ends where an undisturbed one does."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from tests.end_to_end import project as small

from customer360.workspace import open_project

HERE = Path(__file__).parent
READERS = 2

MOMENTS = [
    ("step load shop", 1),  # a batch has landed
    ("transaction open", 2),
    ("file written", 3),
    ("step build", 2),
    ("before commit", 2),
    ("after commit", 2),
    ("cleaned up", 2),
]
"""Of the load between, and of the build's publish. What a single publish survives is in engines/test_crashes.py."""
MORE_MOMENTS = [
    ("transaction open", 1),
    ("file written", 1),
    ("before commit", 1),
    ("after commit", 1),
    ("snapshots expired", 2),
    ("file deleted", 1),
]


def everything(root: Path) -> dict[str, pa.Table]:
    """Return every product table, sorted."""
    workspace = open_project(root)
    with workspace.engine.read() as session:
        found = {t: session.query(f"SELECT * FROM sales.{t} ORDER BY ALL") for t in small.TABLES}
    workspace.close()
    return found


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a few published versions behind it, so that clean-up has something to do, and new data."""
    root = tmp_path_factory.mktemp("history") / "project"
    small.write(root)
    for version in range(1, 5):
        small.write_data(root, version)
        workspace = open_project(root)
        workspace.run()
        workspace.close()
    small.write_data(root, 5)
    return root


@pytest.fixture
def root(history: Path, tmp_path: Path) -> Path:
    """A copy of that project to kill runs of."""
    return shutil.copytree(history, tmp_path / "project", copy_function=shutil.copy2)


@pytest.fixture(scope="session")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    """What the tables hold when nobody kills anything."""
    fresh = tmp_path_factory.mktemp("undisturbed") / "project"
    small.write(fresh)
    small.write_data(fresh, 5)
    assert small.c360("run", cwd=fresh).returncode == 0
    return everything(fresh)


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


def kill_and_recover(root: Path, victim: subprocess.Popen[bytes], expected: dict[str, pa.Table]) -> None:
    """Let the victim die, run again, and compare with an undisturbed run."""
    stop = root.parent / "stop"
    readers = watched(root, stop)
    victim.wait(timeout=60)
    again = small.c360("run", cwd=root)
    stop.touch()
    assert_saw_whole_states(readers)
    assert again.returncode == 0, again.stderr
    found = everything(root)
    assert all(found[name].equals(expected[name]) for name in small.TABLES)


def victim_of(root: Path, moment: str, occurrence: int, stdout: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start a run that kills itself."""
    command = [sys.executable, str(HERE / "victim.py"), str(root), moment, str(occurrence)]
    return subprocess.Popen(command, env=small.environment(), stdout=stdout, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize(
    ("moment", "occurrence"), [*MOMENTS, *(pytest.param(*each, marks=pytest.mark.full) for each in MORE_MOMENTS)]
)
def test_killed_at_a_named_moment_nothing_is_lost(
    root: Path, expected: dict[str, pa.Table], moment: str, occurrence: int
) -> None:
    victim = victim_of(root, moment, occurrence)
    kill_and_recover(root, victim, expected)
    assert victim.returncode == -signal.SIGKILL, "the moment never came, so this proved nothing"


@pytest.fixture(scope="session")
def moments(history: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many moments a run has."""
    root = shutil.copytree(history, tmp_path_factory.mktemp("counted") / "project", copy_function=shutil.copy2)
    victim = victim_of(root, "never", 1, stdout=subprocess.PIPE)
    return int(victim.communicate(timeout=120)[0])


@pytest.mark.parametrize("number", [pytest.param(n, marks=() if n < 2 else pytest.mark.full) for n in range(10)])
def test_killed_at_a_random_moment_nothing_is_lost(
    root: Path, expected: dict[str, pa.Table], moments: int, number: int
) -> None:
    victim = victim_of(root, "any", random.Random(number).randint(1, moments))
    kill_and_recover(root, victim, expected)
    assert victim.returncode == -signal.SIGKILL, "the moment never came, so this proved nothing"
