"""Each part of a reading can be taken off by itself, and what is left can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from customer360.ask.edits import without_each
from customer360.errors import C360Error

if TYPE_CHECKING:
    from tests.ask.space import Space

ASKED = (
    "revenue by segment and brand last month",
    "revenue of VIP customers in October",
    "top 5 departments by revenue in 2017",
    "how many customers with more than 5 orders in July",
    "share of revenue by segment",
    "what share of revenue comes from VIP customers",
    "revenue in November vs October by segment",
    "cumulative revenue by month in 2017",
    "revenue and orders by department",
)


@pytest.mark.parametrize("text", ASKED)
def test_every_part_has_its_query_or_none(journey: Space, text: str) -> None:
    reply = journey.ask(text)
    assert reply.query is not None, reply.text
    left = without_each(reply.query)
    assert len(left) == len(reply.chips)
    for query in left:
        if query is not None:
            assert query != reply.query
            assert journey.ask(text).query == reply.query
            assert journey.workspace.ask(text, settled=query).status in ("answered", "refused")
            try:
                journey.workspace.query(query)
            except C360Error as error:  # a comparison without its time has nothing to compare with
                pytest.fail(f"{text}: without a part: {error}")


def test_chips_say_what_is_left_without_them(journey: Space) -> None:
    chips = journey.ask("revenue of VIP customers in October").document()["chips"]
    (where,) = (chip for chip in chips if chip["kind"] == "where")
    assert where["without"] == {"metrics": ["revenue"], "time": {"relative": "2017-10"}}
    (metric,) = (chip for chip in chips if chip["kind"] == "metrics")
    assert metric["without"] is None
