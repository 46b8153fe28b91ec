"""Every way to say a time, at every place of a question, is the same days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.ask.insurance import insurer

if TYPE_CHECKING:
    from tests.semantic.shop import MemorySession

    from customer360.ask.edition import Edition

__all__ = ["insurer"]

TIMES: dict[tuple[str | None, str], str] = {
    ("2024-10-01", "2024-10-31"): (
        "in October|in Oct '24|in 10/2024|throughout October|this October|over the course of October|"
        "last month|the month just gone|in the last full month|in the most recent full month|a month ago"
    ),
    ("2024-11-01", "2024-11-30"): (
        "this month|MTD|since the start of the month|since the month began|in the running month|since 1 November|"
        "in the last 30 days|the 30 days up to today|last 30d|L30D|past thirty days"
    ),
    ("2024-07-01", "2024-09-30"): (
        "in Q3 2024|in 2024-Q3|in Q3/2024|in 3Q24|Q3'24|Jul-Sep 2024|Jul - Sep 2024|from July through to September|"
        "in quarter three of 2024|last quarter|the quarter just gone|in this year's third quarter"
    ),
    ("2024-01-01", "2024-06-30"): (
        "in H1 2024|in 1H24|in the first six months of 2024|in the first two quarters of 2024|Jan-Jun 2024|"
        "in the first half of the year|from Q1 to Q2 2024|in half 1 of 2024"
    ),
    ("2024-01-01", "2024-09-30"): (
        "in the first three quarters of 2024|in the first 3 quarters|Q1-Q3 2024|in the first nine months of the year|"
        "in 2024's first three quarters|from the first to the third quarter of 2024|January to September"
    ),
    ("2024-01-01", "2024-03-31"): "Jan to March 24|Jan-Mar '24|from January up to and including March|Q1 this year",
    ("2023-10-01", "2023-12-31"): (
        "in the last three months of 2023|in the final quarter of last year|in last year's Q4|Q4 23|Oct-Dec 2023"
    ),
    ("2023-07-01", "2023-12-31"): "in the second half of last year|in the latter half of 2023|in 2H 2023",
    ("2023-01-01", "2023-12-31"): (
        "in 2023|in fiscal 2023|in CY2023|in FY23|last year|in the last full year|for 2023 as a whole|in 2023 overall"
    ),
    ("2022-01-01", "2022-12-31"): "two years ago|the year before last|in calendar 2022",
    ("2024-11-01", "2024-11-07"): (
        "in the first week of November|from 1 to 7 November|November 1-7|in the first seven days of November"
    ),
    ("2024-10-25", "2024-10-31"): "in the last week of October|in the final seven days of October",
    ("2024-10-25", "2024-10-25"): "on the last Friday of October|on Friday, 25 October|on 25/10/2024",
    ("2024-05-10", "2024-05-20"): (
        "from 10 to 20 May|May 10-20, 2024|10 May - 20 May 2024|from May 10th through May 20th|between 10 and 20 May"
    ),
    ("2024-01-01", "2024-11-30"): (
        "YTD|since New Year|since the year began|since the turn of the year|from 1 January to date|from Jan to date|"
        "this year until now|in the year so far|to date this year|since January|from the first of January"
    ),
    ("2024-03-01", "2024-11-30"): (
        "since March|since last March|March to date|from March to now|March till now|March onwards|starting in March|"
        "from the beginning of March|since the end of February|between March and now|from March to the present"
    ),
    ("2023-01-01", "2024-11-30"): (
        "since 2023|since the start of 2023|2023 to date|2023 until now|from 2023 onwards|since the end of 2022"
    ),
    ("2024-10-21", "2024-11-30"): "in the last 6 weeks|the 6 weeks up to now|these past six weeks",
    ("2024-11-17", "2024-11-30"): "in the past fortnight|in the last 14 days|over the last fortnight",
    ("2023-12-01", "2024-11-30"): "TTM|in the last twelve months|in the 12 months to November|Dec 2023 - Nov 2024",
    ("2023-06-01", "2024-11-30"): "in the last year and a half|over the last eighteen months",
    ("2024-08-01", "2024-10-31"): "in the three months to October|Aug-Oct|in the last 3 full months",
    ("2024-11-18", "2024-11-24"): (
        "last week|in CW 47|in week 47/2024|in the week of November 18|in the week ending 24 November|"
        "in the week starting 18 November"
    ),
    ("2024-11-11", "2024-11-17"): "the week before last|two weeks ago",
    ("2024-11-25", "2024-11-30"): "this week|since Monday|since the start of the week",
    ("2024-11-29", "2024-11-29"): "yesterday|last Friday",
    ("2023-09-01", "2023-09-30"): "in last year's September|in September a year ago|in September of last year",
    (None, "2024-06-30"): "until the end of June|before July 2024|through June 2024",
}
PLACES = (
    "claims {}",
    "{}, how many claims were filed?",
    "payouts {} by area",
    "policyholders who filed more than 3 claims {}",
)


def days(insurer: tuple[Edition, MemorySession], question: str) -> Any:
    found = insurer[0].interpreter.read(question)
    assert found.outcome == "read", f"{question}: {found.outcome} {found.what}"
    time = found.readings[0].query.time
    period = insurer[0].words.days(time) if time is not None else None
    assert period is not None, question
    end = min(str(period.end), "2024-11-30") if period.end else "2024-11-30"
    return (str(period.start) if period.start else None, end)


@pytest.mark.parametrize("expected", TIMES, ids=lambda each: f"{each[0]} to {each[1]}")
def test_a_time_may_be_said_in_many_ways(
    insurer: tuple[Edition, MemorySession], expected: tuple[str | None, str]
) -> None:
    for number, words in enumerate(TIMES[expected].split("|")):
        question = PLACES[number % len(PLACES)].format(words)
        assert days(insurer, question) == expected, question


@pytest.mark.parametrize(
    "question",
    [
        "claims last 3 months in 2023",  # which of both
        "claims in the last few weeks",
        "claims in early March",
        "claims in mid-2024",
        "claims from May to June to July",
        "claims in the last 0 weeks",
        "claims on Monday, 15 October 2024",  # a Tuesday
    ],
)
def test_times_that_say_no_days_are_not_read(insurer: tuple[Edition, MemorySession], question: str) -> None:
    assert insurer[0].interpreter.read(question).outcome != "read"


def test_a_list_of_times_is_one_figure_or_several(insurer: tuple[Edition, MemorySession]) -> None:
    found = insurer[0].interpreter.read("claims in May and June")
    assert found.outcome == "ambiguous"
    found = insurer[0].interpreter.read("claims in May and in June")
    assert found.outcome == "read"
    assert [each.grain for each in found.readings[0].query.dimensions] == ["month"]
