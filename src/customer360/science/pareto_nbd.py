"""Fit the Pareto/NBD model: how often a customer buys while alive, and when he leaves.

Sources: Schmittlein, Morrison and Colombo 1987, "Counting Your Customers: Who Are They and What Will They Do Next?",
Management Science 33(1); Fader and Hardie 2005, "A Note on Deriving the Pareto/NBD Model and Related Expressions".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import digamma, gammaln

from customer360.errors import InputMalformed
from customer360.science.bg_nbd import POLE, checked_histories, require_histories
from customer360.science.likelihood import CHUNK_ROWS, Term, Vector, distinct, maximise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

NODES = 32
LONGEST = 45.0
_NODE, _WEIGHT = np.polynomial.legendre.leggauss(NODES)


@dataclass(frozen=True)
class ParetoNbd:
    """A fitted Pareto/NBD model; times are in the unit that the fit was given.

    Purchase rates are Gamma(r, alpha), rates of leaving are Gamma(s, beta). Methods take vectors of shape (n,), or
    nothing for the customers of the fit, and return float vectors of shape (n,).
    """

    r: float
    alpha: float
    s: float
    beta: float
    log_likelihood: float
    converged: bool
    customers: tuple[Vector, Vector, Vector] = field(repr=False, compare=False)

    def probability_alive(
        self, frequency: ArrayLike | None = None, recency: ArrayLike | None = None, age: ArrayLike | None = None
    ) -> Vector:
        """Return P(the customer has not left at the age)."""
        x, t_x, t = self._given(frequency, recency, age)
        return np.exp(self._log_alive(x, t) - np.logaddexp(self._log_alive(x, t), self._log_left(x, t_x, t)))

    def probability_no_purchase(
        self,
        horizon: float,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        age: ArrayLike | None = None,
    ) -> Vector:
        """Return P(no purchase within ``horizon`` after the age): left already, leaves silently, or stays silent."""
        x, t_x, t = self._given(frequency, recency, age)
        alive = self.probability_alive(x, t_x, t)
        silent = np.logaddexp(self._log_alive(x, t + horizon), self._log_left(x, t, t + horizon))
        return np.asarray(1 - alive + alive * np.exp(np.minimum(silent - self._log_alive(x, t), 0.0)))

    def expected_purchases(
        self,
        t: float,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        age: ArrayLike | None = None,
    ) -> Vector:
        """Return the expected number of purchases within ``t`` after the age, finite for every s > 0."""
        x, t_x, now = self._given(frequency, recency, age)
        e = self.s - 1
        log_rest = np.log(self.beta + now) - np.log(self.beta + now + t)
        span = -log_rest if abs(e) < POLE else -np.expm1(e * log_rest) / e
        rate = (self.r + x) * (self.beta + now) / (self.alpha + now)
        return np.asarray(rate * span * self.probability_alive(x, t_x, now))

    def expected_purchases_new(self, t: float) -> float:
        """Return the expected number of repeat purchases of a new customer within ``t``."""
        return float(self.expected_purchases(t, 0.0, 0.0, 0.0)[0])

    def _log_alive(self, x: Vector, t: Vector) -> Vector:
        return np.asarray(-(self.r + x) * np.log(self.alpha + t) - self.s * np.log(self.beta + t))

    def _log_left(self, x: Vector, t_x: Vector, t: Vector) -> Vector:
        parameters = np.array([self.r, self.alpha, self.s, self.beta])
        return np.concatenate(
            [
                _left(parameters, x[rows], t_x[rows], t[rows])[0]
                for rows in (slice(start, start + CHUNK_ROWS) for start in range(0, max(len(x), 1), CHUNK_ROWS))
            ]
        )

    def _given(self, *columns: ArrayLike | None) -> tuple[Vector, Vector, Vector]:
        if all(column is None for column in columns):
            return self.customers
        if any(column is None for column in columns):
            raise InputMalformed("Frequency, recency and age are given together or not at all.")
        frequency, recency, age = columns
        return checked_histories(frequency, recency, age)  # type: ignore[arg-type]  # none of them is None here


def fit_pareto_nbd(frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> ParetoNbd:
    """Fit by maximum likelihood.

    Arguments and errors as ``fit_bg_nbd``. Several times slower than it: the likelihood holds an integral. The
    likelihood is flat in alpha and beta, so their third digit is not to be trusted.
    """
    x, t_x, t = checked_histories(frequency, recency, age)
    require_histories("Pareto/NBD", x)
    unit = float(t.mean()) or 1.0
    optimum = maximise([x, t_x / unit, t / unit], _terms, (0.5, 0.5, 0.5, 0.5))
    r, alpha, s, beta = (float(value) for value in optimum.parameters)
    total = optimum.mean * len(x) - float(x.sum()) * float(np.log(unit))
    return ParetoNbd(r, alpha * unit, s, beta * unit, total, optimum.converged, (x, t_x, t))


def _terms(columns: Sequence[Vector]) -> tuple[Term, ...]:
    return Term(_count_part, distinct(columns[:1])), Term(_time_part, distinct(columns))


def _count_part(parameters: Vector, columns: tuple[Vector, ...]) -> tuple[Vector, Vector]:
    r, alpha, s, beta = parameters
    (x,) = columns
    value = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    gradient = np.stack(
        [
            digamma(r + x) - digamma(r) + np.log(alpha),
            np.full_like(x, r / alpha),
            np.full_like(x, np.log(beta)),
            np.full_like(x, s / beta),
        ]
    )
    return value, gradient


def _time_part(parameters: Vector, columns: tuple[Vector, ...]) -> tuple[Vector, Vector]:
    """Return log of (alive until the age + left at some moment since the last purchase)."""
    r, alpha, s, beta = parameters
    x, t_x, t = columns
    log_a, log_b = np.log(alpha + t), np.log(beta + t)
    alive = -(r + x) * log_a - s * log_b
    left, left_gradient = _left(parameters, x, t_x, t)
    value = np.logaddexp(alive, left)
    alive_gradient = np.stack([-log_a, -(r + x) / (alpha + t), -log_b, -s / (beta + t)])
    share = np.exp(left - value)
    return value, (1 - share) * alive_gradient + share * left_gradient


def _left(parameters: Vector, x: Vector, t_x: Vector, t: Vector) -> tuple[Vector, Vector]:
    """Return log of the integral over y from t_x to t of s (alpha + y)^-(r + x) (beta + y)^-(s + 1), with gradient.

    Substituting u = m ln((alpha + y) / (alpha + t_x)), m = r + s + x, leaves exp(-u) times a smooth ratio, which
    Gauss-Legendre nodes integrate to about ten digits for any frequency; no hypergeometric function is needed.
    """
    r, alpha, s, beta = parameters
    m = r + s + x
    log_from = np.log(alpha + t_x)
    end = np.minimum(m * (np.log(alpha + t) - log_from), LONGEST)
    nodes = 0.5 * (_NODE + 1)[:, None] * end
    log_a = log_from + nodes / m
    y_plus_alpha = np.exp(log_a)
    y_plus_beta = np.maximum(y_plus_alpha + (beta - alpha), beta)
    log_b = np.log(y_plus_beta)
    logs = -nodes + (s + 1) * (log_a - log_b)
    with np.errstate(divide="ignore"):
        log_weight = np.log(0.5 * _WEIGHT)[:, None] + np.log(end)
    top = np.max(logs, axis=0)
    parts = np.exp(logs - top + log_weight)
    total = parts.sum(axis=0)
    with np.errstate(divide="ignore"):
        value = np.log(s) - m * log_from - np.log(m) + top + np.log(total)
    share = np.divide(parts, total, out=np.zeros_like(parts), where=total > 0)
    gradient = np.stack(
        [
            -(share * log_a).sum(axis=0),
            -(r + x) * (share / y_plus_alpha).sum(axis=0),
            1 / s - (share * log_b).sum(axis=0),
            -(s + 1) * (share / y_plus_beta).sum(axis=0),
        ]
    )
    return value, gradient
