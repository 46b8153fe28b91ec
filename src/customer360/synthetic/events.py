"""Expand visits into web events, chunk by chunk: views, cart, checkout, purchase, in the order a person clicks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from customer360.synthetic.book import OrderBook
from customer360.synthetic.catalogue import CATEGORIES, Catalogue
from customer360.synthetic.columns import Mask, moments, numbered, words
from customer360.synthetic.draws import Floats, Integers
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

CHUNK = 250_000
"""Visits expanded at once; bounds memory, decides nothing else."""

TYPES = ("page_view", "add_to_cart", "remove_from_cart", "checkout", "purchase")
VIEW, ADD, REMOVE, CHECKOUT, PURCHASE = range(5)
DEVICES = ("Desktop", "Mobile", "Tablet")
BROWSERS = ("Chrome", "Safari", "Firefox", "Edge")
BROWSER_WEIGHTS = ((0.62, 0.12, 0.13, 0.13), (0.52, 0.42, 0.04, 0.02), (0.40, 0.52, 0.05, 0.03))
STATIC_PAGES = ("/", "/checkout/shipping", "/checkout/payment", "/checkout/payment?status=declined", "/checkout/confirmation")
HOME, SHIPPING_PAGE, PAYMENT_PAGE, DECLINED_PAGE, CONFIRMATION = range(5)
REMOVES = 0.12
MEAN_GAP_SECONDS = 40.0
DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class _Shape:
    """How many events of each kind a visit has."""

    views: Integers
    items: Integers
    removes: Integers
    checkouts: Integers
    purchases: Integers

    @property
    def total(self) -> Integers:
        return self.views + 2 * (self.items + self.removes) + self.removes + self.checkouts + self.purchases


def slug(category: str) -> str:
    """Return a category as it stands in a URL: ``home-garden``."""
    return category.lower().replace(" & ", "-").replace(" ", "-")


def pages(catalogue: Catalogue) -> list[str]:
    """Return every page of the shop: static pages, category pages, product pages."""
    category_pages = [f"/category/{slug(name)}" for name in CATEGORIES]
    names = [slug(CATEGORIES[c]) for c in catalogue.category]
    return [*STATIC_PAGES, *category_pages, *(f"/products/{c}/PROD{n:05d}" for n, c in enumerate(names, 1))]


def tables(book: OrderBook, visits: Visits, *, since_day: int = 0) -> Iterator[pa.Table]:
    """Yield ``events`` in order of visits; ``since_day`` leaves out visits of earlier days but keeps the numbering."""
    shape = _shape(book, visits)
    ends = np.cumsum(shape.total)
    vocabulary = pages(book.catalogue)
    first = int(np.searchsorted(visits.day, since_day))
    for begin in range(first, len(visits.visit), CHUNK):
        chosen = slice(begin, min(begin + CHUNK, len(visits.visit)))
        start_number = int(ends[begin - 1]) if begin else 0
        yield _expand(book, visits, shape, chosen, start_number, vocabulary)


def _shape(book: OrderBook, visits: Visits) -> _Shape:
    company, visit = book.company, visits.visit
    looks = 1 + np.floor(company.stream("events.views").exponential(visit) * 1.6).astype(np.int64)
    fills = visits.stage >= CART
    removes = (fills & company.stream("events.removes").happens(visit, REMOVES)).astype(np.int64)
    checkouts = np.select([visits.stage == SHIPPING, visits.stage >= PAYMENT], [1, 2], 0)
    purchases = np.where(visits.stage == BOUGHT, visits.items, 0)
    return _Shape(np.minimum(looks, 12), np.where(visits.stage == LOOK, 0, visits.items), removes, checkouts, purchases)


def _expand(
    book: OrderBook, visits: Visits, shape: _Shape, chosen: slice, start_number: int, vocabulary: list[str]
) -> pa.Table:
    part = _Shape(*(getattr(shape, name)[chosen] for name in _Shape.__dataclass_fields__))
    total = part.total
    index = np.repeat(np.arange(len(total)), total)
    place = np.arange(len(index)) - np.repeat(np.cumsum(total) - total, total)
    kind, item = _kinds(part, index, place)
    visit = visits.visit[chosen][index]
    product = _products(book, visits, chosen, index, item)
    page = _pages(book, visits, chosen, index, place, kind, product, part)
    second = _seconds(book, visits, chosen, index, place, total)
    device = _device(book, visits, chosen)
    browser = _browser(book, visits, chosen, device)
    named = visits.stage[chosen] == BOUGHT
    unknown = _unknown(book, visits.visit[chosen], named)[index] | (
        _late(book, visits.visit[chosen])[index] & (place < part.views[index])
    )
    return pa.table(
        {
            "event_id": numbered("EVT", start_number + 1 + np.arange(len(index)), 8),
            "customer_id": numbered("CUST", visits.customer[chosen][index] + 1, 6, missing=unknown),
            "session_id": numbered("SES", chosen.start + 1 + index, 7),
            "event_type": words(kind, TYPES),
            "event_timestamp": moments(visits.day[chosen][index] + second / DAY_SECONDS),
            "product_id": numbered("PROD", product + 1, 5, missing=product < 0),
            "page_url": words(page, vocabulary),
            "device_type": words(device[index], DEVICES),
            "browser": words(browser[index], BROWSERS),
        }
    )


def _kinds(part: _Shape, index: Integers, place: Integers) -> tuple[Integers, Integers]:
    """Return the type of each event and which item of the cart it is about (-1 for none)."""
    rest = place - part.views[index]
    wanted = (part.items + part.removes)[index]
    after_pairs = rest - 2 * wanted
    after_removes = after_pairs - part.removes[index]
    after_checkout = after_removes - part.checkouts[index]
    kind = np.select(
        [rest < 0, after_pairs < 0, after_removes < 0, after_checkout < 0],
        [VIEW, np.where(rest % 2 == 0, VIEW, ADD), REMOVE, CHECKOUT],
        PURCHASE,
    )
    item = np.select(
        [rest < 0, after_pairs < 0, after_removes < 0, after_checkout < 0],
        [-1, rest // 2, part.items[index], -1],
        after_checkout,
    )
    return kind, item


def _products(book: OrderBook, visits: Visits, chosen: slice, index: Integers, item: Integers) -> Integers:
    """Return the product of each event, -1 for none: the basket's lines, or what the visitor picked."""
    product = np.full(len(index), -1, dtype=np.int64)
    basket = visits.basket_index[chosen][index]
    bought = (basket >= 0) & (item >= 0) & (item < visits.items[chosen][index])
    starts, by_basket = _lines_of(book)
    product[bought] = by_basket[starts[basket[bought]] + item[bought]]
    picked = (item >= 0) & ~bought
    visit, customer = visits.visit[chosen][index[picked]], visits.customer[chosen][index[picked]]
    product[picked] = cart_product(book, customer, visit, item[picked])
    return product


def _lines_of(book: OrderBook) -> tuple[Integers, Integers]:
    """Return where each basket's lines begin in the products sorted by basket, and those products."""
    order = np.lexsort((book.lines.line, book.lines.basket_index))
    count = np.bincount(book.lines.basket_index, minlength=len(book.baskets.basket))
    return np.cumsum(count) - count, book.lines.product[order]


def _pages(
    book: OrderBook,
    visits: Visits,
    chosen: slice,
    index: Integers,
    place: Integers,
    kind: Integers,
    product: Integers,
    part: _Shape,
) -> Integers:
    company, products_from = book.company, len(STATIC_PAGES) + len(CATEGORIES)
    key = visits.visit[chosen][index] * 64 + place
    category = company.stream("events.category_page").integers(key, 0, len(CATEGORIES) - 1)
    page = np.where(product >= 0, products_from + product, np.where(place == 0, HOME, len(STATIC_PAGES) + category))
    step = place - (part.total - part.checkouts - part.purchases)[index]
    declined = (visits.reason[chosen] == REASONS.index("payment_failed"))[index]
    checkout = np.where(step == 0, SHIPPING_PAGE, np.where(declined, DECLINED_PAGE, PAYMENT_PAGE))
    return np.select([kind == CHECKOUT, kind == PURCHASE], [checkout, CONFIRMATION], page)


def _seconds(
    book: OrderBook, visits: Visits, chosen: slice, index: Integers, place: Integers, total: Integers
) -> Floats:
    """Return the second of the day of each event; a visit never runs past midnight."""
    company, visit = book.company, visits.visit[chosen]
    gap = 2.0 + MEAN_GAP_SECONDS * company.stream("events.gap").exponential(visit[index] * 64 + place)
    gap[place == 0] = 0.0
    run = np.cumsum(gap)
    first = np.cumsum(total) - total
    since = run - run[first][index]
    hour = company.stream("visits.hour").choose(visit, HOUR_WEIGHTS)
    start = (hour + company.stream("visits.minute").uniform(visit)) * 3_600.0
    length = since[np.cumsum(total) - 1]
    return np.minimum(start, DAY_SECONDS - 2.0 - length)[index] + since


def _device(book: OrderBook, visits: Visits, chosen: slice) -> Integers:
    usual = book.company.stream("customers.device").choose(visits.customer[chosen], (0.48, 0.43, 0.09))
    other = book.company.stream("visits.device").choose(visits.visit[chosen], (0.35, 0.53, 0.12))
    return np.where(book.company.stream("visits.usual_device").happens(visits.visit[chosen], 0.8), usual, other)


def _browser(book: OrderBook, visits: Visits, chosen: slice, device: Integers) -> Integers:
    draw = book.company.stream("visits.browser").uniform(visits.customer[chosen] * len(DEVICES) + device)
    cumulative = np.cumsum(np.array(BROWSER_WEIGHTS), axis=1)[device]
    return np.minimum((draw[:, None] >= cumulative).sum(axis=1), len(BROWSERS) - 1)


def _unknown(book: OrderBook, visit: Integers, buys: Mask) -> Mask:
    return ~buys & book.company.stream("visits.anonymous").happens(visit, ANONYMOUS)


def _late(book: OrderBook, visit: Integers) -> Mask:
    return book.company.stream("visits.late_sign_in").happens(visit, SIGNS_IN_LATE)
