"""Write the shop's own tables: customers and orders (products, events and inventory have files of their own)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from customer360.synthetic import homes, people
from customer360.synthetic.ahead import ahead
from customer360.synthetic.columns import coded, dates, integers, money, numbered, words
from customer360.synthetic.orders import PAYMENTS
from customer360.synthetic.segments import SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.synthetic.book import OrderBook

CHUNK = 250_000


def customers(book: OrderBook) -> pa.Table:
    """Return ``customers``: totals agree with the orders."""
    company, number = book.company, book.latent.customer
    names = people.true_names(company, number)
    return pa.table(
        {
            "customer_id": numbered("CUST", number + 1, 6),
            "email": people.true_emails(company, number),
            "first_name": names.first_names(),
            "last_name": names.last_names(),
            "city": homes.city_names(company, number),
            "country": homes.country_names(company, number),
            "signup_date": dates(book.latent.signup),
            "customer_segment": words(book.segments, SEGMENTS),
            "total_orders": integers(book.orders_of),
            "total_spent": money(book.spent_cents_of),
        }
    )


def orders(book: OrderBook, *, since_day: int = 0, chunk: int = CHUNK) -> Iterator[pa.Table]:
    """Yield ``orders`` in order of their numbers; ``since_day`` leaves out earlier days but keeps the numbering."""
    first, count = int(np.searchsorted(book.day, since_day)), len(book.lines.line)
    chunks = [slice(begin, min(begin + chunk, count)) for begin in range(first, max(count, first + 1), chunk)]
    yield from ahead(lambda part: _orders(book, part), chunks)


def _orders(book: OrderBook, part: slice) -> pa.Table:
    lines = book.lines
    return pa.table(
        {
            "order_id": numbered("ORD", np.arange(part.start, part.stop) + 1, 7),
            "customer_id": numbered("CUST", book.customer[part] + 1, 6),
            "product_id": coded(lines.product[part], book.catalogue.ids),
            "order_date": dates(book.day[part]),
            "order_amount": money(lines.amount_cents[part]),
            "quantity": integers(lines.quantity[part]),
            "discount_amount": money(lines.discount_cents[part]),
            "payment_method": words(lines.payment[part], PAYMENTS),
        }
    )
