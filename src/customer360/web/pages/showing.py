"""Write values on pages: money, shares, dates, words of column names, and what stands for a masked value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from customer360.dashboards import formats
from customer360.identity.search import HASHED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MINUS = "\N{MINUS SIGN}"
_HASHED = re.compile(HASHED)
_MASKED = Markup('<span class="masked" title="Masked: you have no grant for personal data here.">hidden</span>')
_LEVEL = re.compile(r"(?P<trait>[a-z_]+): (?P<level>.+) \((?P<bits>[+-]\d+(?:\.\d+)?)\)$")
"""One comparison in a text of evidence, as ``identity.evidence`` writes it."""
_DAY = re.compile(r"\b(?:19|20)\d{2}-[01]\d-[0-3]\d\b")
_SMALL_WORDS = {"rfm": "RFM", "clv": "CLV", "id": "ID", "e mail": "e-mail", "email": "E-mail", "12m": "12 months"}


def is_masked(value: object) -> bool:
    """Say whether a text is what a mask left of a value."""
    return isinstance(value, str) and (_HASHED.fullmatch(value) is not None or value == "***")


def known(value: Any) -> str | Markup:
    """Return any value as people read it; *hidden* for a masked one, an en dash for none."""
    if is_masked(value):
        return _MASKED
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{formats.day(value)}, {value:%H:%M}"
    if isinstance(value, date):
        return formats.day(value)
    if isinstance(value, float):
        return formats.decimal(value)
    return formats.NOTHING if value is None or value == "" else str(value)


def dated(text: str) -> str:
    """Return a text with its days as the project writes them: ``2024-11-30`` is *30 Nov 2024*."""

    def written(found: re.Match[str]) -> str:
        try:
            return formats.day(date.fromisoformat(found[0]))
        except ValueError:  # digits that look like a day: they stay
            return found[0]

    return _DAY.sub(written, text)


def money(currency: str) -> Callable[[Any], str]:
    """Return what writes an amount in a currency."""
    return partial(formats.number, style=formats.number_style(currency, None, is_integer=False))


def percent(value: Any, places: int = 0) -> str:
    """Return a share as per cent."""
    return formats.number(value, formats.NumberStyle(f".{places}%"))


def whole(value: Any) -> str:
    """Return a count."""
    return formats.number(value, formats.NumberStyle(",d"))


@dataclass(frozen=True)
class Comparison:
    """What one comparison of two records found, and its weight in bits."""

    name: str
    level: str
    bits: float


def evidence_of(text: str | None) -> tuple[Comparison, ...]:
    """Return the comparisons that a text of evidence tells."""
    found = (_LEVEL.match(part) for part in (text or "").split("; "))
    return tuple(Comparison(each["trait"], each["level"], float(each["bits"])) for each in found if each)


def figure(value: float | None) -> str:
    """Return a figure that is a count, or a share of one."""
    if value is None:
        return formats.NOTHING
    return whole(value) if float(value).is_integer() else formats.decimal(value, 3)


def change(value: float) -> str:
    """Return by how much a figure moved, with its sign."""
    return f"{'+' if value > 0 else _MINUS}{figure(abs(value))}"


def moved(share: float) -> str:
    """Return a share by which something moved, as per cent with its sign."""
    return f"{'+' if share > 0 else _MINUS if share < 0 else ''}{percent(abs(share), 1)}"


def bits(value: float) -> str:
    """Return the weight of evidence in bits, with its sign."""
    return f"{'+' if value > 0 else _MINUS if value < 0 else ''}{formats.decimal(abs(value), 1)}"


def words(name: str) -> str:
    """Return a column's name as words: ``favorite_brand`` is *Favorite brand*."""
    text = name.replace("_", " ")
    first, _, rest = text.partition(" ")
    told = [_SMALL_WORDS.get(first, first.capitalize()), *(_SMALL_WORDS.get(word, word) for word in rest.split())]
    return " ".join(told)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "known": known,
    "dated": dated,
    "words": words,
    "percent": percent,
    "whole": whole,
    "figure": figure,
    "change": change,
    "decimal": formats.decimal,
    "moved": moved,
    "bits": bits,
    "evidence": evidence_of,
}
"""What templates call these functions."""
