"""Show progress on stderr: Rich bars for people, JSON lines for machines, nothing when piped."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from customer360.cli.options import LogFormat
from customer360.clock import now, stopwatch
from customer360.progress import Progress, Silent

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


_JSON = {"on": False}
"""Whether everything said on stderr is a JSON line: one process, one stderr."""


def emit(event: str, **fields: object) -> None:
    """Write one JSON line to stderr."""
    sys.stderr.write(json.dumps({"at": now().isoformat(), "event": event, **fields}, default=str) + "\n")


def is_json() -> bool:
    """Say whether stderr carries JSON lines."""
    return _JSON["on"]


class JsonHandler(logging.Handler):
    """Print what the rooms log (models built, checks failed, snapshots) as JSON lines, with their fields."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        known = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
        fields = {key: value for key, value in record.__dict__.items() if key not in known}
        emit(record.getMessage(), level=record.levelname.lower(), logger=record.name, **fields)


def log_as_json() -> None:
    """From here on, say everything on stderr as JSON lines."""
    if not is_json():
        _JSON["on"] = True
        logger = logging.getLogger("customer360")
        logger.addHandler(JsonHandler())
        logger.setLevel(logging.INFO)


class Bars:
    """Rich progress bars, one a task."""

    def __init__(self, bars: RichProgress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def start(self, task: str, total: int | None = None) -> None:
        """Add a bar."""
        self._tasks[task] = self._bars.add_task(task, total=total, what="")

    def step(self, task: str, what: str, amount: int = 1) -> None:
        """Move a bar on."""
        if task in self._tasks:
            self._bars.update(self._tasks[task], advance=amount, what=what)

    def finish(self, task: str) -> None:
        """Take a bar away."""
        if task in self._tasks:
            self._bars.remove_task(self._tasks.pop(task))


class JsonLines:
    """One JSON object a line, for log collectors."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def _emit(self, event: str, **fields: object) -> None:
        emit(event, **fields)

    def start(self, task: str, total: int | None = None) -> None:
        """Log the beginning."""
        self._since[task] = stopwatch()
        self._emit("start", task=task, total=total)

    def step(self, task: str, what: str, amount: int = 1) -> None:
        """Log a step."""
        self._emit("step", task=task, what=what, amount=amount)

    def finish(self, task: str) -> None:
        """Log the end with its seconds."""
        self._emit("finish", task=task, seconds=round(stopwatch() - self._since.pop(task, stopwatch()), 3))


@contextmanager
def shown(log_format: LogFormat) -> Iterator[Progress]:
    """Yield the progress that fits where stderr goes."""
    if log_format is LogFormat.json:
        log_as_json()
        yield JsonLines()
        return
    if not sys.stderr.isatty():
        yield Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as RichProgress

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[what]}"),
    )
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield Bars(bars)
