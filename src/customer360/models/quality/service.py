"""Turn the service levels of a contract that can be proved on its rows into limits on dates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from customer360.names import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from customer360.project.spec import Contract

_LATENCY = {"latency", "ly", "freshness"}
_RETENTION = {"retention", "re"}
_UNITS = {
    "d": 1.0, "day": 1.0, "days": 1.0, "y": 365.25, "yr": 365.25, "year": 365.25, "years": 365.25,
    "mo": 30.4375, "month": 30.4375, "months": 30.4375, "h": 1 / 24, "hour": 1 / 24, "hours": 1 / 24,
    "m": 1 / 1440, "min": 1 / 1440, "minute": 1 / 1440, "minutes": 1 / 1440,
    "s": 1 / 86400, "second": 1 / 86400, "seconds": 1 / 86400,
}  # fmt: skip


@dataclass(frozen=True)
class AgeLimit:
    """A service level: the aggregate to compute and what it must be, or the reason why it is not executed."""

    property: str
    column: str | None
    sql: str
    operators: tuple[tuple[str, Any], ...]
    reason: str | None = None


def age_limits(contract: Contract, as_of: date) -> Iterator[AgeLimit]:
    """Yield the service levels of a contract. Ages count from the end of the as-of day, in whole days (rounded up)."""
    for entry in contract.sla:
        name = str(entry.get("property", "")).lower()
        if name not in _LATENCY | _RETENTION:
            yield AgeLimit(name, None, "", (), "a promise about the service, not about rows")
            continue
        days = _days(entry)
        columns = list(_elements(entry, contract))
        if days is None or not columns:
            yield AgeLimit(name, None, "", (), "it names no column of this table, or no time span")
        for column in columns if days is not None else ():
            limit = (as_of - timedelta(days=days or 0)).isoformat()
            function = "MAX" if name in _LATENCY else "MIN"
            text = f"CAST({function}({quoted(column)}) AS DATE)"
            yield AgeLimit(name, column, text, (("mustBeGreaterOrEqualTo", limit),))


def _days(entry: Mapping[str, Any]) -> int | None:
    found = re.match(r"^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$", str(entry.get("value")))
    if not found:
        return None
    unit = str(entry.get("unit") or found[2] or "d").lower()
    if unit not in _UNITS:
        return None
    exact = float(found[1]) * _UNITS[unit]
    return int(-(-exact // 1))


def _elements(entry: Mapping[str, Any], contract: Contract) -> Iterator[str]:
    known = {column.name for column in contract.columns}
    tables = {contract.relation.table, contract.name}
    for element in str(entry.get("element") or "").split(","):
        table, _, column = element.strip().rpartition(".")
        if column in known and (not table or table in tables):
            yield column


def retained_since(contract: Contract, as_of: date) -> Iterator[tuple[str, date]]:
    """Yield each column that a contract promises to keep for a time only, and the first day that is kept."""
    for entry in contract.sla:
        if str(entry.get("property", "")).lower() in _RETENTION and (days := _days(entry)) is not None:
            for column in _elements(entry, contract):
                yield column, as_of - timedelta(days=days)
