"""Write the seven tables of the store-side customer data platform: people, purchases, service, campaigns, visits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from customer360.synthetic import people
from customer360.synthetic.book import joined
from customer360.synthetic.columns import dates, dates_of, integers, money, words
from customer360.synthetic.membership import CDP
from customer360.synthetic.purchases import Baskets, Latent, blocks, latent, simulate

if TYPE_CHECKING:
    from customer360.synthetic.company import Company
    from customer360.synthetic.draws import Floats, Integers

CATEGORIES = ("Home Care", "Personal Care", "Baby Care", "Fabric Care", "Hair Care")
BRANDS = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Larch")
GOODS = ("Cleaner", "Soap", "Wipes", "Detergent", "Shampoo")
INTERACTION_TYPES = ("complaint", "inquiry", "feedback")
RESOLUTIONS = ("resolved", "pending", "escalated")
CHANNELS = ("email", "social media", "TV", "print", "radio")
AUDIENCES = ("all", "young adults", "parents", "seniors")
RESPONSES = ("sent", "click", "purchase", "unsubscribe")
SOURCES = ("organic search", "paid ad", "direct", "social media", "email")
PRODUCTS, STORES = 100, 25
CAMPAIGN_EVERY_DAYS = 53
WRITTEN = people.Errors(placeholder_email=0.03, other_email=0.22, swapped_birth_date=0.02)


@dataclass(frozen=True)
class StoreSide:
    """The platform's people and what they do; ids never change when ``until`` moves on."""

    shop: Company

    @cached_property
    def company(self) -> Company:
        """The company whose customers are this platform's."""
        return CDP.company(self.shop)

    @cached_property
    def _simulated(self) -> tuple[Latent, Baskets, Floats]:
        parts = []
        for block in blocks(self.company):
            traits = latent(self.company, block)
            parts.append((traits, *simulate(self.company, traits)))
        traits_parts, basket_parts, stops = zip(*parts, strict=True)
        return joined(list(traits_parts)), joined(list(basket_parts)), np.concatenate(stops)

    @cached_property
    def _sales(self) -> tuple[Integers, Integers, Integers]:
        """Places of the baskets by day, their days, and the products they bought."""
        baskets = self._simulated[1]
        day = np.floor(baskets.moment).astype(np.int64)
        order = np.lexsort((baskets.basket, day))
        product = self.company.stream("cdp.product").integers(baskets.basket[order], 0, PRODUCTS - 1)
        return order, day[order], product

    @cached_property
    def _price_cents(self) -> Integers:
        return 500 + self.company.stream("cdp.price").integers(np.arange(PRODUCTS), 0, 9_500)

    def customer_info(self) -> pa.Table:
        """Return ``customer_info``."""
        traits = self._simulated[0]
        person = CDP.person(self.shop, traits.customer)
        record = traits.customer  # two records of one person are written independently
        names = people.written_names(self.shop, person, "cdp", WRITTEN, record)
        born = people.birth_days(self.shop, person, "cdp", WRITTEN, record)
        return pa.table(
            {
                "customer_id": integers(traits.customer + 1),
                "first_name": names.first_names(),
                "last_name": names.last_names(),
                "email": people.written_emails(self.shop, person, "cdp", WRITTEN, record),
                "phone_number": people.phones(self.shop, person, "cdp", WRITTEN, record),
                "date_of_birth": dates_of(born),
                "registration_date": dates(traits.signup),
            }
        )

    def product_catalog(self) -> pa.Table:
        """Return ``product_catalog``: prices 5 to 100."""
        product = np.arange(PRODUCTS)
        category = product % len(CATEGORIES)
        brand = self.company.stream("cdp.brand").integers(product, 0, len(BRANDS) - 1)
        names = [f"{BRANDS[b]} {GOODS[c]} {n + 1}" for n, (b, c) in enumerate(zip(brand, category, strict=True))]
        return pa.table(
            {
                "product_id": integers(product + 1),
                "product_name": pa.array(names),
                "category": words(category, CATEGORIES),
                "brand": words(brand, BRANDS),
                "price": money(self._price_cents),
                "launch_date": dates(self.company.stream("cdp.launch").integers(product, -1_500, -1)),
            }
        )

    def purchase_transactions(self) -> pa.Table:
        """Return ``purchase_transactions``: one product each, total = price x quantity."""
        order, day, product = self._sales
        baskets = self._simulated[1]
        key = baskets.basket[order]
        quantity = 1 + self.company.stream("cdp.quantity").choose(key, (0.5, 0.25, 0.13, 0.07, 0.05))
        return pa.table(
            {
                "transaction_id": integers(np.arange(len(order)) + 1),
                "customer_id": integers(baskets.customer[order] + 1),
                "product_id": integers(product + 1),
                "purchase_date": dates(day),
                "quantity": integers(quantity),
                "total_amount": money(self._price_cents[product] * quantity),
                "store_id": integers(
                    1 + self.company.stream("cdp.store").integers(baskets.customer[order], 0, STORES - 1)
                ),
            }
        )

    def customer_service(self) -> pa.Table:
        """Return ``customer_service``: contacts follow purchases, more before somebody leaves; scores 1 to 10."""
        order, day, product = self._sales
        _traits, baskets, stopped = self._simulated
        customer, key = baskets.customer[order], baskets.basket[order]
        leaving = np.isfinite(stopped)[customer] & (np.floor(stopped[customer]) == day)
        asks = self.company.stream("cdp.contact").happens(key, np.where(leaving, 0.45, 0.18))
        when = day + self.company.stream("cdp.contact_delay").integers(key, 0, 20)
        rows = np.flatnonzero(asks & (when < self.company.days))
        rows = rows[np.lexsort((key[rows], when[rows]))]
        key, leaving = key[rows], leaving[rows]
        kind = self.company.stream("cdp.contact_kind").choose(key, (0.35, 0.4, 0.25))
        kind = np.where(leaving & self.company.stream("cdp.complains").happens(key, 0.6), 0, kind)
        state = self.company.stream("cdp.resolution").choose(key, (0.78, 0.12, 0.10))
        mood = (
            7.6
            - 2.2 * (kind == 0)
            - 1.4 * leaving
            - 1.2 * (state == RESOLUTIONS.index("escalated"))
            + 1.6 * self.company.stream("cdp.mood").normal(key)
        )
        silent = ~self.company.stream("cdp.scored").happens(key, 0.7)
        return pa.table(
            {
                "interaction_id": integers(np.arange(len(rows)) + 1),
                "customer_id": integers(customer[rows] + 1),
                "interaction_date": dates(when[rows]),
                "interaction_type": words(kind, INTERACTION_TYPES),
                "product_id": integers(product[rows] + 1),
                "resolution_status": words(state, RESOLUTIONS),
                "satisfaction_score": integers(np.clip(np.rint(mood), 1, 10).astype(np.int64), missing=silent),
            }
        )

    @cached_property
    def _campaigns(self) -> tuple[Integers, Integers]:
        """First and last day of each campaign that has begun by ``until``."""
        number = np.arange((self.company.days - 1) // CAMPAIGN_EVERY_DAYS + 1)
        start = number * CAMPAIGN_EVERY_DAYS + self.company.stream("cdp.campaign_start").integers(number, 0, 20)
        number, start = number[start < self.company.days], start[start < self.company.days]
        return start, start + self.company.stream("cdp.campaign_length").integers(number, 7, 90)

    def marketing_campaigns(self) -> pa.Table:
        """Return ``marketing_campaigns``; the last may end after ``until``."""
        start, end = self._campaigns
        number = np.arange(len(start))
        channel = self.company.stream("cdp.campaign_channel").choose(number, (0.45, 0.30, 0.10, 0.09, 0.06))
        audience = self.company.stream("cdp.campaign_audience").integers(number, 0, len(AUDIENCES) - 1)
        names = [
            f"{AUDIENCES[a].title()} {CHANNELS[c]} {n + 1}"
            for n, (a, c) in enumerate(zip(audience, channel, strict=True))
        ]
        return pa.table(
            {
                "campaign_id": integers(number + 1),
                "campaign_name": pa.array(names),
                "start_date": dates(start),
                "end_date": dates(end),
                "channel": words(channel, CHANNELS),
                "target_audience": words(audience, AUDIENCES),
            }
        )

    def campaign_responses(self) -> pa.Table:
        """Return ``campaign_responses``: a row for what was sent, and one for each click, purchase or unsubscribe."""
        start, end = self._campaigns
        traits = self._simulated[0]
        count = len(traits.customer)
        pair = np.arange(count * len(start))
        campaign, customer = np.divmod(pair, count)
        key = campaign * (1 << 32) + customer
        day = start[campaign] + self.company.stream("cdp.sent_day").integers(key, 0, 6)
        gone = self._unsubscribed(start, count)[campaign, customer]
        reached = self.company.stream("cdp.reached").happens(key, 0.35)
        sent = np.flatnonzero(reached & (traits.signup[customer] < day) & (day < self.company.days) & ~gone)
        key, campaign, customer, day = key[sent], campaign[sent], customer[sent], day[sent]
        likes = 0.05 + 0.20 * self.company.stream("cdp.likes").uniform(customer)
        clicks = self.company.stream("cdp.clicks").happens(key, likes)
        buys = clicks & self.company.stream("cdp.buys").happens(key, 0.3)
        leaves = self.company.stream("cdp.leaves").happens(key, 0.012)
        later = np.minimum(day + self.company.stream("cdp.reacts").integers(key, 0, 5), end[campaign])
        rows = [np.arange(len(key)), *(np.flatnonzero(happened) for happened in (clicks, buys, leaves))]
        row = np.concatenate(rows)
        kind = np.repeat(np.arange(len(RESPONSES)), [len(each) for each in rows])
        when = np.where(kind == 0, day[row], later[row])
        row, kind, when = (values[when < self.company.days] for values in (row, kind, when))
        order = np.lexsort((kind, key[row], when))
        row, kind, when = row[order], kind[order], when[order]
        return pa.table(
            {
                "response_id": integers(np.arange(len(row)) + 1),
                "campaign_id": integers(campaign[row] + 1),
                "customer_id": integers(customer[row] + 1),
                "response_date": dates(when),
                "response_type": words(kind, RESPONSES),
            }
        )

    def _unsubscribed(self, start: Integers, count: int) -> np.ndarray:
        """Say for each campaign and customer whether an earlier campaign made the customer unsubscribe."""
        key = np.arange(len(start))[:, None] * (1 << 32) + np.arange(count)[None, :]
        leaves = self.company.stream("cdp.leaves").happens(key, 0.012) & self.company.stream("cdp.reached").happens(
            key, 0.35
        )
        before = np.zeros_like(leaves)
        before[1:] = np.logical_or.accumulate(leaves[:-1], axis=0)
        return before

    def website_behavior(self) -> pa.Table:
        """Return ``website_behavior``: sessions of the store's web property, with counts only."""
        company, traits = self.company, self._simulated[0]
        visits = np.floor(6.0 + 14.0 * company.stream("cdp.visits").exponential(traits.customer)).astype(np.int64)
        customer = np.repeat(traits.customer, visits)
        key = customer * 4_096 + np.arange(len(customer)) - np.repeat(np.cumsum(visits) - visits, visits)
        # Spread over a span that does not depend on `until`, so that a later date only adds rows.
        day = np.floor(traits.signup[customer] + 1_100.0 * company.stream("cdp.visit_day").uniform(key)).astype(
            np.int64
        )
        rows = np.flatnonzero(day < company.days)
        rows = rows[np.lexsort((key[rows], day[rows]))]
        key = key[rows]
        pages = np.clip(1 + np.floor(4.5 * company.stream("cdp.pages").exponential(key)), 1, 20).astype(np.int64)
        seconds = np.clip(pages * (20 + 70 * company.stream("cdp.seconds").uniform(key)), 30, 1_800).astype(np.int64)
        return pa.table(
            {
                "session_id": integers(np.arange(len(rows)) + 1),
                "customer_id": integers(customer[rows] + 1),
                "visit_date": dates(day[rows]),
                "pages_viewed": integers(pages),
                "time_spent": integers(seconds),
                "source": words(company.stream("cdp.source").choose(key, (0.38, 0.18, 0.22, 0.12, 0.10)), SOURCES),
            }
        )
