"""Score how much a customer is drawn to a product, and recommend what he has not bought yet.

Source: shrinkage of a share towards its expectation, Efron and Morris 1977, "Stein's Paradox in Statistics"; the weight
of 10 purchases is this project's, chosen on recall@10.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from customer360.errors import InputMalformed, NotEnoughData
from customer360.science.inputs import coded, require_columns, require_input, run_sql, with_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

METHOD = "affinity"
TOP = 20
PRIOR_PURCHASES = 10.0
FEW = 5
ROWS_PER_PART = 500_000
MINIMUM_TESTED = 50
LINES = ("customer_key", "product_key", "category", "transaction_id", "purchase_date")

BOUGHT = """
SELECT customer_key, product_key, min(coalesce(category, '')) AS category,
    count(DISTINCT transaction_id) AS purchase_count, max(purchase_date::DATE) AS last_purchase_date
FROM lines
WHERE customer_key IS NOT NULL AND product_key IS NOT NULL AND purchase_date::DATE <= $as_of
GROUP BY customer_key, product_key
"""

POPULAR = """
SELECT product_key, min(category) AS category,
    (sum(purchase_count) / sum(sum(purchase_count)) OVER (PARTITION BY min(category)))::DOUBLE AS product_share,
    row_number() OVER (
        PARTITION BY min(category) ORDER BY sum(purchase_count) DESC, product_key
    ) AS category_rank
FROM bought
GROUP BY product_key
"""

RANKED = """
WITH own AS (
    SELECT bought.* EXCLUDE (category), popular.category, product_share
    FROM bought JOIN popular USING (product_key)
    WHERE hash(customer_key) % $parts::UBIGINT = $part::UBIGINT
), interest AS (
    SELECT customer_key, category, count(*) AS products, sum(purchase_count)::BIGINT AS in_category,
        (sum(sum(purchase_count)) OVER (PARTITION BY customer_key))::BIGINT AS in_all
    FROM own GROUP BY customer_key, category
), known AS (
    SELECT customer_key, product_key, purchase_count, last_purchase_date, category, in_category, in_all, product_share,
        (purchase_count + $prior * in_category / in_all * product_share)::DOUBLE / (in_all + $prior) AS affinity_score
    FROM own JOIN interest USING (customer_key, category)
), unknown AS (
    SELECT customer_key, product_key, 0::BIGINT AS purchase_count, NULL::DATE AS last_purchase_date, category,
        in_category, in_all, product_share, category_rank,
        ($prior * in_category / in_all * product_share)::DOUBLE / (in_all + $prior) AS affinity_score
    FROM interest JOIN popular USING (category)
    WHERE category_rank <= $top + products
), enough AS (
    -- The worst of the best among a few of each category: whatever scores less is not among the best of all.
    SELECT customer_key, list_min(max(affinity_score, $top)) AS bound, count(*) >= $top AS is_bound
    FROM unknown ANTI JOIN own USING (customer_key, product_key)
    WHERE category_rank <= $few
    GROUP BY customer_key
), fresh AS (
    SELECT unknown.* EXCLUDE (category_rank),
        row_number() OVER (PARTITION BY customer_key ORDER BY affinity_score DESC, product_key) AS recommendation_rank
    FROM (
        FROM unknown LEFT JOIN enough USING (customer_key)
        SELECT unknown.*
        WHERE affinity_score >= bound OR is_bound IS NOT true
    ) AS unknown ANTI JOIN own USING (customer_key, product_key)
    QUALIFY recommendation_rank <= $top
), candidate AS (
    SELECT *, row_number() OVER (
        PARTITION BY customer_key ORDER BY affinity_score DESC, purchase_count DESC, product_key
    ) AS place
    FROM (
        FROM fresh UNION ALL BY NAME
        SELECT known.* FROM known JOIN (
            SELECT customer_key, list_min(max(affinity_score, $top)) AS bound FROM known GROUP BY customer_key
        ) USING (customer_key) WHERE affinity_score >= bound
    )
)
SELECT customer_key, product_key, affinity_score, purchase_count, last_purchase_date,
    CASE WHEN place <= $top THEN place END AS affinity_rank,
    recommendation_rank,
    CASE WHEN purchase_count > 0
        THEN format('{} of {} known purchases, last on {}', purchase_count, in_all, last_purchase_date)
        ELSE format('{} of {} known purchases {}, where this is {:.1f} % of what customers buy', in_category, in_all,
            coalesce('in ' || nullif(category, ''), 'without a category'), 100 * product_share)
    END AS why
FROM candidate
WHERE place <= $top OR recommendation_rank <= $top
"""

IMPACT = """
SELECT affinity.*,
    (affinity_score * expected_purchases_12m * price::DOUBLE)::DECIMAL(18, 2) AS predicted_cltv_impact
FROM affinity LEFT JOIN customers USING (customer_key) LEFT JOIN products USING (product_key)
ORDER BY customer_key, affinity_score DESC, purchase_count DESC, product_key
"""

HITS = """
WITH wanted AS (
    SELECT DISTINCT customer_key, product_key FROM lines
    WHERE purchase_date::DATE > $cut AND purchase_date::DATE <= $until
        AND customer_key IN (SELECT customer_key FROM guesses)
), personal AS (
    SELECT customer_key, count(*) AS n, count(guesses.product_key) AS hits,
        count(*) FILTER (wanted.product_key IN (SELECT product_key FROM best_sellers)) AS best_seller_hits
    FROM wanted LEFT JOIN guesses USING (customer_key, product_key)
    GROUP BY customer_key
)
SELECT count(*) AS customers, avg(hits / least(n, $top)) AS recall, avg(best_seller_hits / least(n, $top)) AS best
FROM personal
"""


@dataclass(frozen=True)
class BackTest:
    """Recall at ``top``: the share of products bought after the cut that were among the guesses, mean over customers.

    At most ``top`` products count per customer. ``best_seller_recall`` guesses the best sellers for all.
    """

    cut: date
    until: date
    customers: int
    recall: float
    best_seller_recall: float


def score(lines: pa.Table, *, as_of: date, top: int = TOP) -> pa.Table:
    """Return each customer's ``top`` products by affinity, sorted by customer_key and affinity_rank.

    Input: customer_key, product_key, category (NULL is a category of its own), transaction_id, purchase_date. Columns:
    customer_key, product_key, affinity_score (0..1), purchase_count (transactions), last_purchase_date (NULL: never),
    affinity_rank. The score is (k_cp + 10 s(category | c) s(p | category)) / (k_c + 10): k_cp purchases of the product
    by the customer, k_c all his purchases, s(category | c) his share of the category, s(p | category) the product's
    share of it among all customers. Scores of one customer add up to at most 1.
    """
    return _chosen(rank(lines, as_of=as_of, top=top), "affinity_rank")


def recommend(lines: pa.Table, *, as_of: date, top: int = TOP) -> pa.Table:
    """Return each customer's ``top`` products by affinity among those he never bought, with recommendation_rank."""
    return _chosen(rank(lines, as_of=as_of, top=top), "recommendation_rank")


def with_impact(affinity: pa.Table, customers: pa.Table, products: pa.Table) -> pa.Table:
    """Return scores with predicted_cltv_impact = affinity_score x expected_purchases_12m x price, DECIMAL(18, 2).

    ``customers``: customer_key, expected_purchases_12m (of step ``customer_value``). ``products``: product_key, price.
    It is what the product is expected to add to the customer's next twelve months, undiscounted, if one is bought at a
    time; NULL where purchases or price are unknown.
    """
    require_columns(customers, ("customer_key", "expected_purchases_12m"), name="customers")
    require_columns(products, ("product_key", "price"), name="products")
    return run_sql(
        IMPACT,
        affinity=affinity,
        customers=customers.select(["customer_key", "expected_purchases_12m"]),
        products=products.select(["product_key", "price"]),
    )


def back_test(lines: pa.Table, *, as_of: date, holdout_days: int = 90, top: int = 10) -> BackTest:
    """Guess at as-of minus ``holdout_days`` and count what was then bought.

    Raises NotEnoughData when fewer than 50 known customers bought in that time.
    """
    cut = as_of - timedelta(days=holdout_days)
    guesses = score(lines, as_of=cut, top=top)
    best = run_sql(
        "SELECT product_key FROM lines WHERE purchase_date::DATE <= $cut GROUP BY product_key "
        "ORDER BY count(*) DESC, product_key LIMIT $top",
        {"cut": cut, "top": top},
        lines=lines,
    )
    window = {"cut": cut, "until": as_of, "top": top}
    (row,) = run_sql(HITS, window, lines=lines, guesses=guesses, best_sellers=best).to_pylist()
    if row["customers"] < MINIMUM_TESTED:
        raise NotEnoughData(
            "The affinity back-test", found=row["customers"], needed=MINIMUM_TESTED, what="customers who bought again"
        )
    return BackTest(cut, as_of, row["customers"], row["recall"], row["best"])


def run(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return ``rank`` with impact (step ``affinity``).

    Inputs ``lines``, ``customers``, ``products``; parameter top (20).
    """
    top = with_defaults(parameters, {"top": TOP}, method=METHOD)["top"]
    lines = require_input(inputs, "lines", LINES, method=METHOD)
    customers = require_input(inputs, "customers", ("customer_key", "expected_purchases_12m"), method=METHOD)
    products = require_input(inputs, "products", ("product_key", "price"), method=METHOD)
    return with_impact(rank(lines, as_of=as_of, top=top), customers, products)


def rank(lines: pa.Table, *, as_of: date, top: int = TOP) -> pa.Table:
    """Return each customer's ``top`` products by affinity and his ``top`` among those he never bought.

    Input and columns as ``score``, and recommendation_rank (NULL: bought, or not among the best), affinity_rank (NULL:
    not among the best of all), why (what the score comes from, in words).
    """
    require_columns(lines, LINES, name="lines")
    if top < 1:
        raise InputMalformed(f"top is {top}; a list holds at least one product.")
    bought = run_sql(BOUGHT, {"as_of": as_of}, lines=coded(lines, "transaction_id"))
    popular = run_sql(POPULAR, bought=bought)
    parts = 1 + bought.num_rows // ROWS_PER_PART
    settings = {"parts": parts, "prior": PRIOR_PURCHASES, "top": top, "few": FEW}
    pieces = [run_sql(RANKED, {**settings, "part": part}, bought=bought, popular=popular) for part in range(parts)]
    return pa.concat_tables(pieces)


def _chosen(ranked: pa.Table, by: str) -> pa.Table:
    other = {"affinity_rank", "recommendation_rank"} - {by}
    kept = ranked.filter(pc.is_valid(ranked[by])).drop_columns([*other, "why"])
    return kept.sort_by([("customer_key", "ascending"), (by, "ascending")])
