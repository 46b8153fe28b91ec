"""Measure what a treatment did: the mean of a figure among the treated against that among those held out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from customer360.errors import NotEnoughData, QueryError

if TYPE_CHECKING:
    from datetime import date

    from customer360.audiences.book import Refresh

MINIMUM = 2
"""Members that each group needs for a spread."""
_CONFIDENCE = 0.95


def days_since(refresh: date, today: date, start: date | None, end: date | None) -> tuple[date, date]:
    """Return the first and last day to measure: those asked for, else from the day after a refresh to today.

    Errors: QueryError when no day has passed.
    """
    first, last = start or refresh + timedelta(days=1), end or today
    if start is None and end is None and first > last:
        raise QueryError(
            f"No day of sales has passed since {refresh}, so nothing can be compared yet.",
            next_step="Load what came after it, then measure.",
        )
    return first, last


@dataclass(frozen=True)
class Arm:
    """One group: how many, the mean of the figure, the share with any, and the spread (sample variance)."""

    members: int
    mean: float
    share_with_any: float
    variance: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Arm:
        """Describe a group by the figure of each of its members, 0 for those without any. Errors: NotEnoughData."""
        count = len(values)
        if count < MINIMUM:
            raise NotEnoughData("The lift of an audience", found=count, needed=MINIMUM, what="members in each group")
        mean = math.fsum(values) / count
        variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
        return cls(count, mean, sum(value != 0 for value in values) / count, variance)


@dataclass(frozen=True)
class Lift:
    """The difference of two means with its 95 % interval and two-sided p-value (B. L. Welch, 1947, Biometrika 34).

    ``relative`` is the difference as a share of the held-out mean, None when that is 0. Everybody who was assigned
    counts, whether or not they were reached: it is the effect of the decision to send.
    """

    treated: Arm
    held_out: Arm
    difference: float
    low: float
    high: float
    p_value: float
    relative: float | None
    gained: float
    """The difference times the treated members: what the treatment brought in all."""

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Measured:
    """The lift of an audience by one metric over the days after a refresh."""

    metric: str
    refresh: Refresh
    start: date
    end: date
    lift: Lift


def lift(treated: Sequence[float], held_out: Sequence[float]) -> Lift:
    """Return the lift of the treated over those held out. Errors: NotEnoughData."""
    from scipy.stats import t as student

    first, second = Arm.of(treated), Arm.of(held_out)
    difference = first.mean - second.mean
    parts = (first.variance / first.members, second.variance / second.members)
    error = math.sqrt(sum(parts))
    if error == 0:
        low, high, p_value = difference, difference, 1.0 if difference == 0 else 0.0
    else:
        freedom = sum(parts) ** 2 / (parts[0] ** 2 / (first.members - 1) + parts[1] ** 2 / (second.members - 1))
        reach = float(student.ppf((1 + _CONFIDENCE) / 2, freedom)) * error
        low, high = difference - reach, difference + reach
        p_value = float(2 * student.sf(abs(difference) / error, freedom))
    relative = difference / second.mean if second.mean else None
    return Lift(first, second, difference, low, high, p_value, relative, difference * first.members)
