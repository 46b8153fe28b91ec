"""Words that say another thing together than each alone are not answered with what each of them says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.ask.insurance import insurer

if TYPE_CHECKING:
    from tests.semantic.shop import MemorySession

    from customer360.ask.edition import Edition

__all__ = ["insurer"]

FIGURES = ("claims", "claim payments", "written premium")
NOT_READ = {
    "what is needed": (
        "how many claims do we need",
        "how many policyholders would we want",
        "how much premium must we require",
    ),
    "a period that is not the last": tuple(f"{figure} next to last month" for figure in FIGURES),
    "before which a period ends": tuple(
        f"{figure} a {unit} before October" for figure in FIGURES for unit in ("week", "month")
    ),
    "a part of each period": (
        "claims on the last day of each month",
        "claims in the last 3 days of every month",
        "claims in the first week of each quarter",
        "claims in the last month of each quarter by area",
    ),
    "for whom it rose": (
        "policyholders who filed more than last month",
        "policyholders who filed less than last year",
        "how many policyholders filed more than last year",
    ),
    "one by the other": ("claims relative to policyholders", "claim payments relative to premium"),
    "one after the other": ("policyholders who filed and then disputed", "policyholders who filed then disputed"),
    "done by them or to them": ("disputed policyholders", "how many disputed policyholders", "filed policyholders"),
    "of each year": ("claims in May since 2022", "claims in October of the last two years", "claims since 2022 in Q3"),
    "ends before it begins": ("claims from October 2024 to March 2024", "claims between 10 May 2024 and 2 May 2024"),
    "of all": (
        "share of Motor policyholders who filed of all policyholders",
        "what percentage of all policyholders are Motor policyholders who filed",
    ),
    "what has ceased": ("policyholders no longer in the North", "how many claims no longer in the North"),
    "by what not": ("claims by line of business but not by area", "claims not by area", "claims by line but not area"),
    "who it is": ("claims team", "premium of the claims team", "payments team in May"),
    "what came back": ("return claims", "return premium last month"),
}
READ = (
    "claims last month",
    "claims a month",
    "claims before October",
    "claims in the last 3 days",
    "claims in the last week by area",
    "how many claims did we have",
    "did we get more claims than last month",
    "how much higher is written premium than last year",
    "claims compared to last month",
    "policyholders who filed and disputed",
    "how many policyholders disputed",
    "claims in May 2024",
    "claims from October 2023 to March 2024",
    "claims from October to March",
    "what percentage of all policyholders are Motor policyholders",
    "share of Motor in claims",
    "return the total claims by area",
    "hi team, claims last month please",
    "claims minus Motor",
)


@pytest.mark.parametrize("kind", NOT_READ)
def test_words_are_not_read_one_by_one(insurer: tuple[Edition, MemorySession], kind: str) -> None:
    found = {text: insurer[0].interpreter.read(text) for text in NOT_READ[kind]}
    assert not {text: made.readings for text, made in found.items() if made.outcome == "read"}


def test_the_same_words_are_read_where_they_say_what_each_says(insurer: tuple[Edition, MemorySession]) -> None:
    found = {text: insurer[0].interpreter.read(text).outcome for text in READ}
    assert set(found.values()) == {"read"}, {text: how for text, how in found.items() if how != "read"}
