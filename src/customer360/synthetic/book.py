"""Keep the order book of the shop: every basket and line up to ``until``, in date order, with their final numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from customer360.synthetic.ahead import ahead
from customer360.synthetic.catalogue import Catalogue
from customer360.synthetic.orders import Lines, fill
from customer360.synthetic.purchases import BLOCK, Baskets, Latent, blocks, latent, simulate
from customer360.synthetic.segments import segments

if TYPE_CHECKING:
    from customer360.synthetic.company import Company
    from customer360.synthetic.draws import Floats, Integers

Part = TypeVar("Part", Baskets, Lines, Latent)


@dataclass(frozen=True)
class OrderBook:
    """All baskets and lines. Lines stand in the order of their numbers: by day, then basket, then position.

    A later ``until`` only appends: days, baskets and numbers of earlier rows stay what they were.
    """

    company: Company
    catalogue: Catalogue
    latent: Latent
    stopped: Floats
    """Days since START when a customer stopped for good; infinite while he may still order."""
    baskets: Baskets
    lines: Lines

    @classmethod
    def write(cls, company: Company, *, block: int = BLOCK) -> OrderBook:
        """Simulate all customers block by block and put their lines in date order."""
        catalogue = Catalogue(company)

        def written(numbers: Integers) -> tuple[Latent, Floats, Baskets, Lines]:
            people = latent(company, numbers)
            bought, stopped = simulate(company, people)
            return people, stopped, bought, fill(company, catalogue, bought)

        parts = list(ahead(written, list(blocks(company, block))))
        traits, stops, baskets, lines = (list(each) for each in zip(*parts, strict=True))
        offsets = np.cumsum([0, *(len(bought.basket) for bought in baskets)])
        lines = [
            replace(filled, basket_index=filled.basket_index + np.int32(offset))
            for filled, offset in zip(lines, offsets[:-1], strict=True)
        ]
        del parts
        all_baskets, all_lines = joined(baskets), joined(lines)
        lines.clear()
        day = np.floor(all_baskets.moment).astype(np.int32)[all_lines.basket_index]
        order = np.lexsort((all_lines.line, day))
        return cls(company, catalogue, joined(traits), np.concatenate(stops), all_baskets, _taken(all_lines, order))

    @cached_property
    def day(self) -> Integers:
        """Order day of each line, in days since START."""
        return np.asarray(np.floor(self.baskets.moment).astype(np.int32)[self.lines.basket_index])

    @cached_property
    def customer(self) -> Integers:
        """Customer number of each line."""
        return np.asarray(self.baskets.customer[self.lines.basket_index])

    @cached_property
    def net_cents(self) -> Integers:
        """Amount after discount of each line."""
        return np.asarray(self.lines.amount_cents - self.lines.discount_cents)

    @cached_property
    def products_by_basket(self) -> tuple[Integers, Integers]:
        """Where each basket's lines begin in the products sorted by basket, and those products."""
        order = np.argsort(self.lines.line, kind="stable")  # line ids ascend with baskets, as baskets stand by customer
        count = np.bincount(self.lines.basket_index, minlength=len(self.baskets.basket))
        return np.cumsum(count) - count, self.lines.product[order]

    @cached_property
    def orders_of(self) -> Integers:
        """Rows of ``orders`` per customer."""
        return np.bincount(self.customer, minlength=self.company.signed_up)

    @cached_property
    def spent_cents_of(self) -> Integers:
        """Net amount per customer."""
        return np.bincount(self.customer, weights=self.net_cents, minlength=self.company.signed_up).astype(np.int64)

    @cached_property
    def segments(self) -> Integers:
        """The shop's label of each customer at the end of ``until``."""
        return segments(self.stopped, self.orders_of, self.spent_cents_of, self.last_day_of)

    @cached_property
    def last_day_of(self) -> Floats:
        """Last order day per customer, minus infinity for those who never bought."""
        last = np.full(self.company.signed_up, -np.inf)
        np.maximum.at(last, self.customer, self.day.astype(np.float64))
        return last


def joined(parts: list[Part]) -> Part:
    """Return the parts as one."""
    names = [each.name for each in fields(parts[0])]
    return type(parts[0])(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _taken(lines: Lines, order: Integers) -> Lines:
    return Lines(**{each.name: getattr(lines, each.name)[order] for each in fields(lines)})
