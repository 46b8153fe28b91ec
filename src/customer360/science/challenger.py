"""Train a labelled challenger for the churn score, and promote it only when it wins on a later window.

Source: ridge logistic regression by iteratively reweighted least squares, Hastie, Tibshirani and Friedman 2009, "The
Elements of Statistical Learning", 2nd ed., section 4.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from scipy.special import expit, logit

from customer360.errors import InputMalformed, NotEnoughData
from customer360.science import churn, customer_value
from customer360.science.inputs import require_columns, require_input, with_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.science.likelihood import Vector

METHOD = "churn_challenger"
FEATURES = ("purchases", "days_since_purchase", "age", "purchase_rate", "mean_amount", "churn_risk_score")
RIDGE = 1.0
STEPS = 50
MARGIN = 0.005
MINIMUM_CUSTOMERS = 500


@dataclass(frozen=True)
class Logistic:
    """A fitted logistic regression on standardised features: ``weights`` has the intercept first."""

    weights: Vector
    centre: Vector
    scale: Vector
    converged: bool

    def probability(self, features: Vector) -> Vector:
        """Return P(it happens) for features of shape (n, k)."""
        return np.asarray(expit(self.weights[0] + (features - self.centre) / self.scale @ self.weights[1:]))


@dataclass(frozen=True)
class Contest:
    """How champion (the BG/NBD score) and challenger did on the window ``cut`` to ``until``, which neither has seen.

    ``is_promoted``: the challenger's AUC is higher by 0.005 or more and its Brier score is not worse.
    """

    trained_on: date
    cut: date
    until: date
    customers: int
    champion_auc: float
    challenger_auc: float
    champion_brier: float
    challenger_brier: float
    is_promoted: bool
    challenger: Logistic


def contest(purchases: pa.Table, *, as_of: date, horizon_days: int = churn.HORIZON_DAYS) -> Contest:
    """Train on as-of minus two horizons, whose outcome is known one horizon later; compare on the last horizon.

    ``purchases`` as for step ``customer_value``. Raises NotEnoughData below 500 buyers at the first cut, or when either
    window lacks one of the outcomes.
    """
    require_columns(purchases, ("customer_key", "purchase_date", "amount"), name="purchases")
    if horizon_days < 1:
        raise InputMalformed(f"horizon_days is {horizon_days}; a window has a day or more.")
    cut = as_of - timedelta(days=horizon_days)
    first_cut = cut - timedelta(days=horizon_days)
    known, outcome, _ = _window(purchases, first_cut, horizon_days)
    if len(outcome) < MINIMUM_CUSTOMERS:
        raise NotEnoughData("A churn challenger", found=len(outcome), needed=MINIMUM_CUSTOMERS, what="buyers")
    challenger = fit_logistic(known, outcome)
    features, churned, champion = _window(purchases, cut, horizon_days)
    guess = challenger.probability(features)
    auc = [churn.area_under_curve(scores, churned) for scores in (champion, guess)]
    brier = [float(np.mean((scores - churned) ** 2)) for scores in (champion, guess)]
    return Contest(
        trained_on=first_cut,
        cut=cut,
        until=as_of,
        customers=len(churned),
        champion_auc=auc[0],
        challenger_auc=auc[1],
        champion_brier=brier[0],
        challenger_brier=brier[1],
        is_promoted=challenger.converged and auc[1] >= auc[0] + MARGIN and brier[1] <= brier[0],
        challenger=challenger,
    )


def fit_logistic(features: Vector, happened: np.typing.NDArray[np.bool_], *, ridge: float = RIDGE) -> Logistic:
    """Fit P(happened) to features of shape (n, k); the ridge weighs on the standardised weights, not the intercept."""
    centre = features.mean(axis=0)
    scale = np.where(features.std(axis=0) > 0, features.std(axis=0), 1.0)
    rows = np.column_stack([np.ones(len(features)), (features - centre) / scale])
    penalty = ridge * np.diag([0.0, *np.ones(features.shape[1])])
    weights = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        chance = expit(rows @ weights)
        gradient = rows.T @ (happened - chance) - penalty @ weights
        curvature = (rows * (chance * (1 - chance))[:, None]).T @ rows + penalty
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step
        if np.abs(step).max() < 1e-9:  # noqa: PLR2004 # far below what any figure shows
            return Logistic(weights, centre, scale, converged=True)
    return Logistic(weights, centre, scale, converged=False)


def run(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return customer_key, challenger_score of every buyer (step ``churn_challenger``) when the challenger won.

    Input ``purchases`` as for ``customer_value``; parameter horizon_days (90). No rows when it did not win the contest,
    or there is too little to hold one.
    """
    horizon = with_defaults(parameters, {"horizon_days": churn.HORIZON_DAYS}, method=METHOD)["horizon_days"]
    purchases = require_input(inputs, "purchases", ("customer_key", "purchase_date", "amount"), method=METHOD)
    buyers = customer_value.histories(purchases, as_of=as_of)
    scores = pa.array(np.zeros(len(buyers.frequency)))
    table = pa.table({"customer_key": buyers.keys, "challenger_score": scores})
    try:
        held = contest(purchases, as_of=as_of, horizon_days=horizon)
    except NotEnoughData:
        return table.slice(0, 0)
    if not held.is_promoted:
        return table.slice(0, 0)
    features, _ = _features(buyers, horizon)
    return table.set_column(1, "challenger_score", pa.array(held.challenger.probability(features)))


def _window(purchases: pa.Table, cut: date, horizon_days: int) -> tuple[Vector, np.typing.NDArray[np.bool_], Vector]:
    """Return features known at the cut, whether each buyer stayed away afterwards, and the champion's scores."""
    outcomes = churn.outcomes(purchases, cut=cut, horizon_days=horizon_days)
    features, score = _features(customer_value.histories(purchases, as_of=cut), horizon_days)
    return features, outcomes["is_churned"].to_numpy(), score


def _features(buyers: customer_value.Histories, horizon_days: int) -> tuple[Vector, Vector]:
    model, _ = customer_value.purchase_model(buyers)
    history = (buyers.frequency, buyers.recency_days, buyers.age_days)
    score = model.probability_no_purchase(horizon_days, *history)
    columns = [
        np.log1p(buyers.frequency),
        np.log1p(buyers.age_days - buyers.recency_days),
        np.log1p(buyers.age_days),
        buyers.frequency / (buyers.age_days + 1),
        np.log1p(np.maximum(buyers.amount / (buyers.frequency + 1), 0.0)),
        logit(np.clip(score, 1e-9, 1 - 1e-9)),
    ]
    return np.column_stack(columns), score
