"""Write dashboards into files of the project, now or when they are due, and remember what was written.

``exports/dashboards/<name>/<as-of date>.pdf`` or ``.png``, or a folder ``<as-of date>-csv`` of a file for each widget.
A file is whole or not there; of the same day the later one stays. Only the newest ``keep`` of a kind stay.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from customer360.clock import now
from customer360.dashboards.download import csv_text
from customer360.dashboards.sheet import picture
from customer360.errors import C360Error, QueryError
from customer360.names import DASHBOARD_FILES
from customer360.statefile import StateFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from customer360.dashboards.filled import FilledDashboard, FilledWidget
    from customer360.project.outside import FileExport
    from customer360.project.spec import Dashboard

STATE_FILE = Path("state") / "dashboard_files.sqlite"
KINDS = ("csv", "parquet", "png", "pdf")
PICTURES = frozenset({"png", "pdf"})
_TABLES = """
CREATE TABLE IF NOT EXISTS written (
  board TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL, as_of TEXT NOT NULL, snapshot INTEGER NOT NULL,
  path TEXT NOT NULL, PRIMARY KEY (board, kind, at)) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Written:
    """A file, or a folder of them, that a dashboard was written to."""

    board: str
    kind: str
    at: datetime
    as_of: date
    snapshot: int
    path: str
    """From the project's folder."""


class BoardFiles:
    """The files that dashboards of one project are written to."""

    def __init__(self, root: Path, time_zone: str, *, clock: Callable[[], datetime] = now) -> None:
        self._root = root
        self._zone = ZoneInfo(time_zone)
        self._clock = clock
        self._log = StateFile(root / STATE_FILE, _TABLES)

    def log(self, board: str | None = None) -> tuple[Written, ...]:
        """Return what was written, the newest first."""
        where, values = ("WHERE board = ?", (board,)) if board else ("", ())
        rows = self._log.rows(f"SELECT * FROM written {where} ORDER BY at DESC", values)
        return tuple(
            Written(
                row["board"],
                row["kind"],
                datetime.fromisoformat(row["at"]),
                date.fromisoformat(row["as_of"]),
                row["snapshot"],
                row["path"],
            )
            for row in rows
        )

    def due(self, board: Dashboard, snapshot: int) -> tuple[FileExport, ...]:
        """Return what of a dashboard is to be written, now that this state is published."""
        last = {each.kind: each for each in reversed(self.log(board.name))}
        return tuple(export for export in board.exports if self._is_due(export, last.get(export.kind), snapshot))

    def _is_due(self, export: FileExport, last: Written | None, snapshot: int) -> bool:
        if last is None:
            return True
        if export.every == "build":
            return last.snapshot != snapshot
        today, then = (each.astimezone(self._zone).date() for each in (self._clock(), last.at))
        return _begin(export.every, then) < _begin(export.every, today)

    def write(self, board: FilledDashboard, export: FileExport, snapshot: int) -> Written:
        """Write a dashboard with figures as it is now. Errors: C360Error when the folder cannot be written."""
        folder = self._root / DASHBOARD_FILES / board.name
        place = folder / (f"{board.as_of}.{export.kind}" if export.kind in PICTURES else f"{board.as_of}-{export.kind}")
        try:
            _put(place, contents(board, export.kind), is_folder=export.kind not in PICTURES)
            self._thin(folder, export)
        except OSError as error:
            raise C360Error(f"The file {place} cannot be written: {error.strerror}.") from error
        path = place.relative_to(self._root).as_posix()
        done = Written(board.name, export.kind, self._clock(), board.as_of, snapshot, path)
        with self._log.writing() as database:
            at = done.at.isoformat(timespec="microseconds")
            values = (done.board, done.kind, at, done.as_of.isoformat(), done.snapshot, done.path)
            database.execute("INSERT OR REPLACE INTO written VALUES (?, ?, ?, ?, ?, ?)", values)
        return done

    def _thin(self, folder: Path, export: FileExport) -> None:
        ending = f".{export.kind}" if export.kind in PICTURES else f"-{export.kind}"
        found = sorted(each for each in folder.iterdir() if each.name.endswith(ending) and each.name[:1].isdigit())
        for each in found[: -export.keep]:
            shutil.rmtree(each) if each.is_dir() else each.unlink()


def contents(board: FilledDashboard, kind: str, chosen: str = "") -> Mapping[str, bytes]:
    """Return the files of a dashboard by name: one picture, or a table for each widget that has figures."""
    if kind in ("png", "pdf"):
        return {f"{board.name}.{kind}": picture(board, "pdf" if kind == "pdf" else "png", chosen=chosen)}
    if kind not in KINDS:
        raise QueryError(f"A dashboard is not written as '{kind[:20]}'.", next_step=f"One of {', '.join(KINDS)}.")
    return {f"{each.name}.{kind}": _table(each, kind) for each in board.widgets if each.frame is not None}


def _table(widget: FilledWidget, kind: str) -> bytes:
    assert widget.frame is not None  # noqa: S101  # the caller looked
    if kind == "csv":
        return csv_text(widget.frame.table).encode()
    out = io.BytesIO()
    pq.write_table(widget.frame.table, out)
    return out.getvalue()


def _begin(every: str, day: date) -> date:
    """Return the first day of the day's day, week (Monday) or month."""
    if every == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if every == "month" else day


def _put(place: Path, files: Mapping[str, bytes], *, is_folder: bool) -> None:
    """Write beside the place, then move there."""
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    if not is_folder:
        (content,) = files.values()
        _private(draft, content)
        draft.replace(place)
        return
    draft.mkdir(mode=0o700)
    for name, content in files.items():
        _private(draft / name, content)
    if place.exists():
        shutil.rmtree(place)
    draft.rename(place)


def _private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def said(exports: Sequence[FileExport]) -> str:
    """Return in words what is written how often: *PDF each week*."""
    return ", ".join(f"{each.kind.upper()} each {each.every}" for each in exports)
