"""Fit the BG/NBD model: how often a customer buys while alive, and after which purchase he leaves.

Source: Fader, Hardie and Lee 2005, "Counting Your Customers the Easy Way: An Alternative to the Pareto/NBD Model",
Marketing Science 24(2).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import digamma, expit, gammaln

from customer360.errors import InputMalformed, NotEnoughData
from customer360.science.likelihood import Term, Vector, distinct, indexed, maximise, vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

MINIMUM_CUSTOMERS = 30
MINIMUM_REPEATERS = 5
MAXIMUM_TERMS = 200_000
POLE = 1e-12


@dataclass(frozen=True)
class BgNbd:
    """A fitted BG/NBD model; times are in the unit that the fit was given.

    Purchase rates are Gamma(r, alpha), the chance to leave after a purchase is Beta(a, b). Methods take vectors of
    shape (n,), or nothing for the customers of the fit, and return float vectors of shape (n,).
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    converged: bool
    customers: tuple[Vector, Vector, Vector] = field(repr=False, compare=False)

    def probability_alive(
        self, frequency: ArrayLike | None = None, recency: ArrayLike | None = None, age: ArrayLike | None = None
    ) -> Vector:
        """Return P(the customer has not left); 1 for one-time buyers, whom the model lets leave only at a repeat."""
        x, t_x, t = self._given(frequency, recency, age)
        logit_dead = np.full_like(x, -np.inf)
        again = x > 0
        x, t_x, t = x[again], t_x[again], t[again]
        odds = np.log(self.a) - np.log(self.b + x - 1)
        logit_dead[again] = odds + (self.r + x) * (np.log(self.alpha + t) - np.log(self.alpha + t_x))
        return np.asarray(expit(-logit_dead))

    def probability_no_purchase(
        self,
        horizon: float,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        age: ArrayLike | None = None,
    ) -> Vector:
        """Return P(no purchase within ``horizon`` after the age): left already, or alive and silent."""
        x, t_x, t = self._given(frequency, recency, age)
        alive = self.probability_alive(x, t_x, t)
        silent = np.exp((self.r + x) * (np.log(self.alpha + t) - np.log(self.alpha + t + horizon)))
        return np.asarray(1 - alive + alive * silent)

    def expected_purchases(
        self,
        t: float,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        age: ArrayLike | None = None,
    ) -> Vector:
        """Return the expected number of purchases within ``t`` after the age (equation 10), finite for every a > 0."""
        x, t_x, now = self._given(frequency, recency, age)
        return self.expected_if_alive(t, x, now) * self.probability_alive(x, t_x, now)

    def expected_purchases_new(self, t: float) -> float:
        """Return the expected number of repeat purchases of a new customer within ``t`` (equation 9)."""
        return float(self.expected_purchases(t, 0.0, 0.0, 0.0)[0])

    def expected_if_alive(self, t: float, frequency: Vector, age: Vector) -> Vector:
        """Return the expected purchases within ``t`` of customers known to be alive, by distinct (frequency, age)."""
        rows, inverse = indexed(frequency, age)
        z = t / (self.alpha + rows[1] + t)
        return _expected(self.a, self.b, self.r, rows[0], z)[inverse]

    def _given(self, *columns: ArrayLike | None) -> tuple[Vector, Vector, Vector]:
        if all(column is None for column in columns):
            return self.customers
        if any(column is None for column in columns):
            raise InputMalformed("Frequency, recency and age are given together or not at all.")
        frequency, recency, age = columns
        return checked_histories(frequency, recency, age)  # type: ignore[arg-type]  # none of them is None here


def fit_bg_nbd(frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> BgNbd:
    """Fit by maximum likelihood.

    ``frequency`` counts repeat purchase days, ``recency`` is the time from the first to the last purchase, ``age`` the
    time from the first purchase to the cut date; shape (n,), one unit of time for both. Raises NotEnoughData below 30
    customers or 5 repeat buyers and InputMalformed for impossible histories. Ask ``converged`` before you trust it.
    """
    x, t_x, t = checked_histories(frequency, recency, age)
    require_histories("BG/NBD", x)
    return _fit(x, t_x, t, prior_sd=None)


def fit_bg_nbd_with_prior(frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> BgNbd:
    """Fit with a weak prior on the parameters, for companies too young for ``fit_bg_nbd``: any n >= 1 works.

    The log parameters are normal with standard deviation 0.5 around r 0.5, alpha half the mean age, a 0.5, b 2.5.
    """
    return _fit(*checked_histories(frequency, recency, age), prior_sd=0.5)


def checked_histories(frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> tuple[Vector, Vector, Vector]:
    """Return purchase histories as vectors; InputMalformed unless 0 <= recency <= age and no repeat means recency 0."""
    x, t_x, t = vectors(frequency=frequency, recency=recency, age=age)
    if np.any(t_x > t * (1 + 1e-12)):
        raise InputMalformed(
            "A recency is greater than its age: the last purchase lies after the cut date.",
            next_step="Recency counts from the first purchase to the last, age from the first to the cut date.",
        )
    if np.any((x == 0) & (t_x > 0)):
        raise InputMalformed("A customer without repeat purchases has a recency above 0.")
    return x, t_x, t


def require_histories(method: str, frequency: Vector) -> None:
    """Raise NotEnoughData when there are too few customers, or too few who came back."""
    advice = "Wait for more customers, or use the fit with a prior."
    if len(frequency) < MINIMUM_CUSTOMERS:
        found = len(frequency)
        raise NotEnoughData(method, found=found, needed=MINIMUM_CUSTOMERS, what="customers", next_step=advice)
    repeaters = int(np.count_nonzero(frequency))
    if repeaters < MINIMUM_REPEATERS:
        raise NotEnoughData(
            method, found=repeaters, needed=MINIMUM_REPEATERS, what="customers who bought again", next_step=advice
        )


def _fit(x: Vector, t_x: Vector, t: Vector, *, prior_sd: float | None) -> BgNbd:
    unit = float(t.mean()) or 1.0
    optimum = maximise([x, t_x / unit, t / unit], _terms, (0.5, 0.5, 0.5, 2.5), prior_sd=prior_sd)
    r, alpha, a, b = (float(value) for value in optimum.parameters)
    total = optimum.mean * len(x) - float(x.sum()) * float(np.log(unit))
    return BgNbd(r, alpha * unit, a, b, total, optimum.converged, (x, t_x, t))


def _terms(columns: Sequence[Vector]) -> tuple[Term, ...]:
    return Term(_count_part, distinct(columns[:1])), Term(_time_part, distinct(columns))


def _count_part(parameters: Vector, columns: tuple[Vector, ...]) -> tuple[Vector, Vector]:
    """Return what depends on the frequency alone: gamma functions, taken once per distinct frequency."""
    r, alpha, a, b = parameters
    (x,) = columns
    value = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    value += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    both = digamma(a + b) - digamma(a + b + x)
    gradient = np.stack(
        [
            digamma(r + x) - digamma(r) + np.log(alpha),
            np.full_like(x, r / alpha),
            both,
            both + digamma(b + x) - digamma(b),
        ]
    )
    return value, gradient


def _time_part(parameters: Vector, columns: tuple[Vector, ...]) -> tuple[Vector, Vector]:
    """Return log of alive until the age + left at the last purchase."""
    r, alpha, a, b = parameters
    x, t_x, t = columns
    again = x > 0
    log_t, log_t_x = np.log(alpha + t), np.log(alpha + t_x)
    left = b + np.maximum(x, 1.0) - 1
    logit = np.where(again, np.log(a) - np.log(left) + (r + x) * (log_t - log_t_x), -np.inf)
    dead = expit(logit)
    value = np.logaddexp(0.0, logit) - (r + x) * log_t
    gradient = np.stack(
        [
            -((1 - dead) * log_t + dead * log_t_x),
            -(r + x) * ((1 - dead) / (alpha + t) + dead / (alpha + t_x)),
            dead / a,
            -dead / left,
        ]
    )
    return value, gradient


def _expected(a: float, b: float, r: float, x: Vector, z: Vector) -> Vector:
    """Return the expected purchases of the living, z = t / (alpha + age + t), by Euler's transform of the 2F1.

    With e = a - 1 it reads (c (1 - (1 - z)^e) - (1 - z)^e e S) / e, S = sum of (a + b - 1 - r)_n (1 + e)_(n-1) /
    ((c + 1)_(n-1) n!) z^n, c = a + b + x - 1: no pole at a = 1, and fewer terms the larger x is.
    """
    e, lead, c = a - 1.0, a + b - 1.0 - r, a + b + x - 1.0
    log_rest = np.log1p(-z)
    with np.errstate(over="ignore", invalid="ignore"):
        first = -log_rest if abs(e) < POLE else -np.expm1(e * log_rest) / e
    total = np.zeros_like(z)
    term = lead * z
    open_rows = np.arange(len(z))
    n = 1
    while len(open_rows) and n < MAXIMUM_TERMS:
        total[open_rows] += term
        ratio = (lead + n) * (e + n) / ((c[open_rows] + n) * (n + 1)) * z[open_rows]
        term = term * ratio
        n += 1
        if n % 8 == 0:
            rest = np.abs(term) / np.maximum(1 - np.maximum(np.abs(ratio), z[open_rows]), 1e-9)
            unfinished = rest > 1e-14 * (np.abs(total[open_rows]) + np.abs(c[open_rows] * first[open_rows]))
            open_rows, term = open_rows[unfinished], term[unfinished]
    return np.maximum(c * first - np.exp(e * log_rest) * total, 0.0)
