"""Make the product catalogue: prices, costs, stock labels and the pairs that are bought together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from customer360.synthetic.columns import money, numbered, words
from customer360.synthetic.stock import status as stock_status

if TYPE_CHECKING:
    from customer360.synthetic.company import Company
    from customer360.synthetic.draws import Floats, Integers

CATEGORIES = ("Electronics", "Clothing", "Home & Garden", "Sports", "Books", "Beauty", "Toys")
BRANDS = ("BrandA", "BrandB", "BrandC", "BrandD", "BrandE", "Generic")
STOCK = ("In Stock", "Low Stock", "Out of Stock")
LINES = (
    "Nova",
    "Aurora",
    "Summit",
    "Harbor",
    "Meadow",
    "Comet",
    "Willow",
    "Atlas",
    "Ember",
    "Cobalt",
    "Juniper",
    "Vela",
)

LOWEST_CENTS, HIGHEST_CENTS = 1_000, 50_000


@dataclass(frozen=True)
class Catalogue:
    """All products of the shop; product number n is ``PROD{n+1:05d}``."""

    company: Company

    @cached_property
    def products(self) -> Integers:
        """Numbers of all products."""
        return np.arange(self.company.product_count)

    @cached_property
    def ids(self) -> pa.Array:
        """Every product's id: what columns of products are coded against."""
        return numbered("PROD", self.products + 1, 5)

    @cached_property
    def category(self) -> Integers:
        """Category of each product: equal shares."""
        return np.asarray(self.products % len(CATEGORIES))

    @cached_property
    def brand(self) -> Integers:
        """Brand of each product."""
        return self.company.stream("products.brand").integers(self.products, 0, len(BRANDS) - 1)

    @cached_property
    def price_cents(self) -> Integers:
        """Price in cents: log-normal around 55, ending in .99, within the documented 10 to 500."""
        raw = np.exp(4.0 + 0.85 * self.company.stream("products.price").normal(self.products))
        return np.asarray(np.clip(np.floor(raw) * 100 + 99, LOWEST_CENTS, HIGHEST_CENTS).astype(np.int64))

    @cached_property
    def cost_cents(self) -> Integers:
        """Unit cost: 40 to 70 % of the price."""
        share = 0.4 + 0.3 * self.company.stream("products.cost").uniform(self.products)
        return np.asarray(np.rint(self.price_cents * share).astype(np.int64))

    @cached_property
    def complement(self) -> Integers:
        """The planted partner of each product, -1 for most: pairs that are bought together."""
        count = min(100, len(self.products) // 14)
        order = np.argsort(self.company.stream("products.complement").bits(self.products), kind="stable")
        left, right = order[:count], order[count : 2 * count]
        partner = np.full(len(self.products), -1, dtype=np.int64)
        partner[left], partner[right] = right, left
        return partner

    @cached_property
    def _by_price(self) -> list[Integers]:
        return [
            np.flatnonzero(self.category == c)[np.argsort(self.price_cents[self.category == c], kind="stable")]
            for c in range(len(CATEGORIES))
        ]

    def near(self, category: Integers, cents: Floats, jitter: Floats) -> Integers:
        """Return a product of each category priced about so much; ``jitter`` in (0, 1) spreads the choice."""
        chosen = np.empty(len(category), dtype=np.int64)
        for number, products in enumerate(self._by_price):
            here = np.flatnonzero(category == number)
            rank = np.searchsorted(self.price_cents[products], cents[here])
            width = max(2, len(products) // 12)
            place = np.clip(rank + ((jitter[here] - 0.5) * width).astype(np.int64), 0, len(products) - 1)
            chosen[here] = products[place]
        return chosen

    def table(self) -> pa.Table:
        """Return ``products`` as the source documents it."""
        stock = stock_status(self.company)
        margin = np.rint((self.price_cents - self.cost_cents) * 10_000 / self.price_cents).astype(np.int64)
        line = self.company.stream("products.line").integers(self.products, 0, len(LINES) - 1)
        kinds = zip(line, self.category, strict=True)
        names = [f"{LINES[a]} {CATEGORIES[b]} {number}" for number, (a, b) in enumerate(kinds, 1)]
        return pa.table(
            {
                "product_id": self.ids,
                "product_name": pa.array(names),
                "category": words(self.category, CATEGORIES),
                "brand": words(self.brand, BRANDS),
                "price": money(self.price_cents),
                "cost": money(self.cost_cents),
                "margin_pct": money(margin, precision=5),
                "stock_status": words(stock, STOCK),
            }
        )
