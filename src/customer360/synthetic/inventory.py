"""Write the inventory: what stands on each shelf on each of the last 31 days, in units that fit what is sold.

``stock.level`` tells how full a shelf is, on the document's scale of 0 to 500. The documented catalogue is large for
the documented sales: a product sells a unit every few days, so that 500 of it would last for years. Here a full shelf
holds what sells in two to four months, and its level is that share of it. Which shelf is empty, and which product is
short, stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from customer360.synthetic.columns import coded, dates, integers, moments, numbered, words
from customer360.synthetic.orders import fill
from customer360.synthetic.purchases import MOST_ORDERS, Baskets, latent
from customer360.synthetic.stock import FULLEST, GRID_DAYS, WAREHOUSES, level, period, reorder_level

if TYPE_CHECKING:
    from customer360.synthetic.catalogue import Catalogue
    from customer360.synthetic.company import Company
    from customer360.synthetic.draws import Floats, Integers

UNITS_A_DAY = 0.022
"""Units that a customer of the shop buys a day, about, over all customers, in an ordinary month."""

CYCLES = 3.0
"""Full shelves of all warehouses together hold what sells in so many cycles from delivery to delivery."""

BASKETS_A_PRODUCT, FEWEST_BASKETS = 12, 4_000
"""First baskets that tell which products are bought more than others."""


def demand(company: Company, catalogue: Catalogue) -> Floats:
    """Return the units of each product that are sold a day, about: from first baskets, whatever ``until`` is."""
    customer = np.arange(max(FEWEST_BASKETS, company.product_count * BASKETS_A_PRODUCT))
    traits, shape = latent(company, customer), company.stream("orders.value").gamma(customer, company.spend.p, 0)
    value = shape * traits.spend_level / company.spend.p
    lines = fill(company, catalogue, Baskets(customer * MOST_ORDERS, customer, np.zeros(len(customer)), value))
    units = np.bincount(lines.product, weights=lines.quantity, minlength=company.product_count)
    return np.asarray(units / units.sum() * company.customers * UNITS_A_DAY)


def shelf_units(company: Company, catalogue: Catalogue) -> Floats:
    """Return how many units of each product are one unit of the document's scale."""
    held = demand(company, catalogue) * period(company, catalogue.products) * CYCLES
    return np.asarray(np.minimum(held / len(WAREHOUSES) / FULLEST, 1.0))


def table(company: Company, catalogue: Catalogue) -> pa.Table:
    """Return ``inventory``: every product, warehouse and day of the last 31 days."""
    products, first = company.product_count, max(0, company.days - GRID_DAYS)
    shape = (company.days - first, products, len(WAREHOUSES))
    day, product, warehouse = (each.ravel() for each in np.indices(shape))
    day = day + first
    scale = shelf_units(company, catalogue)[product]
    documented = level(company, product, warehouse, day).reshape(shape)
    threshold = reorder_level(company, product, warehouse).reshape(shape)
    return pa.table(
        {
            "product_id": coded(product, numbered("PROD", np.arange(products) + 1, 5)),
            "warehouse_id": words(warehouse, WAREHOUSES),
            "date": dates(day),
            "stock_level": integers(_units(documented, threshold, scale.reshape(shape)).ravel()),
            "reorder_level": integers(np.ceil(threshold.ravel() * scale).clip(1).astype(np.int64)),
            "last_updated": moments(np.full(len(day), float(company.days - 1))),
        }
    )


def _units(documented: Integers, threshold: Integers, scale: Floats) -> Integers:
    """Return whole units, rounded so that a product is short, and empty, exactly when it is on the document's scale."""
    is_short = documented.sum(axis=2) < threshold.sum(axis=2)
    exact = documented * scale
    units = np.where(is_short[:, :, None], np.floor(exact), np.ceil(exact)).astype(np.int64)
    last = (documented.sum(axis=2) > 0) & (units.sum(axis=2) == 0)  # a product with something left has a unit
    day, product = np.nonzero(last)
    units[day, product, documented.argmax(axis=2)[day, product]] = 1
    return units
