"""How parts of a question stand to each other changes the figure: the part and its whole, this against that, whose rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from tests.ask.insurance import AS_OF, CLAIMS, HOLDERS, PREMIUMS, insurance_model, insurance_session

from customer360.ask.edition import Edition, open_edition
from customer360.semantic.answer import answer
from customer360.semantic.principal import OWNER

if TYPE_CHECKING:
    from tests.semantic.shop import MemorySession

    from customer360.ask.reading import Reading

AREA = {key: area for key, _, _, area in HOLDERS}
LINE = {key: line for key, _, line, _ in HOLDERS}
PAID = sum(claim[3] for claim in CLAIMS)


@pytest.fixture(scope="module")
def insurer() -> tuple[Edition, MemorySession]:
    session = insurance_session()
    return open_edition(insurance_model(), session, as_of=AS_OF, principal=OWNER), session


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


def test_the_verb_parts_the_whole_from_the_part(insurer: tuple[Edition, MemorySession]) -> None:
    north = [claim for claim in CLAIMS if AREA[claim[1]] == "North"]
    settled = [claim for claim in CLAIMS if claim[4] == "Settled"]
    both = sum(1 for claim in north if claim[4] == "Settled")
    assert share(insurer, "what share of claims in the North are Settled") == pytest.approx(both / len(north))
    assert share(insurer, "what share of Settled claims are in the North") == pytest.approx(both / len(settled))
    assert share(insurer, "share of claims that are Settled") == pytest.approx(len(settled) / len(CLAIMS))
    found = insurer[0].interpreter.read("share of claims in the North with claim state Settled")
    assert found.outcome != "read"  # which is the part and which the whole is not said


def test_best_is_what_the_model_calls_better(insurer: tuple[Edition, MemorySession]) -> None:
    paid: dict[str, float] = defaultdict(float)
    for claim in CLAIMS:
        paid[AREA[claim[1]]] += claim[3]
    assert rows(insurer, "area with the highest payouts")[0][0] == max(paid, key=lambda area: paid[area])


def test_the_rows_of_things_are_named_only_where_they_are_the_rows(insurer: tuple[Edition, MemorySession]) -> None:
    assert rows(insurer, "payouts of claims")[0][0] == pytest.approx(PAID)
    assert rows(insurer, "payouts from all claims in total")[0][0] == pytest.approx(PAID)
    settled = sum(claim[3] for claim in CLAIMS if claim[4] == "Settled")
    assert rows(insurer, "payouts for Settled claims")[0][0] == pytest.approx(settled)
    for question in ("premium of claims", "premium for Settled claims", "premium from all claims"):
        assert insurer[0].interpreter.read(question).outcome != "read", question


def test_a_condition_on_things_is_not_one_on_groups(insurer: tuple[Edition, MemorySession]) -> None:
    """Payouts of those who filed often, by area; never of areas with many claims."""
    filed = Counter(claim[1] for claim in CLAIMS)
    expected: dict[str, float] = defaultdict(float)
    for claim in CLAIMS:
        expected[AREA[claim[1]]] += claim[3] if filed[claim[1]] > 3 else 0
    assert set(filed.values()) == {3, 4}
    found = dict(rows(insurer, "payouts by area for policyholders with more than 3 claims"))
    assert found == {area: pytest.approx(total) for area, total in expected.items() if total}


def test_a_sum_of_two_figures_is_not_both_side_by_side(insurer: tuple[Edition, MemorySession]) -> None:
    assert len(rows(insurer, "payouts and premium")[0]) == 2
    assert insurer[0].interpreter.read("sum of payouts and premium").outcome != "read"
    assert rows(insurer, "sum of payouts")[0][0] == pytest.approx(PAID)


def test_each_month_against_the_one_before(insurer: tuple[Edition, MemorySession]) -> None:
    filed = Counter(claim[2].replace(day=1) for claim in CLAIMS)
    table = {row[0]: row for row in rows(insurer, "claims month over month")}
    months = sorted(filed)
    for before, month in pairwise(months):
        assert table[month][1] == filed[month]
        if (month.year * 12 + month.month) - (before.year * 12 + before.month) == 1:
            assert table[month][2] == filed[before]
    assert insurer[0].interpreter.read("claims month over month in 2024").outcome != "read"


def test_a_mean_over_days_counts_the_days_without_any(insurer: tuple[Edition, MemorySession]) -> None:
    filed = Counter(AREA[claim[1]] for claim in CLAIMS if (claim[2].year, claim[2].month) == (2024, 10))
    found = dict(rows(insurer, "average number of claims per day by area in October 2024"))
    assert found == {area: pytest.approx(count / 31) for area, count in filed.items()}
    days = (AS_OF - date(2024, 1, 1)).days + 1  # the year is not over
    (mean,) = rows(insurer, "average number of claims per day in 2024")[0]
    assert mean == pytest.approx(len(CLAIMS) / days)


def test_periods_that_share_days_are_not_compared(insurer: tuple[Edition, MemorySession]) -> None:
    assert insurer[0].interpreter.read("claims this year vs last 3 months").outcome != "read"
    query = reading(insurer, "claims last 3 months vs previous 3 months").query
    assert query.compare is not None
    assert query.compare.to == "previous period"


def test_spans_of_time_are_ranked_and_counted(insurer: tuple[Edition, MemorySession]) -> None:
    filed = Counter((claim[2].year, claim[2].month) for claim in CLAIMS if claim[2].year == 2024)
    most = max(filed.values())
    (top,) = rows(insurer, "which month had the most claims in 2024")
    assert top[1] == most
    assert filed[top[0].year, top[0].month] == most
    busy = sum(count > 2 for count in filed.values())
    assert rows(insurer, "how many months had more than 2 claims in 2024") == [(busy,)]


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("first half of 2024", "2024-01-01", "2024-06-30"),
        ("the second half-year 2023", "2023-07-01", "2023-12-31"),
        ("H1", "2024-01-01", "2024-06-30"),
        ("the first half of the year", "2024-01-01", "2024-06-30"),
        ("the 1st quarter of 2024", "2024-01-01", "2024-03-31"),
        ("2024 Q2", "2024-04-01", "2024-06-30"),
        ("the month of may", "2024-05-01", "2024-05-31"),
        ("5/2024", "2024-05-01", "2024-05-31"),
        ("may '24", "2024-05-01", "2024-05-31"),
    ],
)
def test_periods_said_in_many_ways(insurer: tuple[Edition, MemorySession], words: str, first: str, last: str) -> None:
    said = reading(insurer, f"claims in {words}").query
    days = insurer[0].words.days(said.time) if said.time else None
    assert days is not None
    assert (str(days.start), str(days.end)) == (first, last)


def test_days_of_a_month_are_a_range(insurer: tuple[Edition, MemorySession]) -> None:
    count = sum(claim[2].year == 2024 and claim[2].month == 3 and 1 <= claim[2].day <= 15 for claim in CLAIMS)
    for words in ("between 1 and 15 March 2024", "from 1st to 15th of March 2024"):
        assert rows(insurer, f"claims {words}") == [(count,)], words


def test_no_name_reaches_over_a_word_that_was_dropped(insurer: tuple[Edition, MemorySession]) -> None:
    """`claim state` is a dimension; in `claims had state` it is claims that are counted."""
    settled = sum(claim[4] == "Settled" for claim in CLAIMS)
    assert rows(insurer, "how many claims had state Settled") == [(settled,)]
    assert rows(insurer, "how many claims are Settled") == [(settled,)]


def test_what_we_pay_is_not_what_is_paid_to_us(insurer: tuple[Edition, MemorySession]) -> None:
    assert insurer[0].interpreter.read("how many claims did we buy").outcome != "read"


def test_all_time_has_many_names(insurer: tuple[Edition, MemorySession]) -> None:
    due = sum(premium[3] for premium in PREMIUMS)
    for words in ("since we started", "of all time", "ever", "right now"):
        assert rows(insurer, f"written premium {words}")[0][0] == pytest.approx(due), words


def happened(rows: list[Any], month: int) -> set[int]:
    return {row[1] for row in rows if (row[2].year, row[2].month) == (2024, month)}


def test_things_are_held_against_events_and_not_against_themselves(insurer: tuple[Edition, MemorySession]) -> None:
    """Each policyholder is one claimant at most, so `at least four times` is about claims."""
    filed = Counter(claim[1] for claim in CLAIMS)
    many = sum(count >= 4 for count in filed.values())
    assert 0 < many < len(HOLDERS)
    assert rows(insurer, "how many policyholders turned to service at least four times") == [(many,)]
    assert rows(insurer, "how many policyholders turned to service") == [(len(filed),)]
    assert insurer[0].interpreter.read("policyholders with more than 3 policyholders").outcome != "read"


def test_one_time_said_twice_is_one_time(insurer: tuple[Edition, MemorySession]) -> None:
    both = happened(CLAIMS, 5) & happened(PREMIUMS, 5)
    assert 0 < len(both) < len(happened(CLAIMS, 5))
    for question in (
        "how many policyholders filed a claim in May and topped up in May",
        "how many policyholders filed a claim in May and also topped up in May 2024",
    ):
        assert rows(insurer, question) == [(len(both),)], question


def test_two_conditions_may_have_two_times(insurer: tuple[Edition, MemorySession]) -> None:
    both = happened(CLAIMS, 5) & happened(PREMIUMS, 6)
    assert 0 < len(both) < len(happened(CLAIMS, 5))
    assert rows(insurer, "how many policyholders filed a claim in May and topped up in June") == [(len(both),)]
    gone = happened(CLAIMS, 5) - happened(CLAIMS, 6)
    for question in (
        "how many policyholders filed a claim in May but not in June",
        "how many policyholders filed a claim in May but did not file a claim in June",
    ):
        assert rows(insurer, question) == [(len(gone),)], question
    later = set().union(*(happened(CLAIMS, month) for month in range(6, 12)))
    since = happened(CLAIMS, 5) - later
    assert rows(insurer, "how many policyholders filed a claim in May but not since") == [(len(since),)]
    again = happened(CLAIMS, 5) & happened(CLAIMS, 8)
    assert rows(insurer, "how many policyholders filed a claim in May and again in August") == [(len(again),)]
    listed = {row[0] for row in rows(insurer, "list the policyholders who filed a claim in May but not in June")}
    assert listed == {holder[1] for holder in HOLDERS if holder[0] in gone}


def test_since_needs_a_time_to_begin_with(insurer: tuple[Edition, MemorySession]) -> None:
    for question in (
        "how many policyholders filed a claim but not since",
        "how many policyholders filed a claim in May and June but not since",
        "how many policyholders filed a claim in November 2024 but not since",
    ):
        assert insurer[0].interpreter.read(question).outcome != "read", question


def test_deeds_with_objects_of_their_own(insurer: tuple[Edition, MemorySession]) -> None:
    """Filed open claims and topped up: each condition keeps its own rows."""
    opened = {claim[1] for claim in CLAIMS if claim[4] == "Open" and claim[2].month == 5}
    both = opened & happened(PREMIUMS, 6)
    question = "how many policyholders filed an Open claim in May and topped up in June"
    assert rows(insurer, question) == [(len(both),)]


def test_figures_and_shares_of_those_who_did_something(insurer: tuple[Edition, MemorySession]) -> None:
    disputed = {claim[1] for claim in CLAIMS if claim[3] > 900}
    due = sum(premium[3] for premium in PREMIUMS if premium[1] in disputed)
    assert rows(insurer, "written premium from policyholders who disputed")[0][0] == pytest.approx(due)
    never = sum(premium[3] for premium in PREMIUMS if premium[1] not in disputed)
    assert rows(insurer, "written premium from policyholders who never disputed")[0][0] == pytest.approx(never)
    ((whole, share, part),) = rows(insurer, "what share of policyholders disputed")
    assert (whole, share, part) == (len(HOLDERS), pytest.approx(len(disputed) / len(HOLDERS)), len(disputed))
    by_area = {row[0]: row[2] for row in rows(insurer, "what share of policyholders disputed by area")}
    for area in ("North", "South"):
        mine = [holder[0] for holder in HOLDERS if holder[3] == area]
        assert by_area[area] == pytest.approx(sum(key in disputed for key in mine) / len(mine))


def test_this_but_not_that(insurer: tuple[Edition, MemorySession]) -> None:
    only = happened(CLAIMS, 5) - happened(PREMIUMS, 5)
    assert only
    for question in (
        "how many policyholders filed a claim in May but did not top up in May",
        "policyholders who filed a claim in May but didnt top up in May, how many?",
    ):
        assert rows(insurer, question) == [(len(only),)], question


def test_never_counts_those_without_a_row(insurer: tuple[Edition, MemorySession]) -> None:
    disputed = {claim[1] for claim in CLAIMS if claim[3] > 900}
    assert 0 < len(disputed) < len(HOLDERS)
    for question in (
        "how many policyholders have never disputed",
        "how many policyholders have no disputes",
        "how many policyholders havent disputed",
    ):
        assert rows(insurer, question) == [(len(HOLDERS) - len(disputed),)], question
    in_may = {claim[1] for claim in CLAIMS if claim[3] > 900 and claim[2].month == 5}
    assert rows(insurer, "how many policyholders have not disputed in May") == [(len(HOLDERS) - len(in_may),)]


def test_higher_here_than_there_shows_both(insurer: tuple[Edition, MemorySession]) -> None:
    filed = Counter(AREA[claim[1]] for claim in CLAIMS)
    assert dict(rows(insurer, "were claims higher in the North than in the South")) == filed
    by_month = Counter(claim[2].month for claim in CLAIMS)
    assert rows(insurer, "were claims higher in May 2024 than in June 2024?")[0][:2] == (by_month[5], by_month[6])
