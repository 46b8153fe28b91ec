"""Warehouses on temporary folders, and the processes that read and write them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.postgres_server import postgres

import customer360
from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.lake import Lake

__all__ = ["postgres"]

SCRIPTS = Path(__file__).parent / "scripts"
SOURCES = Path(customer360.__file__).parents[1]

OpenEngine = Callable[..., DuckLakeEngine]


@pytest.fixture
def open_lake(tmp_path: Path) -> Iterator[OpenEngine]:
    """Open engines on ``tmp_path/warehouse`` (or another folder of it); they are closed when the test ends."""
    opened: list[DuckLakeEngine] = []

    def make(folder: str = "warehouse", **options: object) -> DuckLakeEngine:
        engine = DuckLakeEngine(Lake(tmp_path / folder), **options)
        opened.append(engine)
        return engine

    yield make
    for engine in opened:
        engine.close()


@pytest.fixture
def engine(open_lake: OpenEngine) -> DuckLakeEngine:
    return open_lake()


def start(script: str, *arguments: object, **options: object) -> subprocess.Popen[str]:
    """Start one of our scripts in a process of its own; its output is text to read."""
    return subprocess.Popen(
        [sys.executable, str(SCRIPTS / script), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def run(script: str, *arguments: object) -> str:
    """Run one of our scripts to its end and return what it printed; AssertionError when it fails."""
    process = start(script, *arguments)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return output
