"""A metric query that is not one is refused with the place, what may stand there and the nearest right word."""

from __future__ import annotations

from typing import Any

import pytest

from customer360.errors import QueryError
from customer360.semantic.query import parse_query

CASES: list[tuple[dict[str, Any], str]] = [
    ({"metrics": "revenue"}, '`metrics` must be a list, not "revenue". Write ["revenue"].'),
    (
        {"dimensions": "segment"},
        '`dimensions` must be a list, not "segment". Write ["segment"].',
    ),
    ({"dimensions": [7]}, "`dimensions.0` must be an object, not 7."),
    ({"dimensions": ["day:mnth"]}, "`dimensions.0.grain` cannot be \"mnth\". Did you mean 'month'?"),
    (
        {"dimensions": [{"name": "day", "grain": "mnth"}]},
        "`dimensions.0.grain` cannot be \"mnth\". Did you mean 'month'?",
    ),
    ({"limit": "many"}, '`limit` must be a whole number, not "many".'),
    ({"limit": 0}, "`limit` must be at least 1, not 0."),
    ({"top": {"dimension": "a", "n": 20_000, "by": "b"}}, "`top.n` must be at most 10000, not 20000."),
    (
        {"compare": {"name": "A B"}},
        '`compare.name` must be lower-case letters, digits and _, a letter first, not "A B".',
    ),
    ({"metric": ["revenue"]}, "A metric query has no key `metric`. Did you mean 'metrics'?"),
    ({"time": {"from": "2024"}}, "`time` of a metric query has no key `from`. Known: start, end, relative, dimension."),
    (
        {"order": [{"by": "x", "desc": True}]},
        "`order.0` of a metric query has no key `desc`. Known: by, descending.",
    ),
    (
        {"top": {"n": 3, "by": "x"}},
        "The metric query lacks the key `top.dimension`. It holds: a text dimension of the query.",
    ),
    (
        {"where": "segment=VIP"},
        '`where` must be an object, not "segment=VIP". Write it as {"field": "segment", "op": "=", "value": "VIP"}.',
    ),
    (
        {"where": {"field": "a", "operator": "="}},
        "`where` of a metric query has no key `operator`. Known: field, op, value.",
    ),
    (
        {"where": {"all": [{"field": "a", "op": "contain"}]}},
        "`where.all.0.op` cannot be \"contain\". Did you mean 'contains'?",
    ),
    (
        {"where": {"any": [{"feld": "a"}]}},
        "`where.any.0` of a metric query has no key `feld`. Did you mean 'field'?",
    ),
    (
        {"where": {"all": [{"not": {"op": "="}}]}},
        "The metric query lacks the key `where.all.0.not.field`. It holds: a dimension, or a metric.",
    ),
]


@pytest.mark.parametrize(("wrong", "sentence"), CASES, ids=[str(case[0]) for case in CASES])
def test_a_wrong_query_gets_its_sentence(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse_query(wrong if "metric" in wrong else {"metrics": ["revenue"], **wrong})
    assert str(refused.value) == sentence


def test_a_query_without_metrics_says_what_is_missing() -> None:
    with pytest.raises(QueryError) as refused:
        parse_query({})
    assert refused.value.what == "The metric query lacks the key `metrics`."


def test_texts_stand_for_the_objects_that_they_are_short_for() -> None:
    short = {
        "metrics": ["revenue"],
        "dimensions": ["customer.segment", "order_date:month"],
        "time": "last 12 months",
        "order": ["-revenue", "segment"],
    }
    whole = {
        "metrics": ["revenue"],
        "dimensions": [{"name": "customer.segment"}, {"name": "order_date", "grain": "month"}],
        "time": {"relative": "last 12 months"},
        "order": [{"by": "revenue", "descending": True}, {"by": "segment"}],
    }
    assert parse_query(short) == parse_query(whole)
    assert parse_query(short).canonical() == parse_query(whole).canonical()
