"""Who belongs to an audience: every kind of condition, against the same question asked of plain rows."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.audiences.conftest import AS_OF

from customer360.errors import QueryError
from customer360.semantic.segment import members_table, sizes_table
from customer360.semantic.segment_query import parse_segment

if TYPE_CHECKING:
    from tests.audiences.conftest import Tables

    from customer360.audiences.room import Audiences
    from customer360.workspace import Workspace

SUBJECT = "customer.customer_id"


def chosen(shop: Workspace, members: dict[str, Any], **more: Any) -> list[str]:
    segment = parse_segment({"subject": SUBJECT, "members": members, **more})
    sql = members_table(shop.semantic_model(), segment, as_of=AS_OF).sql
    found: list[str] = shop.sql(sql)["member"].to_pylist()
    assert len(found) == len(set(found))
    return found


# ---- the same in plain Python --------------------------------------------------------------------------------


def compared(value: Any, op: str, other: Any) -> bool:
    if op == "!=":
        return bool(value is None or value != other)
    if value is None:
        return False
    if op == "in":
        return value in other
    return {
        "=": value == other, "<": value < other, "<=": value <= other, ">": value > other, ">=": value >= other,
    }[op]  # fmt: skip


def in_days(day: date, time: dict[str, str] | None) -> bool:
    if time is None:
        return True
    days = int(time["relative"].split()[1])
    return AS_OF - timedelta(days=days - 1) <= day <= AS_OF


def fits(tables: Tables, id_: str, given: dict[str, Any]) -> bool:
    if "all" in given:
        return all(fits(tables, id_, part) for part in given["all"])
    if "any" in given:
        return any(fits(tables, id_, part) for part in given["any"])
    if "not" in given:
        return not fits(tables, id_, given["not"])
    if "field" in given:
        return compared(tables.customers[id_][given["field"]], given["op"], given["value"])
    where = given.get("where")
    if "metric" in given:
        rows = [
            row
            for row in tables.sales
            if row["customer_id"] == id_
            and in_days(row["day"], given.get("time"))
            and (where is None or row[where["field"]] == where["value"])
        ]
        figures: dict[str, Any] = {
            "sales": len(rows),
            "revenue": sum((row["net"] for row in rows), Decimal(0)),
            "average_sale": sum(row["net"] for row in rows) / len(rows) if rows else None,
        }
        return compared(figures[given["metric"]], given["op"], given["value"])
    carts = [
        row["left_at"].date()
        for row in tables.carts
        if row["customer_id"] == id_
        and in_days(row["left_at"].date(), given.get("time"))
        and (where is None or row[where["field"]] == where["value"])
    ]
    least = given.get("at_least", 0 if "at_most" in given else 1)
    if not least <= len(carts) <= given.get("at_most", 10**9):
        return False
    later = given.get("not_followed_by")
    if later is None or not carts:
        return True
    wanted = later.get("where", {}).get("value")
    days = [
        row["day"] for row in tables.sales if row["customer_id"] == id_ and (wanted is None or row["channel"] == wanted)
    ]
    return not days or max(days) < max(carts)


CONDITIONS: list[dict[str, Any]] = [
    {"field": "country", "op": "=", "value": "US"},
    {"field": "segment", "op": "!=", "value": "VIP"},
    {"field": "country", "op": "in", "value": ["US", "CA"]},
    {"metric": "sales", "op": ">=", "value": 2, "time": {"relative": "last 90 days"}},
    {"metric": "sales", "op": "=", "value": 0},
    {"metric": "revenue", "op": "<", "value": 100, "where": {"field": "channel", "value": "Store"}},
    {"metric": "average_sale", "op": ">", "value": 30},
    {"event": "cart", "at_least": 2},
    {"event": "cart", "at_most": 0, "time": {"relative": "last 30 days"}},
    {"event": "cart", "at_least": 1, "at_most": 1, "where": {"field": "is_abandoned", "value": True}},
    {"event": "cart", "where": {"field": "is_abandoned", "value": True}, "not_followed_by": {"event": "sale"}},
    {"event": "cart", "time": {"relative": "last 60 days"},
     "not_followed_by": {"event": "sale", "where": {"field": "channel", "value": "Store"}}},
]  # fmt: skip


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
def test_each_kind_of_condition(built: Workspace, tables: Tables, condition: dict[str, Any]) -> None:
    expected = sorted(id_ for id_ in tables.customers if fits(tables, id_, condition))
    assert 0 < len(expected) < len(tables.customers)
    assert sorted(chosen(built, condition)) == expected


LEAVES = st.sampled_from(CONDITIONS)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=5,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES)
def test_conditions_of_any_shape(built: Workspace, tables: Tables, tree: dict[str, Any]) -> None:
    assert sorted(chosen(built, tree)) == sorted(id_ for id_ in tables.customers if fits(tables, id_, tree))


def test_sizes_count_what_each_condition_leaves(built: Workspace, tables: Tables) -> None:
    parts = [CONDITIONS[3], CONDITIONS[1], CONDITIONS[7]]
    segment = parse_segment({"subject": SUBJECT, "members": {"all": parts}})
    (row,) = built.sql(sizes_table(built.semantic_model(), segment, as_of=AS_OF).sql).to_pylist()
    left = [len([id_ for id_ in tables.customers if fits(tables, id_, {"all": parts[:n]})]) for n in (1, 2, 3)]
    assert list(row.values()) == [300, *left]


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize(("by", "kept"), [("expected_value", {"top": 17}), ("revenue", {"share": 0.15})])
def test_the_first_by_a_number_of_theirs(
    built: Workspace, tables: Tables, by: str, kept: dict[str, Any], ascending: bool
) -> None:
    spent: Counter[str] = Counter()
    for row in tables.sales:
        spent[row["customer_id"]] += row["net"]
    us = [id_ for id_, row in tables.customers.items() if row["country"] == "US"]
    value = {id_: spent[id_] if by == "revenue" else tables.customers[id_]["expected_value"] for id_ in us}
    order = sorted(
        (id_ for id_ in us if value[id_] is not None), key=lambda id_: (value[id_] * (1 if ascending else -1), id_)
    )
    number = kept.get("top") or -(-len(order) * 15 // 100)
    found = chosen(built, CONDITIONS[0], rank={"by": by, "ascending": ascending, **kept})
    assert sorted(found) == sorted(order[:number])


def test_an_audience_asks_for_consent_unless_it_says_otherwise(room: Audiences, tables: Tables) -> None:
    offer = room.preview("offer")
    fitting = [
        id_ for id_, row in tables.customers.items() if row["open_tickets"] == 0 and fits(tables, id_, CONDITIONS[3])
    ]
    consenting = [id_ for id_ in fitting if tables.customers[id_]["consent_email"]]
    assert [left for _, left in offer.steps][1:] == [len(fitting), len(consenting)]
    assert offer.members == len(consenting) < len(fitting)
    assert offer.steps[0][0] == "Sales at least 2 in last 90 days"
    survey = room.preview("survey")  # consent to a purpose goes before consent to the channel
    assert survey.steps[-1] == (
        "consent: Consent surveys is true",
        sum(row["country"] == "US" and row["consent_surveys"] for row in tables.customers.values()),
    )
    abandoned = room.preview("abandoned")
    assert len(abandoned.steps) == 1


def test_a_relative_time_follows_the_as_of_date(room: Audiences) -> None:
    earlier = room.preview("offer", as_of=date(2024, 6, 30))
    assert earlier.as_of == date(2024, 6, 30)
    assert earlier.members != room.preview("offer").members


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"field": "contry", "op": "=", "value": "US"}, "Did you mean 'country'"),
        ({"metric": "revenu", "op": ">", "value": 1}, "Did you mean 'revenue'"),
        ({"event": "crt"}, "Did you mean 'cart'"),
        ({"event": "customer"}, "no date, so its rows are no events"),
        ({"field": "sale.channel", "op": "=", "value": "Store"}, "do not each belong to one row of sale"),
        ({"field": "country", "op": ">>", "value": "US"}, "The audience's `members"),
    ],
)
def test_what_cannot_be_is_refused_in_words(built: Workspace, members: dict[str, Any], message: str) -> None:
    with pytest.raises(QueryError, match=re.escape(message)):
        chosen(built, members)
