"""Move a cursor: write it down, read it back, step back by the overlap."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from customer360.connectors.base import CursorValue
from customer360.errors import ProjectError
from customer360.project.spec import SourceTable

_DAYS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=31),  # reading a day too many is harmless
}
_OVERLAP = re.compile(r"(\d+(?:\.\d+)?)(?: (second|minute|hour|day|week|month)s?)?")


def highest(column: pa.ChunkedArray | pa.Array) -> CursorValue | None:
    """Return the greatest value of a cursor column, moments cut to microseconds; None when there is none."""
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    value: Any = pc.max(column).as_py()
    return Decimal(repr(value)) if isinstance(value, float) else value


def written(value: CursorValue | None) -> str | None:
    """Return a cursor value as text that ``recalled`` reads back."""
    return value.isoformat() if isinstance(value, date) else None if value is None else str(value)


def recalled(text: str, type_: str) -> CursorValue:
    """Return the cursor value that was written for a column of this DuckDB type."""
    if type_.startswith("TIMESTAMP"):
        return datetime.fromisoformat(text)
    if type_ == "DATE":
        return date.fromisoformat(text)
    if type_.startswith(("DECIMAL", "DOUBLE", "FLOAT")):
        return Decimal(text)
    return int(text) if "INT" in type_ else text


def stepped_back(value: CursorValue, table: SourceTable) -> CursorValue:
    """Return where to read from: ``value`` less the table's overlap; ProjectError when they do not fit."""
    if table.overlap is None:
        return value
    parts = _OVERLAP.fullmatch(table.overlap.strip())
    if parts is None:
        raise _misfit(table, value)
    amount, unit = Decimal(parts[1]), parts[2]
    if isinstance(value, date) and unit:
        span = float(amount) * _DAYS[unit]
        if isinstance(value, datetime):
            return value - span
        return value - timedelta(days=math.ceil(span / timedelta(days=1)))
    if isinstance(value, int) and unit is None:
        return value - math.ceil(amount)
    if isinstance(value, Decimal) and unit is None:
        return value - amount
    raise _misfit(table, value)


def _misfit(table: SourceTable, value: CursorValue) -> ProjectError:
    kind = "a date or moment" if isinstance(value, date) else "a text" if isinstance(value, str) else "a number"
    step = {"a number": "Write a number alone.", "a text": "Leave the overlap out, or choose another cursor."}
    return ProjectError(
        f"The overlap '{table.overlap}' of {table.source}.{table.name} does not fit its cursor"
        f" '{table.cursor}', which is {kind}.",
        place=table.place,
        next_step=step.get(kind, "Write a number and a unit, such as 3 days or 2 hours."),
    )
