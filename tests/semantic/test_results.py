"""Answers are kept in memory for exactly one state, one SQL text, and no more bytes than allowed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from tests.semantic.shop import Shop
from tests.semantic.test_policies import EU, US, with_policy

from customer360.errors import ProjectErrors
from customer360.semantic.answer import Memory
from customer360.semantic.results import ResultCache


def test_the_same_question_is_run_once(shop: Shop) -> None:
    memory = Memory()
    first = shop.answer("revenue", memory=memory)
    again = shop.answer("revenue", memory=memory)
    assert (first.remembered, again.remembered) == (False, True)
    assert again.table is first.table
    assert (memory.results.hits, memory.results.misses) == (1, 1)


def test_what_is_published_is_seen_at_once() -> None:
    shop, memory = Shop(), Memory()
    assert shop.answer("lines", memory=memory).table.to_pylist() == [{"lines": 8}]
    shop.session.publish("DELETE FROM gold.sales WHERE line_id = 1")
    assert shop.answer("lines", memory=memory).table.to_pylist() == [{"lines": 7}]
    assert memory.results.nbytes < 3_000  # the older state is gone from memory


def test_another_warehouse_with_the_same_number_is_another_state() -> None:
    one, other, memory = Shop(), Shop(), Memory()
    other.session.connection.execute("DELETE FROM gold.sales")
    assert one.session.snapshot == other.session.snapshot
    assert one.answer("lines", memory=memory).table.to_pylist() == [{"lines": 8}]
    assert other.answer("lines", memory=memory).table.to_pylist() == [{"lines": 0}]


def test_nobody_gets_the_answer_of_another() -> None:
    shop, memory = Shop(with_policy()), Memory()
    found = [shop.answer("revenue", memory=memory, principal=who).table.to_pylist() for who in (None, EU, US, None)]
    assert [rows[0]["revenue"] for rows in found] == [Decimal(text) for text in ("267.50", "107.50", "60.00", "267.50")]


class State:
    """A published state, to ask the cache about."""

    def __init__(self, snapshot: int) -> None:
        self.snapshot = snapshot
        self.state = f"lake/{snapshot}"


def table(size: int) -> pa.Table:
    return pa.table({"x": pa.array(range(size // 8), pa.int64())})


def test_memory_is_bounded_and_the_least_used_goes_first() -> None:
    cache, now = ResultCache(memory=200_000), State(1)
    for number in range(30):
        cache.keep(now, f"q{number}", table(10_000))  # type: ignore[arg-type]
        assert cache.nbytes <= 200_000
        assert cache.known(now, "q0") is not None  # type: ignore[arg-type]  # asked for all the time
    assert cache.known(now, "q1") is None  # type: ignore[arg-type]
    assert cache.known(now, "q29") is not None  # type: ignore[arg-type]
    cache.keep(now, "huge", table(50_000))  # type: ignore[arg-type]
    assert cache.known(now, "huge") is None  # type: ignore[arg-type]
    cache.clear()
    assert (cache.nbytes, cache.known(now, "q0")) == (0, None)  # type: ignore[arg-type]


def test_a_look_back_does_not_bring_an_old_state_back() -> None:
    cache = ResultCache()
    assert cache.known(State(5), "q") is None  # type: ignore[arg-type]
    cache.keep(State(4), "q", table(80))  # type: ignore[arg-type]
    assert cache.known(State(4), "q") is None  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["SUM(sales.net * random())", "MAX(current_date)", "MAX(now())"])
def test_what_depends_on_clock_or_chance_is_no_metric(text: str) -> None:
    def change(model: dict[str, Any]) -> None:
        model["metrics"].append(
            {"name": "x", "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": text}]}}
        )

    with pytest.raises(ProjectErrors, match=r"clock|chance"):
        Shop(change)


def test_a_source_that_depends_on_the_clock_is_refused() -> None:
    def change(model: dict[str, Any]) -> None:
        model["datasets"][0]["source"] = "SELECT * FROM gold.sales WHERE now() > '2024-01-01'"

    with pytest.raises(ProjectErrors, match="clock"):
        Shop(change)
