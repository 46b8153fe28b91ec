from __future__ import annotations

import math
from collections import Counter
from datetime import date
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer360.errors import InputMalformed, ScienceError
from customer360.science import basket

baskets_of_letters = st.lists(st.sets(st.sampled_from("abcdef"), min_size=1), min_size=1, max_size=25)


def lines(baskets) -> pa.Table:
    rows = [(number, item) for number, basket_ in enumerate(baskets) for item in sorted(basket_)]
    return pa.table({"transaction_id": [row[0] for row in rows], "item": [row[1] for row in rows]})


@given(baskets_of_letters, st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_pairs_have_the_measures_counted_by_hand(baskets, minimum_count):
    single = Counter(item for found in baskets for item in found)
    double = Counter(pair for found in baskets for pair in combinations(sorted(found), 2))
    total = len(baskets)
    rows = basket.pairs(lines(baskets), minimum_count=minimum_count).to_pylist()
    assert {(row["item_a"], row["item_b"]) for row in rows} == {p for p, n in double.items() if n >= minimum_count}
    for row in rows:
        a, b = row["item_a"], row["item_b"]
        count = double[a, b]
        lift = count / total / (single[a] / total * single[b] / total)
        assert (row["pair_count"], row["count_a"], row["count_b"]) == (count, single[a], single[b])
        assert row["support"] == pytest.approx(count / total)
        assert row["confidence_a_to_b"] == pytest.approx(count / single[a])
        assert row["confidence_b_to_a"] == pytest.approx(count / single[b])
        assert row["lift"] == pytest.approx(lift)
        assert row["npmi"] == pytest.approx(math.log(lift) / -math.log(count / total) if count < total else 0.0)
        assert -1 <= row["npmi"] <= 1 + 1e-12


@given(baskets_of_letters, st.sampled_from([0.05, 0.2, 0.5, 1.0]), st.sampled_from([0.0, 0.5, 0.8, 1.0]))
@settings(max_examples=30, deadline=None)
def test_rules_are_all_those_of_a_search_through_every_item_set(baskets, min_support, min_confidence):
    items, total = sorted(set().union(*baskets)), len(baskets)

    def count(wanted) -> int:
        return sum(set(wanted) <= found for found in baskets)

    expected = {}
    for size in range(2, len(items) + 1):
        for whole in combinations(items, size):
            if count(whole) * 1000 < min_support * 1000 * total - 1e-6 or not count(whole):
                continue
            for consequent in whole:
                antecedent = tuple(item for item in whole if item != consequent)
                confidence = count(whole) / count(antecedent)
                if confidence >= min_confidence - 1e-9:
                    lift = confidence / (count([consequent]) / total)
                    expected[antecedent, consequent] = (count(whole) / total, confidence, lift)
    found = basket.rules(lines(baskets), min_support=min_support, min_confidence=min_confidence)
    ours = {
        (tuple(row["antecedent"]), row["consequent"]): (row["support"], row["confidence"], row["lift"])
        for row in found.to_pylist()
    }
    assert ours.keys() == expected.keys()
    for key, values in ours.items():
        assert values == pytest.approx(expected[key])


@pytest.fixture(scope="module")
def shop():
    """4,000 baskets of 60 items with planted complements."""
    random = np.random.default_rng(12)
    baskets = []
    for _ in range(4000):
        found = set(random.zipf(1.4, random.integers(1, 7)) % 60)
        found |= {item + 1 for item in found if item >= 40 and item % 2 == 0 and random.random() < 0.7}
        baskets.append(found)
    return baskets


def test_rules_agree_with_mlxtend(shop):
    pandas = pytest.importorskip("pandas")
    frequent_patterns = pytest.importorskip("mlxtend.frequent_patterns")
    items = sorted(set().union(*shop))
    table = pandas.DataFrame([[item in found for item in items] for found in shop], columns=items)
    frequent = frequent_patterns.fpgrowth(table, min_support=0.005, use_colnames=True)
    theirs = frequent_patterns.association_rules(frequent, metric="confidence", min_threshold=0.3)
    theirs = theirs[theirs["consequents"].map(len) == 1]
    expected = {
        (tuple(sorted(row.antecedents)), next(iter(row.consequents))): (row.support, row.confidence, row.lift)
        for row in theirs.itertuples()
    }
    ours = basket.rules(lines(shop), min_support=0.005, min_confidence=0.3)
    assert ours.num_rows == len(expected) > 50
    assert max(len(row) for row in ours["antecedent"].to_pylist()) >= 2
    for row in ours.to_pylist():
        values = (row["support"], row["confidence"], row["lift"])
        assert values == pytest.approx(expected[tuple(row["antecedent"]), row["consequent"]])


def test_planted_complements_lead_by_lift_and_not_by_count(shop):
    planted = {(item, item + 1) for item in range(40, 60, 2) if sum(item in found for found in shop) >= 20}
    found = basket.pairs(lines(shop), minimum_count=10)
    by_lift = [(row["item_a"], row["item_b"]) for row in found.to_pylist()]
    by_count = [(row["item_a"], row["item_b"]) for row in found.sort_by([("pair_count", "descending")]).to_pylist()]
    assert len(planted) >= 5
    assert planted <= set(by_lift[: len(planted) + 3])
    assert not planted & set(by_count[: len(planted)])


def test_four_of_five_is_a_confidence_of_80_percent():
    found = basket.rules(lines([{"a", "b"}] * 4 + [{"a"}]), min_support=0.8, min_confidence=0.8)
    assert [row["consequent"] for row in found.to_pylist()] == ["a", "b"] or found.num_rows == 2
    assert basket.rules(lines([{"a", "b"}] * 7 + [{"a"}] * 3), min_support=0.7, min_confidence=0.7).num_rows == 2


def test_repeats_and_missing_values_in_a_basket_count_for_nothing():
    table = pa.table({"transaction_id": [1, 1, 1, 2, 2, None, 3], "item": ["a", "a", "b", "a", None, "b", "c"]})
    (row,) = basket.pairs(table, minimum_count=1).to_pylist()
    assert (row["pair_count"], row["count_a"], row["count_b"], row["support"]) == (1, 2, 1, 1 / 3)


def test_antecedents_can_be_kept_short(shop):
    short = basket.rules(lines(shop), min_support=0.005, min_confidence=0.1, longest_antecedent=1)
    everything = basket.rules(lines(shop), min_support=0.005, min_confidence=0.1)
    assert {len(row) for row in short["antecedent"].to_pylist()} == {1}
    assert short.num_rows == sum(len(row) == 1 for row in everything["antecedent"].to_pylist())


def test_no_lines_give_no_rows_and_impossible_minima_are_refused():
    nothing = pa.table({"transaction_id": pa.array([], pa.int64()), "item": pa.array([], pa.string())})
    assert basket.pairs(nothing).num_rows == 0
    assert basket.rules(nothing, min_support=0.1, min_confidence=0.1).schema.names == [
        "antecedent", "consequent", "support", "confidence", "lift",
    ]  # fmt: skip
    assert basket.run({"lines": nothing}, {"minimum_count": 2}, as_of=date(2024, 1, 1)).num_rows == 0
    with pytest.raises(InputMalformed, match="min_support is 0"):
        basket.rules(nothing, min_support=0, min_confidence=0.1)
    with pytest.raises(InputMalformed, match="min_confidence is 80"):
        basket.rules(nothing, min_support=0.1, min_confidence=80)
    with pytest.raises(InputMalformed, match="minimum_count is 0"):
        basket.pairs(nothing, minimum_count=0)


@pytest.mark.full
def test_a_flood_of_item_sets_is_refused():
    with pytest.raises(ScienceError, match="item sets are frequent"):
        basket.rules(lines([set(range(22))]), min_support=1.0, min_confidence=0.5)
