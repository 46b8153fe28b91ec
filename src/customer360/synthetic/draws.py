"""Draw random numbers by hashing ids, so that a value depends on the seed, the stream and the entity, on nothing else.

Ordinary generators hand out numbers in sequence: ask for one day more, or cut the work into other chunks, and every
later number changes. Here ``uniform(stream, ids)`` mixes each id with the stream's key (the finaliser of SplitMix64:
Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"), so chunking and order are free.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer[Any]]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_SECOND = np.uint64(0xD1342543DE82EF95)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53


@dataclass(frozen=True)
class Stream:
    """A named source of numbers: one per seed, table and purpose (``Stream.of(42, "orders.quantity")``)."""

    key: np.uint64

    @classmethod
    def of(cls, seed: int, purpose: str) -> Stream:
        """Return the stream of this seed and purpose."""
        digest = hashlib.blake2b(f"{seed}:{purpose}".encode(), digest_size=8).digest()
        return cls(np.uint64(int.from_bytes(digest, "little")))

    def bits(self, ids: npt.ArrayLike, k: npt.ArrayLike = 0) -> npt.NDArray[np.uint64]:
        """Return 64 well-mixed bits for each id; ``k`` numbers several draws for one id."""
        with np.errstate(over="ignore"):
            z = np.asarray(ids).astype(np.uint64) * _GOLDEN + self.key + np.asarray(k).astype(np.uint64) * _SECOND
            z = (z ^ (z >> np.uint64(30))) * _MIX_1
            z = (z ^ (z >> np.uint64(27))) * _MIX_2
            return np.asarray(z ^ (z >> np.uint64(31)))

    def uniform(self, ids: npt.ArrayLike, k: npt.ArrayLike = 0) -> Floats:
        """Return numbers in the open interval (0, 1)."""
        return ((self.bits(ids, k) >> np.uint64(11)).astype(np.float64) + 0.5) * _TO_UNIT

    def integers(self, ids: npt.ArrayLike, low: int, high: int, k: npt.ArrayLike = 0) -> Integers:
        """Return whole numbers from ``low`` to ``high``, both included."""
        return low + (self.uniform(ids, k) * (high - low + 1)).astype(np.int64)

    def choose(self, ids: npt.ArrayLike, weights: npt.ArrayLike, k: npt.ArrayLike = 0) -> Integers:
        """Return indexes drawn with these weights (which need not sum to 1)."""
        cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
        return np.searchsorted(cumulative / cumulative[-1], self.uniform(ids, k), side="right").astype(np.int64)

    def happens(self, ids: npt.ArrayLike, probability: npt.ArrayLike, k: npt.ArrayLike = 0) -> npt.NDArray[np.bool_]:
        """Return True with the given probability."""
        return self.uniform(ids, k) < np.asarray(probability)

    def exponential(self, ids: npt.ArrayLike, k: npt.ArrayLike = 0) -> Floats:
        """Return waiting times with mean 1."""
        return -np.log(self.uniform(ids, k))

    def normal(self, ids: npt.ArrayLike, k: npt.ArrayLike = 0) -> Floats:
        """Return standard normal numbers."""
        return np.asarray(special.ndtri(self.uniform(ids, k)))

    def gamma(self, ids: npt.ArrayLike, shape: float, k: npt.ArrayLike = 0) -> Floats:
        """Return Gamma numbers of this shape and scale 1."""
        return np.asarray(np.interp(self.normal(ids, k), _NORMAL_GRID, _gamma_roots(shape)) ** 3)

    def beta(self, ids: npt.ArrayLike, a: float, b: float, k: npt.ArrayLike = 0) -> Floats:
        """Return Beta numbers."""
        return np.asarray(special.expit(np.interp(self.normal(ids, k), _NORMAL_GRID, _beta_logits(a, b))))


# Inverting the incomplete gamma and beta functions costs a microsecond a number. The cube root of a Gamma number and
# the logit of a Beta number are smooth functions of the normal number of the same rank (Wilson and Hilferty 1931), so
# a fine table and straight lines between its entries give them to five digits in a tenth of the time.
_NORMAL_GRID = np.linspace(-8.3, 8.3, 8_193)


@lru_cache
def _gamma_roots(shape: float) -> Floats:
    return np.asarray(np.cbrt(special.gammaincinv(shape, special.ndtr(_NORMAL_GRID))))


@lru_cache
def _beta_logits(a: float, b: float) -> Floats:
    low, high = (
        special.betaincinv(a, b, special.ndtr(_NORMAL_GRID)),
        special.betaincinv(b, a, special.ndtr(-_NORMAL_GRID)),
    )
    return np.asarray(np.log(np.maximum(low, 1e-300)) - np.log(np.maximum(high, 1e-300)))
