"""Compare an answer with the rows it should have: columns may be named and ordered otherwise, and more may stand by."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

_DIGITS = 9


def has_rows(answer: pa.Table, gold: pa.Table) -> bool:
    """Say whether the answer holds exactly the rows of the gold table in some of its columns."""
    if answer.num_rows != gold.num_rows or answer.num_columns < gold.num_columns:
        return False
    given = [[_plain(value) for value in column.to_pylist()] for column in answer.columns]
    wanted = [[_plain(value) for value in column.to_pylist()] for column in gold.columns]
    rows = Counter(zip(*wanted, strict=True))
    return any(Counter(zip(*(given[at] for at in places), strict=True)) == rows for places in _mappings(given, wanted))


def _mappings(given: list[list[Any]], wanted: list[list[Any]]) -> Iterator[tuple[int, ...]]:
    """Yield every way to find each wanted column among those given, none used twice."""
    fits = [[at for at, column in enumerate(given) if Counter(column) == Counter(want)] for want in wanted]

    def choose(so_far: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(so_far) == len(wanted):
            yield so_far
            return
        for at in fits[len(so_far)]:
            if at not in so_far:
                yield from choose((*so_far, at))

    yield from choose(())


def _plain(value: Any) -> Any:
    """Return a value so that equal figures are equal whatever their type."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        number = float(value)
        if not math.isfinite(number):
            return None
        return float(f"{number:.{_DIGITS}g}")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    return value.isoformat() if isinstance(value, date) else value


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share (E. B. Wilson, Probable inference, 1927)."""
    if total == 0:
        return 0.0, 1.0
    z, share = 1.959964, hits / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    below = 1 + z * z / total
    return max(0.0, (middle - spread) / below), min(1.0, (middle + spread) / below)
