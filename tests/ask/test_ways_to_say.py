"""The same thing said otherwise: tails of rankings, people by any word, pairs of deeds, times within times."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import TYPE_CHECKING

import pytest
from tests.ask.insurance import AREA, CLAIMS, HOLDERS, LINE, PREMIUMS, insurer, rows

from customer360.ask.nearwords import NearWords
from customer360.ask.words import tokens

if TYPE_CHECKING:
    from tests.semantic.shop import MemorySession

    from customer360.ask.edition import Edition

__all__ = ["insurer"]

Insurer = "tuple[Edition, MemorySession]"
PAID: dict[int, float] = defaultdict(float)
for _claim in CLAIMS:
    PAID[_claim[1]] += _claim[3]


def filed(month: int) -> set[int]:
    return {claim[1] for claim in CLAIMS if claim[2].month == month}


def declined(insurer: tuple[Edition, MemorySession], question: str) -> bool:
    return insurer[0].interpreter.read(question).outcome != "read"


@pytest.mark.parametrize(
    "question",
    [
        "which two lines of business have the highest payouts",
        "two branches with the highest payouts",
        "2 lines where we see the highest payouts",
        "payouts by line of business, top 2",
        "payouts per branch, top two only",
        "list 2 lines with the most payouts",
    ],
)
def test_a_ranking_may_be_said_in_any_order(insurer: tuple[Edition, MemorySession], question: str) -> None:
    paid: dict[str, float] = defaultdict(float)
    for claim in CLAIMS:
        paid[LINE[claim[1]]] += claim[3]
    best = sorted(paid, key=lambda line: -paid[line])[:2]
    assert [row[0] for row in rows(insurer, question)] == best


def test_the_worst_of_a_breakdown_goes_by_what_is_better(insurer: tuple[Edition, MemorySession]) -> None:
    days: dict[str, list[int]] = defaultdict(list)
    for claim in CLAIMS:
        days[LINE[claim[1]]].append(claim[5])
    slowest = max(days, key=lambda line: sum(days[line]) / len(days[line]))
    assert rows(insurer, "settlement time by line of business, worst 1")[0][0] == slowest
    assert declined(insurer, "payouts by line of business and area, top 2")


def test_both_deeds_and_both_times(insurer: tuple[Edition, MemorySession]) -> None:
    both = filed(5) & filed(6)
    for words in ("insured filed in both May and June 2024", "policyholders filed in May and again in June 2024"):
        assert rows(insurer, f"how many {words}") == [(len(both),)], words


def test_never_with_something_else(insurer: tuple[Edition, MemorySession]) -> None:
    opened = {claim[1] for claim in CLAIMS if claim[4] == "Open"}
    settled = {claim[1] for claim in CLAIMS if claim[4] == "Settled"}
    (count,) = rows(insurer, "how many policyholders filed Open claims but never Settled")[0]
    assert count == len(opened - settled)


def test_not_for_so_many_days(insurer: tuple[Edition, MemorySession]) -> None:
    late = {claim[1] for claim in CLAIMS if claim[2] > date(2024, 10, 1)}
    found = rows(insurer, "list the policyholders who have not filed for 60 days")
    assert {row[0] for row in found} == {key for number, key, *_ in HOLDERS if number not in late}


def test_a_share_of_those_who_did_is_not_one_of_all(insurer: tuple[Edition, MemorySession]) -> None:
    assert declined(insurer, "what percentage of policyholders who filed in May also filed in June")


def test_two_or_three(insurer: tuple[Edition, MemorySession]) -> None:
    counts = Counter(claim[1] for claim in CLAIMS).values()
    found = rows(insurer, "how many policyholders with 3 or 4 claims")
    assert found == [(sum(count in (3, 4) for count in counts),)]


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("in 2024, October", "2024-10-01", "2024-10-31"),
        ("since January, this year", "2024-01-01", "2024-11-30"),
        ("2024 so far", "2024-01-01", "2024-12-31"),
        ("full year 2024", "2024-01-01", "2024-12-31"),
        ("in the first half of October", "2024-10-01", "2024-10-15"),
        ("in the second half of October 2024", "2024-10-16", "2024-10-31"),
        ("for the week of 13 November", "2024-11-11", "2024-11-17"),
        ("from 1 October 2024 to end of year", "2024-10-01", "2024-12-31"),
    ],
)
def test_a_time_within_a_time(insurer: tuple[Edition, MemorySession], words: str, first: str, last: str) -> None:
    found = insurer[0].interpreter.read(f"claims {words}")
    assert found.outcome == "read", found.what
    time = found.readings[0].query.time
    days = insurer[0].words.days(time) if time else None
    assert days is not None
    assert (str(days.start), str(days.end)) == (first, last)


def test_times_that_do_not_meet_are_not_read(insurer: tuple[Edition, MemorySession]) -> None:
    for words in ("last 10 days in 2023", "in May, in June", "this year in 2023"):
        assert declined(insurer, f"claims {words}"), words


def test_what_is_compared_may_be_left_out(insurer: tuple[Edition, MemorySession]) -> None:
    for question, to in (
        ("claims this quarter against last", None),
        ("claims last 7 days compared with the 7 before", "previous period"),
        ("claims year to date vs same period 2023", "same period last year"),
        ("claims year to date vs last year to date", "same period last year"),
    ):
        found = insurer[0].interpreter.read(question)
        assert found.outcome == "read", question
        compare = found.readings[0].query.compare
        assert compare is not None, question
        assert compare.to == to, question
    for question in ("claims last 7 days compared with the 14 before", "claims year to date vs same period 2021"):
        assert declined(insurer, question), question


def test_values_against_each_other_keep_their_nouns(insurer: tuple[Edition, MemorySession]) -> None:
    by_line = Counter(LINE[claim[1]] for claim in CLAIMS)
    assert dict(rows(insurer, "claims of Motor policyholders vs Home")) == {k: by_line[k] for k in ("Motor", "Home")}
    assert dict(rows(insurer, "Motor vs Home vs Travel claims")) == by_line


def test_words_that_say_nothing_are_left_out_last(insurer: tuple[Edition, MemorySession]) -> None:
    north = sum(AREA[claim[1]] == "North" for claim in CLAIMS)
    assert rows(insurer, "the claims which came in from the North") == [(north,)]
    assert declined(insurer, "how many claims we received in the North, nothing else")
    assert declined(insurer, "how many policyholders came")


def test_what_stands_behind_a_deed_is_said_of_it(insurer: tuple[Edition, MemorySession]) -> None:
    assert declined(insurer, "premium from policyholders who topped up Settled")
    for question in ("policyholders who only filed Open claims", "policyholders who filed only Open claims"):
        assert declined(insurer, question), question


def test_an_order_above_is_no_number_of_orders(insurer: tuple[Edition, MemorySession]) -> None:
    assert declined(insurer, "policyholders who filed a claim above 3")
    many = sum(count > 3 for count in Counter(claim[1] for claim in CLAIMS).values())
    assert len(rows(insurer, "policyholders with claims above 3")) == many


def test_a_month_before_a_noun_is_that_month(insurer: tuple[Edition, MemorySession]) -> None:
    october = [claim for claim in CLAIMS if claim[2].month == 10]
    assert rows(insurer, "October claims") == [(len(october),)]
    assert declined(insurer, "October claims by year")


def test_units_said_must_be_the_metric_s(insurer: tuple[Edition, MemorySession]) -> None:
    assert rows(insurer, "settlement time in days")[0][0] == pytest.approx(sum(c[5] for c in CLAIMS) / len(CLAIMS))
    assert declined(insurer, "settlement time in hours")


def test_a_second_sentence_says_more_of_the_first(insurer: tuple[Edition, MemorySession]) -> None:
    found = rows(insurer, "Claims by area? For May 2024 please.")
    assert dict(found) == Counter(AREA[claim[1]] for claim in CLAIMS if claim[2].month == 5)


def test_a_fall_that_did_is_no_season() -> None:
    assert "drop" in [token.text for token in tokens("how much did payouts fall in May")]
    assert "fall" in [token.text for token in tokens("payouts in fall")]


def test_may_is_a_month_only_where_one_may_stand() -> None:
    for text in ("policyholders may be written to", "whom may we write to", "those we may still call"):
        assert "may" not in [token.text for token in tokens(text)], text
    assert "may" in [token.text for token in tokens("claims in May and June")]


def test_another_word_is_no_slip_of_the_pen(insurer: tuple[Edition, MemorySession]) -> None:
    near: NearWords = insurer[0].interpreter.near
    assert near.correction("cloims") == "claim"
    assert near.correction("premum") == "premium"
    assert near.correction("clains") is None or near.correction("clains") == "claim"
    assert near.correction("plaims") is None  # a letter from the other end of the keyboard


def test_which_asks_for_things_and_a_count_is_none(insurer: tuple[Edition, MemorySession]) -> None:
    assert declined(insurer, "which number of insured")
    assert sum(row[-1] for row in rows(insurer, "premium by area, top 1")) == pytest.approx(
        max(sum(premium[3] for premium in PREMIUMS if AREA[premium[1]] == area) for area in set(AREA.values()))
    )
