"""Estimate what customers will buy and be worth: the purchase models, the spend model, and both discounted to a value.

Sources: Fader, Hardie and Lee 2005, "RFM and CLV: Using Iso-Value Curves for Customer Base Analysis", Journal of
Marketing Research 42(4); each model names its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from customer360.science.bg_nbd import BgNbd, fit_bg_nbd, fit_bg_nbd_with_prior
from customer360.science.gamma_gamma import GammaGamma, fit_gamma_gamma
from customer360.science.likelihood import Vector, indexed, vectors
from customer360.science.pareto_nbd import ParetoNbd, fit_pareto_nbd

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = [
    "DAYS_PER_MONTH",
    "BgNbd",
    "GammaGamma",
    "ParetoNbd",
    "discounted_purchases",
    "fit_bg_nbd",
    "fit_bg_nbd_with_prior",
    "fit_gamma_gamma",
    "fit_pareto_nbd",
]

DAYS_PER_MONTH = 365.25 / 12
"""Length of a month in a forecast: a twelfth of a Julian year, so that 12 months are 365.25 days."""


def discounted_purchases(
    model: BgNbd,
    frequency: ArrayLike,
    recency: ArrayLike,
    age: ArrayLike,
    *,
    months: int,
    annual_discount_rate: float,
    month: float = DAYS_PER_MONTH,
) -> Vector:
    """Return the expected purchases of the next ``months``, each month's discounted from its end; shape (n,).

    The sum over k = 1..months of (E(k month) - E((k - 1) month)) / (1 + annual_discount_rate) ** (k / 12). ``month`` is
    its length in the model's unit of time. Times the expected spend it is the customer's value.
    """
    x, t_x, t = vectors(frequency=frequency, recency=recency, age=age)
    (some_x, some_t), inverse = indexed(x, t)
    total = np.zeros_like(some_x)
    before = np.zeros_like(some_x)
    for k in range(1, months + 1):
        until = model.expected_if_alive(k * month, some_x, some_t)
        total += (until - before) / (1 + annual_discount_rate) ** (k / 12)
        before = until
    return total[inverse] * model.probability_alive(x, t_x, t)
