"""What stands beside a figure, over random rows, equals a naive row-by-row evaluator."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.semantic import naive_extras
from tests.semantic.naive import METRICS, Facts, month_add
from tests.semantic.shop import AS_OF, Rows
from tests.semantic.test_random_queries import (
    DIMENSIONS,
    FACTS,
    MODEL,
    QUIET,
    SESSION,
    VALUES,
    asked_of,
    bases,
    conditions,
    fill,
    reach,
    same,
)

from customer360.semantic.answer import answer
from customer360.semantic.query import MetricQuery

PLAIN = sorted(name for name in METRICS if "stock" not in name)
GRAINS = ("day", "week", "month", "quarter", "year")
COUNTED = ("revenue", "lines", "units", "tickets", "returned_amount")


@st.composite
def parts(draw: st.DrawFn, metrics: st.SearchStrategy[list[str]], grains: tuple[str, ...]) -> dict[str, Any]:
    """Draw metrics, dimensions, filters and a range of whole months; ``grains`` of which one cuts the time."""
    chosen = tuple(draw(metrics))
    needed = bases(chosen)
    possible = [d for d, found in DIMENSIONS.items() if needed <= found and ":" not in d]
    dimensions = draw(st.lists(st.sampled_from(possible), max_size=2, unique=True)) if possible else []
    if grains:
        dimensions.insert(draw(st.integers(0, len(dimensions))), f"time:{draw(st.sampled_from(grains))}")
    fields = [name for name in VALUES if needed <= reach(name)]
    start = date(2023, 11, 1)
    start = month_add(start, draw(st.integers(0, 11)))
    end = month_add(start, draw(st.integers(1, 4))) - timedelta(days=1)
    return {
        "metrics": chosen,
        "dimensions": [{"name": d.partition(":")[0], "grain": d.partition(":")[2] or None} for d in dimensions],
        "where": draw(st.none() | conditions(fields)),
        "time": {"start": start.isoformat(), "end": end.isoformat(), "dimension": "time"},
    }


def some(names: Any, most: int = 2) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(list(names)), min_size=1, max_size=most, unique=True)


def compare_tables(query: dict[str, Any], expected: naive_extras.Table) -> None:
    got = answer(SESSION, MODEL, MetricQuery.model_validate(query), as_of=AS_OF)
    table = [tuple(row.values()) for row in got.table.to_pylist()]
    count = len(query["dimensions"])
    found = {row[:count]: row[count:] for row in table}
    assert len(found) == len(table), got.sql
    assert set(found) == set(expected), got.sql
    for key, values in expected.items():
        for one, other in zip(found[key], values, strict=True):
            assert same(one, other), (key, found[key], values, got.sql)


def comparisons() -> st.SearchStrategy[dict[str, Any]]:
    return parts(some(METRICS), ("day", "month")) | parts(some(METRICS), ())


def check_comparison(rows: Rows, query: dict[str, Any]) -> None:
    fill(rows)
    asked = {**query, "compare": {"to": "previous period"}}
    compare_tables(asked, naive_extras.compared(Facts(rows), asked_of(query)))


def check_share(rows: Rows, query: dict[str, Any], keep: list[bool]) -> None:
    fill(rows)
    within = tuple(d for d, kept in zip(asked_of(query).dimensions, keep, strict=False) if kept and ":" not in d)
    asked = {**query, "shares": [{"metric": query["metrics"][0], "within": within}]}
    compare_tables(asked, naive_extras.shared(Facts(rows), asked_of(query), query["metrics"][0], within))


WINDOWS = st.one_of(
    st.fixed_dictionaries({"kind": st.just("cumulative"), "count": st.none(), "unit": st.none()}),
    st.fixed_dictionaries(
        {
            "kind": st.just("trailing"),
            "count": st.integers(1, 4),
            "unit": st.none() | st.sampled_from(GRAINS),
        }
    ),
    st.fixed_dictionaries({"kind": st.just("period_to_date"), "count": st.none(), "unit": st.sampled_from(GRAINS)}),
)


def check_window(rows: Rows, query: dict[str, Any], window: dict[str, Any]) -> None:
    fill(rows)
    asked = {**query, "windows": [{**window, "metric": query["metrics"][0], "name": "windowed"}]}
    wanted = {**window, "metric": query["metrics"][0]}
    compare_tables(asked, naive_extras.windowed(Facts(rows), asked_of(query), wanted))


def check_gaps(rows: Rows, query: dict[str, Any], *, zero: bool) -> None:
    fill(rows)
    asked = {**query, "fill": "zero" if zero else "null"}
    compare_tables(asked, naive_extras.filled(Facts(rows), asked_of(query), zero=zero))


@st.composite
def tops(draw: st.DrawFn) -> dict[str, Any]:
    query = draw(
        parts(some(["revenue", "lines", "buyers", "average_order_value"]), ()) | parts(some(["revenue"]), ("month",))
    )
    dimension = draw(st.sampled_from(["customer.segment", "product.brand", "sales.channel"]))
    if all(d["name"] != dimension for d in query["dimensions"]):
        query["dimensions"].append({"name": dimension, "grain": None})
    by = draw(st.sampled_from(["revenue", "lines", "orders"]))
    return {**query, "top": {"dimension": dimension, "by": by, "n": draw(st.integers(1, 3))}}


def check_top(rows: Rows, query: dict[str, Any]) -> None:
    fill(rows)
    top = query["top"]
    compare_tables(query, naive_extras.largest(Facts(rows), asked_of(query), top["dimension"], top["by"], top["n"]))


few = settings(max_examples=60, deadline=None, suppress_health_check=QUIET, derandomize=True)
many = settings(max_examples=600, deadline=None, suppress_health_check=QUIET)
SHARES = parts(some(COUNTED), ("month",)) | parts(some([*COUNTED, "buyers", "orders"]), ())
TIMED = parts(some(PLAIN), GRAINS)
KEEP = st.lists(st.booleans(), min_size=3, max_size=3)


@few
@given(FACTS, comparisons())
def test_a_period_stands_beside_the_one_before(rows: Rows, query: dict[str, Any]) -> None:
    check_comparison(rows, query)


@few
@given(FACTS, SHARES, KEEP)
def test_a_share_is_part_of_the_total_it_keeps(rows: Rows, query: dict[str, Any], keep: list[bool]) -> None:
    check_share(rows, query, keep)


@few
@given(FACTS, TIMED, WINDOWS)
def test_a_window_covers_the_rows_of_its_days(rows: Rows, query: dict[str, Any], window: dict[str, Any]) -> None:
    check_window(rows, query, window)


@few
@given(FACTS, TIMED, st.booleans())
def test_gaps_in_time_are_filled(rows: Rows, query: dict[str, Any], zero: bool) -> None:
    check_gaps(rows, query, zero=zero)


@few
@given(FACTS, tops())
def test_the_rest_stands_together(rows: Rows, query: dict[str, Any]) -> None:
    check_top(rows, query)


@pytest.mark.full
@many
@given(FACTS, st.data())
def test_all_of_it_many_times(rows: Rows, data: st.DataObject) -> None:
    check_comparison(rows, data.draw(comparisons()))
    check_share(rows, data.draw(SHARES), data.draw(KEEP))
    check_window(rows, data.draw(TIMED), data.draw(WINDOWS))
    check_gaps(rows, data.draw(TIMED), zero=data.draw(st.booleans()))
    check_top(rows, data.draw(tops()))
