"""What a question says must leave a trace in its reading: else it is not answered, or the person is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.ask.insurance import AREA, CLAIMS, LINE, insurer, rows

if TYPE_CHECKING:
    from tests.semantic.shop import MemorySession

    from customer360.ask.edition import Edition

__all__ = ["insurer"]


@pytest.mark.parametrize(
    "question",
    [
        # the figure of one, not that of all
        "claims a policyholder files per month",
        "how many claims does a policyholder file",
        "how much does a policyholder top up",
        # what is counted or listed
        "who filed a claim",
        # groups that were joined
        "claims of policyholders in the North and of Motor policyholders",
        # conditions that exclude each other, or exclude nothing
        "policyholders who filed at least 3 claims and did not file since July",
        "policyholders who filed 2 claims in May but not in Q3",
        "policyholders with claims in the North but not in the South",
        # names
        "what is the open claim",
        "what is the difference between payments and premium",
        "policyholders with claims above 300",
        # a range that wraps
        "payments between October and September",
    ],
)
def test_what_leaves_no_trace_is_not_answered(insurer: tuple[Edition, MemorySession], question: str) -> None:
    found = insurer[0].interpreter.read(question)
    assert found.outcome != "read", found.readings


@pytest.mark.parametrize(
    "question",
    [
        "how many policyholders disputed in May",
        "how many claims were disputed",
        "policyholders with claims above 3",
        "claims in the North and the South",
        "claims of Motor policyholders in the North",
        "policyholders who filed a claim in May but not in June",
        "payments between May and July",
        "what percentage of Motor policyholders disputed",
    ],
)
def test_what_is_said_wholly_is_still_answered(insurer: tuple[Edition, MemorySession], question: str) -> None:
    assert insurer[0].interpreter.read(question).outcome == "read"


def _claims(month: int) -> int:
    return sum(claim[2].month == month for claim in CLAIMS)


def test_a_difference_of_two_months_is_of_one_year_the_later_against_the_earlier(
    insurer: tuple[Edition, MemorySession],
) -> None:
    for question in (
        "difference in claims between October and September",
        "difference in claims between September and October",
    ):
        (row,) = rows(insurer, question)
        assert row[:2] == (_claims(10), _claims(9)), question


def test_two_values_between_two_months_are_shown_over_the_whole_range(insurer: tuple[Edition, MemorySession]) -> None:
    question = "difference in claims between Motor and Home between May and July"
    found = insurer[0].interpreter.read(question)
    wanted = {
        line: sum(LINE[claim[1]] == line and 5 <= claim[2].month <= 7 for claim in CLAIMS) for line in ("Motor", "Home")
    }
    assert dict(rows(insurer, question)) == wanted
    assert any("side by side" in note for note in found.readings[0].notes)


def test_what_is_outside_of_a_value_says_that_the_unknown_count(insurer: tuple[Edition, MemorySession]) -> None:
    found = insurer[0].interpreter.read("claims outside the North")
    assert rows(insurer, "claims outside the North") == [(sum(AREA[claim[1]] != "North" for claim in CLAIMS),)]
    assert any("not known" in note for note in found.readings[0].notes)
