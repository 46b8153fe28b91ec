"""Random metric queries over random rows equal a naive row-by-row evaluator."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.semantic.naive import METRICS, Asked, Facts, evaluate, holds
from tests.semantic.shop import AS_OF, MemorySession, Rows, insert, shop_model, shop_session

from customer360.semantic.answer import answer
from customer360.semantic.query import MetricQuery

MODEL = shop_model()
SESSION = shop_session()

DAYS = st.dates(date(2023, 11, 1), date(2024, 12, 5))
KEYS = st.none() | DAYS.map(lambda day: int(day.strftime("%Y%m%d")))
CENTS = st.none() | st.integers(0, 9999).map(lambda cents: Decimal(cents) / 100)
CUSTOMERS = st.sampled_from([1, 101, 2, 3, 4, 99, None])
PRODUCTS = st.sampled_from([1, 2, 3, 77, None])
CHANNELS = st.sampled_from(["Online", "Store", "Phone", None])
SALE = st.tuples(
    st.integers(1, 9), st.sampled_from(["t1", "t2", "t3", "t4"]), CUSTOMERS, st.just(20), PRODUCTS, KEYS, KEYS,
    CHANNELS, st.booleans(), st.none() | st.integers(0, 5), CENTS, st.sampled_from([False, False, False, True]),
)  # fmt: skip
MOMENTS = DAYS.flatmap(
    lambda day: st.sampled_from(["00:00:00", "12:30:00", "23:59:59"]).map(lambda clock: f"{day.isoformat()} {clock}")
)
TICKET = st.tuples(
    st.none() | st.integers(1, 9), CUSTOMERS, st.none() | MOMENTS, CHANNELS, st.none() | st.integers(0, 60).map(float)
)
STOCK = st.tuples(PRODUCTS, st.none() | DAYS.map(date.isoformat), st.none() | st.integers(0, 50))
FACTS = st.fixed_dictionaries(
    {
        "sales": st.lists(SALE, max_size=12),
        "tickets": st.lists(TICKET, max_size=8),
        "stock": st.lists(STOCK, max_size=8),
    }
)

SHARED = {"sales", "tickets", "stock"}
DIMENSIONS: dict[str, set[str]] = {
    "customer.segment": {"sales", "tickets"},
    "customer.region": {"sales", "tickets"},
    "customer.age": {"sales", "tickets"},
    "product.brand": {"sales", "stock"},
    "product.category": {"sales", "stock"},
    "sales.channel": {"sales"},
    "order_date.day:month": {"sales"},
    "ship_date.day:quarter": {"sales"},
    **{f"time:{grain}": SHARED for grain in ("day", "week", "month", "quarter", "year")},
}
VALUES: dict[str, list[Any]] = {
    "customer.segment": ["VIP", "Regular", "New", "(none)"],
    "customer.region": ["EU", "US", "(none)"],
    "customer.age": [28, 33, 34, 51, 90],
    "product.brand": ["Acme", "Zed", "it's", "(none)"],
    "product.category": ["Shoes", "Hats"],
    "sales.channel": ["Online", "Store", "(none)"],
    "order_date.day": ["2024", "2024-02", "2024-07-01"],
    "time": ["2023", "2024-11", "2024-11-30"],
}

WITH_ORDER = {"customer.age", "order_date.day", "time"}
ORDERED = ("<", "<=", ">", ">=")


def bases(metrics: tuple[str, ...]) -> set[str]:
    return {part.base for name in metrics for part in METRICS[name][0]}


def reach(name: str) -> set[str]:
    return next(found for dimension, found in DIMENSIONS.items() if dimension.partition(":")[0] == name)


def conditions(fields: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    def condition(field: str) -> st.SearchStrategy[dict[str, Any]]:
        value = st.sampled_from(VALUES[field])
        one = (
            ["=", "!="]
            if isinstance(VALUES[field][0], str) and "-" not in str(VALUES[field][1])
            else ["=", "!=", "<", "<=", ">", ">="]
        )
        several = st.fixed_dictionaries(
            {
                "field": st.just(field),
                "op": st.sampled_from(["in", "not in"]),
                "value": st.lists(value, min_size=1, max_size=2),
            }
        )
        single = st.fixed_dictionaries({"field": st.just(field), "op": st.sampled_from(one), "value": value})
        empty = st.fixed_dictionaries({"field": st.just(field), "op": st.sampled_from(["is null", "is not null"])})
        return single | several | empty

    leaf = st.sampled_from(fields).flatmap(condition)
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"not": inner}),
        ),
        max_leaves=4,
    )


@st.composite
def queries(draw: st.DrawFn) -> dict[str, Any]:
    metrics = tuple(draw(st.lists(st.sampled_from(sorted(METRICS)), min_size=1, max_size=3, unique=True)))
    needed = bases(metrics)
    possible = [name for name, found in DIMENSIONS.items() if needed <= found]
    dimensions = draw(st.lists(st.sampled_from(possible), max_size=3, unique=True))
    fields = [name for name in VALUES if needed <= reach(name)]
    where = draw(st.none() | conditions(fields))
    days = st.dates(date(2023, 11, 1), date(2024, 12, 31)).map(date.isoformat)
    time = draw(st.none() | st.fixed_dictionaries({"start": st.none() | days, "end": st.none() | days}))
    if time and time["start"] and time["end"] and time["start"] > time["end"]:
        time = {"start": time["end"], "end": time["start"]}
    having = draw(
        st.none()
        | st.fixed_dictionaries(
            {
                "field": st.sampled_from(metrics),
                "op": st.sampled_from([">", "<=", "=", "!="]),
                "value": st.integers(0, 60),
            }
        )
    )
    return {
        "metrics": metrics,
        "dimensions": [{"name": d.partition(":")[0], "grain": d.partition(":")[2] or None} for d in dimensions],
        "where": where,
        "time": {**time, "dimension": "time"} if time else None,
        "having": having,
    }


def fill(rows: Rows) -> None:
    for table in ("sales", "tickets", "stock"):
        SESSION.connection.execute(f"DELETE FROM gold.{table}")
        insert(SESSION, table, rows[table])


def asked_of(query: dict[str, Any]) -> Asked:
    dimensions = tuple(d["name"] + (f":{d['grain']}" if d["grain"] else "") for d in query["dimensions"])
    time = query["time"] or {}
    start, end = (date.fromisoformat(time[edge]) if time.get(edge) else None for edge in ("start", "end"))
    return Asked(query["metrics"], dimensions, query["where"], (start, end))


def same(found: Any, expected: Any) -> bool:
    if isinstance(found, float) or isinstance(expected, float):
        if found is None or expected is None:
            return found is expected
        return math.isclose(float(found), float(expected), rel_tol=1e-9, abs_tol=1e-9)
    return bool(found == expected)


def check(query: dict[str, Any], session: MemorySession = SESSION) -> None:
    asked = asked_of(query)
    expected = evaluate(Facts(CURRENT["rows"]), asked)
    if query["having"] is not None:
        name = query["having"]["field"]
        position = query["metrics"].index(name)
        expected = {k: v for k, v in expected.items() if holds(query["having"], lambda _n, v=v: v[position])}
    got = answer(session, MODEL, MetricQuery.model_validate(query), as_of=AS_OF)
    count = len(asked.dimensions)
    table = [tuple(row.values()) for row in got.table.to_pylist()]
    found = {row[:count]: row[count:] for row in table}
    assert len(found) == len(table), got.sql
    assert set(found) == set(expected), got.sql
    for key, values in expected.items():
        for metric, one, other in zip(asked.metrics, found[key], values, strict=True):
            assert same(one, other), (key, metric, one, other, got.sql)


CURRENT: dict[str, Any] = {}


def run(rows: Rows, query: dict[str, Any]) -> None:
    CURRENT["rows"] = rows
    fill(rows)
    check(query)


QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=200, deadline=None, suppress_health_check=QUIET)
@given(rows=FACTS, query=queries())
def test_a_random_query_equals_the_naive_answer(rows: Rows, query: dict[str, Any]) -> None:
    run(rows, query)


@pytest.mark.full
@settings(max_examples=2000, deadline=None, suppress_health_check=QUIET)
@given(rows=FACTS, query=queries())
def test_two_thousand_random_queries_equal_the_naive_answer(rows: Rows, query: dict[str, Any]) -> None:
    run(rows, query)
