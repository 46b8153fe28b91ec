"""Months over a bound, what is both or on each, the median of what each brings, shares of parts that have a name."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

import pytest
from tests.ask.insurance import AREA, CLAIMS, PREMIUMS, insurer, rows

if TYPE_CHECKING:
    from tests.ask.space import Space
    from tests.semantic.shop import MemorySession

    from customer360.ask.edition import Edition

__all__ = ["insurer"]

MONTHS = Counter(claim[2].month for claim in CLAIMS)
BOUND = sorted(MONTHS.values())[len(MONTHS) // 2]


def outcome(insurer: tuple[Edition, MemorySession], question: str) -> str:
    return str(insurer[0].interpreter.read(question).outcome)


@pytest.mark.parametrize(
    "over",
    [
        "in which months of this year did claims top {}",
        "in which months of this year did we top {} claims",
        "in which months of this year did claims go over {}",
        "in which months of this year did the number of claims go over {}",
        "in which months of this year did we pass {} claims",
        "which months of this year beat {} claims",
        "months of this year in which claims went above {}",
    ],
)
def test_a_bound_is_topped_passed_or_gone_over(insurer: tuple[Edition, MemorySession], over: str) -> None:
    over_it = sum(made > BOUND for made in MONTHS.values())
    assert 0 < over_it < len(MONTHS)
    assert len(rows(insurer, over.format(BOUND))) == over_it


@pytest.mark.parametrize("verb", ["stay under", "remain below", "stay below", "drop below", "go under"])
def test_a_bound_is_not_reached(insurer: tuple[Edition, MemorySession], verb: str) -> None:
    question = f"in which months of this year did claims {verb} {BOUND}"
    assert len(rows(insurer, question)) == sum(made < BOUND for made in MONTHS.values())


@pytest.mark.parametrize(
    "asked", ["top 2 areas by claims", "which are the top 2 areas by claims", "our top 2 areas by claims"]
)
def test_the_top_of_a_ranking_is_no_bound(insurer: tuple[Edition, MemorySession], asked: str) -> None:
    assert sorted(row[1] for row in rows(insurer, asked)) == sorted(Counter(AREA[c[1]] for c in CLAIMS).values())


@pytest.mark.parametrize(
    "asked",
    [
        "how are claims developing month by month this year",
        "how have claims been evolving month by month this year",
        "how have claims been changing month by month this year",
        "how did claims progress month by month this year",
    ],
)
def test_what_develops_is_shown_over_time(insurer: tuple[Edition, MemorySession], asked: str) -> None:
    assert [row[1] for row in rows(insurer, asked)] == [MONTHS[month] for month in sorted(MONTHS)]


def test_of_people_that_a_figure_counts_some_did_more(insurer: tuple[Edition, MemorySession]) -> None:
    claimants = {claim[1] for claim in CLAIMS if claim[2].month == 3}
    paid = {premium[1] for premium in PREMIUMS if premium[2].month == 3}
    asked = "of the claimants in March, how many also topped up in March"
    assert rows(insurer, asked) == [(len(claimants & paid),)]


@pytest.mark.parametrize(
    "asked", ["claims by insured who were away", "claims by policyholders that topped up by area and who"]
)
def test_those_of_whom_more_is_said_are_no_breakdown(insurer: tuple[Edition, MemorySession], asked: str) -> None:
    assert outcome(insurer, asked) != "read"


@pytest.mark.parametrize("asked", ["median claim payments", "are claims going up", "median days to settlement"])
def test_what_is_not_said_is_asked_back(insurer: tuple[Edition, MemorySession], asked: str) -> None:
    assert outcome(insurer, asked) != "read"


@pytest.mark.parametrize("asked", ["median order value", "what is the median basket value", "median value of an order"])
def test_the_median_of_a_mean_is_over_what_it_is_a_mean_of(journey: Space, asked: str) -> None:
    each = journey.workspace.sql(
        "SELECT SUM(net_sales_amount) AS paid FROM gold.gold_sales_fact WHERE NOT is_return GROUP BY transaction_id"
    )
    assert float(journey.value(asked)) == pytest.approx(
        median(float(row["paid"]) for row in each.to_pylist()), abs=0.01
    )


def test_a_metric_without_time_gives_way_where_a_time_is_said(journey: Space) -> None:
    asked = "how many customers bought more than once in {}"
    assert journey.query(asked.format("March 2017")) == journey.query(
        "how many customers have more than 1 basket in March 2017"
    )
