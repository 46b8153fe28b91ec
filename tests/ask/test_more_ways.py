"""More ways of asking: places in a ranking, two against each other, parts of a part, counts within counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.ask.insurance import AREA, AS_OF, CLAIMS, HOLDERS, LINE, insurer

from customer360.semantic.answer import answer

if TYPE_CHECKING:
    from tests.semantic.shop import MemorySession

    from customer360.ask.edition import Edition
    from customer360.ask.reading import Reading

__all__ = ["insurer"]
Insurer = "tuple[Edition, MemorySession]"
MONTHS = Counter(claim[2].month for claim in CLAIMS)


def reading(insurer: tuple[Edition, MemorySession], question: str) -> Reading:
    found = insurer[0].interpreter.read(question)
    assert found.outcome == "read", f"{question}: {found.outcome} {found.what}"
    return found.readings[0]


def rows(insurer: tuple[Edition, MemorySession], question: str) -> list[tuple[Any, ...]]:
    edition, session = insurer
    table = answer(session, edition.model, reading(insurer, question).query, as_of=AS_OF).table
    return [tuple(row.values()) for row in table.to_pylist()]


def share(insurer: tuple[Edition, MemorySession], question: str) -> float:
    """The share of the part that a question asks for."""
    assert reading(insurer, question).part is not None, question
    ((whole, found, part),) = rows(insurer, question)
    assert found == pytest.approx(part / whole), question
    return float(found)


def outcome(insurer: tuple[Edition, MemorySession], question: str) -> str:
    return insurer[0].interpreter.read(question).outcome


def filed(state: str, first: date = date.min, last: date = date.max) -> set[int]:
    """Who filed a claim of a state between two days."""
    return {claim[1] for claim in CLAIMS if claim[4] == state and first <= claim[2] <= last}


# ---- places in a ranking ---------------------------------------------------------------------------------------------


def by_line() -> list[tuple[str, float]]:
    paid: dict[str, float] = defaultdict(float)
    for claim in CLAIMS:
        paid[LINE[claim[1]]] += claim[3]
    return sorted(paid.items(), key=lambda each: -each[1])


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("second largest line by payouts", 1),
        ("2nd highest branch by payouts", 1),
        ("third best line by payouts", 2),
        ("which line had the third highest payouts", 2),
        ("the line with the second highest payouts", 1),
        ("second worst line by payouts", -2),
        ("which line was the second largest by payouts", 1),
    ],
)
def test_one_place_of_a_ranking_is_that_row_alone(
    insurer: tuple[Edition, MemorySession], question: str, place: int
) -> None:
    assert rows(insurer, question) == [pytest.approx(by_line()[place])]


def test_the_place_is_said(insurer: tuple[Edition, MemorySession]) -> None:
    said = insurer[0].words.sentence(reading(insurer, "third best line by payouts"))
    assert "number 3 from the top" in said
    assert outcome(insurer, "third best lines by payouts") != "read"  # several in one place
    assert outcome(insurer, "third best line by payouts by month") != "read"


# ---- extremes and means ----------------------------------------------------------------------------------------------


def test_the_highest_of_periods_is_that_of_the_best_one(insurer: tuple[Edition, MemorySession]) -> None:
    assert rows(insurer, "highest monthly claims in 2024") == [(max(MONTHS.values()),)]
    days = Counter(claim[2] for claim in CLAIMS if claim[2].month == 5)
    assert rows(insurer, "highest daily claims in May") == [(max(days.values()),)]
    least = min(days[date(2024, 5, 1) + timedelta(days=n)] for n in range(31))
    assert rows(insurer, "lowest daily claims in May") == [(least,)]
    assert outcome(insurer, "lowest monthly claims this year") != "read"  # the last month is not over
    assert outcome(insurer, "which area had the highest daily claims") != "read"  # the area is asked, not the figure


# ---- two against each other ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "months"),
    [
        ("how many more claims did we have in May than in April", (5, 4)),
        ("how many fewer claims in May than in June", (5, 6)),
        ("how much higher were claims in May than in April", (5, 4)),
        ("did claims in May exceed April", (5, 4)),
        ("difference in claims between June and May", (6, 5)),
        ("difference in claims between May and June", (6, 5)),
        ("change in claims from May to June", (6, 5)),
        ("by how much did claims change from May to June", (6, 5)),
    ],
)
def test_two_months_stand_side_by_side(
    insurer: tuple[Edition, MemorySession], question: str, months: tuple[int, int]
) -> None:
    assert rows(insurer, question)[0][:2] == tuple(MONTHS[month] for month in months)


def test_quarters_are_held_against_each_other_too(insurer: tuple[Edition, MemorySession]) -> None:
    quarters = Counter((claim[2].month + 2) // 3 for claim in CLAIMS)
    for question in ("difference in claims between Q2 and Q3", "change in claims from Q2 to Q3"):
        assert rows(insurer, question)[0][:2] == (quarters[3], quarters[2])


def test_a_year_that_is_said_of_one_time_alone(insurer: tuple[Edition, MemorySession]) -> None:
    query = reading(insurer, "difference in claims between October and September in 2023").query
    assert query.time is not None
    assert query.time.relative == "2023-10"
    assert query.compare is not None
    assert query.compare.time is not None
    assert query.compare.time.relative == "2023-09"
    assert outcome(insurer, "were claims higher in May than in April 2023") != "read"  # May of which year


def test_two_groups_stand_side_by_side(insurer: tuple[Edition, MemorySession]) -> None:
    counts = Counter(AREA[claim[1]] for claim in CLAIMS)
    for question in (
        "how many more claims in the North than in the South",
        "were there more claims in the North than in the South",
    ):
        assert sorted(rows(insurer, question)) == sorted(counts.items())


# ---- parts of a part -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "share of Motor in Settled claims",
        "share of Motor within Settled claims",
        "Motor share of Settled claims",
        "what share of Settled claims comes from Motor",
        "Motor as a percentage of Settled claims",
    ],
)
def test_the_part_and_the_whole_have_a_condition_each(insurer: tuple[Edition, MemorySession], question: str) -> None:
    settled = [claim for claim in CLAIMS if claim[4] == "Settled"]
    motor = sum(1 for claim in settled if LINE[claim[1]] == "Motor")
    assert share(insurer, question) == pytest.approx(motor / len(settled))


def test_what_it_comes_from_is_the_part(insurer: tuple[Edition, MemorySession]) -> None:
    north = [claim for claim in CLAIMS if AREA[claim[1]] == "North"]
    motor = sum(1 for claim in north if LINE[claim[1]] == "Motor")
    question = "what percentage of claims in the North comes from Motor"
    assert share(insurer, question) == pytest.approx(motor / len(north))
    may = [claim for claim in CLAIMS if claim[4] == "Settled" and claim[2].month == 5]
    part = sum(1 for claim in may if LINE[claim[1]] == "Motor")
    found = share(insurer, "what share of Settled claims in May came from Motor")
    assert found == pytest.approx(part / len(may))
    every = sum(1 for claim in CLAIMS if LINE[claim[1]] == "Motor")
    assert share(insurer, "Motor as a share of claims") == pytest.approx(every / len(CLAIMS))


# ---- counts within counts --------------------------------------------------------------------------------------------


def test_of_those_who_did_how_many_did_something_else(insurer: tuple[Edition, MemorySession]) -> None:
    months = {n: {claim[1] for claim in CLAIMS if claim[2].month == n} for n in (5, 6)}
    question = "of the policyholders who filed in May, how many filed in June?"
    assert rows(insurer, question) == [(len(months[5] & months[6]),)]
    assert outcome(insurer, "of the policyholders who filed in May, how many disputed?") != "read"  # when is not said


def test_more_than_so_many_but_fewer(insurer: tuple[Edition, MemorySession]) -> None:
    counts = Counter(claim[1] for claim in CLAIMS)
    wanted = sum(1 for n in counts.values() if 2 < n < 4)
    assert rows(insurer, "how many policyholders with more than 2 but fewer than 4 claims") == [(wanted,)]


def test_one_but_not_the_other(insurer: tuple[Edition, MemorySession]) -> None:
    open_, settled = filed("Open"), filed("Settled")
    for question in (
        "how many policyholders who reported Settled but not Open",
        "how many policyholders who reported Settled but never Open",
        "how many policyholders who reported only Settled",
    ):
        assert rows(insurer, question) == [(len(settled - open_),)], question


def test_what_is_left_out_already_is_not_left_out_again(insurer: tuple[Edition, MemorySession]) -> None:
    assert outcome(insurer, "Settled claims, not Open") != "read"
    assert outcome(insurer, "policyholders who reported only Settled and Open") != "read"


def test_two_figures_are_asked_in_their_own_words(insurer: tuple[Edition, MemorySession]) -> None:
    may = [claim for claim in CLAIMS if claim[2].month == 5]
    found = rows(insurer, "how many claims and how much payouts in May")
    assert found == [(len(may), pytest.approx(sum(claim[3] for claim in may)))]
    assert rows(insurer, "just the number of claims in May") == [(len(may),)]
    assert outcome(insurer, "just the number of claims in May, nothing else") != "read"  # of a deed it would say more


def test_things_by_a_figure_are_all_of_them_in_order(insurer: tuple[Edition, MemorySession]) -> None:
    assert rows(insurer, "lines by payouts") == [pytest.approx(each) for each in by_line()]
    assert len(HOLDERS) > 10
    assert len(rows(insurer, "policyholders by payouts")) == 10


# ---- days of a month -------------------------------------------------------------------------------------------------


def test_the_first_and_last_days_of_a_month(insurer: tuple[Edition, MemorySession]) -> None:
    may = [claim[2].day for claim in CLAIMS if claim[2].month == 5]
    assert rows(insurer, "claims in the first 10 days of May") == [(sum(1 for day in may if day <= 10),)]
    assert rows(insurer, "claims in the last 5 days of May") == [(sum(1 for day in may if day > 26),)]
    assert outcome(insurer, "claims in the first 40 days of May") != "read"
