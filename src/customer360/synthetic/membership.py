"""Say which person stands behind the customer numbers of each system, so that people overlap between systems."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from customer360.synthetic.people import PEOPLE_PER_SYSTEM

if TYPE_CHECKING:
    from customer360.synthetic.company import Company
    from customer360.synthetic.draws import Integers


@dataclass(frozen=True)
class System:
    """One system's people: customers per customer of the shop, and how many of them the shop knows too.

    The shop's person behind customer j is one of ``stride`` neighbours from j * stride on, so nobody is taken twice
    unless ``twice`` says so: that share of customers is the same person as the customer before (a duplicate record).
    """

    name: str
    number: int
    stride: int
    known: float
    twice: float = 0.0

    def count(self, company: Company) -> int:
        """Return how many customers this system has by ``until``."""
        return -(-company.signed_up // self.stride)

    def person(self, company: Company, customer: Integers) -> Integers:
        """Return the person behind each customer number (from 0)."""
        again = (customer > 0) & company.stream(f"{self.name}.twice").happens(customer, self.twice)
        customer = np.where(again, customer - 1, customer)
        shop = customer * self.stride + company.stream(f"{self.name}.person").integers(customer, 0, self.stride - 1)
        own = PEOPLE_PER_SYSTEM * self.number + customer
        return np.where(company.stream(f"{self.name}.known").happens(customer, self.known), shop, own)

    def company(self, company: Company) -> Company:
        """Return a company whose customers are this system's: same days, draws of its own."""
        digest = int(company.stream(f"{self.name}.seed").bits(np.array([0]))[0] >> np.uint64(2))
        return replace(company, customers=max(1, company.customers // self.stride), seed=digest, closed=())


CRM = System("crm", 1, stride=4, known=0.60)
CDP = System("cdp", 2, stride=3, known=0.55, twice=0.02)
CARE = System("care", 3, stride=5, known=0.70)
