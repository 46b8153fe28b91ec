"""List the words of numbers, units and spans of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from customer360.ask.meaning import Grain

MONEY = {
    "$": "USD",
    "\u20ac": "EUR",
    "\u00a3": "GBP",
    "dollar": "USD",
    "usd": "USD",
    "euro": "EUR",
    "eur": "EUR",
    "pound": "GBP",
    "gbp": "GBP",
    "buck": "USD",
}
DURATIONS = {"day": "days", "hour": "hours", "minute": "minutes", "week": "weeks", "month": "months", "year": "years"}

NUMERALS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "hundred": 100,
    "thousand": 1000,
    "dozen": 12,
}
SCALES = {
    "k": 1_000,
    "thousand": 1_000,
    "m": 1_000_000,
    "mio": 1_000_000,
    "mn": 1_000_000,
    "million": 1_000_000,
    "hundred": 100,
    "bn": 1_000_000_000,
    "billion": 1_000_000_000,
}

GRAINS: dict[str, Grain] = {
    "day": "day",
    "date": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
    "calendar day": "day",
    "calendar month": "month",
    "calendar week": "week",
    "calendar year": "year",
    "fiscal quarter": "fiscal_quarter",
    "fiscal year": "fiscal_year",
    "financial year": "fiscal_year",
    "financial quarter": "fiscal_quarter",
    "monthly basis": "month",
    "weekly basis": "week",
    "daily basis": "day",
}
OVER_GRAINS: dict[str, str] = {
    text: grain
    for grain, short in (("day", "dod"), ("week", "wow"), ("month", "mom"), ("quarter", "qoq"))
    for text in (
        f"{grain} over {grain}",
        f"{grain} on {grain}",
        f"{grain} to {grain}",
        f"{grain} versus {grain}",
        short,
    )
}
"""Each period against the one before it."""
GRAIN_ADJECTIVES: dict[str, str] = {
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "annual": "year",
    "annually": "year",
    "month by month": "month",
    "day by day": "day",
    "week by week": "week",
    "year by year": "year",
    "quarter by quarter": "quarter",
    "by day": "day",
}
