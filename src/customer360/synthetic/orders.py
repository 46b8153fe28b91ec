"""Fill baskets: which products, how many, at what discount, so that a basket is worth what the spend process asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from customer360.synthetic.catalogue import CATEGORIES, HIGHEST_CENTS, LOWEST_CENTS, Catalogue

if TYPE_CHECKING:
    from customer360.synthetic.company import Company
    from customer360.synthetic.draws import Floats, Integers
    from customer360.synthetic.purchases import Baskets

MOST_LINES = 8
"""Lines that one basket can have: line id = basket * MOST_LINES + position."""

LINE_WEIGHTS = (0.38, 0.27, 0.17, 0.10, 0.05, 0.03)
QUANTITY_WEIGHTS = (0.66, 0.20, 0.08, 0.04, 0.02)
PAYMENTS = ("Credit Card", "PayPal", "Debit Card", "Apple Pay")
COMPLEMENT_CHANCE = 0.5
LOYAL_TO_CATEGORY = 0.5
LOYAL_TO_PAYMENT = 0.85


@dataclass(frozen=True)
class Lines:
    """Order lines: arrays, one entry a line, in the order of their baskets."""

    line: Integers
    basket_index: Integers
    """Place of the line's basket in the Baskets it was made from."""
    product: Integers
    quantity: Integers
    amount_cents: Integers
    discount_cents: Integers
    payment: Integers


WIDTHS = {
    "line": np.int64,
    "basket_index": np.int32,
    "product": np.int32,
    "quantity": np.int8,
    "amount_cents": np.int32,
    "discount_cents": np.int32,
    "payment": np.int8,
}
"""How wide the numbers of kept lines are: there are many lines."""


def favourite_category(company: Company, customers: Integers) -> Integers:
    """Return the category that each customer comes back to."""
    return company.stream("customers.category").integers(customers, 0, len(CATEGORIES) - 1)


def fill(company: Company, catalogue: Catalogue, baskets: Baskets) -> Lines:
    """Return the lines of these baskets."""
    count = 1 + company.stream("orders.lines").choose(baskets.basket, LINE_WEIGHTS)
    index = np.repeat(np.arange(len(count)), count)
    position = np.arange(len(index)) - np.repeat(np.cumsum(count) - count, count)
    line = baskets.basket[index] * MOST_LINES + position
    quantity = 1 + company.stream("orders.quantity").choose(line, QUANTITY_WEIGHTS)
    unit = baskets.value[index] / count[index] / quantity
    product = _products(company, catalogue, baskets, index, line=line, unit=unit)
    product = _with_complements(company, catalogue, product, position, line)
    amount = catalogue.price_cents[product] * quantity
    rate = _discount_percent(company, catalogue, baskets, index, product=product, line=line)
    customer, basket = baskets.customer[index], baskets.basket[index]
    usual = company.stream("customers.payment").integers(customer, 0, len(PAYMENTS) - 1)
    other = company.stream("orders.payment").integers(basket, 0, len(PAYMENTS) - 1)
    loyal = company.stream("orders.usual_payment").happens(basket, LOYAL_TO_PAYMENT)
    discount, payment = (amount * rate + 50) // 100, np.where(loyal, usual, other)
    values = (line, index, product, quantity, amount, discount, payment)
    return Lines(*(value.astype(width) for value, width in zip(values, WIDTHS.values(), strict=True)))


def _products(
    company: Company, catalogue: Catalogue, baskets: Baskets, index: Integers, *, line: Integers, unit: Floats
) -> Integers:
    favourite = favourite_category(company, baskets.customer)[index]
    other = company.stream("orders.category").integers(line, 0, len(CATEGORIES) - 1)
    loyal = company.stream("orders.usual_category").happens(line, LOYAL_TO_CATEGORY)
    cents = np.clip(unit * 100, LOWEST_CENTS, HIGHEST_CENTS)
    return catalogue.near(np.where(loyal, favourite, other), cents, company.stream("orders.product").uniform(line))


def _with_complements(
    company: Company, catalogue: Catalogue, product: Integers, position: Integers, line: Integers
) -> Integers:
    """Let a line be the partner of the line before it, where that one has a partner."""
    before = np.concatenate(([0], product[:-1]))
    partner = np.where(position > 0, catalogue.complement[before], -1)
    follows = (partner >= 0) & company.stream("orders.complement").happens(line, COMPLEMENT_CHANCE)
    return np.where(follows, partner, product)


def _discount_percent(
    company: Company, catalogue: Catalogue, baskets: Baskets, index: Integers, *, product: Integers, line: Integers
) -> Integers:
    from customer360.synthetic.promotions import promoted_percent

    promoted = promoted_percent(company, catalogue.category[product], np.floor(baskets.moment[index]).astype(np.int64))
    ordinary = np.array([0, 5, 10, 15])[company.stream("orders.discount").choose(line, (0.82, 0.09, 0.06, 0.03))]
    return np.asarray(np.maximum(promoted, ordinary))
