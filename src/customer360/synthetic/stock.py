"""Tell the stock of a product in a warehouse on any day, as saw-tooth cycles: sell down, reorder, refill.

Levels are on the document's scale, 0 to 500; ``inventory.py`` writes them in units that fit what is sold.

Stock is a function of product, warehouse and day alone, so any day can be asked for without simulating the others. In
some cycles demand runs ahead of the supplier and the product is short everywhere for days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from customer360.synthetic.company import Company
    from customer360.synthetic.draws import Integers

WAREHOUSES = ("WH-US-EAST", "WH-US-WEST", "WH-EU-CENTRAL", "WH-ASIA-PAC")
GRID_DAYS = 31
"""Days of inventory that the source keeps: every product, warehouse and day of them is there."""

EMPTIEST, FULLEST = 160, 500
"""Stock after a delivery."""

HOT_CYCLES = 0.18
"""Share of cycles in which demand runs ahead of the supplier."""


def period(company: Company, product: Integers) -> Integers:
    """Return the days from delivery to delivery of each product."""
    return company.stream("stock.period").integers(product, 14, 42)


def level(company: Company, product: Integers, warehouse: Integers, day: Integers) -> Integers:
    """Return the stock at the end of a day, 0 to 500."""
    days = period(company, product)
    phase = company.stream("stock.phase").integers(product, 0, 41)
    cycle, age = np.divmod(day + phase + warehouse, days)
    key = (product * 4_096 + cycle) * len(WAREHOUSES) + warehouse
    full = company.stream("stock.full").integers(key, EMPTIEST, FULLEST)
    hot = company.stream("stock.hot").happens(product * 4_096 + cycle, HOT_CYCLES)
    lasts = days * np.where(hot, 0.55, 1.25 + 0.5 * company.stream("stock.lasts").uniform(key))
    wobble = 1.0 + 0.1 * (company.stream("stock.day").uniform(key, age) - 0.5)
    return np.asarray(np.clip(full * (1.0 - (age + 1) / lasts) * wobble, 0, FULLEST).astype(np.int64))


def reorder_level(company: Company, product: Integers, warehouse: Integers) -> Integers:
    """Return the threshold at which a shelf is reordered, 50 to 100."""
    return company.stream("stock.reorder").integers(product * len(WAREHOUSES) + warehouse, 50, 100)


def is_low(company: Company, product: Integers, day: Integers) -> npt.NDArray[np.bool_]:
    """Say whether a product's shelves together are below their reorder levels together."""
    stock = sum(level(company, product, np.full_like(product, w), day) for w in range(len(WAREHOUSES)))
    threshold = sum(reorder_level(company, product, np.full_like(product, w)) for w in range(len(WAREHOUSES)))
    return np.asarray(stock < threshold)


def status(company: Company) -> Integers:
    """Return the place in ``catalogue.STOCK`` of each product at the end of ``until``: 0 in stock, 1 low, 2 out."""
    product = np.arange(company.product_count)
    day = np.full_like(product, company.days - 1)
    units = sum(level(company, product, np.full_like(product, w), day) for w in range(len(WAREHOUSES)))
    return np.select([units == 0, is_low(company, product, day)], [2, 1], 0)
