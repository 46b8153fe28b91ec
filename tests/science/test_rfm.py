from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer360.errors import InputMalformed, NotEnoughData
from customer360.science import rfm

AS_OF = date(2024, 11, 30)


def orders(rows) -> pa.Table:
    keys, ages, amounts = zip(*rows, strict=True)
    return pa.table(
        {
            "customer_key": pa.array(keys, pa.int64()),
            "purchase_date": pa.array([AS_OF - timedelta(days=age) for age in ages], pa.date32()),
            "amount": pa.array([Decimal(amount) for amount in amounts], pa.decimal128(10, 2)),
        }
    )


some_orders = st.lists(
    st.tuples(st.integers(1, 30), st.integers(-5, 400), st.integers(-20, 300)), min_size=1, max_size=120
)


@given(some_orders, st.integers(1, 7))
@settings(max_examples=30, deadline=None)
def test_a_score_counts_who_is_strictly_worse(rows, bins):
    people = defaultdict(list)
    for key, age, amount in rows:
        if age >= 0:
            people[key].append((age, amount))
    facts = {key: (-min(a for a, _ in own), len(own), sum(m for _, m in own)) for key, own in people.items()}
    if len(facts) < bins:
        with pytest.raises(NotEnoughData):
            rfm.score(orders(rows), as_of=AS_OF, bins=bins)
        return
    for row in rfm.score(orders(rows), as_of=AS_OF, bins=bins).to_pylist():
        own = facts[row["customer_key"]]
        assert (-row["recency_days"], row["frequency"], row["monetary"]) == own
        scores = (row["recency_score"], row["frequency_score"], row["monetary_score"])
        for measure, found in enumerate(scores):
            worse = sum(other[measure] < own[measure] for other in facts.values())
            assert found == 1 + bins * worse // len(facts)
        assert row["rfm_score"] == "-".join(map(str, scores))


def test_without_ties_the_scores_are_quintiles():
    table = rfm.score(orders([(key, key, 1000 - key) for key in range(100)]), as_of=AS_OF)
    assert np.bincount(table["recency_score"].to_numpy()).tolist() == [0, 20, 20, 20, 20, 20]
    assert np.bincount(table["monetary_score"].to_numpy()).tolist() == [0, 20, 20, 20, 20, 20]
    assert table["recency_score"].to_pylist()[0] == 5


def test_one_order_each_is_the_lowest_frequency_score():
    rows = [(key, key, 5) for key in range(10)] + [(9, 20, 5)]
    table = rfm.score(orders(rows), as_of=AS_OF)
    assert table["frequency_score"].to_pylist() == [1] * 9 + [5]


@pytest.mark.parametrize(
    ("recency", "frequency", "monetary", "segment"),
    [
        (5, 5, 4, "Champions"),
        (5, 4, 4, "Champions"),
        (5, 2, 3, "Potential Loyalists"),
        (5, 2, 2, "Potential Loyalists"),
        (5, 1, 1, "New Customers"),
        (5, 1, 2, "Potential Loyalists"),
        (4, 5, 5, "Champions"),
        (4, 4, 3, "Loyal Customers"),
        (4, 3, 3, "Potential Loyalists"),
        (4, 2, 2, "Promising"),
        (4, 1, 1, "Promising"),
        (3, 5, 5, "Loyal Customers"),
        (3, 4, 4, "Loyal Customers"),
        (3, 3, 3, "Need Attention"),
        (3, 2, 1, "About To Sleep"),
        (3, 1, 1, "About To Sleep"),
        (2, 5, 5, "At Risk"),
        (2, 3, 3, "At Risk"),
        (2, 2, 2, "Hibernating"),
        (2, 1, 1, "Hibernating"),
        (1, 5, 5, "Can't Lose Them"),
        (1, 4, 3, "Can't Lose Them"),
        (1, 3, 3, "At Risk"),
        (1, 2, 2, "Lost"),
        (1, 1, 1, "Lost"),
    ],
)
def test_the_grid_names_the_segment_by_recency_and_the_mean_of_the_others_rounded_up(
    recency, frequency, monetary, segment
):
    assert rfm.GRID[recency][int(np.floor((frequency + monetary) / 2 + 0.5)) - 1] == segment


def test_every_segment_of_a_company_comes_from_the_grid():
    random = np.random.default_rng(4)
    columns = (random.zipf(1.3, 4000) % 500, random.integers(0, 700, 4000), random.integers(1, 90, 4000))
    rows = [(int(key), int(age), int(amount)) for key, age, amount in zip(*columns, strict=True)]
    table = rfm.score(orders(rows), as_of=AS_OF)
    for row in table.to_pylist():
        fm = int((row["frequency_score"] + row["monetary_score"]) / 2 + 0.5)
        assert row["rfm_segment"] == rfm.GRID[row["recency_score"]][fm - 1]
    assert len(set(table["rfm_segment"].to_pylist())) == 11
    assert rfm.score(orders(rows), as_of=AS_OF, bins=4)["rfm_segment"].null_count == table.num_rows


def test_migration_counts_everyone_who_bought_by_the_second_date():
    rows = [(key, 300 - key, 5 * key + 1) for key in range(20)] + [(key, 10, 50) for key in range(5)] + [(77, 3, 9)]
    moved = rfm.migration(orders(rows), from_date=AS_OF - timedelta(days=100), to_date=AS_OF)
    assert sum(moved["customers"].to_pylist()) == 21
    before = rfm.score(orders(rows), as_of=AS_OF - timedelta(days=100))
    after = rfm.score(orders(rows), as_of=AS_OF)
    was = dict(zip(before["customer_key"].to_pylist(), before["rfm_segment"].to_pylist(), strict=True))
    counted = defaultdict(int)
    for key, segment in zip(after["customer_key"].to_pylist(), after["rfm_segment"].to_pylist(), strict=True):
        counted[was.get(key), segment] += 1
    assert {(row["from_segment"], row["to_segment"]): row["customers"] for row in moved.to_pylist()} == counted
    shares = defaultdict(float)
    for row in moved.to_pylist():
        shares[row["from_segment"]] += row["from_segment_share"]
    assert list(shares.values()) == pytest.approx([1.0] * len(shares))


def test_impossible_questions_are_refused_and_the_step_gives_no_rows():
    few = orders([(1, 5, 10), (2, 6, 10)])
    with pytest.raises(NotEnoughData, match="RFM needs at least 5 buyers, and there are 2"):
        rfm.score(few, as_of=AS_OF)
    assert rfm.run({"orders": few}, {}, as_of=AS_OF).num_rows == 0
    assert rfm.run({"orders": few}, {"bins": 2}, as_of=AS_OF).num_rows == 2
    with pytest.raises(InputMalformed, match="is not before"):
        rfm.migration(few, from_date=AS_OF, to_date=AS_OF)
    with pytest.raises(InputMalformed, match="bins is 0"):
        rfm.score(few, as_of=AS_OF, bins=0)
    with pytest.raises(InputMalformed, match="Row 5 of the RFM grid has 1 names"):
        rfm.score(few, as_of=AS_OF, grid={5: ["Champions"]})


def test_the_empty_step_has_the_types_of_the_full_one():
    full = rfm.run({"orders": orders([(key, key, 9) for key in range(9)])}, {}, as_of=AS_OF)
    assert rfm.run({"orders": orders([(1, 5, 10)])}, {}, as_of=AS_OF).schema.equals(full.schema)
