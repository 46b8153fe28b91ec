"""Frames of whole questions: how long, in which of them, what verbs say of things, and words that stay unread."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest
from tests.ask.insurance import AREA, AS_OF, CLAIMS, HOLDERS, LINE, insurer, rows

from customer360.ask.edition import Edition

if TYPE_CHECKING:
    from tests.semantic.shop import MemorySession

__all__ = ["insurer"]


@pytest.mark.parametrize(
    "question",
    [
        "how long does it take to settle a claim",
        "how long does it take us to settle claims?",
        "how long is the settlement time",
        "how quickly do we settle claims",
    ],
)
def test_how_long_asks_for_a_duration(insurer: tuple[Edition, MemorySession], question: str) -> None:
    assert rows(insurer, question)[0][0] == pytest.approx(sum(claim[5] for claim in CLAIMS) / len(CLAIMS))


def test_longest_asks_for_a_duration_and_never_for_the_most(insurer: tuple[Edition, MemorySession]) -> None:
    days: dict[str, list[int]] = defaultdict(list)
    for claim in CLAIMS:
        days[LINE[claim[1]]].append(claim[5])
    mean = {line: sum(each) / len(each) for line, each in days.items()}
    assert rows(insurer, "which line has the longest settlement time")[0][0] == max(mean, key=lambda line: mean[line])
    assert rows(insurer, "which line has the shortest settlement time")[0][0] == min(mean, key=lambda line: mean[line])
    assert insurer[0].interpreter.read("which line has the longest claims").outcome != "read"


def test_in_which_is_a_breakdown_until_the_highest_is_asked_for(insurer: tuple[Edition, MemorySession]) -> None:
    filed = Counter(LINE[claim[1]] for claim in CLAIMS)
    assert dict(rows(insurer, "in which line of business are claims filed")) == filed
    paid: dict[str, float] = defaultdict(float)
    for claim in CLAIMS:
        paid[LINE[claim[1]]] += claim[3]
    (top,) = rows(insurer, "in which line of business were payouts highest")
    assert top[0] == max(paid, key=lambda line: paid[line])
    (low,) = rows(insurer, "for which line were payouts the lowest")
    assert low[0] == min(paid, key=lambda line: paid[line])


def test_one_by_one_is_a_breakdown(insurer: tuple[Edition, MemorySession]) -> None:
    assert dict(rows(insurer, "area by area: claims")) == Counter(AREA[claim[1]] for claim in CLAIMS)
    assert dict(rows(insurer, "claims/area")) == Counter(AREA[claim[1]] for claim in CLAIMS)


def test_what_is_still_to_be_done_is_not_what_was_done(insurer: tuple[Edition, MemorySession]) -> None:
    for question in ("how many claims must we settle", "how many claims can we file", "claims we have to report"):
        assert insurer[0].interpreter.read(question).outcome != "read", question


def test_politeness_that_asks_is_no_ability(insurer: tuple[Edition, MemorySession]) -> None:
    for question in ("can we see claims by area", "could you show me claims by area", "may I see the claims by area"):
        assert dict(rows(insurer, question)) == Counter(AREA[claim[1]] for claim in CLAIMS), question


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("Q3 24", "2024-07-01", "2024-09-30"),
        ("H1 24", "2024-01-01", "2024-06-30"),
        ("sep 24", "2024-09-01", "2024-09-30"),
        ("in september 24", "2024-09-01", "2024-09-30"),
        ("on oct 24", "2024-10-24", "2024-10-24"),
        ("on 24 oct", "2024-10-24", "2024-10-24"),
        ("last q", "2024-07-01", "2024-09-30"),
        ("so far this year", "2024-01-01", "2024-11-30"),
        ("month to date", "2024-11-01", "2024-11-30"),
        ("2024 only", "2024-01-01", "2024-12-31"),
    ],
)
def test_short_periods(insurer: tuple[Edition, MemorySession], words: str, first: str, last: str) -> None:
    found = insurer[0].interpreter.read(f"claims {words}")
    assert found.outcome == "read", found.what
    time = found.readings[0].query.time
    days = insurer[0].words.days(time) if time else None
    assert days is not None
    assert (str(days.start), str(days.end)) == (first, last)


def test_how_many_may_stand_at_the_end(insurer: tuple[Edition, MemorySession]) -> None:
    many = sum(count > 3 for count in Counter(claim[1] for claim in CLAIMS).values())
    assert rows(insurer, "policyholders with more than 3 claims, how many?") == [(many,)]
    north = sum(AREA[claim[1]] == "North" for claim in CLAIMS)
    assert rows(insurer, "claims in the North - how many") == [(north,)]


def test_things_by_a_group_are_counted(insurer: tuple[Edition, MemorySession]) -> None:
    filed = Counter(claim[1] for claim in CLAIMS)
    many = Counter(AREA[key] for key, count in filed.items() if count > 3)
    assert dict(rows(insurer, "policyholders with more than 3 claims by area")) == many


def test_an_order_is_no_question(insurer: tuple[Edition, MemorySession]) -> None:
    for question in ("file a claim for North", "settle the claims of North", "report Motor"):
        assert insurer[0].interpreter.read(question).outcome != "read", question


def test_a_running_total_ends_today(insurer: tuple[Edition, MemorySession]) -> None:
    filed = Counter(claim[2].month for claim in CLAIMS)
    so_far = [sum(filed[month] for month in range(1, last + 1)) for last in range(1, AS_OF.month + 1)]
    for words in ("cumulative claims per month in 2024", "running total of claims by month in 2024"):
        assert [row[-1] for row in rows(insurer, words)] == so_far, words
    spring = [sum(filed[month] for month in range(4, last + 1)) for last in (4, 5, 6)]
    assert [row[-1] for row in rows(insurer, "cumulative claims by month in Q2 2024")] == spring
    assert insurer[0].interpreter.read("cumulative claims by month since March 2024").outcome == "impossible"


def test_how_big_asks_for_a_size_and_not_for_how_many(insurer: tuple[Edition, MemorySession]) -> None:
    for question in (
        "how big are our claims",
        "how large were the claims in May",
        "how good are claims",
        "how open are claims",
    ):
        assert insurer[0].interpreter.read(question).outcome != "read", question
    assert rows(insurer, "how high is the number of claims") == [(len(CLAIMS),)]
    assert rows(insurer, "how high are payouts")[0][0] == pytest.approx(sum(claim[3] for claim in CLAIMS))


def test_words_that_change_a_number_are_no_courtesy(insurer: tuple[Edition, MemorySession]) -> None:
    for question in ("policyholders who filed a lot of claims", "claims settled quickly", "record payouts by month"):
        assert insurer[0].interpreter.read(question).outcome != "read", question


def test_money_is_asked_in_the_money_it_is_kept_in(insurer: tuple[Edition, MemorySession]) -> None:
    paid = pytest.approx(sum(claim[3] for claim in CLAIMS))
    assert rows(insurer, "payouts in euros")[0][0] == paid
    assert insurer[0].interpreter.read("payouts in dollars").outcome == "impossible"
    assert insurer[0].interpreter.read("claims in euros").outcome == "impossible"


def test_spans_of_time_said_otherwise(insurer: tuple[Edition, MemorySession]) -> None:
    filed = Counter(claim[2].month for claim in CLAIMS)
    for question in ("claims over the months of 2024", "claims month for month in 2024"):
        assert {row[0].month: row[1] for row in rows(insurer, question)} == filed, question


def test_what_is_left_out_may_be_said_behind_it(insurer: tuple[Edition, MemorySession]) -> None:
    kept = sum(claim[4] != "Settled" for claim in CLAIMS)
    for question in ("claims, Settled ones excluded", "how many claims, Settled left out"):
        assert rows(insurer, question) == [(kept,)], question


def test_how_many_times_counts_what_was_done(insurer: tuple[Edition, MemorySession]) -> None:
    assert rows(insurer, "how many times did policyholders file in May 2024") == [
        (sum(claim[2].month == 5 for claim in CLAIMS),)
    ]


def test_a_time_may_stand_before_what_it_is_of(insurer: tuple[Edition, MemorySession]) -> None:
    year = {row[0]: row[2] for row in rows(insurer, "what share of 2024 payouts does each area make up")}
    paid: dict[str, float] = defaultdict(float)
    for claim in CLAIMS:
        paid[AREA[claim[1]]] += claim[3]
    assert year == {area: pytest.approx(total / sum(paid.values())) for area, total in paid.items()}


def test_two_sentences_are_read_when_they_say_the_same(insurer: tuple[Edition, MemorySession]) -> None:
    filed = Counter(AREA[claim[1]] for claim in CLAIMS)
    assert dict(rows(insurer, "Claims by area? The number of claims for each area please")) == filed
    assert insurer[0].interpreter.read("Claims by area? Payouts by area").outcome != "read"


def test_spans_of_time_with_a_condition_are_listed(insurer: tuple[Edition, MemorySession]) -> None:
    filed = Counter(claim[2].month for claim in CLAIMS)
    busy = sum(count > 18 for count in filed.values())
    assert 0 < busy < len(filed)
    for words in ("months of 2024 with more than 18 claims", "in which months of 2024 were claims above 18"):
        assert len(rows(insurer, words)) == busy, words


def test_things_by_their_attributes_are_listed(insurer: tuple[Edition, MemorySession]) -> None:
    north = {holder[1] for holder in HOLDERS if holder[3] == "North"}
    for words in ("list the policyholders whose area is North", "list the policyholder ids in the North"):
        assert {row[0] for row in rows(insurer, words)} == north, words


def test_higher_than_then_shows_both(insurer: tuple[Edition, MemorySession]) -> None:
    filed = Counter(claim[2].month for claim in CLAIMS)
    (row,) = rows(insurer, "were claims in May 2024 higher than in June 2024?")
    assert row[:2] == (filed[5], filed[6])
