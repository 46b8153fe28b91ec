"""Write down what the churn and value models are: sample, dates, parameters, and how they did on a later window.

Source: Mitchell et al. 2019, "Model Cards for Model Reporting", FAT* '19.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from scipy.stats import spearmanr

from customer360.errors import NotEnoughData
from customer360.science import challenger, churn, customer_value
from customer360.science.gamma_gamma import fit_gamma_gamma
from customer360.science.inputs import require_input, with_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.science.likelihood import Vector

METHOD = "model_card"
HORIZON_DAYS = 90

CARD = pa.schema(
    [
        ("model", pa.string()),
        ("kind", pa.string()),
        ("name", pa.string()),
        ("value", pa.float64()),
        ("fitted_to_date", pa.date32()),
        ("tested_to_date", pa.date32()),
        ("is_reliable", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class ValueTest:
    """What the value model expected at ``cut`` for the days to ``until``, and what came; money without discount.

    ``rank_correlation`` is Spearman's between expected and actual spend of the customers known at the cut.
    """

    cut: date
    until: date
    customers: int
    expected_purchases: float
    actual_purchases: float
    expected_spend: float
    actual_spend: float
    rank_correlation: float
    is_reliable: bool


def back_test_value(purchases: pa.Table, *, as_of: date, horizon_days: int = HORIZON_DAYS) -> ValueTest:
    """Predict purchases and spend at as-of minus horizon and compare with what the known customers then bought.

    Raises NotEnoughData below 100 customers, or when none of them bought.
    """
    cut = as_of - timedelta(days=horizon_days)
    then, now = (customer_value.histories(purchases, as_of=day) for day in (cut, as_of))
    customers = len(then.frequency)
    if customers < churn.MINIMUM_CUSTOMERS:
        raise NotEnoughData("The value back-test", found=customers, needed=churn.MINIMUM_CUSTOMERS, what="buyers")
    place = np.isin(np.asarray(now.keys), np.asarray(then.keys))
    bought, spent = now.frequency[place] - then.frequency, now.amount[place] - then.amount
    if not bought.any():
        raise NotEnoughData("The value back-test", found=0, needed=1, what="buyers who bought again")
    model, is_sure = customer_value.purchase_model(then)
    spend, is_spend_sure = customer_value.expected_spend(then)
    expected = model.expected_purchases(horizon_days, then.frequency, then.recency_days, then.age_days)
    return ValueTest(
        cut=cut,
        until=as_of,
        customers=customers,
        expected_purchases=float(expected.sum()),
        actual_purchases=float(bought.sum()),
        expected_spend=float((expected * spend).sum()),
        actual_spend=float(spent.sum()),
        rank_correlation=_rank_correlation(expected * spend, spent),
        is_reliable=is_sure and is_spend_sure,
    )


def run(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return the cards of ``churn``, ``churn_challenger``, ``lifetime_value`` (step ``model_card``): a row per figure.

    Input ``purchases`` as for ``customer_value``; parameter horizon_days (90). Columns: model, kind (sample, parameter,
    metric), name, value, fitted_to_date, tested_to_date (metrics only), is_reliable. Without enough data to test, the
    metrics are missing; without buyers there are no rows.
    """
    horizon = with_defaults(parameters, {"horizon_days": HORIZON_DAYS}, method=METHOD)["horizon_days"]
    purchases = require_input(inputs, "purchases", ("customer_key", "purchase_date", "amount"), method=METHOD)
    buyers = customer_value.histories(purchases, as_of=as_of)
    rows: list[tuple[Any, ...]] = []
    if len(buyers.frequency):
        rows += _fitted(buyers, as_of)
        rows += _tested(purchases, as_of, horizon)
        rows += _contested(purchases, as_of, horizon)
    columns = list(map(list, zip(*rows, strict=True))) or [[] for _ in CARD]
    return pa.table(columns, schema=CARD)


def _fitted(buyers: customer_value.Histories, as_of: date) -> list[tuple[Any, ...]]:
    model, is_sure = customer_value.purchase_model(buyers)
    sample = {"customers": len(buyers.frequency), "repeat_customers": int(np.count_nonzero(buyers.frequency))}
    names = ("r", "alpha", "a", "b", "log_likelihood")
    bg_nbd = {f"bg_nbd_{name}": getattr(model, name) for name in names}
    rows = []
    for card in ("churn", "lifetime_value"):
        rows += [(card, "sample", name, float(value), as_of, None, is_sure) for name, value in sample.items()]
        rows += [(card, "parameter", name, value, as_of, None, is_sure) for name, value in bg_nbd.items()]
    _, is_spend_sure = customer_value.expected_spend(buyers)
    if is_spend_sure:
        spend = fit_gamma_gamma(buyers.frequency, np.maximum(buyers.repeat_mean, 0.0))
        for name in ("p", "q", "gamma", "log_likelihood"):
            value = getattr(spend, name)
            rows.append(("lifetime_value", "parameter", f"gamma_gamma_{name}", value, as_of, None, True))
    return rows


def _tested(purchases: pa.Table, as_of: date, horizon: int) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    try:
        scored = churn.back_test(purchases, as_of=as_of, horizon_days=horizon)
        valued = back_test_value(purchases, as_of=as_of, horizon_days=horizon)
    except NotEnoughData:
        return rows
    figures = {name: getattr(scored, name) for name in ("customers", "churn_rate", "auc", "brier", "calibration_error")}
    figures |= {f"auc_of_{name}": value for name, value in scored.rule_auc.items()}
    rows += [
        ("churn", "metric", name, float(value), scored.cut, scored.until, scored.is_reliable)
        for name, value in figures.items()
    ]
    names = (
        "customers",
        "expected_purchases",
        "actual_purchases",
        "expected_spend",
        "actual_spend",
        "rank_correlation",
    )
    rows += [
        ("lifetime_value", "metric", name, float(getattr(valued, name)), valued.cut, valued.until, valued.is_reliable)
        for name in names
    ]
    return rows


def _contested(purchases: pa.Table, as_of: date, horizon: int) -> list[tuple[Any, ...]]:
    try:
        held = challenger.contest(purchases, as_of=as_of, horizon_days=horizon)
    except NotEnoughData:
        return []
    model = held.challenger
    weights = dict(zip(("intercept", *challenger.FEATURES), model.weights.tolist(), strict=True))
    names = ("customers", "champion_auc", "challenger_auc", "champion_brier", "challenger_brier", "is_promoted")
    card = "churn_challenger"
    rows: list[tuple[Any, ...]] = [
        (card, "parameter", f"weight_of_{name}", value, held.cut, None, model.converged)
        for name, value in weights.items()
    ]
    return rows + [
        (card, "metric", name, float(getattr(held, name)), held.cut, held.until, model.converged) for name in names
    ]


def _rank_correlation(expected: Vector, actual: Vector) -> float:
    return float(spearmanr(expected, actual).statistic)
