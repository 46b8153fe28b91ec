"""Know how languages and countries write numbers and dates (CLDR by Babel), and how this thread of work writes.

A project chooses with ``locale:``. ``en`` without a country writes days first (30 Nov 2024), with signs of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from babel import Locale as Known
from babel.core import UnknownLocaleError
from babel.dates import format_skeleton
from babel.numbers import get_currency_symbol

PLAIN = "en"
_PLAIN_DATES = {"yMMMd": "%-d %b %Y", "MMMd": "%-d %b", "yMMM": "%b %Y", "yQQQ": "Q%q %Y", "y": "%Y"}
_DIGITS = "#,##0"
_MONDAY_FIRST = 6
"""The number of Sunday in CLDR, whose week d3 begins with."""
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "BRL": "R$"}


@dataclass(frozen=True)
class Locale:
    """How one language and country write."""

    name: str

    @cached_property
    def _known(self) -> Known:
        return Known.parse(self.name)

    @cached_property
    def decimal(self) -> str:
        """The sign before the decimals."""
        return str(self._known.number_symbols["latn"]["decimal"])

    @cached_property
    def thousands(self) -> str:
        """The sign between groups of digits."""
        return str(self._known.number_symbols["latn"]["group"])

    @cached_property
    def groups(self) -> tuple[int, int]:
        """How many digits the last group has, and those before it."""
        last, before = self._known.decimal_formats[None].grouping
        return int(last), int(before)

    @cached_property
    def percent(self) -> tuple[str, str]:
        """What stands before and after a share in per cent."""
        return _around(self._known.percent_formats[None].pattern)

    def currency(self, code: str) -> tuple[str, str]:
        """Return what stands before and after an amount: ``$``, or a no-break space and ``€`` behind."""
        if self.name == PLAIN:
            return _SIGNS.get(code, f"{code}\N{NARROW NO-BREAK SPACE}"), ""
        sign = get_currency_symbol(code, locale=self._known)
        before, after = _around(self._known.currency_formats["standard"].pattern.partition(";")[0])
        if sign.isalpha() and before == "¤":
            before = "¤\N{NO-BREAK SPACE}"
        return before.replace("¤", sign), after.replace("¤", sign)

    def date(self, value: date, skeleton: str) -> str:
        """Return a date of which the skeleton names the parts (``yMMMd``, ``yMMM``, ``yQQQ``), in the local order."""
        if self.name == PLAIN:
            return value.strftime(_PLAIN_DATES[skeleton].replace("%q", str((value.month + 2) // 3)))
        return _date(self.name, date(value.year, value.month, value.day), skeleton)

    def grouped(self, digits: str) -> str:
        """Return a text of digits (``1234567.5``) with the local signs between groups and before decimals."""
        whole, _, rest = digits.partition(".")
        last, before = self.groups
        parts, head = [whole[-last:]], whole[:-last]
        while head:
            parts.append(head[-before:])
            head = head[:-before]
        shown = self.thousands.join(reversed(parts))
        return f"{shown}{self.decimal}{rest}" if rest else shown

    def ungrouped(self, digits: str) -> str:
        """Return a text of digits with the local sign before decimals."""
        return digits.replace(".", self.decimal)

    def for_vega(self, currency: str) -> dict[str, Any]:
        """Return the locale of a chart as d3 takes it."""
        last, before = self.groups
        number = {
            "decimal": self.decimal,
            "thousands": self.thousands,
            "grouping": [last] if last == before else [last, *[before] * 6],
            "currency": list(self.currency(currency)),
        }
        if self.name == PLAIN:
            return {"number": number}
        return {"number": {**number, "percent": self.percent[1] or "%"}, "time": self._time()}

    def _time(self) -> dict[str, Any]:
        known = self._known
        months, days = known.months["stand-alone"], known.days["stand-alone"]
        sundays = (_MONDAY_FIRST, *range(_MONDAY_FIRST))
        periods = known.day_periods["format"]["abbreviated"]
        return {
            "dateTime": "%x, %X",
            "date": "%d.%m.%Y",
            "time": "%H:%M:%S",
            "periods": [periods.get("am", "AM"), periods.get("pm", "PM")],
            "days": [days["wide"][day] for day in sundays],
            "shortDays": [days["abbreviated"][day] for day in sundays],
            "months": [months["wide"][month] for month in range(1, 13)],
            "shortMonths": [known.months["format"]["abbreviated"][month] for month in range(1, 13)],
        }


def later(text: str) -> str:
    """Return a text as it is, noted for the catalogue of texts: a page looks it up when it is shown."""
    return text


def _around(pattern: str) -> tuple[str, str]:
    """Return what a pattern of CLDR has before and after its digits."""
    digits = [at for at, sign in enumerate(pattern) if sign in "#,0."]
    return pattern[: digits[0]].strip("\u200f\u200e"), pattern[digits[-1] + 1 :].strip("\u200f\u200e")


@lru_cache(maxsize=8192)
def _date(name: str, value: date, skeleton: str) -> str:
    return str(format_skeleton(skeleton, value, locale=name))


@lru_cache(maxsize=64)
def named(name: str) -> Locale:
    """Return a locale by name (``de``, ``de_CH``, ``en_US``). Errors: ValueError for none that is known."""
    try:
        known = Known.parse(name.replace("-", "_"))
    except (UnknownLocaleError, TypeError) as error:
        raise ValueError(name) from error
    return Locale(str(known))


_WRITING: ContextVar[str] = ContextVar("writing", default=PLAIN)


def writing() -> Locale:
    """Return how this thread of work writes."""
    return named(_WRITING.get())


@contextmanager
def written_as(name: str) -> Iterator[None]:
    """Let everything within the block be written as a language and country do, also in threads started for it."""
    token = _WRITING.set(named(name).name)
    try:
        yield
    finally:
        _WRITING.reset(token)
