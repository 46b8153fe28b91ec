"""Give each buyer his churn risk, expected purchases and predicted value (step ``customer_value``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer360.errors import NotEnoughData
from customer360.science.inputs import require_input, run_sql, with_defaults
from customer360.science.lifetime_value import (
    DAYS_PER_MONTH,
    BgNbd,
    discounted_purchases,
    fit_bg_nbd,
    fit_bg_nbd_with_prior,
    fit_gamma_gamma,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from customer360.science.likelihood import Vector

METHOD = "customer_value"
DEFAULTS = {"horizon_days": 90, "clv_months": 12, "annual_discount_rate": 0.10}
RELIABLE_CUSTOMERS = 500
POOLED_PURCHASES = 2.0
ALIKE_Q = 1000.0
MONEY = pa.decimal128(18, 2)
LARGEST_AMOUNT = 9.9e15

HISTORIES = """
WITH purchase_day AS (
    SELECT customer_key, purchase_date::DATE AS day, coalesce(sum(amount), 0) AS amount
    FROM purchases
    WHERE customer_key IS NOT NULL AND purchase_date::DATE <= $as_of
        AND hash(customer_key) % $parts::UBIGINT = $part::UBIGINT
    GROUP BY ALL
)
SELECT
    customer_key,
    count(*) - 1 AS frequency,
    (max(day) - min(day))::INTEGER AS recency_days,
    ($as_of::DATE - min(day))::INTEGER AS age_days,
    ((sum(amount) - arg_min(amount, day)) / nullif(count(*) - 1, 0))::DOUBLE AS repeat_mean,
    sum(amount)::DOUBLE AS amount
FROM purchase_day
GROUP BY customer_key
"""
ROWS_PER_PART = 500_000


@dataclass(frozen=True)
class Histories:
    """One row per buyer, sorted by key: what the models read."""

    keys: pa.ChunkedArray
    frequency: Vector
    recency_days: Vector
    age_days: Vector
    repeat_mean: Vector
    amount: Vector

    @property
    def mean_amount(self) -> float:
        """Mean amount of all purchase days."""
        return float(self.amount.sum() / (self.frequency + 1).sum())


def run(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return one row per buyer, sorted by customer_key.

    Input ``purchases``: customer_key, purchase_date (DATE), amount (DECIMAL): one row per basket. Baskets of one day
    are one purchase; rows after the as-of date or without a key or date are left out; a NULL amount counts as 0.
    Parameters: horizon_days (90), clv_months (12), annual_discount_rate (0.10).

    Columns: customer_key, frequency (repeat purchase days), recency_days (first to last purchase), age_days (first
    purchase to as-of), monetary_value (mean repeat purchase, NULL without one), probability_alive, churn_risk_score (P
    of no purchase in the next horizon_days), expected_purchases_12m, predicted_clv_12m (clv_months, discounted),
    is_reliable. Below 500 buyers, or when a fit does not converge, the purchase model has a weak prior, spend is a
    shrunken mean and is_reliable is false. Raises UnknownName for an absent input, column or parameter.
    """
    settings = with_defaults(parameters, DEFAULTS, method=METHOD)
    purchases = require_input(inputs, "purchases", ("customer_key", "purchase_date", "amount"), method=METHOD)
    buyers = histories(purchases, as_of=as_of)
    if not len(buyers.frequency):
        return _table(buyers, dict.fromkeys(_ESTIMATES, buyers.frequency), reliable=False)
    model, is_sure = purchase_model(buyers)
    spend, is_spend_sure = expected_spend(buyers)
    history = (buyers.frequency, buyers.recency_days, buyers.age_days)
    discounted = discounted_purchases(
        model, *history, months=settings["clv_months"], annual_discount_rate=settings["annual_discount_rate"]
    )
    estimates = {
        "probability_alive": model.probability_alive(*history),
        "churn_risk_score": model.probability_no_purchase(settings["horizon_days"], *history),
        "expected_purchases_12m": model.expected_purchases(12 * DAYS_PER_MONTH, *history),
        "predicted_clv_12m": discounted * spend,
    }
    return _table(buyers, estimates, reliable=is_sure and is_spend_sure)


def histories(purchases: pa.Table, *, as_of: date) -> Histories:
    """Return frequency, recency, age and mean repeat amount of every buyer up to the as-of date.

    SQL aggregates; buyers are taken in parts by the hash of their key, which halves the memory and costs no time.
    """
    parts = 1 + purchases.num_rows // ROWS_PER_PART
    pieces = [
        run_sql(HISTORIES, {"as_of": as_of, "parts": parts, "part": part}, purchases=purchases) for part in range(parts)
    ]
    rows = pa.concat_tables(pieces).sort_by("customer_key")
    numbers = {
        name: np.asarray(pc.fill_null(rows[name].cast(pa.float64()), 0.0), dtype=np.float64)
        for name in ("frequency", "recency_days", "age_days", "repeat_mean", "amount")
    }
    return Histories(keys=rows["customer_key"], **numbers)


def purchase_model(buyers: Histories) -> tuple[BgNbd, bool]:
    """Return the fitted BG/NBD and whether to rely on it: 500 buyers and converged; else the fit with a weak prior."""
    history = (buyers.frequency, buyers.recency_days, buyers.age_days)
    if len(buyers.frequency) >= RELIABLE_CUSTOMERS:
        try:
            model = fit_bg_nbd(*history)
        except NotEnoughData:  # hardly anyone came back: the prior decides
            pass
        else:
            if model.converged:
                return model, True
    return fit_bg_nbd_with_prior(*history), False


def expected_spend(buyers: Histories) -> tuple[Vector, bool]:
    """Return each buyer's expected spend per purchase and whether to rely on it.

    Gamma-Gamma where its mean is finite and it converges, or runs off to q > 1000: then buyers spend alike and its
    expectation is the common mean. Else (2 m + x z) / (2 + x): m mean of all purchases, x repeat purchases, z their
    mean.
    """
    x, mean = buyers.frequency, np.maximum(buyers.repeat_mean, 0.0)
    if len(x) >= RELIABLE_CUSTOMERS:
        try:
            model = fit_gamma_gamma(x, mean)
        except NotEnoughData:
            pass
        else:
            if model.q > ALIKE_Q or (model.converged and model.q > 1):
                return model.expected_spend(), True
    return (POOLED_PURCHASES * max(buyers.mean_amount, 0.0) + x * mean) / (POOLED_PURCHASES + x), False


_ESTIMATES = ("probability_alive", "churn_risk_score", "expected_purchases_12m", "predicted_clv_12m")


def _table(buyers: Histories, estimates: Mapping[str, Vector], *, reliable: bool) -> pa.Table:
    return pa.table(
        {
            "customer_key": buyers.keys,
            "frequency": pa.array(buyers.frequency.astype(np.int64)),
            "recency_days": pa.array(buyers.recency_days.astype(np.int32)),
            "age_days": pa.array(buyers.age_days.astype(np.int32)),
            "monetary_value": _money(buyers.repeat_mean, missing=buyers.frequency == 0),
            "probability_alive": pa.array(estimates["probability_alive"]),
            "churn_risk_score": pa.array(estimates["churn_risk_score"]),
            "expected_purchases_12m": pa.array(estimates["expected_purchases_12m"]),
            "predicted_clv_12m": _money(estimates["predicted_clv_12m"]),
            "is_reliable": pa.array(np.full(len(buyers.frequency), reliable)),
        }
    )


def _money(values: Vector, missing: np.typing.NDArray[np.bool_] | None = None) -> pa.Array:
    rounded = np.round(np.clip(values, -LARGEST_AMOUNT, LARGEST_AMOUNT), 2)
    return pa.array(rounded, mask=missing).cast(MONEY)
