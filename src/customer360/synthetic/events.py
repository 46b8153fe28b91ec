"""Expand visits into web events, chunk by chunk: views, cart, checkout, purchase, in the order a person clicks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from customer360.synthetic.ahead import ahead
from customer360.synthetic.catalogue import CATEGORIES, Catalogue
from customer360.synthetic.columns import DAY_SECONDS, Mask, coded, instants, numbered, words
from customer360.synthetic.sessions import (
    ANONYMOUS,
    BOUGHT,
    CART,
    HOUR_WEIGHTS,
    LOOK,
    PAYMENT,
    REASONS,
    SHIPPING,
    SIGNS_IN_LATE,
    Visits,
    cart_product,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.synthetic.book import OrderBook
    from customer360.synthetic.draws import Integers

CHUNK = 100_000
"""Visits expanded at once; bounds memory, decides nothing else."""

TYPES = ("page_view", "add_to_cart", "remove_from_cart", "checkout", "purchase")
VIEW, ADD, REMOVE, CHECKOUT, PURCHASE = range(5)
DEVICES = ("Desktop", "Mobile", "Tablet")
BROWSERS = ("Chrome", "Safari", "Firefox", "Edge")
BROWSER_WEIGHTS = ((0.62, 0.12, 0.13, 0.13), (0.52, 0.42, 0.04, 0.02), (0.40, 0.52, 0.05, 0.03))
STATIC_PAGES = (
    "/",
    "/checkout/shipping",
    "/checkout/payment",
    "/checkout/payment?status=declined",
    "/checkout/confirmation",
)
HOME, SHIPPING_PAGE, PAYMENT_PAGE, DECLINED_PAGE, CONFIRMATION = range(5)
REMOVES = 0.12
MEAN_GAP_SECONDS = 40.0


@dataclass(frozen=True)
class _Shape:
    """How many events of each kind a visit has."""

    views: Integers
    items: Integers
    removes: Integers
    checkouts: Integers
    purchases: Integers

    def taken(self, part: slice) -> _Shape:
        return _Shape(*(getattr(self, name)[part] for name in _Shape.__dataclass_fields__))

    @cached_property
    def total(self) -> Integers:
        """Events of each visit: 35 at most."""
        return self.views + 2 * (self.items + self.removes) + self.removes + self.checkouts + self.purchases


def slug(category: str) -> str:
    """Return a category as it stands in a URL: ``home-garden``."""
    return category.lower().replace(" & ", "-").replace(" ", "-")


def pages(catalogue: Catalogue) -> list[str]:
    """Return every page of the shop: static pages, category pages, product pages."""
    category_pages = [f"/category/{slug(name)}" for name in CATEGORIES]
    names = [slug(CATEGORIES[c]) for c in catalogue.category]
    return [*STATIC_PAGES, *category_pages, *(f"/products/{c}/PROD{n:05d}" for n, c in enumerate(names, 1))]


def tables(book: OrderBook, visits: Visits, *, since_day: int = 0, chunk: int = CHUNK) -> Iterator[pa.Table]:
    """Yield ``events`` in order of visits; ``since_day`` leaves out visits of earlier days but keeps the numbering."""
    shape = _shape(book, visits)
    ends = np.concatenate(([0], np.cumsum(shape.total, dtype=np.int64)))
    vocabulary = pa.array(pages(book.catalogue))
    first, count = int(np.searchsorted(visits.day, since_day)), len(visits.visit)
    chunks = [slice(begin, min(begin + chunk, count)) for begin in range(first, max(count, first + 1), chunk)]
    yield from ahead(
        lambda part: _expand(
            book,
            visits.taken(part),
            shape.taken(part),
            vocabulary,
            first_visit=part.start,
            first_event=int(ends[part.start]),
        ),
        chunks,
    )


def _shape(book: OrderBook, visits: Visits) -> _Shape:
    company, visit = book.company, visits.visit
    looks = 1 + np.floor(company.stream("events.views").exponential(visit) * 1.6)
    fills = visits.stage >= CART
    removes = fills & company.stream("events.removes").happens(visit, REMOVES)
    checkouts = np.select([visits.stage == SHIPPING, visits.stage >= PAYMENT], [1, 2], 0)
    purchases = np.where(visits.stage == BOUGHT, visits.items, 0)
    items = np.where(visits.stage == LOOK, 0, visits.items)
    return _Shape(*(each.astype(np.int8) for each in (np.minimum(looks, 12), items, removes, checkouts, purchases)))


def _expand(
    book: OrderBook, visits: Visits, shape: _Shape, vocabulary: pa.Array, *, first_visit: int, first_event: int
) -> pa.Table:
    total = shape.total
    starts = (np.cumsum(total, dtype=np.int64) - total).astype(np.int32)
    index = np.repeat(np.arange(len(total), dtype=np.int32), total)
    place = np.arange(len(index), dtype=np.int32) - starts[index]
    kind, item = _kinds(shape, index, place)
    product = _products(book, visits, index, item)
    customers, customer = np.unique(visits.customer, return_inverse=True)
    device = _device(book, visits)
    browser = _browser(book, visits, device)
    late = _late(book, visits.visit)[index] & (place < shape.views[index])
    nobody = (_unknown(book, visits.visit, visits.stage == BOUGHT))[index]
    return pa.table(
        {
            "event_id": numbered("EVT", np.arange(first_event, first_event + len(index)) + 1, 8),
            "customer_id": coded(
                customer.astype(np.int32)[index], numbered("CUST", customers + 1, 6), missing=nobody | late
            ),
            "session_id": coded(index, numbered("SES", np.arange(first_visit, first_visit + len(total)) + 1, 7)),
            "event_type": words(kind, TYPES),
            "event_timestamp": instants(_seconds(book, visits, index, place=place, starts=starts, total=total)),
            "product_id": coded(product, book.catalogue.ids, missing=product < 0),
            "page_url": coded(_pages(book, visits, shape, index, place=place, kind=kind, product=product), vocabulary),
            "device_type": coded(device.astype(np.int8)[index], pa.array(DEVICES)),
            "browser": coded(browser.astype(np.int8)[index], pa.array(BROWSERS)),
        }
    )


def _kinds(shape: _Shape, index: Integers, place: Integers) -> tuple[Integers, Integers]:
    """Return the type of each event and which item of the cart it is about (-1 for none).

    A visit is: views, a view and an add for each item, a removal, the checkout pages, a purchase for each item.
    """
    to_cart = shape.views + 2 * (shape.items + shape.removes)
    to_checkout = to_cart + shape.removes
    to_purchase = to_checkout + shape.checkouts
    after_views = place - shape.views[index]
    part = np.zeros(len(index), dtype=np.int8)
    for bound in (shape.views, to_cart, to_checkout, to_purchase):
        part += place >= bound[index]
    kind = np.array([VIEW, VIEW, REMOVE, CHECKOUT, PURCHASE], dtype=np.int8)[part]
    kind[(part == 1) & (after_views % 2 == 1)] = ADD
    item = np.full(len(index), -1, dtype=np.int32)
    for number, about in ((1, after_views // 2), (2, shape.items[index]), (4, place - to_purchase[index])):
        np.copyto(item, about, where=part == number, casting="unsafe")
    return kind, item


def _products(book: OrderBook, visits: Visits, index: Integers, item: Integers) -> Integers:
    """Return the product of each event, -1 for none: the basket's lines, or what the visitor picked."""
    product = np.full(len(index), -1, dtype=np.int32)
    rows = np.flatnonzero(item >= 0)
    visit, which = index[rows], item[rows]
    basket = visits.basket_index[visit]
    kept = (basket >= 0) & (which < visits.items[visit])
    starts, by_basket = book.products_by_basket
    product[rows[kept]] = by_basket[starts[basket[kept]] + which[kept]]
    visit, which = visit[~kept], which[~kept]
    product[rows[~kept]] = cart_product(book, visits.customer[visit], visits.visit[visit], which)
    return product


def _pages(
    book: OrderBook,
    visits: Visits,
    shape: _Shape,
    index: Integers,
    *,
    place: Integers,
    kind: Integers,
    product: Integers,
) -> Integers:
    page = product + np.int32(len(STATIC_PAGES) + len(CATEGORIES))
    page[kind == PURCHASE] = CONFIRMATION
    without = np.flatnonzero((product < 0) & (kind == VIEW))
    key = visits.visit[index[without]] * 64 + place[without]
    category = book.company.stream("events.category_page").integers(key, 0, len(CATEGORIES) - 1)
    page[without] = np.where(place[without] == 0, HOME, len(STATIC_PAGES) + category)
    asked = np.flatnonzero(kind == CHECKOUT)
    visit = index[asked]
    step = place[asked] - (shape.total - shape.checkouts - shape.purchases)[visit]
    declined = visits.reason[visit] == REASONS.index("payment_failed")
    page[asked] = np.where(step == 0, SHIPPING_PAGE, np.where(declined, DECLINED_PAGE, PAYMENT_PAGE))
    return page


def _seconds(
    book: OrderBook, visits: Visits, index: Integers, *, place: Integers, starts: Integers, total: Integers
) -> Integers:
    """Return the second since START of each event; a visit never runs past midnight.

    Whole seconds all the way: sums of whole numbers do not depend on where a chunk begins.
    """
    company, visit = book.company, visits.visit
    gap = 2 + (MEAN_GAP_SECONDS * company.stream("events.gap").exponential(visit[index] * 64 + place)).astype(np.int64)
    gap[starts] = 0
    run = np.cumsum(gap)
    hour = company.stream("visits.hour").choose(visit, HOUR_WEIGHTS)
    start = ((hour + company.stream("visits.minute").uniform(visit)) * 3_600.0).astype(np.int64)
    length = run[starts + total - 1] - run[starts]
    begin = visits.day * np.int64(DAY_SECONDS) + np.minimum(start, DAY_SECONDS - 2 - length)
    return np.asarray((begin - run[starts])[index] + run)


def _device(book: OrderBook, visits: Visits) -> Integers:
    usual = book.company.stream("customers.device").choose(visits.customer, (0.48, 0.43, 0.09))
    other = book.company.stream("visits.device").choose(visits.visit, (0.35, 0.53, 0.12))
    return np.where(book.company.stream("visits.usual_device").happens(visits.visit, 0.8), usual, other)


def _browser(book: OrderBook, visits: Visits, device: Integers) -> Integers:
    draw = book.company.stream("visits.browser").uniform(visits.customer * np.int64(len(DEVICES)) + device)
    cumulative = np.cumsum(np.array(BROWSER_WEIGHTS), axis=1)[device]
    return np.asarray(np.minimum((draw[:, None] >= cumulative).sum(axis=1), len(BROWSERS) - 1))


def _unknown(book: OrderBook, visit: Integers, buys: Mask) -> Mask:
    return ~buys & book.company.stream("visits.anonymous").happens(visit, ANONYMOUS)


def _late(book: OrderBook, visit: Integers) -> Mask:
    return book.company.stream("visits.late_sign_in").happens(visit, SIGNS_IN_LATE)
