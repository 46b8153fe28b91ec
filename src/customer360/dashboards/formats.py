"""Write numbers and dates as people read them: one d3-format text serves the server, the axes and the tooltips.

They are written as the project's ``locale`` does (``locales.py``); the letters of thousands are k, M, B, T in all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from customer360.dashboards.locales import writing

_D3 = re.compile(r"^(?P<currency>\$)?(?P<comma>,)?(?:\.(?P<precision>\d+))?(?P<trim>~)?(?P<type>[fds%e]?)$")
_CURRENCY = re.compile(r"^[A-Z]{3}$")
_SCALES = ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k"))
WHOLE_UP_TO = 100_000
_CENTS_UP_TO = 1_000
_MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
"""What stands where there is no value."""

_SHARE_UNITS = {"percent_0_1", "share", "rate"}
_WORDLESS = {*_SHARE_UNITS, "percent_0_100", "count", "items", ""}

_DATES = {"day": "yMMMd", "week": "yMMMd", "month": "yMMM", "quarter": "yQQQ", "year": "y"}


@dataclass(frozen=True)
class NumberStyle:
    """How a number is written: a d3-format text, the symbol before it and the word after it."""

    d3: str
    currency: str | None = None
    suffix: str = ""

    @property
    def is_share(self) -> bool:
        """Whether values run from 0 to 1 and are written as per cent."""
        return self.d3.endswith("%")

    @property
    def axis(self) -> str:
        """The d3-format text for axis labels: short, without zeros that say nothing."""
        if self.is_share:
            return ".0%"
        return "$~s" if self.currency else "~s"


def number_style(unit: str | None, format_: str | None, *, is_integer: bool) -> NumberStyle:
    """Return the style for a unit (``EUR``, ``days``, ``percent_0_1``, ``count``) and a d3-format text, if any."""
    unit = unit or ""
    currency = unit if _CURRENCY.match(unit) else None
    default = ".1%" if unit in _SHARE_UNITS else ",d" if is_integer or unit in ("count", "items") else ",.2f"
    d3 = format_ if format_ and _D3.match(format_) else default
    if currency and not d3.startswith("$"):
        d3 = "$" + d3
    if unit == "percent_0_100":
        return NumberStyle(d3, None, "\N{NARROW NO-BREAK SPACE}%")
    suffix = "" if currency or unit in _WORDLESS else f"\N{NO-BREAK SPACE}{unit.replace('_', ' ')}"
    return NumberStyle(d3, currency, suffix)


def number(value: Any, style: NumberStyle) -> str:
    """Return the full figure: ``$4,596,039.58``."""
    parts = _D3.match(style.d3)
    if value is None or parts is None:
        return NOTHING
    amount = Decimal(str(value))
    if not amount.is_finite():
        return NOTHING
    kind = parts["type"] or "f"
    if kind == "s":
        return compact(value, style)
    places = int(parts["precision"]) if parts["precision"] is not None and kind != "d" else (0 if kind == "d" else 2)
    text = _rounded(abs(amount) * (100 if kind == "%" else 1), places)
    if parts["trim"] and "." in text:
        text = text.rstrip("0").rstrip(".")
    return _signed(amount, text, style, percent=kind == "%", comma=bool(parts["comma"]))


def compact(value: Any, style: NumberStyle, *, whole_up_to: int = WHOLE_UP_TO) -> str:
    """Return the figure at a glance: ``$4.60M``, ``71.6%``, ``2,469``; below ``whole_up_to`` digits stay, cents go."""
    if value is None or style.is_share:
        return number(value, style)
    amount = Decimal(str(value))
    if not amount.is_finite():
        return NOTHING
    if abs(amount) < whole_up_to and not style.d3.endswith("s"):
        is_large = style.currency is not None and abs(amount) >= _CENTS_UP_TO
        return number(value, replace(style, d3="$,.0f") if is_large else style)
    scale, letter = next(((s, x) for s, x in _SCALES if abs(amount) >= s), (Decimal(1), ""))
    scaled = abs(amount) / scale
    places = max(0, 2 - scaled.adjusted())  # three digits that count
    return _signed(amount, _rounded(scaled, places), style, letter=letter)


def change(new: Any, old: Any, style: NumberStyle) -> str | None:
    """Return the change from old to new: ``+3.2%``, or points for shares (``+0.9 pt``); None when it has no meaning."""
    if new is None or old is None:
        return None
    now, then = Decimal(str(new)), Decimal(str(old))
    if style.is_share:
        return _plus((now - then) * 100, "\N{NO-BREAK SPACE}pt")
    return None if then <= 0 else _plus((now - then) / then * 100, writing().percent[1] or "%")


def day(value: date) -> str:
    """Return ``30 Nov 2024``."""
    return period(value, "day")


def period(value: date | datetime, grain: str | None) -> str:
    """Return a date at its grain: ``Nov 2024``, ``Q4 2024``, ``30 Nov 2024``."""
    return writing().date(value, _DATES.get(grain or "day", _DATES["day"]))


def days_between(start: date, end: date) -> str:
    """Return both ends without what they share: ``1 Jan - 31 Mar 2024``."""
    if start == end:
        return day(end)
    first = writing().date(start, "MMMd") if start.year == end.year else day(start)
    return f"{first} \N{EN DASH} {day(end)}"


def text(value: Any, style: NumberStyle | None, grain: str | None = None) -> str:
    """Return any cell as text; an en dash for no value."""
    if value is None:
        return NOTHING
    if style is not None:
        return number(value, style)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime) and grain is None:
        return f"{period(value, 'day')}, {value:%H:%M}"
    if isinstance(value, date):
        return period(value, grain)
    return _duration(value) if isinstance(value, timedelta) else str(value)


def _duration(value: timedelta) -> str:
    return f"{decimal(value.total_seconds() / 3600, 1)}\N{NO-BREAK SPACE}h"


def decimal(value: Any, places: int = 2) -> str:
    """Return a number with so many decimals: ``1,234.50``."""
    return number(value, NumberStyle(f",.{places}f"))


def _rounded(amount: Decimal, places: int) -> str:
    return f"{amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP):f}"


def _signed(
    amount: Decimal, digits: str, style: NumberStyle, *, percent: bool = False, comma: bool = False, letter: str = ""
) -> str:
    locale = writing()
    is_zero = not any(c in "123456789" for c in digits)
    sign = _MINUS if amount < 0 and not is_zero else ""
    before, after = locale.currency(style.currency or "USD") if style.d3.startswith("$") else ("", "")
    if percent:
        before, after = locale.percent
    shown = locale.grouped(digits) if comma else locale.ungrouped(digits)
    return f"{sign}{before}{shown}{letter}{after}{style.suffix}"


def _plus(amount: Decimal, suffix: str) -> str:
    digits = _rounded(abs(amount), 1)
    is_zero = not any(c in "123456789" for c in digits)
    return f"{'' if is_zero else '+' if amount > 0 else _MINUS}{writing().grouped(digits)}{suffix}"
