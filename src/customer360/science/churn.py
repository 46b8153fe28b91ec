"""Score churn, put scores into bands, state the simple rules beside them, and prove the score on a later window.

Sources: the score is Fader, Hardie and Lee 2005 (see ``bg_nbd``); AUC after Hanley and McNeil 1982, "The Meaning and
Use of the Area under a ROC Curve", Radiology 143(1); Brier 1950, "Verification of Forecasts Expressed in Terms of
Probability", Monthly Weather Review 78(1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import rankdata

from customer360.errors import InputMalformed, NotEnoughData
from customer360.science import customer_value
from customer360.science.inputs import require_columns, require_input, require_share, run_sql, with_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.science.likelihood import Vector

METHOD = "churn_back_test"
HORIZON_DAYS = 90
LOW_BELOW, MEDIUM_BELOW = 0.5, 0.8
MINIMUM_CUSTOMERS = 100
MINIMUM_OF_EACH_OUTCOME = 10
CALIBRATION_GROUPS = 10

RULES = """
SELECT
    customer_key,
    recency_days > 90 AS is_churned_90_day_rule,
    recency_days > 90 AND frequency < 3 AS is_at_risk_rule,
    CASE WHEN recency_days IS NULL THEN NULL WHEN recency_days > 180 THEN 'High' WHEN recency_days > 90 THEN 'Medium'
        ELSE 'Low' END AS churn_risk_180_90_rule
FROM customers
ORDER BY customer_key
"""

OUTCOMES = """
SELECT
    customer_key,
    NOT coalesce(bool_or(purchase_date::DATE > $cut), false) AS is_churned,
    ($cut::DATE - max(purchase_date::DATE) FILTER (purchase_date::DATE <= $cut))::INTEGER AS recency_days,
    count(DISTINCT purchase_date::DATE) FILTER (purchase_date::DATE <= $cut) AS frequency
FROM purchases
WHERE customer_key IS NOT NULL AND purchase_date::DATE <= $until
GROUP BY customer_key
HAVING min(purchase_date::DATE) <= $cut
ORDER BY customer_key
"""


@dataclass(frozen=True)
class BackTest:
    """How a score given at ``cut`` did on purchases in ``cut`` + 1 to ``until``.

    ``bands`` has one row per band, ``calibration`` one per tenth of the customers by score: customers, mean_score,
    observed_rate. ``rule_auc`` holds the same measure for the simple rules.
    """

    cut: date
    until: date
    customers: int
    churn_rate: float
    auc: float
    brier: float
    calibration_error: float
    bands: pa.Table
    calibration: pa.Table
    rule_auc: Mapping[str, float]
    is_reliable: bool


def score(purchases: pa.Table, *, as_of: date, horizon_days: int = HORIZON_DAYS) -> pa.Table:
    """Return customer_key, churn_risk_score, is_reliable of every buyer: P(no purchase in the next horizon_days).

    ``purchases`` as for step ``customer_value``. Who never bought has no row, hence no score.
    """
    values = customer_value.run({"purchases": purchases}, {"horizon_days": horizon_days}, as_of=as_of)
    return values.select(["customer_key", "churn_risk_score", "is_reliable"])


def bands(
    scores: pa.ChunkedArray | pa.Array, *, low_below: float = LOW_BELOW, medium_below: float = MEDIUM_BELOW
) -> pa.ChunkedArray | pa.Array:
    """Return Low, Medium or High for each score; no score, no band. A bound belongs to the band above it.

    Raises InputMalformed unless 0 <= low_below <= medium_below <= 1.
    """
    if require_share(low_below, "low_below") > require_share(medium_below, "medium_below"):
        raise InputMalformed(f"low_below {low_below} is greater than medium_below {medium_below}.")
    upper = pc.if_else(pc.less(scores, medium_below), "Medium", "High")
    return pc.if_else(pc.less(scores, low_below), "Low", upper)


def rules(customers: pa.Table) -> pa.Table:
    """Return the three published rules under their own names, sorted by customer_key.

    Input: customer_key, recency_days (since the last purchase, NULL when there is none), frequency (purchases).
    is_churned_90_day_rule: recency > 90. is_at_risk_rule: recency > 90 and frequency < 3. churn_risk_180_90_rule: High
    above 180, Medium above 90, else Low. All NULL for someone who never bought.
    """
    require_columns(customers, ("customer_key", "recency_days", "frequency"), name="customers")
    return run_sql(RULES, customers=customers)


def back_test(
    purchases: pa.Table, *, as_of: date, horizon_days: int = HORIZON_DAYS, cut: date | None = None
) -> BackTest:
    """Score at ``cut`` (default: as-of date minus horizon) and compare with what was bought until ``cut`` + horizon.

    Raises InputMalformed when that lies after the as-of date, NotEnoughData below 100 buyers or when fewer than 10 of
    them churned or stayed.
    """
    cut = cut or as_of - timedelta(days=horizon_days)
    until = cut + timedelta(days=horizon_days)
    if until > as_of:
        raise InputMalformed(
            f"The outcome of {cut} is known on {until}, after the as-of date {as_of}.",
            next_step=f"Cut on {as_of - timedelta(days=horizon_days)} or earlier.",
        )
    require_columns(purchases, ("customer_key", "purchase_date", "amount"), name="purchases")
    known = outcomes(purchases, cut=cut, horizon_days=horizon_days)
    churned = known["is_churned"].to_numpy()
    scored = score(purchases, as_of=cut, horizon_days=horizon_days)
    scores = scored["churn_risk_score"].to_numpy()
    calibration = _groups(_tenths(scores), scores, churned)
    return BackTest(
        cut=cut,
        until=until,
        customers=len(churned),
        churn_rate=float(churned.mean()),
        auc=area_under_curve(scores, churned),
        brier=float(np.mean((scores - churned) ** 2)),
        calibration_error=_calibration_error(calibration),
        bands=_groups(bands(scored["churn_risk_score"]).to_numpy(zero_copy_only=False), scores, churned),
        calibration=calibration,
        rule_auc=_rule_auc(known, churned),
        is_reliable=bool(scored["is_reliable"][0].as_py()),
    )


def outcomes(purchases: pa.Table, *, cut: date, horizon_days: int = HORIZON_DAYS) -> pa.Table:
    """Return customer_key, is_churned, recency_days, frequency of everyone who had bought by the cut, sorted by key.

    Churned: no purchase on the days cut + 1 to cut + horizon. Raises NotEnoughData below 100 buyers, 10 per outcome.
    """
    window = {"cut": cut, "until": cut + timedelta(days=horizon_days)}
    known = run_sql(OUTCOMES, window, purchases=purchases)
    _require_outcomes(known["is_churned"].to_numpy())
    return known


def area_under_curve(scores: Vector, happened: np.typing.NDArray[np.bool_]) -> float:
    """Return the chance that a random case in which it happened scores higher than one in which it did not."""
    positives, negatives = int(happened.sum()), int((~happened).sum())
    ranks = rankdata(scores)
    return float((ranks[happened].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def run(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return the back-test's bands (step ``churn_back_test``): one row per band, the whole test's figures on each.

    Input ``purchases`` as for ``customer_value``; parameter horizon_days (90). Columns: churn_risk_band, customers,
    mean_score, observed_rate, cut_date, until_date, auc, brier, calibration_error, is_reliable. No rows when there are
    too few customers to test on.
    """
    settings = with_defaults(parameters, {"horizon_days": HORIZON_DAYS}, method=METHOD)
    purchases = require_input(inputs, "purchases", ("customer_key", "purchase_date", "amount"), method=METHOD)
    try:
        test = back_test(purchases, as_of=as_of, horizon_days=settings["horizon_days"])
    except NotEnoughData:
        return _RESULT.empty_table()
    whole = [test.cut, test.until, test.auc, test.brier, test.calibration_error, test.is_reliable]
    rows = [[*row.values(), *whole] for row in test.bands.to_pylist()]
    return pa.table(list(map(list, zip(*rows, strict=True))), schema=_RESULT)


_GROUP = pa.schema(
    [
        ("band", pa.string()),
        ("customers", pa.int64()),
        ("mean_score", pa.float64()),
        ("observed_rate", pa.float64()),
    ]
)
_RESULT = pa.schema(
    [
        ("churn_risk_band", pa.string()),
        *list(_GROUP)[1:],
        ("cut_date", pa.date32()),
        ("until_date", pa.date32()),
        ("auc", pa.float64()),
        ("brier", pa.float64()),
        ("calibration_error", pa.float64()),
        ("is_reliable", pa.bool_()),
    ]
)


def _require_outcomes(churned: np.typing.NDArray[np.bool_]) -> None:
    if len(churned) < MINIMUM_CUSTOMERS:
        raise NotEnoughData("The churn back-test", found=len(churned), needed=MINIMUM_CUSTOMERS, what="buyers")
    rarer = int(min(churned.sum(), (~churned).sum()))
    if rarer < MINIMUM_OF_EACH_OUTCOME:
        raise NotEnoughData(
            "The churn back-test", found=rarer, needed=MINIMUM_OF_EACH_OUTCOME, what="buyers of each outcome"
        )


def _rule_auc(known: pa.Table, churned: np.typing.NDArray[np.bool_]) -> dict[str, float]:
    found = rules(known)
    levels = pc.index_in(found["churn_risk_180_90_rule"], pa.array(["Low", "Medium", "High"]))
    return {
        name: area_under_curve(values.to_numpy().astype(np.float64), churned)
        for name, values in (
            ("is_churned_90_day_rule", found["is_churned_90_day_rule"]),
            ("is_at_risk_rule", found["is_at_risk_rule"]),
            ("churn_risk_180_90_rule", levels),
        )
    }


def _tenths(scores: Vector) -> np.typing.NDArray[np.str_]:
    position = (rankdata(scores, method="ordinal") - 1) * CALIBRATION_GROUPS // len(scores)
    return np.char.add("group ", np.char.zfill((position.astype(int) + 1).astype(str), 2))


def _groups(labels: Any, scores: Vector, churned: np.typing.NDArray[np.bool_]) -> pa.Table:
    rows = [
        (label, int(chosen.sum()), float(scores[chosen].mean()), float(churned[chosen].mean()))
        for label in sorted(set(labels), key=lambda label: float(scores[labels == label].mean()))
        for chosen in [labels == label]
    ]
    return pa.table(list(map(list, zip(*rows, strict=True))), schema=_GROUP)


def _calibration_error(groups: pa.Table) -> float:
    """Return the mean distance between mean score and observed rate over groups, weighted by customers."""
    weight = groups["customers"].to_numpy()
    distance = np.abs(groups["mean_score"].to_numpy() - groups["observed_rate"].to_numpy())
    return float((weight * distance).sum() / weight.sum())
