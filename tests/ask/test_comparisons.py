"""Every way to hold one time against another, to follow a figure over time and to take its mean is one query."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.ask.insurance import insurer

if TYPE_CHECKING:
    from tests.semantic.shop import MemorySession

    from customer360.ask.edition import Edition

__all__ = ["insurer"]
AGAINST_APRIL = {"metrics": ["paid_claims"], "time": {"relative": "2024-05"}, "compare": {"time": {"relative": "2024-04"}, "name": "compared"}}  # fmt: skip
AGAINST_LAST_YEAR = {"metrics": ["paid_claims"], "time": {"relative": "this year"}, "compare": {"to": "same period last year", "name": "last_year"}}  # fmt: skip
AGAINST_MONTH_BEFORE = {"metrics": ["paid_claims"], "time": {"relative": "last month"}, "compare": {"to": "previous period"}}  # fmt: skip
BY_QUARTER = {"metrics": ["paid_claims"], "dimensions": [{"name": "time", "grain": "quarter"}], "time": {"relative": "this year"}}  # fmt: skip
RUNNING = {"metrics": ["paid_claims"], "dimensions": [{"name": "time", "grain": "month"}], "time": {"relative": "this year"}, "windows": [{"metric": "paid_claims", "kind": "period_to_date", "unit": "year"}]}  # fmt: skip
MEAN = {"metrics": ["paid_claims"], "dimensions": [{"name": "time", "grain": "month"}], "time": {"relative": "2023"}, "fill": "zero", "summary": {"over": "time", "function": "mean", "metric": "paid_claims"}}  # fmt: skip

SAID: list[tuple[dict[str, Any], str]] = [
    (
        AGAINST_APRIL,
        (
            "payouts in May vs April|payouts in May relative to April|payouts of May against that of April|"
            "compare payouts in May to payouts in April|by what percentage did payouts rise from April to May|"
            "payouts for May vs payouts for April|percentage change in payouts from April to May|"
            "did payouts go up or down from April to May|compare May with April for payouts|"
            "by how much are payouts in May above April|were payouts in May higher than in April"
        ),
    ),
    (
        AGAINST_LAST_YEAR,
        (
            "by how much have payouts grown this year against the same period last year|payouts this year yoy|"
            "are payouts up this year on the same period last year|payouts this year vs this time last year|"
            "growth in payouts this year over the same period of last year|YoY payouts this year|"
            "were payouts higher this year than in the same period last year|"
            "compared with the same period last year, how did payouts do this year|"
            "payouts this year relative to the same period a year earlier|"
            "how much more payouts this year than in the same period last year"
        ),
    ),
    (
        AGAINST_MONTH_BEFORE,
        (
            "payouts last month vs the previous month|payouts last month against the preceding month|"
            "payouts last month versus one month earlier|were payouts higher last month than the month before|"
            "change in payouts last month from the month before|payouts last month and the month before"
        ),
    ),
    (
        BY_QUARTER,
        (
            "how have payouts developed from quarter to quarter this year|payouts quarter after quarter this year|"
            "how have payouts moved this year, quarter by quarter|quarterly timeline of payouts this year|"
            "payouts this year at quarterly intervals|payouts on a quarterly basis this year|"
            "payouts this year with quarterly granularity|how have payouts trended by quarter this year"
        ),
    ),
    (
        RUNNING,
        (
            "running year-to-date payouts at the end of each month of this year|payouts by month as a running total this year|"
            "payouts this year by month with running total|how did payouts add up month by month this year|"
            "cumulative payouts per month this year"
        ),
    ),
    (
        MEAN,
        (
            "average payouts per month in 2023|payouts in an average month of 2023|on average, payouts per month in 2023|"
            "payouts a month on average in 2023|payouts per month, averaged, 2023|monthly average of payouts in 2023|"
            "in 2023, payouts per month on average|average per month of payouts in 2023"
        ),
    ),
]


@pytest.mark.parametrize(("expected", "words"), SAID, ids=["pair", "last year", "before", "trend", "running", "mean"])
def test_one_meaning_in_many_words(
    insurer: tuple[Edition, MemorySession], expected: dict[str, Any], words: str
) -> None:
    for question in words.split("|"):
        found = insurer[0].interpreter.read(question)
        assert found.outcome == "read", f"{question}: {found.outcome} {found.what}"
        assert json.loads(found.readings[0].query.canonical()) == expected, question


@pytest.mark.parametrize(
    "question",
    [
        "payouts higher",  # than what
        "payouts in May above",
        "payouts to May",  # nothing is compared
        "payouts over the month before",
        "payouts up",  # on what is asked back
        "payouts at the end of each month this year",  # they do not run
        "were payouts higher in May than in April 2023",  # May of which year
        "change in payouts from May",
    ],
)
def test_what_lacks_its_other_side_is_not_read(insurer: tuple[Edition, MemorySession], question: str) -> None:
    assert insurer[0].interpreter.read(question).outcome != "read"


def test_what_is_broken_down_did_not_fall(insurer: tuple[Edition, MemorySession]) -> None:
    for question in ("break down payouts by area", "how do payouts of 2024 break down across areas"):
        found = insurer[0].interpreter.read(question)
        assert found.outcome == "read", question
        assert found.readings[0].query.compare is None
        assert [each.name for each in found.readings[0].query.dimensions] == ["holder.area"]
