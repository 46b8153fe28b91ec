"""Say what one load did, table by table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from customer360.errors import C360Error

Status = Literal["loaded", "unchanged", "failed", "skipped"]


@dataclass(frozen=True)
class TableLoad:
    """What happened to one table. ``skipped``: another table of its source failed, so it was not published either."""

    source: str
    table: str
    status: Status
    rows_read: int = 0
    rows_landed: int = 0
    rows_changed: int = 0
    rows_rejected: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    """Rows by what is wrong with them; no values."""
    drift: tuple[str, ...] = ()
    """Columns that are new, gone or retyped, accepted by the source's policy."""
    seconds: float = 0.0
    error: C360Error | None = None


class LoadErrors(C360Error):
    """Sources that could not be loaded; the others were."""

    def __init__(self, errors: Mapping[str, C360Error]) -> None:
        self.errors = errors
        noun = "source" if len(errors) == 1 else "sources"
        lines = "\n".join(f"  {name}: {error}" for name, error in errors.items())
        super().__init__(f"{len(errors)} {noun} could not be loaded; what they brought before stays:\n{lines}")


@dataclass(frozen=True)
class LoadReport:
    """What one load did. ``failures``: the error of each source that was not published."""

    tables: tuple[TableLoad, ...]
    failures: Mapping[str, C360Error]
    seconds: float

    @property
    def rows_read(self) -> int:
        """Rows that the sources sent."""
        return sum(table.rows_read for table in self.tables)

    @property
    def rows_changed(self) -> int:
        """Rows that are new or different in the warehouse."""
        return sum(table.rows_changed for table in self.tables)

    @property
    def rows_rejected(self) -> int:
        """Rows that went to quarantine."""
        return sum(table.rows_rejected for table in self.tables)

    @property
    def tables_changed(self) -> int:
        """Tables that were written."""
        return sum(table.status == "loaded" for table in self.tables)

    def as_table(self) -> pa.Table:
        """Return one row per table."""
        return pa.table(
            {
                "source": pa.array([t.source for t in self.tables], pa.string()),
                "table": pa.array([t.table for t in self.tables], pa.string()),
                "status": pa.array([t.status for t in self.tables], pa.string()),
                "rows_read": pa.array([t.rows_read for t in self.tables], pa.int64()),
                "rows_changed": pa.array([t.rows_changed for t in self.tables], pa.int64()),
                "rows_rejected": pa.array([t.rows_rejected for t in self.tables], pa.int64()),
                "seconds": pa.array([round(t.seconds, 3) for t in self.tables], pa.float64()),
                "note": pa.array([_note(t) for t in self.tables], pa.string()),
            }
        )

    def raise_failures(self) -> None:
        """Raise what failed: the error itself when it is one, LoadErrors when several."""
        if len(self.failures) == 1:
            raise next(iter(self.failures.values()))
        if self.failures:
            raise LoadErrors(self.failures)


def _note(table: TableLoad) -> str:
    if table.error is not None:
        return table.error.what
    parts = [f"{count:,} rows: {what}" for what, count in table.rejected.items()]
    return "; ".join([*table.drift, *parts])
