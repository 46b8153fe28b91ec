"""Conditions on what members did, and shares of a part: equal to a naive evaluator over random rows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.semantic.naive import METRICS, Asked, Facts, Row, compares, evaluate, extent, ratio
from tests.semantic.shop import AS_OF, Rows, Shop
from tests.semantic.test_random_queries import FACTS, MODEL, QUIET, SESSION, fill, same

from customer360.errors import QueryError
from customer360.semantic.answer import answer
from customer360.semantic.query import MetricQuery, parse_query

MEMBER = "customer.customer_id"
COUNTED = ("orders", "tickets", "units", "revenue")
OPS = ("=", ">", ">=", "<", "<=", "!=")


@st.composite
def deeds(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what customers did: a metric, a comparison, maybe days and rows of its own."""
    made: dict[str, Any] = {"metric": draw(st.sampled_from(COUNTED)), "member": MEMBER}
    made |= {"op": draw(st.sampled_from(OPS)), "value": draw(st.sampled_from([0, 1, 2, 40]))}
    if draw(st.booleans()):
        made["time"] = {"start": "2024-02", "end": draw(st.sampled_from(["2024-07", "2024-11"]))}
    if made["metric"] != "tickets" and draw(st.booleans()):
        made["where"] = {"field": "sales.channel", "value": draw(st.sampled_from(["Online", "Store"]))}
    return made


def those_who(facts: Facts, deed: dict[str, Any], people: dict[Any, str]) -> set[str]:
    """Return the customers that fulfil a deed, row by row; of nothing the figure is 0."""
    found = set()
    for name in set(people.values()):
        rows = [row for row in facts.rows[base_of(deed)] if people.get(row["customer_key"]) == name]
        part = METRICS[deed["metric"]][0][0]
        value = part.value([row for row in rows if part.keep(row) and counts(row, deed)]) or 0
        if (value != deed["value"]) if deed["op"] == "!=" else compares(value, deed["op"], deed["value"]):
            found.add(name)
    return found


def base_of(deed: dict[str, Any]) -> str:
    return METRICS[deed["metric"]][0][0].base


def counts(row: Row, deed: dict[str, Any]) -> bool:
    if "where" in deed and row["sales.channel"] != deed["where"]["value"]:
        return False
    if "time" not in deed:
        return True
    day = row["time"]
    return day is not None and extent(deed["time"]["start"])[0] <= day <= extent(deed["time"]["end"])[1]


@settings(max_examples=30, deadline=None, suppress_health_check=QUIET)
@given(FACTS, deeds(), st.sampled_from(COUNTED), st.booleans())
def test_rows_of_those_who_did_something(rows: Rows, deed: dict[str, Any], metric: str, negated: bool) -> None:
    fill(rows)
    facts = Facts(rows)
    people = {key: row["customer_id"] for key, row in facts.customers.items()}
    chosen = those_who(facts, deed, people)
    known = set(people.values())
    kept = Facts(rows)
    for table in ("sales", "tickets"):
        kept.rows[table] = [row for row in kept.rows[table] if (people.get(row["customer_key"]) in chosen) != negated]
    where = {"not": deed} if negated else deed
    assert known
    (expected,) = evaluate(kept, Asked((metric,))).values()
    (got,) = answer(SESSION, MODEL, query(metric, where=where), as_of=AS_OF).table.to_pylist()
    assert same(got[metric], expected[0]), (deed, got, expected)


@settings(max_examples=30, deadline=None, suppress_health_check=QUIET)
@given(FACTS, deeds(), st.sampled_from(["orders", "lines", "units"]))
def test_the_share_of_those_who_did_something(rows: Rows, deed: dict[str, Any], metric: str) -> None:
    fill(rows)
    facts = Facts(rows)
    people = {key: row["customer_id"] for key, row in facts.customers.items()}
    chosen = those_who(facts, deed, people)
    asked = Asked((metric,), ("customer.segment",))
    whole = evaluate(facts, asked)
    facts.rows["sales"] = [row for row in facts.rows["sales"] if people.get(row["customer_key"]) in chosen]
    part = evaluate(facts, asked)
    shares = [{"metric": metric, "part": deed}]
    made = query(metric, dimensions=[{"name": "customer.segment"}], shares=shares)
    table = answer(SESSION, MODEL, made, as_of=AS_OF).table.to_pylist()
    found = {row["customer_segment"]: row[f"{metric}_share"] for row in table}
    assert set(found) == {key[0] for key in whole}
    for (segment,), (total,) in whole.items():
        mine = part.get((segment,), [0])[0] or 0
        assert same(found[segment], ratio(mine, total)), (deed, segment)


def query(metric: str, **more: Any) -> MetricQuery:
    return MetricQuery.model_validate({"metrics": [metric], **more})


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop()


def test_two_times_in_one_question(shop: Shop) -> None:
    """Bought in February 2024 and not since July: nobody; opened a ticket in July and bought in July: Ann."""
    february = {"metric": "orders", "op": ">", "value": 0, "time": {"relative": "2024-02"}, "member": MEMBER}
    not_in_july = {"metric": "orders", "value": 0, "time": {"relative": "2024-07"}, "member": MEMBER}
    asked_in_july = {"metric": "tickets", "op": ">", "value": 0, "time": {"relative": "2024-07"}, "member": MEMBER}
    assert shop.ask("orders", where={"all": [february, not_in_july]}) == [(0,)]
    assert shop.ask("orders", where={"all": [february, asked_in_july]}) == [(2,)]
    assert shop.ask("revenue", by="customer.customer_id", where=asked_in_july, time="2024-07")[0][0] == "ann"


def test_it_holds_for_rows_and_is_refused_elsewhere(shop: Shop) -> None:
    deed = {"metric": "orders", "op": ">", "value": 0, "member": MEMBER}
    with pytest.raises(QueryError, match="which is no metric"):
        shop.ask("orders", having={"not": deed})
    with pytest.raises(QueryError, match="ordrs"):
        shop.ask("orders", where={**deed, "metric": "ordrs"})
    with pytest.raises(QueryError, match="has no key `tme`"):
        parse_query({"metrics": ["orders"], "where": {**deed, "tme": "2024"}})
    with pytest.raises(QueryError, match="`part` or `within`"):
        shop.ask(
            "orders", by="customer.segment", shares=[{"metric": "orders", "part": deed, "within": ["customer.segment"]}]
        )
