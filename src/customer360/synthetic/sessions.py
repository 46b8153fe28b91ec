"""Plan the visits to the web shop: who comes when, how far each visit gets, and why a cart is left behind.

Every tracked basket is a visit that ends in a purchase; the other visits look around, leave at the cart, at shipping or
at payment. Shares are chosen so that the funnel is true: about a third of visits fill a cart, a third of those buy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from customer360.synthetic.ahead import ahead
from customer360.synthetic.catalogue import CATEGORIES
from customer360.synthetic.orders import MOST_LINES, favourite_category
from customer360.synthetic.purchases import BLOCK, MOST_ORDERS
from customer360.synthetic.stock import is_low

if TYPE_CHECKING:
    from customer360.synthetic.book import OrderBook
    from customer360.synthetic.company import Company
    from customer360.synthetic.draws import Floats, Integers

LOOK, CART, SHIPPING, PAYMENT, BOUGHT = range(5)
STAGES = ("look", "cart", "shipping", "payment", "purchase")
REASONS = ("none", "low_stock", "shipping_cost", "payment_failed", "price", "comparison")
BASE_VISITS, VISITS_PER_ORDER = 0.010, 13.0
"""Visits without purchase: so many a demand day for everybody, and so many per expected order of the customer."""

AFTER_STOP = 0.15
"""Share of those visits that goes on after a customer has stopped buying."""

CART_SHARE = 0.27
LOW_STOCK_LIFT = 0.25
"""Extra chance to leave a cart because an item is nearly out of stock."""

REASON_WEIGHTS = (0.34, 0.14, 0.22, 0.30)
"""Of shipping cost, failed payment, price, comparison, when stock is not the reason."""

HOUR_WEIGHTS = (2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 11, 12, 14, 13, 11, 10, 10, 11, 13, 16, 19, 18, 12, 6)
ITEM_WEIGHTS = (0.52, 0.28, 0.13, 0.07)
ANONYMOUS = 0.15
"""Visits of which nobody ever signs in."""

SIGNS_IN_LATE = 0.30
"""Other visits that begin without a known customer."""


@dataclass(frozen=True)
class Visits:
    """Visits in time order of their day: arrays, one entry a visit."""

    visit: Integers
    """Stable id: baskets' visits are even, the others odd."""
    customer: Integers
    day: Integers
    stage: Integers
    reason: Integers
    items: Integers
    """Products put into the cart and kept."""
    basket_index: Integers
    """The basket that the visit bought, -1 for none."""
    first_item: Integers
    """Product that decides stock and reason of an abandoned cart, -1 without cart."""

    def narrow(self) -> Visits:
        """Return the visits in numbers no wider than they need."""
        return Visits(**{name: getattr(self, name).astype(width) for name, width in WIDTHS.items()})

    def taken(self, part: slice | Integers) -> Visits:
        """Return some of the visits."""
        return Visits(**{name: getattr(self, name)[part] for name in WIDTHS})


WIDTHS = {
    "visit": np.int64,
    "customer": np.int32,
    "day": np.int32,
    "stage": np.int8,
    "reason": np.int8,
    "items": np.int8,
    "basket_index": np.int32,
    "first_item": np.int32,
}
"""How wide the numbers are: there are many visits."""


def plan(book: OrderBook) -> Visits:
    """Return all visits up to ``until``, by day and id."""
    count = len(book.latent.customer)
    blocks = [slice(begin, begin + BLOCK) for begin in range(0, max(count, 1), BLOCK)]
    parts = [_buying(book).narrow(), *ahead(lambda block: _other(book, block).narrow(), blocks)]
    joined = Visits(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in WIDTHS})
    parts.clear()
    return joined.taken(np.lexsort((joined.visit, joined.day)))


def _buying(book: OrderBook) -> Visits:
    baskets = book.baskets
    tracked = np.flatnonzero(book.company.stream("visits.tracked").happens(baskets.basket, book.company.tracked_share))
    count = len(tracked)
    lines = np.bincount(book.lines.basket_index, minlength=len(baskets.basket))
    return Visits(
        visit=baskets.basket[tracked] * 2,
        customer=baskets.customer[tracked],
        day=np.floor(baskets.moment[tracked]).astype(np.int64),
        stage=np.full(count, BOUGHT),
        reason=np.zeros(count, dtype=np.int64),
        items=lines[tracked],
        basket_index=tracked,
        first_item=np.full(count, -1),
    )


def _other(book: OrderBook, block: slice) -> Visits:
    """Return the visits without purchase of a block of customers."""
    visit, customer, day = _arrivals(book, block)
    company = book.company
    fills = company.stream("visits.cart").happens(visit, CART_SHARE)
    cart = np.flatnonzero(fills)
    item = np.full(len(visit), -1)
    item[cart] = cart_product(book, customer[cart], visit[cart], np.zeros(len(cart), dtype=np.int64))
    low = np.zeros(len(visit), dtype=bool)
    low[cart] = is_low(company, item[cart], day[cart])
    reason = _reasons(company, visit, fills, low)
    stage = np.select(
        [~fills, reason == REASONS.index("shipping_cost"), reason == REASONS.index("payment_failed")],
        [LOOK, SHIPPING, PAYMENT],
        CART,
    )
    items = np.where(fills, 1 + company.stream("visits.items").choose(visit, ITEM_WEIGHTS), 0)
    return Visits(visit, customer, day, stage, reason, items, np.full(len(visit), -1), item)


def _reasons(company: Company, visit: Integers, fills: np.ndarray, low: np.ndarray) -> Integers:
    usual = 2 + company.stream("visits.reason").choose(visit, REASON_WEIGHTS)
    by_stock = low & company.stream("visits.low_stock").happens(visit, 0.25 + LOW_STOCK_LIFT)
    return np.select([~fills, by_stock], [0, REASONS.index("low_stock")], usual)


def _arrivals(book: OrderBook, block: slice) -> tuple[Integers, Integers, Integers]:
    """Return id, customer and day of visits that do not buy: a Poisson process a customer, thinned after he stops."""
    company, people, stopped = book.company, book.latent, book.stopped[block]
    customers = people.customer[block]
    rate = BASE_VISITS + VISITS_PER_ORDER * company.tracked_share * 0.4 * people.weekly_rate[block] / 7.0
    end = company.to_demand(np.array([float(company.days)]))[0]
    stop = np.where(np.isfinite(stopped), company.to_demand(np.minimum(stopped, 1e9)), np.inf)
    clock = company.to_demand(people.signup[block])
    waits, stays = company.stream("visits.wait"), company.stream("visits.after_stop")
    active = np.arange(len(rate))
    found: list[tuple[Integers, Floats]] = []
    for number in range(MOST_ORDERS):
        clock[active] += waits.exponential(customers[active], number) / rate[active]
        active = active[clock[active] < end]
        if not len(active):
            break
        kept = active[(clock[active] < stop[active]) | stays.happens(customers[active], AFTER_STOP, number)]
        found.append((customers[kept] * MOST_ORDERS + number, clock[kept]))
    ids = np.concatenate([part[0] for part in found]) if found else np.empty(0, dtype=np.int64)
    demand = np.concatenate([part[1] for part in found]) if found else np.empty(0)
    return ids * 2 + 1, ids // MOST_ORDERS, np.floor(company.to_days(demand)).astype(np.int64)


def cart_product(book: OrderBook, customer: Integers, visit: Integers, position: Integers) -> Integers:
    """Return the product at a position of a visit's cart or product views, near what the customer spends."""
    company, key = book.company, visit * MOST_LINES + position
    other = company.stream("visits.category").integers(key, 0, len(CATEGORIES) - 1)
    loyal = company.stream("visits.usual").happens(key, 0.6)
    category = np.where(loyal, favourite_category(company, customer), other)
    price = book.latent.spend_level[customer] / 2.2 * np.exp(0.5 * company.stream("visits.price").normal(key))
    return book.catalogue.near(category, price * 100.0, company.stream("visits.product").uniform(key))
