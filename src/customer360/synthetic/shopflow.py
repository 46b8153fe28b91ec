"""Name ShopFlow's systems and their tables, and stream the rows of each: what every writer works from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pyarrow as pa

from customer360.errors import C360Error, UnknownName
from customer360.synthetic import promotions, shop, shop_ops, stock
from customer360.synthetic import events as web_events
from customer360.synthetic.back_office import BackOffice
from customer360.synthetic.book import OrderBook
from customer360.synthetic.care import SIZES as CARE_SIZES
from customer360.synthetic.care import Care
from customer360.synthetic.cdp import StoreSide
from customer360.synthetic.company import END, START, Company
from customer360.synthetic.sessions import Visits, plan
from customer360.synthetic.support import Tickets, raise_tickets

SIZES = {"small": 1_000, "medium": 5_000, "large": 20_000, "xlarge": 100_000}
"""Customers of the shop."""

Rows = Callable[[], Iterator[pa.Table]]


@dataclass(frozen=True)
class ShopFlow:
    """The whole company: five systems and a supplement. Tables are made when asked for, chunk by chunk."""

    company: Company
    interactions: int

    @classmethod
    def of(cls, size: str | int = "small", *, seed: int = 42, until: date = END) -> ShopFlow:
        """Return a company of a named size or of so many customers. Errors: UnknownName, C360Error."""
        if until < START:
            raise C360Error(f"ShopFlow opened on {START}, so there is nothing up to {until}.")
        if isinstance(size, int):
            if size < 1:
                raise C360Error("A company needs at least one customer.", next_step="Pass --size 1000, say.")
            return cls(Company(customers=size, seed=seed, until=until), interactions=size)
        if size not in SIZES:
            raise UnknownName("size", size, list(SIZES))
        return cls(Company(customers=SIZES[size], seed=seed, until=until), interactions=CARE_SIZES[size])

    @cached_property
    def book(self) -> OrderBook:
        """The shop's order book."""
        return OrderBook.write(self.company)

    @cached_property
    def visits(self) -> Visits:
        """Visits to the web shop."""
        return plan(self.book)

    @cached_property
    def tickets(self) -> Tickets:
        """Support tickets."""
        return raise_tickets(self.book)

    @cached_property
    def back_office(self) -> BackOffice:
        """CRM, ERP and WMS."""
        return BackOffice(self.company)

    @cached_property
    def store_side(self) -> StoreSide:
        """The store-side customer data platform."""
        return StoreSide(self.company)

    @cached_property
    def care(self) -> Care:
        """The care centre."""
        return Care(self.company, self.interactions)

    @cached_property
    def systems(self) -> Mapping[str, Mapping[str, Rows]]:
        """Every system's tables under their documented names."""
        one = _once
        return {
            "shop": {
                "customers": one(lambda: shop.customers(self.book)),
                "products": one(lambda: self.book.catalogue.table()),
                "orders": lambda: shop.orders(self.book),
                "events": lambda: web_events.tables(self.book, self.visits),
                "inventory": one(lambda: stock.table(self.company)),
            },
            "support": {"support_tickets": one(lambda: self.tickets.table())},
            "shop_ops": {
                "returns": one(lambda: shop_ops.returns(self.book)),
                "cart_recovery_emails": one(lambda: shop_ops.cart_recovery_emails(self.book, self.visits)),
                "product_details": one(lambda: shop_ops.product_details(self.book)),
                "loyalty_members": one(lambda: shop_ops.loyalty_members(self.book)),
                "promotions": one(lambda: promotions.table(self.company)),
            },
            "crm": {"crm_customers": one(lambda: self.back_office.crm_customers())},
            "erp": {"erp_orders": one(lambda: self.back_office.erp_orders())},
            "wms": {"wms_shipments": one(lambda: self.back_office.wms_shipments())},
            "cdp": {
                name: one(lambda name=name: getattr(self.store_side, name)())
                for name in (
                    "customer_info",
                    "product_catalog",
                    "purchase_transactions",
                    "customer_service",
                    "marketing_campaigns",
                    "campaign_responses",
                    "website_behavior",
                )
            },
            "care": {
                name: one(lambda name=name: getattr(self.care, name)())
                for name in (
                    "customers",
                    "channels",
                    "agents",
                    "interaction_types",
                    "service_plans",
                    "customer_service_plans",
                    "customer_interactions",
                )
            },
        }


def _once(make: Callable[[], pa.Table]) -> Rows:
    """Return rows of a table that is made in one piece."""

    def rows() -> Iterator[pa.Table]:
        yield make()

    return rows
