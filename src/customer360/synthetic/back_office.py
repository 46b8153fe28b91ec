"""Write CRM, ERP and WMS (schema ``sources``): telephone customers, their orders and their parcels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from customer360.synthetic import people
from customer360.synthetic.book import joined
from customer360.synthetic.columns import integers, moments, money, words
from customer360.synthetic.membership import CRM
from customer360.synthetic.purchases import Baskets, Latent, blocks, latent, simulate

if TYPE_CHECKING:
    from customer360.synthetic.company import Company
    from customer360.synthetic.draws import Floats, Integers

STATUSES = ("Shipped", "In Transit", "Delivered", "Returned")
WRITTEN = people.Errors(placeholder_email=0.02)
MOST_CENTS = 99_999_999_99
"""What DECIMAL(10, 2) holds."""

ON_THE_ROAD_AFTER, DELIVERED_AFTER, BACK_AFTER = 1.0, 4.0, 14.0
"""Days after which a parcel is in transit, delivered, and sent back if it is."""

UNSHIPPED, SPLIT, LATE, RETURNED = 0.03, 0.08, 0.10, 0.03


@dataclass(frozen=True)
class BackOffice:
    """Telephone sales: arrays sorted so that ids never change when ``until`` moves on."""

    shop: Company

    @cached_property
    def company(self) -> Company:
        """The company whose customers are the CRM's."""
        return CRM.company(self.shop)

    @cached_property
    def _simulated(self) -> tuple[Latent, Baskets]:
        traits, baskets = [], []
        for block in blocks(self.company):
            people_here = latent(self.company, block)
            traits.append(people_here)
            baskets.append(simulate(self.company, people_here)[0])
        return joined(traits), joined(baskets)

    @cached_property
    def order(self) -> Integers:
        """Places of the baskets in order of their moment: order number n is ``order[n]``."""
        baskets = self._simulated[1]
        return np.lexsort((baskets.basket, baskets.moment))

    @cached_property
    def ordered_at(self) -> Floats:
        """Moment of each order, in order of the numbers."""
        return np.asarray(self._simulated[1].moment[self.order])

    @cached_property
    def key(self) -> Integers:
        """Stable id of each order's draws."""
        return np.asarray(self._simulated[1].basket[self.order])

    def crm_customers(self) -> pa.Table:
        """Return ``crm_customers``."""
        traits = self._simulated[0]
        person = CRM.person(self.shop, traits.customer)
        names = people.written_names(self.shop, person, "crm", WRITTEN)
        return pa.table(
            {
                "id": integers(traits.customer + 1),
                "first_name": names.first_names(),
                "last_name": names.last_names(),
                "email": people.written_emails(self.shop, person, "crm", WRITTEN),
                "signup_date": moments(traits.signup),
            }
        )

    def erp_orders(self) -> pa.Table:
        """Return ``erp_orders``."""
        baskets = self._simulated[1]
        cents = np.clip(np.rint(baskets.value[self.order] * 100), 500, MOST_CENTS).astype(np.int64)
        return pa.table(
            {
                "order_id": integers(np.arange(len(self.order)) + 1),
                "customer_id": integers(baskets.customer[self.order] + 1),
                "order_date": moments(self.ordered_at),
                "total_amount": money(cents),
            }
        )

    def wms_shipments(self) -> pa.Table:
        """Return ``wms_shipments`` that have left by ``until``: some late, some in two parcels, some orders without."""
        company, end = self.company, float(self.company.days)
        stays = company.stream("wms.unshipped").happens(self.key, UNSHIPPED)
        first = self.ordered_at + 0.5 + 3.0 * company.stream("wms.delay").uniform(self.key)
        first += np.where(company.stream("wms.late").happens(self.key, LATE), 7.0, 0.0)
        number = np.arange(len(self.order))
        sent = np.flatnonzero(~stays & (first < end))
        again = sent[company.stream("wms.split").happens(self.key[sent], SPLIT)]
        second = first[again] + 1.0 + 3.0 * company.stream("wms.second").uniform(self.key[again])
        again, second = again[second < end], second[second < end]
        order, shipped = np.concatenate((number[sent], number[again])), np.concatenate((first[sent], second))
        part = np.concatenate((np.zeros(len(sent), dtype=np.int64), np.ones(len(again), dtype=np.int64)))
        place = np.lexsort((part, order, shipped))
        order, shipped, part = order[place], shipped[place], part[place]
        age = end - shipped
        back = company.stream("wms.returned").happens(self.key[order] * 2 + part, RETURNED)
        status = np.select([age < ON_THE_ROAD_AFTER, age < DELIVERED_AFTER, back & (age > BACK_AFTER)], [0, 1, 3], 2)
        return pa.table(
            {
                "shipment_id": integers(np.arange(len(order)) + 1),
                "order_ref": integers(order + 1),
                "shipped_date": moments(shipped),
                "delivery_status": words(status, STATUSES),
            }
        )
