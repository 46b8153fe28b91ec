"""Find what is bought together: pairs with all usual measures, and rules with antecedents of any length.

Sources: Agrawal and Srikant 1994, "Fast Algorithms for Mining Association Rules"; Zaki 2000, "Scalable Algorithms for
Association Mining", IEEE TKDE 12(3) (intersecting transaction sets); Brin et al. 1997, "Dynamic Itemset Counting"
(lift); Bouma 2009, "Normalized (Pointwise) Mutual Information in Collocation Extraction" (NPMI).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from customer360.errors import InputMalformed, ScienceError
from customer360.science.inputs import coded, require_columns, require_input, require_share, run_sql, with_defaults
from customer360.science.pair_counts import pair_counts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

METHOD = "basket_pairs"
RULES = "basket_rules"
RULE_DEFAULTS = {"min_support": 0.001, "min_confidence": 0.1, "longest_antecedent": None}
MINIMUM_COUNT = 10
TOLERANCE = 1e-9
MOST_ITEMSETS = 1_000_000

Bits = NDArray[np.uint64]

MEMBERS = """
SELECT DISTINCT transaction_id, item FROM lines WHERE transaction_id IS NOT NULL AND item IS NOT NULL
"""
CODES = """
SELECT item, (row_number() OVER (ORDER BY item) - 1)::INTEGER AS code, count(*) AS baskets
FROM members
GROUP BY item
ORDER BY item
"""
MEMBER_CODES = "SELECT transaction_id, code FROM members JOIN codes USING (item) WHERE baskets >= $minimum_count"
NUMBERED = """
SELECT dense_rank() OVER (ORDER BY transaction_id) - 1 AS basket, code FROM members JOIN codes USING (item)
"""
BASKETS = "SELECT count(DISTINCT transaction_id) AS baskets FROM lines"
MEASURES = """
WITH measured AS (
    SELECT first.item AS item_a, second.item AS item_b, n AS pair_count, first.baskets AS count_a,
        second.baskets AS count_b, n / $baskets AS support,
        ln(n * $baskets::DOUBLE / (first.baskets::DOUBLE * second.baskets)) AS pmi
    FROM counts JOIN codes AS first ON first.code = a JOIN codes AS second ON second.code = b
)
SELECT
    item_a, item_b, pair_count, count_a, count_b, support,
    pair_count / count_a AS confidence_a_to_b,
    pair_count / count_b AS confidence_b_to_a,
    exp(pmi) AS lift,
    CASE WHEN support = 1 THEN 0.0 ELSE pmi / -ln(support) END AS npmi
FROM measured
ORDER BY lift DESC, pair_count DESC, item_a, item_b
"""


def pairs(lines: pa.Table, *, minimum_count: int = MINIMUM_COUNT) -> pa.Table:
    """Return every two items that share at least ``minimum_count`` transactions, highest lift first.

    Input: transaction_id, item; repeats within a transaction count once. Columns: item_a < item_b, pair_count, count_a,
    count_b (transactions with each), support = pair_count / transactions, confidence_a_to_b, confidence_b_to_a, lift =
    support / (support_a support_b), npmi in -1..1 (0 independent, 1 always together). Lift is wild for rare items: that
    is what the minimum count is for. No pairs, no rows.
    """
    require_columns(lines, ("transaction_id", "item"), name="lines")
    if minimum_count < 1:
        raise InputMalformed(f"minimum_count is {minimum_count}; a pair is seen at least once.")
    lines = coded(lines.select(["transaction_id", "item"]), "transaction_id")
    members = run_sql(MEMBERS, lines=lines)
    codes = run_sql(CODES, members=members)
    counts = _counts(members, codes, minimum_count)
    return run_sql(MEASURES, {"baskets": _transactions(lines)}, counts=counts, codes=codes)


def rules(
    lines: pa.Table, *, min_support: float, min_confidence: float, longest_antecedent: int | None = None
) -> pa.Table:
    """Return the rules "who has all of the antecedent has the consequent", highest lift first.

    Input: transaction_id, item. Columns: antecedent (list of items, sorted), consequent, support (share of transactions
    with all of them), confidence = support / support of the antecedent, lift = confidence / support of the consequent.
    Both minima are met with a tolerance of 1e-9, so that 4 of 5 is 0.8. Raises InputMalformed for minima that are no
    shares, ScienceError when more than a million item sets are frequent.
    """
    require_columns(lines, ("transaction_id", "item"), name="lines")
    require_share(min_confidence, "min_confidence")
    if not 0 < min_support <= 1:
        raise InputMalformed(f"min_support is {min_support}; it is a share above 0.")
    lines = coded(lines.select(["transaction_id", "item"]), "transaction_id")
    baskets = _transactions(lines)
    minimum_count = max(1, math.ceil(min_support * baskets - TOLERANCE * max(baskets, 1)))
    members = run_sql(MEMBERS, lines=lines)
    codes = run_sql(CODES, members=members)
    counts = _counts(members, codes, minimum_count)
    support: dict[tuple[int, ...], int] = {(code,): count for code, count in enumerate(codes["baskets"].to_pylist())}
    support.update(_frequent_sets(members, codes, counts, minimum_count, longest_antecedent))
    return _rules_table(support, codes["item"], baskets, min_confidence)


def run(
    inputs: Mapping[str, pa.Table],
    parameters: Mapping[str, Any],
    *,
    as_of: date,  # noqa: ARG001 # every step has it; here the lines are all there is
) -> pa.Table:
    """Return the pairs (step ``basket_pairs``): input ``lines``, parameter minimum_count (10)."""
    settings = with_defaults(parameters, {"minimum_count": MINIMUM_COUNT}, method=METHOD)
    lines = require_input(inputs, "lines", ("transaction_id", "item"), method=METHOD)
    return pairs(lines, minimum_count=settings["minimum_count"])


def run_rules(
    inputs: Mapping[str, pa.Table],
    parameters: Mapping[str, Any],
    *,
    as_of: date,  # noqa: ARG001 # every step has it; here the lines are all there is
) -> pa.Table:
    """Return the rules (step ``basket_rules``).

    Input ``lines``; parameters min_support (0.001), min_confidence (0.1), longest_antecedent (any length).
    """
    settings = with_defaults(parameters, RULE_DEFAULTS, method=RULES)
    return rules(require_input(inputs, "lines", ("transaction_id", "item"), method=RULES), **settings)


def _counts(members: pa.Table, codes: pa.Table, minimum_count: int) -> pa.Table:
    rows = run_sql(MEMBER_CODES, {"minimum_count": minimum_count}, members=members, codes=codes)
    return pair_counts(rows["transaction_id"], rows["code"], minimum_count)


def _transactions(lines: pa.Table) -> int:
    return int(run_sql(BASKETS, lines=lines)["baskets"][0].as_py())


def _frequent_sets(
    members: pa.Table, codes: pa.Table, counts: pa.Table, minimum_count: int, longest: int | None
) -> dict[tuple[int, ...], int]:
    """Return the count of each frequent set of two or more items, by sorted codes."""
    columns = (counts[name].to_pylist() for name in ("a", "b", "n"))
    counted: dict[tuple[int, ...], int] = {(a, b): n for a, b, n in zip(*columns, strict=True)}
    found = dict(counted)
    if longest == 1 or not found:
        return found
    after: dict[int, list[int]] = {}
    for a, b in sorted(counted):
        after.setdefault(a, []).append(b)
    bits = _bit_sets(members, codes, sorted({code for pair in counted for code in pair}))
    for a, b in sorted(counted):
        for items, count in _grow((a, b), bits[a] & bits[b], after, bits, minimum_count):
            if longest is not None and len(items) > longest + 1:
                continue
            found[items] = count
            if len(found) > MOST_ITEMSETS:
                raise ScienceError(
                    f"More than {MOST_ITEMSETS:,} item sets are frequent.", next_step="Raise min_support."
                )
    return found


def _grow(
    items: tuple[int, ...], together: Bits, after: dict[int, list[int]], bits: dict[int, Bits], minimum_count: int
) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield frequent sets that begin with ``items``; only items that pair up with all of them are tried."""
    candidates = set(after.get(items[-1], ())).intersection(*(after[item] for item in items[:-1]))
    for code in sorted(candidates):
        wider = together & bits[code]
        count = int(np.bitwise_count(wider).sum())
        if count >= minimum_count:
            longer = (*items, code)
            yield longer, count
            yield from _grow(longer, wider, after, bits, minimum_count)


def _bit_sets(members: pa.Table, codes: pa.Table, wanted: list[int]) -> dict[int, Bits]:
    """Return for each wanted item the set of its transactions, one bit each."""
    numbered = run_sql(NUMBERED, members=members, codes=codes.take(pa.array(wanted)))
    basket, code = numbered["basket"].to_numpy(), numbered["code"].to_numpy()
    words = (int(basket.max()) + 64) // 64
    order = np.argsort(code, kind="stable")
    starts = np.searchsorted(code[order], wanted)
    found = {}
    for item, rows in zip(wanted, np.split(order, starts[1:]), strict=True):
        flags = np.zeros(words * 64, dtype=np.bool_)
        flags[basket[rows]] = True
        found[item] = np.packbits(flags).view(np.uint64)
    return found


def _rules_table(support: dict[tuple[int, ...], int], items: Any, baskets: int, min_confidence: float) -> pa.Table:
    names, kind = items.to_pylist(), items.type
    rows = []
    for whole, count in support.items():
        for consequent in whole if len(whole) > 1 else ():
            antecedent = tuple(code for code in whole if code != consequent)
            confidence = count / support[antecedent]
            if confidence >= min_confidence - TOLERANCE:
                lift = count * baskets / (support[antecedent] * support[(consequent,)])
                rows.append((antecedent, consequent, count / baskets, confidence, lift))
    rows.sort(key=lambda row: (-row[4], -row[2], row[0], row[1]))
    return pa.table(
        {
            "antecedent": pa.array([[names[code] for code in row[0]] for row in rows], pa.list_(kind)),
            "consequent": pa.array([names[row[1]] for row in rows], kind),
            "support": pa.array([row[2] for row in rows], pa.float64()),
            "confidence": pa.array([row[3] for row in rows], pa.float64()),
            "lift": pa.array([row[4] for row in rows], pa.float64()),
        }
    )
