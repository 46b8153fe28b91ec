"""Write an answer as CSV: full figures without symbols, one header line, UTF-8."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from customer360.dashboards.frame import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(table: pa.Table, labels: Sequence[str] | None = None) -> str:
    """Return a table as CSV. A text that a spreadsheet would run as a formula gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_cell(name) for name in labels or table.column_names])
    for row in table.to_pylist():
        writer.writerow([_cell(value) for value in row.values()])
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return str(value) if isinstance(value, bool) else _number(value)


def _number(value: object) -> object:
    from decimal import Decimal

    return format(value, "f") if isinstance(value, Decimal) else plain(value)
