"""Questions about metrics and data are answered from the model and the project, never with a figure of a metric."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ask.space import Space


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("what is churn risk?", "Low below 0.5"),
        ("How is AOV calculated?", "Revenue per basket"),
        ("what does retention rate mean", "two or more purchases"),
        ("could you please explain the discount rate?", "share of gross sales"),
        ("what is a VIP customer?", "VIP is a value of Segment"),
        ("who owns revenue", "sales-data"),
        ("which sources feed customer 360?", "transactions"),
        ("where do the orders come from?", "gold.gold_sales_fact"),
        ("which metrics are there?", "Average order value"),
        ("which dimensions are there for churn rate", "Churn risk"),
        ("what channels do we have", "In-Store"),
        ("what period do the orders cover", "2017-01-01 to 2017-12-31"),
    ],
)
def test_the_answer_comes_from_the_metadata(journey: Space, question: str, part: str) -> None:
    reply = journey.ask(question)
    assert (reply.status, reply.trust) == ("answered", "metadata"), reply.text
    assert part in reply.text
    assert reply.query is None


def test_freshness_is_the_newest_day_of_the_rows(journey: Space) -> None:
    newest = journey.sql("SELECT MAX(transaction_date) FROM complete_journey.transactions")
    reply = journey.ask("how fresh are the orders?")
    assert isinstance(newest, date)
    assert newest.isoformat() in reply.text


def test_unknown_things_have_no_definition(journey: Space) -> None:
    assert journey.refusal("what does net promoter score mean?") == "unknown_concept"
    assert journey.refusal("which sources feed the loyalty budget") == "unknown_concept"


@pytest.mark.parametrize(
    "question", ["what is our revenue", "what is the AOV of VIP customers", "what are the orders by channel"]
)
def test_a_question_for_figures_is_not_taken_for_one_about_them(journey: Space, question: str) -> None:
    assert journey.ask(question).trust == "governed metrics"
