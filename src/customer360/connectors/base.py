"""Say what every connector does: describe a source's tables and yield their rows as Arrow batches.

Connectors know no engine. They raise SourceUnreachable, SourceMalformed or SettingMissing, never a driver's own error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

import pyarrow as pa

from customer360.project.spec import SourceTable

CursorValue = int | Decimal | str | date | datetime


@dataclass(frozen=True)
class Extract:
    """What to read of one table: everything, or rows with cursor >= ``since`` (already moved back by the overlap)."""

    table: SourceTable
    since: CursorValue | None = None
    columns: tuple[str, ...] | None = None
    """Columns wanted, None for all that ``schema`` names; sources of documents need them."""


class Connector(Protocol):
    """One source, opened."""

    def schema(self, table: SourceTable, fields: Sequence[str] = ()) -> pa.Schema:
        """Return the columns the source has today, in its order (text formats: strings).

        ``fields``: the columns that the contract, key and cursor name; a source of documents, which has no columns of
        its own, answers with them.
        """
        ...

    def read(self, extract: Extract) -> pa.RecordBatchReader:
        """Stream the rows. Text formats yield strings: typing by contract happens when rows land."""
        ...

    def fingerprint(self, table: SourceTable) -> str | None:
        """Return a text that changes whenever the table may have changed (files: names, sizes, times), else None."""
        ...

    def may_stream(self, table: SourceTable) -> bool:
        """Say whether rows may be written while they are read: they come fast, and no key of theirs twice.

        A table with a key and a cursor needs the second: of rows with one key only the newest lands.
        """
        ...

    def close(self) -> None:
        """Give back connections and files."""
        ...
