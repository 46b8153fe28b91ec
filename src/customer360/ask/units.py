"""Say what kind of unit a metric has, so that a number meets only what it can be held against."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from customer360.semantic.elements import Metric

_CURRENCY = re.compile(r"[A-Z]{3}")
_DURATIONS = ("seconds", "minutes", "hours", "days", "weeks", "months", "years")


SIZE = "size"
"""What how big, how high and how good ask for: not how many there are."""


def kind_of(metric: Metric) -> str:
    """Return money, percent, count, a duration (days) or other."""
    unit = metric.c360.unit or ""
    if _CURRENCY.fullmatch(unit):
        return "money"
    if unit.startswith("percent") or unit in ("share", "rate"):
        return "percent"
    if unit in _DURATIONS:
        return unit
    if unit in ("count", "items", "") and (metric.c360.format or ",d").endswith("d"):
        return "count"
    return "other"


def is_of_kind(metric: Metric, wanted: str) -> bool:
    """Say whether a metric's unit is of a kind; ``duration`` is any span of time."""
    kind = kind_of(metric)
    if wanted == SIZE:
        return True  # a count may have a size (customer base); the words beside it decide
    return kind in _DURATIONS if wanted == "duration" else kind == wanted


def bound(value: float, unit: str | None, metric: Metric) -> float | None:
    """Return the number to hold a metric against, or None when its unit does not fit the metric's."""
    kind = kind_of(metric)
    if unit is None:
        if kind != "percent":
            return value
        return value if 0 <= value <= 1 and value != 1 else None  # 20 or 20 %: not guessed
    if unit == "percent":
        return value / (100 if metric.c360.unit != "percent_0_100" else 1) if kind == "percent" else None
    if _CURRENCY.fullmatch(unit):
        return value if metric.c360.unit == unit else None
    return value if kind == unit else None
