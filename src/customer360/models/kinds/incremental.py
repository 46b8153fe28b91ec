"""Add to a table what is new: by time with a window for late rows, by key, or both."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from customer360.errors import BuildFailed
from customer360.models.kinds.work import STAGE, Work
from customer360.models.render import literal
from customer360.names import quoted


def build(work: Work) -> int | None:
    """Replace the rows of the late-arrival window (and of the keys that come again) and return all rows.

    With ``time_column`` only rows from the newest known time minus ``lookback`` on are computed; the table loses its
    rows from there on and gets the new ones. Rows without a time are always replaced. With ``key`` the computed rows
    take the place of rows with the same key. Rows older than the window stay as they are until a full refresh.
    """
    if work.from_zero:
        return work.publication.create_table_as(work.node.relation, work.translated(work.select), types=work.types)
    go_on(work, _window(work))
    return work.count()


def go_on(work: Work, condition: str | None) -> None:
    """Replace the rows of a table that meet a condition, and those whose keys come again, by computed ones."""
    where = f" WHERE {condition}" if condition else ""
    work.stage(work.translated(f"SELECT * FROM {work.fresh}{where}"))
    for doomed in filter(None, (condition, _same_key(work))):
        work.publication.execute(work.translated(f"DELETE FROM {work.table} WHERE {doomed}"))
    work.publication.insert_select(work.node.relation, f"SELECT * FROM {STAGE}")
    work.unstage()


def _window(work: Work) -> str | None:
    """Return the condition that a row is inside the window, None when there is no time column or no row yet."""
    column = work.node.config.time_column
    if column is None:
        return None
    newest = work.publication.query(f"SELECT MAX({quoted(column)}) AS newest FROM {work.table}").column(0)[0].as_py()
    if newest is None:
        return None
    since = literal(_moved_back(newest, work.node.config.lookback, work))
    return f"({quoted(column)} >= {since} OR {quoted(column)} IS NULL)"


def _moved_back(newest: Any, lookback: timedelta | int, work: Work) -> Any:
    if isinstance(newest, datetime | date) and isinstance(lookback, timedelta):
        return newest - lookback
    if isinstance(newest, int | Decimal | float) and (isinstance(lookback, int) or not lookback):
        return newest - (lookback if isinstance(lookback, int) else 0)
    raise BuildFailed(
        f"The lookback of {work.node.relation} does not fit its time column '{work.node.config.time_column}'.",
        place=work.node.model.place,
        next_step="Write a time span such as `3 days` for dates and times, a plain number for numbers.",
    )


def _same_key(work: Work) -> str | None:
    key = work.node.config.key
    if not key:
        return None
    if len(key) == 1:
        return f"{quoted(key[0])} IN (SELECT {quoted(key[0])} FROM {STAGE})"
    matched = " AND ".join(f"fresh.{quoted(c)} = {work.table}.{quoted(c)}" for c in key)
    return f"EXISTS (SELECT 1 FROM {STAGE} AS fresh WHERE {matched})"
