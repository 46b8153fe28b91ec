"""Hold the parameters of the invented company: sizes, dates, shares, and the processes its customers follow."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

import numpy as np

from customer360.synthetic.draws import Floats, Integers, Stream

START = date(2022, 1, 1)
END = date(2024, 11, 30)
"""First and last day that the source documents name; ``until`` may go on beyond END."""

SIGNUP_DAYS = (END - START).days + 1
"""Days over which ``customers`` sign up, uniformly."""

MONTH_FACTOR = (0.78, 0.82, 0.95, 0.97, 0.98, 0.96, 0.92, 0.94, 0.99, 1.05, 1.28, 1.36)
WEEKDAY_FACTOR = (0.92, 0.90, 0.94, 0.98, 1.06, 1.16, 1.04)
"""Demand by month (January first) and by weekday (Monday first), each with mean 1."""

MEAN_FACTOR = sum(MONTH_FACTOR) / 12 * sum(WEEKDAY_FACTOR) / 7
"""Mean of month x weekday: a constant, so that a day's demand does not depend on how many days are looked at."""

AHEAD_DAYS = 4_000
"""Days beyond ``until`` that the clocks cover."""

Process = Literal["bg_nbd", "regular", "clumpy", "drifting"]


@dataclass(frozen=True)
class PurchaseProcess:
    """How customers buy again: BG/NBD (rates per week), or one of the processes that no model assumes."""

    kind: Process = "bg_nbd"
    r: float = 0.80
    alpha: float = 10.0
    a: float = 0.65
    b: float = 2.60
    never_buys: float = 0.06
    first_delay_days: float = 6.0


@dataclass(frozen=True)
class SpendProcess:
    """What a basket is worth: Gamma-Gamma (p, q, gamma) in units of currency before discounts."""

    p: float = 6.0
    q: float = 4.0
    gamma: float = 90.0


@dataclass(frozen=True)
class Company:
    """Everything that decides the data: equal companies give equal bytes, whatever the chunking."""

    customers: int
    seed: int = 42
    until: date = END
    products: int | None = None
    tracked_share: float = 0.40
    """Share of baskets that have a web session; the others are sales without events."""
    seasonality: float = 1.0
    """0 flattens the year and the week."""
    closed: tuple[date, ...] = (END,)
    """Days without sales: the documented orders end the day before the documented END_DATE."""
    purchases: PurchaseProcess = field(default_factory=PurchaseProcess)
    spend: SpendProcess = field(default_factory=SpendProcess)

    @property
    def days(self) -> int:
        """Days from START to ``until``, both included."""
        return (self.until - START).days + 1

    @property
    def product_count(self) -> int:
        """Products in the catalogue: 5,000 for 100,000 customers, never under 140."""
        return self.products or max(140, min(20_000, self.customers // 20))

    @cached_property
    def signed_up(self) -> int:
        """Customers that have signed up by ``until`` (the same rate goes on after END)."""
        numbers = np.arange(self.customers * self.days // SIGNUP_DAYS + 2)
        return int(np.searchsorted(self.signup_offsets(numbers), float(self.days)))

    def signup_offsets(self, customers: Integers) -> Floats:
        """Return when customer number i signs up, in days since START: uniform, ascending, open-ended."""
        spread = self.stream("customers.signup").uniform(customers)
        return np.asarray((customers + spread) * (SIGNUP_DAYS / self.customers))

    def stream(self, purpose: str) -> Stream:
        """Return this company's random stream for a purpose."""
        return Stream.of(self.seed, purpose)

    @cached_property
    def demand_clock(self) -> Floats:
        """Return cumulative demand at the start of each day, one unit a normal day, far beyond ``until``.

        Purchases tick evenly on this clock; read backwards it puts more of them into busy days. So the purchase
        process holds exactly in demand time and seasonality is exact too. The clock of an earlier ``until`` is the
        beginning of the clock of a later one.
        """
        return np.concatenate(([0.0], np.cumsum(self._demand(self.days + AHEAD_DAYS))))

    @cached_property
    def sales_clock(self) -> Floats:
        """Return the demand clock with ``closed`` days left out: it stands still on them."""
        demand = self._demand(self.days + AHEAD_DAYS)
        for day in self.closed:
            number = (day - START).days
            demand[number : number + 1] = 0.0
        return np.concatenate(([0.0], np.cumsum(demand)))

    def _demand(self, count: int) -> Floats:
        days = [START + timedelta(days=n) for n in range(count)]
        factor = np.array([MONTH_FACTOR[d.month - 1] * WEEKDAY_FACTOR[d.weekday()] for d in days])
        return np.asarray(1.0 + self.seasonality * (factor / MEAN_FACTOR - 1.0))

    def to_demand(self, days: Floats, *, sales: bool = False) -> Floats:
        """Return demand time of calendar moments given in days since START; ``sales`` reads the sales clock."""
        clock = self.sales_clock if sales else self.demand_clock
        return np.asarray(np.interp(days, np.arange(len(clock)), clock))

    def to_days(self, demand: Floats, *, sales: bool = False) -> Floats:
        """Return calendar moments, in days since START, of demand times."""
        clock = self.sales_clock if sales else self.demand_clock
        return np.asarray(np.interp(demand, clock, np.arange(len(clock))))
