"""Filter values are checked against the field's type, and never become SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.semantic.shop import AS_OF, Shop

from customer360.errors import QueryError
from customer360.semantic.answer import answer
from customer360.semantic.compile import compile_query
from customer360.semantic.query import MetricQuery, parse_query

if TYPE_CHECKING:
    from collections.abc import Callable


def lines(shop: Shop, where: dict[str, Any]) -> int:
    ((count,),) = shop.ask("lines", where=where)
    return int(count)


MATCHES = [
    ({"field": "sales.channel", "value": "Online"}, 4),
    ({"field": "sales.channel", "op": "!=", "value": "Online"}, 4),
    ({"field": "sales.channel", "op": "is null"}, 1),
    ({"field": "sales.channel", "value": "(none)"}, 1),
    ({"field": "sales.channel", "op": "!=", "value": "(none)"}, 7),
    ({"field": "sales.channel", "op": "in", "value": ["Store", None]}, 4),
    ({"field": "sales.channel", "op": "not in", "value": ["Store"]}, 5),
    ({"field": "sales.channel", "op": "contains", "value": "NLI"}, 4),
    ({"field": "sales.channel", "op": "starts with", "value": "st"}, 3),
    ({"field": "sales.channel", "op": "starts with", "value": "tore"}, 0),
    ({"not": {"field": "sales.channel", "value": "Online"}}, 4),
    ({"not": {"not": {"field": "sales.channel", "value": "Online"}}}, 4),
    ({"any": [{"field": "sales.channel", "value": "Online"}, {"field": "customer.segment", "value": "VIP"}]}, 5),
    ({"all": [{"field": "sales.channel", "value": "Online"}, {"field": "customer.segment", "value": "VIP"}]}, 2),
    ({"field": "customer.age", "op": "between", "value": [30, "34"]}, 3),
    ({"field": "customer.age", "op": ">", "value": 34}, 2),
    ({"field": "sales.is_return", "value": True}, 1),
    ({"field": "sales.is_return", "value": "false"}, 7),
    ({"field": "order_date.day", "value": "2024-07"}, 2),
    ({"field": "order_date.day", "op": "!=", "value": "2024-07"}, 6),
    ({"field": "order_date.day", "op": "<=", "value": "2024-07"}, 4),
    ({"field": "order_date.day", "op": "<", "value": "2024-07"}, 2),
    ({"field": "order_date.day", "op": ">", "value": "2024-07"}, 4),
    ({"field": "order_date.day", "op": ">=", "value": "2024-Q3"}, 6),
    ({"field": "order_date.day", "op": "in", "value": ["2024-02", "2024-11-30"]}, 4),
    ({"field": "order_date.day", "op": "between", "value": ["2024-02", "2024-07"]}, 4),
    ({"field": "time", "op": ">=", "value": "2024-11-15"}, 3),
]


@pytest.mark.parametrize(("where", "count"), MATCHES, ids=str)
def test_a_filter_keeps_these_lines(shop: Shop, where: dict[str, Any], count: int) -> None:
    assert lines(shop, where) == count


def test_a_day_of_a_moment_field_is_the_whole_day(shop: Shop) -> None:
    for op, count in {"=": 1, "<=": 4, "<": 3, ">": 1, ">=": 2, "!=": 4}.items():
        assert shop.ask("tickets", where={"field": "tickets.created_at", "op": op, "value": "2024-11-30"}) == [(count,)]
    exact = {"field": "tickets.created_at", "op": ">", "value": "2024-11-30T18:30:00"}
    assert shop.ask("tickets", where=exact) == [(1,)]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"field": "customer.age", "value": "old"}, "'old' does not fit Age, which is of type Integer"),
    ({"field": "customer.age", "value": 3.5}, "Give a whole number"),
    ({"field": "customer.age", "value": True}, "does not fit"),
    ({"field": "sales.channel", "value": 5}, "Give a text"),
    ({"field": "sales.channel", "value": None}, "Use `is null`"),
    ({"field": "sales.channel", "value": ["a"]}, "Use `in` for a list"),
    ({"field": "sales.channel", "op": "in", "value": "a"}, "needs a list"),
    ({"field": "sales.channel", "op": "in", "value": []}, "is empty"),
    ({"field": "sales.channel", "op": "is null", "value": 1}, "takes no value"),
    ({"field": "customer.age", "op": "between", "value": [1]}, "a list of 2 values"),
    ({"field": "customer.age", "op": "contains", "value": "1"}, "works on texts"),
    ({"field": "sales.is_return", "op": "<", "value": True}, "does not work on"),
    ({"field": "sales.is_return", "value": "maybe"}, "true or false"),
    ({"field": "order_date.day", "value": "soon"}, "a date such as"),
    ({"field": "order_date.day", "value": "2024-02-30"}, "does not fit"),
    ({"field": "customer.segment", "value": "Vip"}, "Did you mean 'VIP'?"),
    (
        {"field": "customer.segment", "op": "in", "value": ["VIP", "Gold"]},
        "No value of Segment is named 'Gold'",
    ),
    ({"field": "customer.segmnt", "value": "VIP"}, "Did you mean 'segment'?"),
    ({"field": "custmer.segment", "value": "VIP"}, "Did you mean 'customer'?"),
    ({"field": "sales.is_test", "value": True}, "is hidden"),
    ({"field": "customer_key", "value": 1}, "Write one of: sales.customer_key, customer.customer_key"),
    ({"all": []}, "A filter group is empty"),
    (
        {"any": [{"field": "revenue", "op": ">", "value": 1}, {"field": "customer.segment", "value": "VIP"}]},
        "stand in the same",
    ),
]


@pytest.mark.parametrize(("where", "words"), REFUSED, ids=str)
def test_a_wrong_filter_is_refused_with_what_would_do(shop: Shop, where: dict[str, Any], words: str) -> None:
    with pytest.raises(QueryError) as refusal:
        shop.ask("lines", where=where)
    assert words in str(refusal.value)


HAVING = [
    ({"field": "revenue", "op": ">", "value": 70}, {"VIP", "(none)"}),
    ({"field": "tickets", "value": 0}, {"Regular"}),
    ({"not": {"field": "revenue", "op": ">", "value": 70}}, {"Regular"}),
    ({"field": "returned_amount", "op": "is null"}, {"VIP", "(none)"}),
]


@pytest.mark.parametrize(("having", "segments"), HAVING)
@pytest.mark.parametrize("key", ["having", "where"])
def test_a_condition_on_a_metric_holds_after_aggregation(
    shop: Shop, having: dict[str, Any], segments: set[str], key: str
) -> None:
    rows = shop.ask("revenue", by="customer.segment", **{key: having})
    assert {row[0] for row in rows} == segments
    assert all(len(row) == 2 for row in rows)


def test_having_knows_metrics_only(shop: Shop) -> None:
    with pytest.raises(QueryError, match="is no metric"):
        shop.ask("revenue", having={"field": "customer.segment", "value": "VIP"})


NASTY = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20) | st.sampled_from(
    ["'; DROP TABLE gold.sales; --", "' OR '1'='1", '"', "\\'", "--", "/* */", "*/", "$1", "{x}", "%", "_", "(none)"]
)
CHANGED = Shop()


@settings(max_examples=100, deadline=None)
@given(NASTY, st.sampled_from(["=", "!=", "contains", "starts with", "in"]))
def test_no_text_becomes_sql(value: str, op: str) -> None:
    CHANGED.session.connection.execute("UPDATE gold.sales SET channel = ? WHERE line_id = 1", [value])
    count = lines(CHANGED, {"field": "sales.channel", "op": op, "value": [value] if op == "in" else value})
    is_none = value == "(none)"
    expected: dict[str, Callable[[Any], bool]] = {
        "=": lambda channel: channel == value or (is_none and channel is None),
        "!=": lambda channel: not (channel == value or (is_none and channel is None)),
        "in": lambda channel: channel == value or (is_none and channel is None),
        "contains": lambda channel: channel is not None and value.lower() in channel.lower(),
        "starts with": lambda channel: channel is not None and channel.lower().startswith(value.lower()),
    }
    channels = [row[0] for row in CHANGED.sql("SELECT channel FROM gold.sales WHERE NOT is_test")]
    assert count == sum(expected[op](channel) for channel in channels)
    assert len(channels) == 8


def test_a_text_with_a_zero_byte_is_refused(shop: Shop) -> None:
    with pytest.raises(QueryError, match="does not fit"):
        lines(shop, {"field": "sales.channel", "value": "a\0b"})


QUERY_ERRORS = [
    ({"metrics": []}, "asks for no metric"),
    ({"metrics": ["revenu"]}, "Did you mean 'revenue'?"),
    ({"metrics": ["revenue"], "wher": {}}, "Did you mean 'where'?"),
    ({"dimensions": []}, "metrics"),
    ({"metrics": ["revenue"], "limit": 0}, "limit"),
    ({"metrics": ["revenue"], "dimensions": [{"name": "customer.segment", "grain": "month"}]}, "is no date"),
    ({"metrics": ["revenue"], "dimensions": [{"name": "time"}]}, "needs a grain"),
    ({"metrics": ["revenue"], "dimensions": [{"name": "sales.net"}]}, "is not a dimension"),
    ({"metrics": ["revenue"], "dimensions": [{"name": "customer.age"}, {"name": "customer.age"}]}, "stands twice"),
    ({"metrics": ["revenue"], "order": [{"by": "orders"}]}, "No metric or dimension of the query"),
    ({"metrics": ["revenue"], "time": {"relative": "2024", "start": "2024"}}, "either relative or"),
    ({"metrics": ["revenue"], "time": {"start": "2024", "dimension": "customer.segment"}}, "Segment is no date"),
    ({"metrics": ["customers"], "time": {"relative": "2024"}}, "Customers has no time of its own"),
    ({"metrics": ["customers"], "time": {"relative": "2024"}}, "Give dataset customer a time_field"),
]


@pytest.mark.parametrize(("query", "words"), QUERY_ERRORS, ids=str)
def test_a_query_that_makes_no_sense_is_refused(shop: Shop, query: dict[str, Any], words: str) -> None:
    with pytest.raises(QueryError) as refusal:
        answer(shop.session, shop.model, parse_query(query), as_of=AS_OF)  # type: ignore[arg-type]
    assert words in str(refusal.value)


def test_a_metric_without_time_axis_names_the_days_that_would_do() -> None:
    def change(model: dict[str, Any]) -> None:
        customer = next(dataset for dataset in model["datasets"] if dataset["name"] == "customer")
        expression = {"dialects": [{"dialect": "ANSI_SQL", "expression": "signup_date"}]}
        for name in ("signed_up", "last_seen"):  # of one date the metric would count by it
            customer["fields"].append({"name": name, "datatype": "Date", "expression": expression})

    asked = parse_query({"metrics": ["customers"], "time": {"relative": "2024"}})
    with pytest.raises(
        QueryError, match=r"Name one in the query \(customer\.signed_up, customer\.last_seen\), or give"
    ):
        compile_query(Shop(change).model, asked, as_of=AS_OF)


def test_equal_queries_have_equal_texts() -> None:
    one = parse_query({"metrics": ["revenue"], "limit": 5, "order": [{"by": "revenue", "descending": False}]})
    other = parse_query({"order": [{"by": "revenue"}], "limit": 5, "metrics": ["revenue"], "dimensions": []})
    assert one.canonical() == other.canonical()
    assert one.digest() == other.digest()
    assert MetricQuery.model_validate_json(one.canonical()) == one
