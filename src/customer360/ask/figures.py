"""Write a figure with its unit, as a sentence shows it."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

_PRECISION = re.compile(r"\.(\d+)[f%]$")
_CURRENCY = re.compile(r"[A-Z]{3}")
_WORDLESS = ("count", "items", "percent_0_1", "percent_0_100", "share", "rate", "")
_CENTS_UP_TO = 1000


def figure(value: Any, unit: str | None, format_: str | None) -> str:
    """Return ``24.3 %``, ``12,345 USD``, ``45 days``; ``no value`` for nothing."""
    if value is None:
        return "no value"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float | Decimal):
        return value.isoformat() if isinstance(value, date | datetime) else str(value)
    number = Decimal(str(value))
    if not number.is_finite():
        return "no value"
    unit = unit or ""
    if unit in ("percent_0_1", "share", "rate"):
        return f"{_rounded(number * 100, _places(format_, 1))} %"
    if unit == "percent_0_100":
        return f"{_rounded(number, _places(format_, 1))} %"
    places = _places(format_, 0 if number == number.to_integral_value() else 2)
    if _CURRENCY.fullmatch(unit) and abs(number) < _CENTS_UP_TO and number != number.to_integral_value():
        places = 2
    text = _rounded(number, places)
    return text if unit in _WORDLESS else f"{text} {unit.replace('_', ' ')}"


def _places(format_: str | None, default: int) -> int:
    if format_ is None:
        return default
    match = _PRECISION.search(format_)
    return int(match[1]) if match else 0 if format_.endswith("d") else default


def _rounded(number: Decimal, places: int) -> str:
    return f"{number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP):,f}"
