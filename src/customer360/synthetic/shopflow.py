"""Name ShopFlow's systems and their tables, and stream the rows of each: what every writer works from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from customer360.errors import C360Error, UnknownName
from customer360.synthetic import events as web_events
from customer360.synthetic import inventory, promotions, shop, shop_ops
from customer360.synthetic.back_office import BackOffice
from customer360.synthetic.book import OrderBook
from customer360.synthetic.care import SIZES as CARE_SIZES
from customer360.synthetic.care import Care
from customer360.synthetic.cdp import StoreSide
from customer360.synthetic.company import END, START, Company
from customer360.synthetic.sessions import Visits, plan
from customer360.synthetic.support import Tickets, raise_tickets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

SIZES = {"small": 1_000, "medium": 5_000, "large": 20_000, "xlarge": 100_000}
"""Customers of the shop."""


@dataclass(frozen=True)
class SourceTable:
    """A table of a system; calling it yields its rows as they are at the end of ``until``."""

    rows: Callable[[int], Iterator[pa.Table]]
    """Rows from a day (days since START) on."""
    moment: str | None
    """Column that dates a row of a log, to which later days only add; None for state, which later days change."""

    def __call__(self, since: date | None = None) -> Iterator[pa.Table]:
        """Yield the rows: those of ``since`` and later for a log, all for state."""
        return self.rows(day_of(since) if self.moment else 0)


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
    def systems(self) -> Mapping[str, Mapping[str, SourceTable]]:
        """Every system's tables under their documented names."""
        return {
            "shop": {
                "customers": _state(lambda: shop.customers(self.book)),
                "products": _state(self.book.catalogue.table),
                "orders": SourceTable(lambda day: shop.orders(self.book, since_day=day), "order_date"),
                "events": SourceTable(
                    lambda day: web_events.tables(self.book, self.visits, since_day=day), "event_timestamp"
                ),
                "inventory": _state(lambda: inventory.table(self.company, self.book.catalogue)),
            },
            "support": {"support_tickets": _state(self.tickets.table)},
            "shop_ops": {
                "returns": _log(lambda: shop_ops.returns(self.book), "return_date"),
                "cart_recovery_emails": _state(lambda: shop_ops.cart_recovery_emails(self.book, self.visits)),
                "product_details": _state(lambda: shop_ops.product_details(self.book)),
                "loyalty_members": _state(lambda: shop_ops.loyalty_members(self.book)),
                "promotions": _log(lambda: promotions.table(self.company), "start"),
            },
            "crm": {"crm_customers": _log(self.back_office.crm_customers, "signup_date")},
            "erp": {"erp_orders": _log(self.back_office.erp_orders, "order_date")},
            "wms": {"wms_shipments": _state(self.back_office.wms_shipments)},
            "cdp": self._cdp(),
            "care": self._care(),
        }

    def _cdp(self) -> Mapping[str, SourceTable]:
        side = self.store_side
        return {
            "customer_info": _log(side.customer_info, "registration_date"),
            "product_catalog": _state(side.product_catalog),
            "purchase_transactions": _log(side.purchase_transactions, "purchase_date"),
            "customer_service": _log(side.customer_service, "interaction_date"),
            "marketing_campaigns": _log(side.marketing_campaigns, "start_date"),
            "campaign_responses": _log(side.campaign_responses, "response_date"),
            "website_behavior": _log(side.website_behavior, "visit_date"),
        }

    def _care(self) -> Mapping[str, SourceTable]:
        care = self.care
        return {
            "customers": _log(care.customers, "registration_date"),
            "channels": _state(care.channels),
            "agents": _state(care.agents),
            "interaction_types": _state(care.interaction_types),
            "service_plans": _state(care.service_plans),
            "customer_service_plans": _state(care.customer_service_plans),
            "customer_interactions": _log(care.customer_interactions, "start_timestamp"),
        }

    def chosen(self, systems: Sequence[str] | None) -> dict[str, Mapping[str, SourceTable]]:
        """Return the systems of these names, all without any. Errors: UnknownName."""
        for name in systems or ():
            if name not in self.systems:
                raise UnknownName("system", name, list(self.systems))
        return {name: tables for name, tables in self.systems.items() if systems is None or name in systems}


def day_of(since: date | None) -> int:
    """Return a date as days since START, 0 without one."""
    return 0 if since is None else max(0, (since - START).days)


def _state(make: Callable[[], pa.Table]) -> SourceTable:
    return SourceTable(lambda _: iter((make(),)), None)


def _log(make: Callable[[], pa.Table], moment: str) -> SourceTable:
    def rows(day: int) -> Iterator[pa.Table]:
        table = make()
        if day:
            first = pa.scalar(START + timedelta(days=day), pa.date32()).cast(table.schema.field(moment).type)
            table = table.filter(pc.greater_equal(table[moment], first))
        yield table

    return SourceTable(rows, moment)
