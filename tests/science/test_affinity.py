from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer360.errors import InputMalformed, NotEnoughData
from customer360.science import affinity

AS_OF = date(2024, 11, 30)
CATEGORY = {1: "tea", 2: "tea", 3: "tea", 4: "cups", 5: "cups", 6: None, 7: None}


def lines(rows) -> pa.Table:
    """Rows of customer, product, transaction, days ago."""
    return pa.table(
        {
            "customer_key": pa.array([row[0] for row in rows], pa.int64()),
            "product_key": pa.array([row[1] for row in rows], pa.int64()),
            "category": pa.array([CATEGORY[row[1]] for row in rows], pa.string()),
            "transaction_id": pa.array([row[2] for row in rows], pa.int64()),
            "purchase_date": pa.array([AS_OF - timedelta(days=row[3]) for row in rows], pa.date32()),
        }
    )


def by_hand(rows) -> dict[int, dict[int, float]]:
    known = {(c, p, t) for c, p, t, age in rows if age >= 0}
    own, per_customer, per_product = Counter(), Counter(), Counter()
    in_category, category_size = Counter(), Counter()
    for c, p, _ in known:
        own[c, p] += 1
        per_customer[c] += 1
        per_product[p] += 1
        in_category[c, CATEGORY[p]] += 1
        category_size[CATEGORY[p]] += 1
    scores = defaultdict(dict)
    for c in per_customer:
        for p in per_product:
            if in_category[c, CATEGORY[p]]:
                expected = in_category[c, CATEGORY[p]] / per_customer[c] * per_product[p] / category_size[CATEGORY[p]]
                scores[c][p] = (own[c, p] + 10 * expected) / (per_customer[c] + 10)
    return scores


some_rows = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 7), st.integers(1, 9), st.integers(-20, 300)), min_size=1, max_size=40
)


@given(some_rows)
@settings(max_examples=25, deadline=None)
def test_the_score_is_the_shrunken_share_counted_by_hand(rows):
    expected = by_hand(rows)
    found = defaultdict(dict)
    for row in affinity.score(lines(rows), as_of=AS_OF).to_pylist():
        found[row["customer_key"]][row["product_key"]] = row["affinity_score"]
    assert found.keys() == expected.keys()
    for customer, scores in expected.items():
        assert found[customer] == pytest.approx(scores)
        assert sum(scores.values()) <= 1 + 1e-9


@given(some_rows, st.integers(1, 3))
@settings(max_examples=12, deadline=None)
def test_the_top_products_are_the_best_of_all(rows, top):
    for customer, scores in by_hand(rows).items():
        table = affinity.score(lines(rows), as_of=AS_OF, top=top)
        best = sorted(scores.values(), reverse=True)[:top]
        own = [row for row in table.to_pylist() if row["customer_key"] == customer]
        assert [row["affinity_score"] for row in own] == pytest.approx(best)
        assert [row["affinity_rank"] for row in own] == list(range(1, len(best) + 1))


@given(some_rows)
@settings(max_examples=12, deadline=None)
def test_recommendations_are_products_never_bought(rows):
    bought = {(c, p) for c, p, _, age in rows if age >= 0}
    expected = {c: {p: s for p, s in scores.items() if (c, p) not in bought} for c, scores in by_hand(rows).items()}
    found = defaultdict(dict)
    for row in affinity.recommend(lines(rows), as_of=AS_OF).to_pylist():
        assert row["purchase_count"] == 0
        assert row["last_purchase_date"] is None
        found[row["customer_key"]][row["product_key"]] = row["affinity_score"]
    for customer, scores in expected.items():
        assert found.get(customer, {}) == pytest.approx(scores)


def test_impact_is_affinity_times_expected_purchases_times_price():
    scores = affinity.score(lines([(1, 1, 1, 5), (1, 2, 2, 9), (2, 4, 3, 1)]), as_of=AS_OF)
    customers = pa.table({"customer_key": [1], "expected_purchases_12m": [3.5]})
    products = pa.table({"product_key": [1, 2], "price": pa.array([Decimal("20.00"), None], pa.decimal128(8, 2))})
    rows = affinity.with_impact(scores, customers, products).to_pylist()
    for row in rows:
        if row["customer_key"] == 1 and row["product_key"] == 1:
            assert float(row["predicted_cltv_impact"]) == pytest.approx(row["affinity_score"] * 3.5 * 20, abs=0.005)
            assert (row["purchase_count"], row["last_purchase_date"]) == (1, AS_OF - timedelta(days=5))
        else:
            assert row["predicted_cltv_impact"] is None
    inputs = {"lines": lines([(1, 1, 1, 5)]), "customers": customers, "products": products}
    assert affinity.run(inputs, {"top": 1}, as_of=AS_OF)["affinity_rank"].to_pylist() == [1]


@pytest.fixture(scope="module")
def habits():
    """500 customers with a taste of their own, 20 purchases each, 60 products in 6 categories."""
    random = np.random.default_rng(8)
    taste = random.dirichlet(np.full(60, 0.1), 500)
    rows = [
        (customer, int(random.choice(60, p=taste[customer])), customer * 100 + visit, int(random.integers(0, 365)))
        for customer in range(500)
        for visit in range(20)
    ]
    return pa.table(
        {
            "customer_key": [row[0] for row in rows],
            "product_key": [row[1] for row in rows],
            "category": [f"category {row[1] // 10}" for row in rows],
            "transaction_id": [row[2] for row in rows],
            "purchase_date": [AS_OF - timedelta(days=row[3]) for row in rows],
        }
    )


def test_scores_beat_best_sellers_in_the_back_test(habits):
    measured = affinity.back_test(habits, as_of=AS_OF)
    assert measured.recall > measured.best_seller_recall + 0.2
    cut = AS_OF - timedelta(days=90)
    guesses, wanted = defaultdict(set), defaultdict(set)
    for row in affinity.score(habits, as_of=cut, top=10).to_pylist():
        guesses[row["customer_key"]].add(row["product_key"])
    for row in habits.to_pylist():
        if row["purchase_date"] > cut and row["customer_key"] in guesses:
            wanted[row["customer_key"]].add(row["product_key"])
    by_customer = [len(wanted[c] & guesses[c]) / min(len(wanted[c]), 10) for c in wanted]
    assert measured.recall == pytest.approx(np.mean(by_customer))
    assert measured.customers == len(wanted)


def test_customers_in_parts_get_the_same_scores(habits, monkeypatch):
    whole = affinity.score(habits, as_of=AS_OF)
    monkeypatch.setattr(affinity, "ROWS_PER_PART", 300)  # a size, not a function: small enough for several parts
    assert affinity.score(habits, as_of=AS_OF).equals(whole)


def test_too_little_is_refused():
    with pytest.raises(NotEnoughData, match="needs at least 50 customers who bought again, and there are 0"):
        affinity.back_test(lines([(1, 1, 1, 5)]), as_of=AS_OF)
    with pytest.raises(InputMalformed, match="top is 0"):
        affinity.score(lines([(1, 1, 1, 5)]), as_of=AS_OF, top=0)
    assert affinity.score(lines([(1, 1, 1, -5)]), as_of=AS_OF).num_rows == 0
