"""Count which shapes of questions are asked and how long they take: names and grains, never a value that was compared.

One row per shape in a SQLite file of the project's state, so the log stays small however often people ask.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer360.errors import C360Error
from customer360.semantic.calendar_units import Calendar
from customer360.semantic.conditions import names
from customer360.semantic.resolve import period_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from customer360.semantic.model import SemanticModel
    from customer360.semantic.query import Grain, MetricQuery

STATE_FILE = Path("state") / "queries.sqlite"

_TABLE = """CREATE TABLE IF NOT EXISTS asked (
    digest TEXT PRIMARY KEY, model TEXT NOT NULL, shape TEXT NOT NULL, times INTEGER NOT NULL,
    runs INTEGER NOT NULL, seconds REAL NOT NULL, answer_rows INTEGER NOT NULL, last_as_of TEXT NOT NULL)"""
_NOTE = """INSERT INTO asked VALUES (?, ?, ?, 1, ?, ?, ?, ?) ON CONFLICT (digest) DO UPDATE SET
    times = times + 1, runs = runs + excluded.runs, seconds = seconds + excluded.seconds,
    answer_rows = answer_rows + excluded.answer_rows, last_as_of = max(last_as_of, excluded.last_as_of)"""
_ALL = "SELECT model, shape, times, runs, seconds, answer_rows, last_as_of FROM asked"

log = logging.getLogger("customer360.semantic")


@dataclass(frozen=True)
class QueryShape:
    """What a query is about, without the values that it compares with.

    ``period`` is the coarsest unit in which its time range begins and ends, None without a range.
    """

    metrics: tuple[str, ...]
    dimensions: tuple[tuple[str, Grain | None], ...] = ()
    filters: tuple[str, ...] = ()
    time: str | None = None
    period: Grain | None = None
    history: str | None = None


@dataclass(frozen=True)
class Asked:
    """How often a shape was asked, how often it had to be run, and how many seconds that took in all."""

    model: str
    shape: QueryShape
    times: int
    runs: int
    seconds: float
    rows: int
    last_as_of: str


def shape_of(model: SemanticModel, query: MetricQuery, *, as_of: date) -> QueryShape:
    """Return the shape of a query."""
    parts = [part for part in (query.where, query.compare.where if query.compare else None) if part is not None]
    filters = {name for part in parts for name in names(part)}
    return QueryShape(
        metrics=tuple(sorted({*query.metrics, *(window.metric for window in query.windows)})),
        dimensions=tuple((each.name, each.grain) for each in query.dimensions),
        filters=tuple(sorted(filters)),
        time=(query.time.dimension or "time") if query.time else None,
        period=_period_grain(model, query, as_of),
        history=query.history,
    )


def _period_grain(model: SemanticModel, query: MetricQuery, as_of: date) -> Grain | None:
    if query.time is None:
        return None
    calendar = Calendar(model.c360.week_start, model.c360.fiscal_year_start_month)
    period = period_of(query.time, as_of, calendar)
    if period is None:
        return None
    grains: tuple[Grain, ...] = ("year", "quarter", "month")
    for grain in grains:
        begins = period.start is None or calendar.start(period.start, grain) == period.start
        ends = period.end is None or calendar.end(period.end, grain) == period.end
        if begins and ends:
            return grain
    return "day"


class QueryLog:
    """The log of one project. A folder that cannot be written leaves questions unlogged, and says so once."""

    def __init__(self, root: Path) -> None:
        self.path = root / STATE_FILE
        self._broken = False

    def note(
        self,
        model: SemanticModel,
        query: MetricQuery,
        *,
        as_of: date,
        seconds: float = 0.0,
        rows: int = 0,
        remembered: bool = False,
    ) -> None:
        """Count a question; ``remembered`` when its answer was in memory."""
        if self._broken:
            return
        shape = json.dumps(asdict(shape_of(model, query, as_of=as_of)), sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(f"{model.name}\n{shape}".encode()).hexdigest()[:32]
        row = (digest, model.name, shape, 0 if remembered else 1, seconds, rows, as_of.isoformat())
        try:
            self.path.parent.mkdir(exist_ok=True)
            with closing(self._open()) as database, database:
                database.execute(_TABLE)
                database.execute(_NOTE, row)
        except (OSError, sqlite3.Error):
            self._broken = True
            log.warning("Questions are not counted: %s cannot be written.", self.path)

    def asked(self) -> list[Asked]:
        """Return every shape, those that cost most seconds first. Raises C360Error when the file is damaged."""
        return sorted(self._rows(), key=lambda found: (-found.seconds, found.model, found.shape.metrics))

    def _rows(self) -> Iterator[Asked]:
        if not self.path.is_file():
            return
        try:
            with closing(self._open()) as database:
                rows = database.execute(_ALL).fetchall()
        except sqlite3.Error as error:
            raise C360Error(
                "The log of questions cannot be read.", place=str(self.path), next_step="Delete it: it fills anew."
            ) from error
        for model, shape, times, runs, seconds, count, last in rows:
            yield Asked(model, _shape(json.loads(shape)), times, runs, seconds, count, last)

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=0.5)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = OFF")  # a count that a power cut loses is no loss
        return database


def _shape(document: dict[str, Any]) -> QueryShape:
    document["metrics"] = tuple(document["metrics"])
    document["filters"] = tuple(document["filters"])
    document["dimensions"] = tuple((name, grain) for name, grain in document["dimensions"])
    return QueryShape(**document)
