"""No answer rather than a wrong one: questions that must not be answered, each with its kind of non-answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ask.space import Space


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("margin target", "unknown_concept"),
        ("net orders", "unknown_concept"),
        ("revenue divided by customers", "not_understood"),
        ("revenue of private brand margins", "not_understood"),
        ("discount as share of revenue", "not_understood"),
        ("orders with more than 3 items", "not_understood"),
        ("revenue for orders above 200", "not_understood"),
        ("revenue per customer", "ambiguous"),
        ("how many loyal customers", "ambiguous"),
        ("average revenue", "ambiguous"),
        ("revenue growth", "ambiguous"),
        ("revenue in 2031", "no_data"),
        ("gross margin by department", "no_data"),
        ("why did revenue drop in June", "out_of_scope"),
        ("forecast revenue for next month", "out_of_scope"),
        ("email address of VIP customers", "personal_data"),
        ("total customers by month", "impossible"),
        ("top 3 products in each segment by revenue", "impossible"),
        ("how many customers with fewer than 3 orders in July", "impossible"),
        ("how many customers bought SOFT DRINKS and BEEF in July", "not_understood"),
        ("'; DROP TABLE gold.gold_sales_fact; --", "unknown_concept"),
        ("revenue with a discount rate above 20", "not_understood"),
    ],
)
def test_what_cannot_be_answered_rightly_is_not(journey: Space, question: str, reason: str) -> None:
    assert journey.refusal(question) == reason


def test_a_slip_of_the_pen_is_mended_and_said(journey: Space) -> None:
    reply = journey.ask("revnue by chanel")
    assert reply.status == "answered"
    assert ("revnue", "revenue") in reply.corrected
    assert any("'revnue' was read as 'revenue'" in note for note in reply.notes)


def test_an_ambiguous_question_offers_queries_that_run(journey: Space) -> None:
    reply = journey.ask("how many loyal customers")
    assert len(reply.choices) > 1
    for choice in reply.choices:
        assert choice.query is not None
        assert journey.workspace.query(choice.query).num_rows


def test_equal_questions_give_equal_answers(journey: Space) -> None:
    assert (
        journey.ask("revenue by segment last month").document()
        == journey.ask("revenue by segment last month").document()
    )
