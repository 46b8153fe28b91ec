"""Let customers buy: when each one orders, when he stops, and what a basket should be worth.

Rates are Gamma(r, alpha) a week and dropout after an order is Beta(a, b), as in Fader, Hardie and Lee 2005 ("Counting
your customers the easy way"); basket values are Gamma(p, nu) with nu ~ Gamma(q, gamma), as in Fader and Hardie 2013.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from customer360.synthetic.company import SIGNUP_DAYS, Company

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.synthetic.draws import Floats, Integers

BLOCK = 20_000
"""Customers simulated at once: bounds memory; results do not depend on it."""

MOST_ORDERS = 4_096
"""Baskets that one customer can have: basket id = customer * MOST_ORDERS + number."""


@dataclass(frozen=True)
class Latent:
    """The hidden truth of customers: arrays, one entry a customer."""

    customer: Integers
    signup: Floats
    first_order: Floats
    """Days since START; infinite for someone who never buys."""
    weekly_rate: Floats
    dropout: Floats
    """Chance to stop after each order."""
    spend_level: Floats
    """Mean value of this customer's baskets."""


@dataclass(frozen=True)
class Baskets:
    """Orders of a block of customers, by customer and time."""

    basket: Integers
    customer: Integers
    moment: Floats
    """Days since START, fraction included."""
    value: Floats
    """What the lines should add up to before discounts, about."""


def latent(company: Company, customers: Integers) -> Latent:
    """Draw what never changes about these customers."""
    process, spend = company.purchases, company.spend
    signup = company.signup_offsets(customers)
    delay = company.stream("customers.first_delay").exponential(customers) * process.first_delay_days
    never = company.stream("customers.never").happens(customers, process.never_buys)
    rate = company.stream("customers.rate").gamma(customers, process.r) / process.alpha
    dropout = company.stream("customers.dropout").beta(customers, process.a, process.b)
    nu = company.stream("customers.spend").gamma(customers, spend.q) / spend.gamma
    return Latent(
        customer=customers,
        signup=signup,
        first_order=np.where(never, np.inf, signup + delay),
        weekly_rate=rate,
        dropout=dropout,
        spend_level=spend.p / nu,
    )


def simulate(company: Company, traits: Latent) -> tuple[Baskets, Floats]:
    """Return the baskets up to ``until`` and, per customer, when he stopped (infinite while alive)."""
    end = company.to_demand(np.array([float(company.days)]), sales=True)[0]
    started = np.isfinite(traits.first_order)
    clock = np.full(len(traits.customer), np.inf)
    clock[started] = company.to_demand(traits.first_order[started], sales=True)
    stopped = np.full(len(traits.customer), np.inf)
    active = np.flatnonzero(clock < end)
    found: list[tuple[Integers, int, Floats]] = []
    stays = company.stream("orders.stays")
    for number in range(MOST_ORDERS):
        if not len(active):
            break
        found.append((active, number, clock[active]))
        # BG/NBD: dropout follows a repeat order; after the first one everybody is still a customer.
        leaves = stays.happens(traits.customer[active], traits.dropout[active] * (number > 0), number)
        stopped[active[leaves]] = clock[active[leaves]]
        active = active[~leaves]
        clock[active] += _wait(company, traits, active, number, clock[active])
        active = active[clock[active] < end]
    return _collect(company, traits, found), np.where(
        np.isfinite(stopped), company.to_days(stopped, sales=True), np.inf
    )


def _wait(company: Company, traits: Latent, active: Integers, number: int, clock: Floats) -> Floats:
    """Return waiting times to the next order in demand days."""
    customers, mean = traits.customer[active], 7.0 / np.maximum(traits.weekly_rate[active], 1e-9)
    stream, kind = company.stream("orders.wait"), company.purchases.kind
    if kind == "regular":
        return mean * stream.gamma(customers, 6.0, number) / 6.0
    if kind == "clumpy":
        burst = company.stream("orders.burst").happens(customers, 0.6, number)
        return np.asarray(np.where(burst, 0.15, 2.275) * mean * stream.exponential(customers, number))
    waits = mean * stream.exponential(customers, number)
    if kind == "drifting":
        waits = waits * np.exp((clock - SIGNUP_DAYS / 2.0) / SIGNUP_DAYS)
    return waits


def _collect(company: Company, traits: Latent, found: list[tuple[Integers, int, Floats]]) -> Baskets:
    if not found:
        empty = np.empty(0)
        return Baskets(empty.astype(np.int64), empty.astype(np.int64), empty, empty)
    index = np.concatenate([part[0] for part in found])
    number = np.concatenate([np.full(len(part[0]), part[1]) for part in found])
    clock = np.concatenate([part[2] for part in found])
    order = np.lexsort((number, index))
    index, number, clock = index[order], number[order], clock[order]
    customer = traits.customer[index]
    shape = company.stream("orders.value").gamma(customer, company.spend.p, number)
    value = shape * traits.spend_level[index] / company.spend.p
    return Baskets(customer * MOST_ORDERS + number, customer, company.to_days(clock, sales=True), value)


def blocks(company: Company, size: int = BLOCK) -> Iterator[Integers]:
    """Yield the numbers of all customers that have signed up, block by block (one empty block when nobody has)."""
    for first in range(0, max(1, company.signed_up), size):
        yield np.arange(first, min(first + size, company.signed_up))
