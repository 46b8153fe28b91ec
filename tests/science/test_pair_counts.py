"""Pairs counted by sorting are those counted by hand, whatever the portions in which they are written down."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer360.science.pair_counts import pair_counts

some_lines = st.lists(st.tuples(st.integers(-5, 2**60), st.integers(0, 70_000)), max_size=8)
crowded_lines = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12)), max_size=80)


def counted_by_hand(lines, minimum_count):
    baskets: dict[int, set[int]] = {}
    for transaction, item in lines:
        baskets.setdefault(transaction, set()).add(item)
    pairs = Counter(pair for basket in baskets.values() for pair in combinations(sorted(basket), 2))
    return {(a, b, n) for (a, b), n in pairs.items() if n >= minimum_count}


def counted(lines, minimum_count, at_a_time):
    columns = list(map(list, zip(*lines, strict=True))) or [[], []]
    half = len(lines) // 2  # as the engine hands columns over: in pieces
    transactions = pa.chunked_array([columns[0][:half], columns[0][half:]], pa.int64())
    items = pa.chunked_array([columns[1][:half], columns[1][half:]], pa.int32())
    return pair_counts(transactions, items, minimum_count, at_a_time=at_a_time).to_pylist()


@pytest.mark.parametrize("at_a_time", [1, 10, 1_000_000])
@given(lines=st.one_of(crowded_lines, some_lines), minimum_count=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_pairs_are_counted_as_by_hand(lines, minimum_count, at_a_time):
    rows = counted(lines, minimum_count, at_a_time)
    assert {(row["a"], row["b"], row["n"]) for row in rows} == counted_by_hand(lines, minimum_count)
    assert rows == sorted(rows, key=lambda row: (row["a"], row["b"])), "each pair once, in order"


def test_more_items_than_fit_into_32_bits_as_pairs_are_told_apart():
    alone = [(100 + item, item) for item in range(70_000)]  # every item is there, in a basket of its own
    assert counted([(2, 5), (2, 69_999), (3, 5), (3, 6), *alone], 1, 1_000_000) == [
        {"a": 5, "b": 6, "n": 1},
        {"a": 5, "b": 69_999, "n": 1},
    ]
