"""Run a project and kill this process, as hard as possible, at the nth time a named moment comes.

``any`` counts every moment, and the end of the run is the last one: how many there are depends on the readers, whose
claims keep old files from being deleted. A run that survives prints how many moments it had.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from customer360.engines.duckdb import DuckLakeEngine
from customer360.project.reader import read_project
from customer360.workspace import Workspace


class Killer:
    """Hears engine moments and progress steps, and dies at the chosen one."""

    def __init__(self, moment: str, left: int) -> None:
        self._moment = moment
        self._left = left
        self.heard = 0

    def __call__(self, moment: str) -> None:
        self.heard += 1
        if self._moment in {moment, "any"}:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def start(self, task: str, total: int | None = None) -> None:
        self(f"start {task}")

    def step(self, task: str, what: str, amount: int = 1) -> None:
        self(f"step {task}")

    def finish(self, task: str) -> None:
        self(f"finish {task}")


if __name__ == "__main__":
    folder, moment, occurrence = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    killer = Killer(moment, occurrence)
    project = read_project(folder)
    Workspace(project, DuckLakeEngine.open(project.settings, folder, listener=killer)).run(progress=killer)
    if moment == "any":
        os.kill(os.getpid(), signal.SIGKILL)
    print(killer.heard)
