"""Write the supplementary shop source ``shop_ops``: returns, recovery e-mails, fine categories, loyalty.

(``promotions`` has a file of its own.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from customer360.synthetic.columns import dates, integers, moments, money, numbered, words
from customer360.synthetic.sessions import ANONYMOUS, BOUGHT, CART, Visits

if TYPE_CHECKING:
    from customer360.synthetic.book import OrderBook
    from customer360.synthetic.draws import Floats, Integers

RETURN_CHANCE = (0.06, 0.13, 0.05, 0.06, 0.02, 0.03, 0.04)
"""By category: clothes come back most."""

RETURN_REASONS = ("Defective", "Wrong size", "Not as described", "Changed mind", "Arrived late")
LEVEL_2 = (
    ("Audio", "Computing", "Phones", "Cameras"),
    ("Women's", "Men's", "Kids'", "Accessories"),
    ("Kitchen", "Bedding", "Garden", "Decor"),
    ("Running", "Cycling", "Fitness", "Outdoor"),
    ("Fiction", "Non-fiction", "Children's Books", "Cookery"),
    ("Skin Care", "Make-up", "Hair Care", "Fragrance"),
    ("Building Sets", "Puzzles", "Dolls", "Board Games"),
)
LEVEL_3 = ("Essentials", "Premium", "Seasonal")
SEASONS = ("Spring", "Summer", "Fall", "Winter", "Year-round")
TIERS = ("Bronze", "Silver", "Gold", "Platinum")
TIER_SPENT_CENTS = (50_000, 150_000, 400_000)
SENT, OPENED, CLICKED_BEFORE_ORDER, CLICKED_OTHERWISE = 0.80, 0.42, 0.62, 0.16
RECOVERY_DAYS = 7


def product_details(book: OrderBook) -> pa.Table:
    """Return ``product_details``: one row a product."""
    company, product, category = book.company, book.catalogue.products, book.catalogue.category
    second = company.stream("products.level_2").integers(product, 0, 3)
    third = company.stream("products.level_3").integers(product, 0, len(LEVEL_3) - 1)
    flat = [name for names in LEVEL_2 for name in names]
    fine = [f"{name} {kind}" for name in flat for kind in LEVEL_3]
    launch = company.stream("products.launch").integers(product, -700, -1)
    return pa.table(
        {
            "product_id": numbered("PROD", product + 1, 5),
            "category_level_2": words(category * 4 + second, flat),
            "category_level_3": words((category * 4 + second) * len(LEVEL_3) + third, fine),
            "season_code": words(
                company.stream("products.season").choose(product, (0.12, 0.12, 0.12, 0.14, 0.50)), SEASONS
            ),
            "launch_date": dates(launch),
        }
    )


def returns(book: OrderBook) -> pa.Table:
    """Return ``returns`` up to ``until``: a few units or all of a line, refunded in proportion."""
    company, lines = book.company, book.lines
    chance = np.array(RETURN_CHANCE)[book.catalogue.category[lines.product]]
    back = np.flatnonzero(company.stream("returns.of_line").happens(lines.line, chance))
    line = lines.line[back]
    day = book.day[back] + company.stream("returns.delay").integers(line, 3, 24)
    kept = day < company.days
    back, line, day = back[kept], line[kept], day[kept]
    order = np.lexsort((back, day))
    back, line, day = back[order], line[order], day[order]
    bought = lines.quantity[back]
    units = np.where(company.stream("returns.all").happens(line, 0.85), bought, np.maximum(1, bought // 2))
    return pa.table(
        {
            "order_id": numbered("ORD", back + 1, 7),
            "return_date": dates(day),
            "quantity": integers(units),
            "refund_amount": money(book.net_cents[back] * units // bought),
            "reason": words(
                company.stream("returns.reason").choose(line, (0.24, 0.27, 0.17, 0.24, 0.08)), RETURN_REASONS
            ),
        }
    )


def loyalty_members(book: OrderBook) -> pa.Table:
    """Return ``loyalty_members``: who joined, with the tier that their spending earned by ``until``."""
    company, people = book.company, book.latent
    joins = np.flatnonzero(company.stream("loyalty.joins").happens(people.customer, 0.46) & (book.orders_of > 0))
    since = people.first_order[joins] + 30.0 * company.stream("loyalty.delay").exponential(joins)
    joins, since = joins[since < company.days], since[since < company.days]
    return pa.table(
        {
            "customer_id": numbered("CUST", joins + 1, 6),
            "tier": words(np.searchsorted(TIER_SPENT_CENTS, book.spent_cents_of[joins], side="right"), TIERS),
            "since": dates(since),
        }
    )


def cart_recovery_emails(book: OrderBook, visits: Visits) -> pa.Table:
    """Return ``cart_recovery_emails``: one row an e-mail; recovered means an order within seven days of it."""
    company = book.company
    left = (visits.stage >= CART) & (visits.stage < BOUGHT)
    known = ~company.stream("visits.anonymous").happens(visits.visit, ANONYMOUS)
    mailed = np.flatnonzero(left & known & company.stream("recovery.sent").happens(visits.visit, SENT))
    visit, customer = visits.visit[mailed], visits.customer[mailed]
    sent = visits.day[mailed] + 1.0 + (2.0 + 8.0 * company.stream("recovery.hour").uniform(visit)) / 24.0
    known_by_now = sent < company.days
    mailed, visit, customer, sent = (
        mailed[known_by_now],
        visit[known_by_now],
        customer[known_by_now],
        sent[known_by_now],
    )
    opened = company.stream("recovery.opened").happens(visit, OPENED)
    row, ordered = _next_order(book, customer, sent)
    draw = company.stream("recovery.clicked").uniform(visit)
    clicked = opened & (draw < np.where(ordered, CLICKED_BEFORE_ORDER, CLICKED_OTHERWISE))
    opened_at = sent + 0.02 + 0.5 * company.stream("recovery.opens_after").uniform(visit)
    # Who clicks only because he is about to order clicks on that day: nothing is told before it happens.
    on_order_day = book.day[np.maximum(row, 0)] + 0.001
    clicked_at = np.where(draw < CLICKED_OTHERWISE, opened_at + 0.002, np.maximum(opened_at + 0.002, on_order_day))
    opened, clicked = opened & (opened_at < company.days), clicked & (clicked_at < company.days)
    return pa.table(
        {
            "session_id": numbered("SES", mailed + 1, 7),
            "customer_id": numbered("CUST", customer + 1, 6),
            "sent_at": moments(sent),
            "opened_at": moments(opened_at, missing=~opened),
            "clicked_at": moments(clicked_at, missing=~clicked),
            "recovered_order_id": numbered("ORD", np.maximum(row, 0) + 1, 7, missing=~(clicked & ordered)),
        }
    )


def _next_order(book: OrderBook, customer: Integers, sent: Floats) -> tuple[Integers, np.ndarray]:
    """Return the first order line of each customer from the day after the e-mail, and whether it comes in time."""
    order = np.lexsort((np.arange(len(book.day)), book.day, book.customer))
    width = book.company.days + 4_096
    position = book.customer[order] * width + book.day[order]
    wanted = customer.astype(np.int64) * width + np.floor(sent).astype(np.int64) + 1
    place = np.searchsorted(position, wanted)
    found = place < len(order)
    row = np.where(found, order[np.minimum(place, len(order) - 1)], -1)
    in_time = found & (book.customer[row] == customer) & (book.day[row] <= np.floor(sent) + RECOVERY_DAYS)
    return row, in_time
