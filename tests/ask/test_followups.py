"""A follow-up changes what it says of the question before it, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.ask.space import Space

BY_SEGMENT = {"metrics": ["revenue"], "dimensions": [{"name": "customer.segment"}]}
VIP = {"field": "customer.segment", "value": "VIP"}


def chain(space: Space, *questions: str) -> Any:
    """Ask one question after the other, each with the context that the reply before gave."""
    context: tuple[str, ...] = ()
    for question in questions:
        reply = space.workspace.ask(question, context=context)
        context = reply.context
    return reply


@pytest.mark.parametrize(
    ("questions", "query"),
    [
        (("revenue last month", "by segment"), {**BY_SEGMENT, "time": {"relative": "last month"}}),
        (("revenue last month", "and by segment?"), {**BY_SEGMENT, "time": {"relative": "last month"}}),
        (("revenue by brand", "by segment instead"), BY_SEGMENT),
        (("revenue by segment", "same for orders"), {**BY_SEGMENT, "metrics": ["order_count"]}),
        (("revenue by segment", "what about October?"), {**BY_SEGMENT, "time": {"relative": "2017-10"}}),
        (("revenue in May", "only VIP"), {"metrics": ["revenue"], "where": VIP, "time": {"relative": "2017-05"}}),
        (("revenue of Premium customers", "and VIP?"), {"metrics": ["revenue"], "where": VIP}),
        (("revenue in May", "only VIP", "same for June"), {"metrics": ["revenue"], "where": VIP, "time": {"relative": "2017-06"}}),
        (("revenue by segment", "orders in June"), {"metrics": ["order_count"], "time": {"relative": "2017-06"}}),
    ],
)  # fmt: skip
def test_only_what_is_said_changes(journey: Space, questions: tuple[str, ...], query: dict[str, Any]) -> None:
    reply = chain(journey, *questions)
    assert reply.query is not None, reply.text
    assert reply.query.model_dump(mode="json", exclude_defaults=True) == query


def test_and_by_may_add_or_replace_so_it_is_asked_back(journey: Space) -> None:
    reply = chain(journey, "revenue by segment", "and by brand?")
    assert reply.status == "clarify"
    assert [len(choice.query.dimensions) for choice in reply.choices] == [1, 2]


def test_also_by_adds(journey: Space) -> None:
    reply = chain(journey, "revenue by segment", "also by brand")
    assert [each.name for each in reply.query.dimensions] == ["customer.segment", "product.brand"]


def test_without_a_question_before_there_is_nothing_to_follow(journey: Space) -> None:
    assert journey.refusal("only VIP") in ("not_understood", "unknown_concept")
    assert journey.refusal("same for orders") in ("not_understood", "unknown_concept")


def test_an_unknown_word_is_not_skipped_in_a_follow_up(journey: Space) -> None:
    reply = chain(journey, "revenue by segment", "and for blorf")
    assert (reply.status, reply.reason) == ("refused", "unknown_concept")


def test_a_session_has_a_name(journey: Space) -> None:
    journey.workspace.ask("revenue in May", session="monday")
    follow = journey.workspace.ask("only VIP", session="monday")
    other = journey.workspace.ask("only VIP", session="tuesday")
    assert follow.status == "answered"
    assert other.status == "refused"
