"""Raise support tickets: about defects and delays of orders, about accounts and products.

A customer who is about to stop for good complains about the last order far more often than others do: that is how
tickets go with churn here, without bending the purchase process itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from customer360.synthetic.catalogue import CATEGORIES
from customer360.synthetic.columns import DAY_SECONDS, coded, instants, numbered, whole_seconds, words
from customer360.synthetic.orders import MOST_LINES
from customer360.synthetic.segments import SEGMENTS

if TYPE_CHECKING:
    from customer360.synthetic.book import OrderBook
    from customer360.synthetic.draws import Integers, Stream

ISSUES = ("Product Defect", "Shipping Delay", "Billing Issue", "Account Issue", "Product Question")
PRIORITIES = ("Low", "Medium", "High", "Critical")
STATUSES = ("Resolved", "Closed", "Open", "In Progress")
AGENTS = 50
ORDER_ISSUE_WEIGHTS = (0.40, 0.36, 0.24)
TICKET_CHANCE, TICKET_CHANCE_BEFORE_LEAVING = 0.045, 0.20
"""Chance that a basket raises a ticket, when the customer stays and when it was the last one."""

CLOSED_AFTER_DAYS = 7
AT_RISK_IDLE, CHURNED_IDLE = 90, 180
"""Days without an order after which the label at the time of a ticket is At Risk, then Churned."""

MEDIUM_CENTS, HIGH_CENTS = 30_000, 100_000
ANSWERED = 0.62
"""Share of resolved tickets whose customer gives a score."""

HOURS_BY_PRIORITY = (96.0, 48.0, 20.0, 8.0)


@dataclass(frozen=True)
class Tickets:
    """Tickets in order of creation: arrays, one entry a ticket."""

    book: OrderBook
    key: Integers
    created: Integers
    """Whole seconds since START."""
    customer: Integers
    issue: Integers
    line: Integers
    """Row of the order book that the ticket is about, -1 for none."""
    leaving: Integers

    @cached_property
    def priority(self) -> Integers:
        """Critical is rare, and likelier for defects."""
        draw = self._stream("priority").uniform(self.key) + 0.06 * (self.issue == 0)
        return np.asarray(np.searchsorted((0.28, 0.70, 0.93), draw))

    @cached_property
    def hours(self) -> Integers:
        """Hours to a solution, 1 to 720: log-normal by priority."""
        median = np.array(HOURS_BY_PRIORITY)[self.priority]
        spread = np.exp(0.9 * self._stream("hours").normal(self.key))
        return np.asarray(np.clip(np.rint(median * spread * (1.0 + 0.5 * self.leaving)), 1, 720).astype(np.int64))

    @cached_property
    def resolved(self) -> Integers:
        """Second of the solution: exactly ``hours`` after the creation; may lie after ``until``."""
        return np.asarray(self.created + self.hours * 3_600)

    @cached_property
    def status(self) -> Integers:
        """Status at the end of ``until``."""
        end = self.book.company.days * DAY_SECONDS
        waiting = np.where(self._stream("progress").happens(self.key, 0.55), 3, 2)
        return np.select([self.resolved + CLOSED_AFTER_DAYS * DAY_SECONDS < end, self.resolved < end], [1, 0], waiting)

    @cached_property
    def score(self) -> Integers:
        """Satisfaction 1 to 5, 0 for none: lower after long waits and before leaving."""
        wait = np.log1p(self.hours / 24.0)
        mood = 4.6 - 0.55 * wait - 0.9 * self.leaving + 0.8 * self._stream("mood").normal(self.key)
        given = (self.status <= 1) & self._stream("answers").happens(self.key, ANSWERED)
        return np.where(given, np.clip(np.rint(mood), 1, 5), 0).astype(np.int64)

    def _stream(self, purpose: str) -> Stream:
        return self.book.company.stream(f"tickets.{purpose}")

    def table(self, *, since_day: int = 0) -> pa.Table:
        """Return ``support_tickets``, flat, columns in the documented order (``_id`` is MongoDB's own)."""
        numbers = np.flatnonzero(self.created >= since_day * DAY_SECONDS)
        pick = numbers[0] if len(numbers) else len(self.key)
        part = slice(int(pick), None)
        book, line, open_ = self.book, self.line[part], self.status[part] > 1
        product = np.where(line >= 0, book.lines.product[line], self._asked_about[part])
        asked = (line >= 0) | (self.issue[part] == ISSUES.index("Product Question"))
        return pa.table(
            {
                "ticket_id": numbered("TKT", np.arange(pick, len(self.key)) + 1, 7),
                "customer_id": numbered("CUST", self.customer[part] + 1, 6),
                "customer_segment": words(self._segment[part], SEGMENTS),
                "created_date": instants(self.created[part]),
                "resolved_date": instants(self.resolved[part], missing=open_),
                "issue_type": words(self.issue[part], ISSUES),
                "issue_category": words(book.catalogue.category[product], CATEGORIES),
                "priority": words(self.priority[part], PRIORITIES),
                "status": words(self.status[part], STATUSES),
                "resolution_hours": pa.array(self.hours[part].astype(np.int32), mask=open_),
                "satisfaction_score": pa.array(self.score[part].astype(np.float64), mask=self.score[part] == 0),
                "agent_id": numbered("AGT", self._agent[part] + 1, 3),
                "description": words(self.issue[part], [f"{issue} reported by customer" for issue in ISSUES]),
                "order_id": numbered("ORD", line + 1, 7, missing=line < 0),
                "product_id": coded(product, book.catalogue.ids, missing=~asked),
            }
        )

    @cached_property
    def _segment(self) -> Integers:
        """The shop's label when the ticket was raised: by what the customer had bought by then, and when last."""
        book, width = self.book, self.book.company.days + 1
        order = np.lexsort((book.day, book.customer))
        position = book.customer[order] * width + book.day[order]
        spent = np.concatenate(([0], np.cumsum(book.net_cents[order])))
        before = np.searchsorted(position, self.customer * width + self.created // DAY_SECONDS)
        first = np.searchsorted(position, self.customer * width)
        total = spent[before] - spent[first]
        last = np.where(before > first, book.day[order][np.maximum(before - 1, 0)], self.created // DAY_SECONDS)
        idle = self.created // DAY_SECONDS - last
        rules = [idle > CHURNED_IDLE, idle > AT_RISK_IDLE, total >= HIGH_CENTS, total >= MEDIUM_CENTS]
        return np.select(rules, [SEGMENTS.index(n) for n in ("Churned", "At Risk", "High Value", "Medium Value")], 2)

    @cached_property
    def _agent(self) -> Integers:
        return self.book.company.stream("tickets.agent").integers(self.key, 0, AGENTS - 1)

    @cached_property
    def _asked_about(self) -> Integers:
        return self.book.company.stream("tickets.product").integers(self.key, 0, self.book.company.product_count - 1)


def raise_tickets(book: OrderBook) -> Tickets:
    """Return every ticket created up to ``until``."""
    of_orders, of_accounts = _about_orders(book), _about_accounts(book)
    key, created, customer, issue, line, leaving = (
        np.concatenate(pair) for pair in zip(of_orders, of_accounts, strict=True)
    )
    created = whole_seconds(created)
    known = created < book.company.days * DAY_SECONDS
    order = np.flatnonzero(known)[np.lexsort((key[known], created[known]))]
    return Tickets(book, key[order], created[order], customer[order], issue[order], line[order], leaving[order])


def _about_orders(book: OrderBook) -> tuple[np.ndarray, ...]:
    company, baskets = book.company, book.baskets
    last = np.zeros(len(baskets.basket), dtype=bool)
    last[np.flatnonzero(np.diff(baskets.customer, append=-1))] = True
    leaving = last & np.isfinite(book.stopped)[baskets.customer]
    chance = np.where(leaving, TICKET_CHANCE_BEFORE_LEAVING, TICKET_CHANCE)
    upset = np.flatnonzero(company.stream("tickets.of_basket").happens(baskets.basket, chance))
    issue = company.stream("tickets.issue").choose(baskets.basket[upset], ORDER_ISSUE_WEIGHTS)
    delay = 1.0 + 6.0 * company.stream("tickets.delay").uniform(baskets.basket[upset])
    created = np.floor(baskets.moment[upset]) + delay
    first_line = np.full(len(baskets.basket), -1)
    rows = np.arange(len(book.lines.line))[::-1]
    first_line[book.lines.basket_index[rows]] = rows
    key = baskets.basket[upset] * MOST_LINES
    return key, created, baskets.customer[upset], issue, first_line[upset], leaving[upset].astype(np.int64)


def _about_accounts(book: OrderBook) -> tuple[np.ndarray, ...]:
    company, people = book.company, book.latent
    asks = np.flatnonzero(company.stream("tickets.of_account").happens(people.customer, 0.12))
    customer = people.customer[asks]
    created = people.signup[asks] + 60.0 * company.stream("tickets.account_delay").exponential(customer)
    issue = 3 + company.stream("tickets.account_issue").choose(customer, (0.5, 0.5))
    none = np.full(len(customer), -1)
    return (1 << 60) + customer, created, customer, issue, none, np.zeros(len(customer), dtype=np.int64)
