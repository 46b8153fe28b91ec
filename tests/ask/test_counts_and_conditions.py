"""How many, and which, under conditions: numbers said before and behind, times told by others, what was not done."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from tests.ask.insurance import AREA, CLAIMS, HOLDERS, PREMIUMS, insurer, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.semantic.shop import MemorySession

    from customer360.ask.edition import Edition

__all__ = ["insurer"]

MADE = Counter(claim[1] for claim in CLAIMS)
KEYS = [holder[0] for holder in HOLDERS]


def filed(month: int) -> set[int]:
    return {claim[1] for claim in CLAIMS if claim[2].month == month}


def topped_up(month: int) -> set[int]:
    return {premium[1] for premium in PREMIUMS if premium[2].month == month}


def declined(insurer: tuple[Edition, MemorySession], question: str) -> bool:
    return insurer[0].interpreter.read(question).outcome != "read"


OVER_3 = (
    "more than 3 claims|over three claims|upwards of 3 claims|in excess of 3 claims|> 3 claims|well over 3 claims|"
    "a total of more than 3 claims|strictly more than 3 claims|more than 3 claims overall"
)
FROM_4 = (
    "at least 4 claims|4 claims or more|four or more claims|4+ claims|no fewer than 4 claims|4 claims at least|"
    "a minimum of 4 claims|4 claims minimum|4 claims and up|from 4 claims upwards|a total of 4 claims or more|"
    "at the very least 4 claims|4 claims or above"
)
TO_3 = (
    "at least one claim but no more than 3|more than 0 but fewer than 4 claims|1 to 3 claims|1-3 claims|"
    "between 1 and 3 claims|between one and three claims inclusive|at least 1 and at most 3 claims|"
    "anywhere between 1 and 3 claims"
)
JUST_3 = "exactly 3 claims|3 claims exactly|just three claims|precisely 3 claims|a total of 3 claims"
OVER_1 = "more than one claim|more than a single claim|more than just one claim|over one claim"
FROM_1 = "at least one claim|one claim or more|a minimum of one claim|at least a single claim"
NUMBERS: list[tuple[Callable[[int], bool], str]] = [
    (lambda n: n > 3, OVER_3),
    (lambda n: n >= 4, FROM_4),
    (lambda n: 0 < n <= 3, TO_3),
    (lambda n: n == 3, JUST_3),
    (lambda n: n > 1, OVER_1),
    (lambda n: n >= 1, FROM_1),
]


@pytest.mark.parametrize(("holds", "numbers"), NUMBERS)
def test_a_number_is_said_before_and_behind_what_it_is_of(
    insurer: tuple[Edition, MemorySession], holds: Callable[[int], bool], numbers: str
) -> None:
    fulfilling = sum(holds(MADE[key]) for key in KEYS)
    for at, number in enumerate(numbers.split("|")):
        frame = ("how many policyholders have {}", "how many policyholders filed {}", "number of policyholders with {}")
        assert rows(insurer, frame[at % 3].format(number)) == [(fulfilling,)], number


@pytest.mark.parametrize(
    "question",
    [
        "which policyholders filed 4 claims or more",
        "which of our policyholders have at least 4 claims",
        "every policyholder who filed at least 4 claims",
        "list all those policyholders with 4 or more claims",
        "policyholders who have altogether filed at least 4 claims",
        "over the years, which policyholders filed at least 4 claims",
        "policyholders with 4 claims or more to date",
        "policyholders who filed at least four times",
        "which policyholder has filed 4 claims or more",
    ],
)
def test_who_has_so_many_is_listed(insurer: tuple[Edition, MemorySession], question: str) -> None:
    assert len(rows(insurer, question)) == sum(made >= 4 for made in MADE.values())


BOTH, FIRST_ONLY, NEITHER = 0, 1, 2
DEEDS = [
    (BOTH, "how many policyholders filed a claim in March and topped up in that month"),
    (BOTH, "how many policyholders filed a claim in March 2024 and topped up in that same month"),
    (BOTH, "of the policyholders who filed a claim in March, how many also topped up in March"),
    (BOTH, "how many policyholders with claims also had top-ups in March"),
    (FIRST_ONLY, "how many policyholders filed a claim in March without topping up in that month"),
    (FIRST_ONLY, "of the policyholders who filed a claim in March, how many did not top up in March"),
    (FIRST_ONLY, "among policyholders who filed in March, how many have not topped up in March"),
    (FIRST_ONLY, "policyholders who filed a claim in March, how many of them did not top up that month"),
    (NEITHER, "how many policyholders neither filed a claim nor topped up in March"),
    (NEITHER, "how many policyholders had neither claims nor top-ups in March"),
    (NEITHER, "how many policyholders did not file a claim or top up in March"),
]


@pytest.mark.parametrize(("wanted", "question"), DEEDS)
def test_two_deeds_keep_their_times(insurer: tuple[Edition, MemorySession], wanted: int, question: str) -> None:
    one, other = filed(3), topped_up(3)
    sets = {BOTH: one & other, FIRST_ONLY: one - other, NEITHER: set(KEYS) - one - other}
    assert rows(insurer, question) == [(len(sets[wanted]),)]


@pytest.mark.parametrize(
    "question",
    [
        "how many policyholders filed a claim in March but not in the month after",
        "how many policyholders filed a claim in March but not the following month",
        "how many policyholders filed in March but did not file any claim a month later",
        "of the policyholders who filed a claim in March, how many did not file a single claim the next month",
        "how many policyholders filed a claim in March but nothing in April",
        "how many policyholders filed a claim in March but failed to file in April",
        "how many policyholders filed a claim in March and no longer in April",
    ],
)
def test_the_month_after_is_told_by_the_one_before(insurer: tuple[Edition, MemorySession], question: str) -> None:
    assert rows(insurer, question) == [(len(filed(3) - filed(4)),)]


@pytest.mark.parametrize(
    "question",
    [
        "how many policyholders are in the north and filed a claim in March",
        "how many policyholders whose area is North filed a claim in March",
        "how many policyholders in the north filed a claim in March",
        "of the policyholders in the north, how many filed a claim in March",
        "how many policyholders filed a claim in March and live in the north",
        "of the policyholders who filed a claim in March, how many are in the north",
    ],
)
def test_attributes_stand_beside_deeds(insurer: tuple[Edition, MemorySession], question: str) -> None:
    assert rows(insurer, question) == [(sum(AREA[key] == "North" for key in filed(3)),)]


def test_months_are_counted_under_a_condition(insurer: tuple[Edition, MemorySession]) -> None:
    claims = Counter(claim[2].month for claim in CLAIMS)
    wanted = [(sum(number > 18 for number in claims.values()),)]
    for question in (
        "how many months in 2024 had more than 18 claims",
        "in how many months of 2024 were claims above 18",
    ):
        assert rows(insurer, question) == wanted


@pytest.mark.parametrize(
    "question",
    [
        "claims in that month",  # of which
        "how many policyholders filed a claim the following month",
        "how many policyholders filed in May and topped up in that quarter",  # a month is no quarter
        "how many policyholders filed in every month of 2024",  # in all of them, or month by month
        "how many policyholders received more than 3 claims",  # nobody receives what he files
        "how many policyholders filed a claim 3 or more",
    ],
)
def test_what_a_time_or_number_is_of_is_never_guessed(insurer: tuple[Edition, MemorySession], question: str) -> None:
    assert declined(insurer, question)
