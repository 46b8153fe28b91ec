"""Fit the Gamma-Gamma model: what a customer spends per purchase, shrunken towards what all customers spend.

Source: Fader and Hardie 2013, "The Gamma-Gamma Model of Monetary Value"; Fader, Hardie and Lee 2005, "RFM and CLV:
Using Iso-Value Curves for Customer Base Analysis", Journal of Marketing Research 42(4).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import digamma, gammaln

from customer360.errors import InputMalformed, NotEnoughData
from customer360.science.likelihood import Term, Vector, distinct, maximise, vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

MINIMUM_REPEATERS = 30


@dataclass(frozen=True)
class GammaGamma:
    """A fitted Gamma-Gamma model; money is in the unit that the fit was given.

    Spend per purchase is Gamma(p, nu), nu is Gamma(q, gamma) over customers, and does not depend on how often they buy.
    """

    p: float
    q: float
    gamma: float
    log_likelihood: float
    converged: bool
    repeaters: int
    customers: tuple[Vector, Vector] = field(repr=False, compare=False)

    @property
    def mean_spend(self) -> float:
        """What a customer without repeat purchases is expected to spend; infinite when q <= 1."""
        return self.p * self.gamma / (self.q - 1) if self.q > 1 else float("inf")

    def expected_spend(self, frequency: ArrayLike | None = None, monetary_value: ArrayLike | None = None) -> Vector:
        """Return the expected spend per future purchase (equation 5), shape (n,); of the fit's customers by default.

        Infinite where p * frequency + q <= 1, which takes q <= 1 and no repeat purchase.
        """
        if frequency is None or monetary_value is None:
            if frequency is not monetary_value:
                raise InputMalformed("Frequency and monetary_value are given together or not at all.")
            x, mean = self.customers
        else:
            x, mean = vectors(frequency=frequency, monetary_value=monetary_value)
        below = self.p * x + self.q - 1
        with np.errstate(divide="ignore"):
            return np.where(below > 0, self.p * (self.gamma + x * mean) / np.where(below > 0, below, 1.0), np.inf)


def fit_gamma_gamma(frequency: ArrayLike, monetary_value: ArrayLike) -> GammaGamma:
    """Fit by maximum likelihood to the customers who have repeat purchases worth more than 0.

    ``frequency`` counts repeat purchases, ``monetary_value`` is their mean amount without the first purchase; shape
    (n,). Raises NotEnoughData below 30 such customers. Ask ``converged``: when all spend the same there is no maximum.
    """
    x, mean = vectors(frequency=frequency, monetary_value=monetary_value)
    usable = (x > 0) & (mean > 0)
    repeaters = int(np.count_nonzero(usable))
    if repeaters < MINIMUM_REPEATERS:
        raise NotEnoughData(
            "Gamma-Gamma",
            found=repeaters,
            needed=MINIMUM_REPEATERS,
            what="customers with repeat purchases worth more than 0",
            next_step="Use the mean spend of all purchases until there are more.",
        )
    unit = float(mean[usable].mean())
    optimum = maximise([x[usable], mean[usable] / unit], _terms, (2.0, 2.0, 1.0))
    p, q, gamma = (float(value) for value in optimum.parameters)
    total = (optimum.mean - float(np.log(unit))) * repeaters
    return GammaGamma(p, q, gamma * unit, total, optimum.converged, repeaters, (x, mean))


def _terms(columns: Sequence[Vector]) -> tuple[Term, ...]:
    return Term(_count_part, distinct(columns[:1])), Term(_spend_part, distinct(columns))


def _count_part(parameters: Vector, columns: tuple[Vector, ...]) -> tuple[Vector, Vector]:
    """Return what depends on the frequency alone: gamma functions, taken once per distinct frequency."""
    p, q, gamma = parameters
    (x,) = columns
    value = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma) + p * x * np.log(x)
    all_of_it = digamma(p * x + q)
    gradient = np.stack(
        [
            x * (all_of_it - digamma(p * x) + np.log(x)),
            all_of_it - digamma(q) + np.log(gamma),
            np.full_like(x, q / gamma),
        ]
    )
    return value, gradient


def _spend_part(parameters: Vector, columns: tuple[Vector, ...]) -> tuple[Vector, Vector]:
    p, q, gamma = parameters
    x, mean = columns
    log_mean, log_sum = np.log(mean), np.log(gamma + x * mean)
    shape = p * x + q
    value = (p * x - 1) * log_mean - shape * log_sum
    gradient = np.stack([x * (log_mean - log_sum), -log_sum, -shape / (gamma + x * mean)])
    return value, gradient
