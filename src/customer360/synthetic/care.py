"""Write the seven customer-care tables: reference data, people with plans, and contacts over all channels.

Contacts arrive at a steady rate in demand time, so ``interactions`` of them have come by END and more after it. Weekday
and hour follow the channel; the outcome follows type, channel and the agent's skill.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer360.synthetic import people
from customer360.synthetic.columns import DAY_SECONDS, dates, instants, integers, moments, money, words
from customer360.synthetic.company import SIGNUP_DAYS, Company
from customer360.synthetic.membership import CARE

if TYPE_CHECKING:
    from customer360.synthetic.draws import Floats, Integers

SIZES = {"small": 1_000, "medium": 5_000, "large": 20_000, "xlarge": 50_000}
"""Interactions by END."""

# name, type, share, duration seconds from, to (0, 0: no duration), queue seconds from, to
CHANNELS = (
    ("Phone", "Voice", 0.35, 300, 1_800, 30, 300),
    ("Email", "Digital", 0.15, 0, 0, 0, 0),
    ("Web Chat", "Digital", 0.25, 180, 900, 10, 120),
    ("Mobile App", "Digital", 0.10, 60, 300, 0, 30),
    ("WhatsApp", "Digital", 0.08, 120, 600, 5, 60),
    ("In-Store", "In-Person", 0.03, 600, 2_400, 300, 1_800),
    ("Social Media", "Digital", 0.02, 0, 0, 0, 0),
    ("SMS", "Digital", 0.02, 0, 0, 0, 0),
)
# code, name, category, priority, share (they sum to 1.20 in the source system, so they are relative), duration factor
TYPES = (
    ("BILLING", "Billing Inquiry", "Billing", "Medium", 0.20, 1.0),
    ("TECH_SUPPORT", "Technical Support", "Technical", "High", 0.15, 1.5),
    ("INFO_REQUEST", "Information Request", "General", "Low", 0.15, 0.7),
    ("COMPLAINT", "Complaint", "General", "High", 0.12, 1.8),
    ("PLAN_CHANGE", "Plan Change", "Sales", "Medium", 0.10, 1.2),
    ("PAYMENT", "Payment", "Billing", "Medium", 0.10, 0.8),
    ("NEW_SERVICE", "New Service", "Sales", "Medium", 0.08, 1.3),
    ("DATA_ISSUE", "Data Issue", "Technical", "High", 0.08, 1.4),
    ("PROMOTION", "Promotion Inquiry", "Sales", "Low", 0.08, 0.7),
    ("DEVICE_SUPPORT", "Device Support", "Technical", "Medium", 0.06, 1.4),
    ("ROAMING", "Roaming", "Technical", "Medium", 0.05, 1.1),
    ("CANCELLATION", "Cancellation", "Retention", "Critical", 0.03, 2.0),
)
# name, type, monthly fee in cents, data GB, voice minutes, SMS
PLANS = (
    ("Basic Mobile", "Mobile", 1_500, 5, 200, 100),
    ("Standard Mobile", "Mobile", 2_500, 15, 500, 300),
    ("Premium Mobile", "Mobile", 4_500, 50, 2_000, 1_000),
    ("Unlimited Mobile", "Mobile", 6_500, 999, 9_999, 9_999),
    ("Home Internet", "Internet", 3_500, 500, 0, 0),
    ("Fibre Internet", "Internet", 5_500, 999, 0, 0),
    ("Family Bundle", "Bundle", 8_500, 200, 5_000, 2_000),
    ("Business Mobile", "Business", 5_000, 60, 5_000, 1_000),
    ("Senior Mobile", "Mobile", 1_800, 3, 400, 200),
    ("Student Mobile", "Mobile", 2_000, 25, 300, 500),
)
SKILLS = ("Junior", "Senior", "Expert")
DEPARTMENTS = ("Customer Service", "Technical Support", "Sales", "Retention")
CUSTOMER_SEGMENTS = ("Premium", "Standard", "Basic")
CUSTOMER_STATUSES = ("Active", "Inactive", "Suspended")
RESOLUTIONS = ("Resolved", "Pending", "Escalated", "Cancelled")
MOOD = ((0.3, 1.0), (-0.2, 0.4), (-0.5, 0.2), (-0.8, -0.2))
AGENTS = 12
PHONE_HOURS = (0, 0, 0, 0, 0, 0, 0, 2, 8, 12, 13, 12, 9, 9, 11, 11, 10, 9, 6, 3, 1, 0, 0, 0)
ONLINE_HOURS = (3, 2, 1, 1, 1, 2, 3, 4, 6, 7, 7, 7, 7, 7, 6, 6, 7, 8, 9, 10, 10, 9, 7, 5)
PLAN_CHANGES = 0.25
LONG_SECONDS, VERY_LONG_SECONDS = 900, 1_800
WRITTEN = people.Errors(no_email=0.0, other_email=0.20, nickname=0.05)


@dataclass(frozen=True)
class Care:
    """The care centre: ids never change when ``until`` moves on."""

    shop: Company
    interactions_by_end: int = SIZES["small"]

    @property
    def _count(self) -> int:
        return max(1, CARE.count(self.shop))

    @cached_property
    def _customers(self) -> Integers:
        return np.arange(self._count)

    def _signup(self, customer: Integers) -> Floats:
        """Days since START on which a customer registered: with the shop's pace."""
        # The first customer is there from the first day, so that every contact has somebody who may have made it.
        return np.where(customer == 0, 0.0, self.shop.signup_offsets(customer * CARE.stride))

    def customers(self) -> pa.Table:
        """Return ``customers``: one row a care customer, e-mail unique."""
        number = self._customers
        person = CARE.person(self.shop, number)
        signup = self._signup(number)
        return pa.table(
            {
                "customer_id": integers(number + 1),
                "customer_name": people.written_names(self.shop, person, "care", WRITTEN).full_names(),
                "email": people.written_emails(self.shop, person, "care", WRITTEN),
                "phone": people.phones(self.shop, person, "care", WRITTEN),
                "registration_date": dates(signup),
                "customer_segment": words(self._segment(number), CUSTOMER_SEGMENTS),
                "status": words(self.shop.stream("care.status").choose(number, (0.92, 0.06, 0.02)), CUSTOMER_STATUSES),
                "created_at": moments(signup),
            }
        )

    def _segment(self, customer: Integers) -> Integers:
        return self.shop.stream("care.segment").choose(customer, (0.20, 0.38, 0.42))

    def channels(self) -> pa.Table:
        """Return ``channels``."""
        return pa.table(
            {
                "channel_id": integers(np.arange(len(CHANNELS)) + 1),
                "channel_name": pa.array([c[0] for c in CHANNELS]),
                "channel_type": pa.array([c[1] for c in CHANNELS]),
                "is_active": pa.array([True] * len(CHANNELS)),
            }
        )

    def agents(self) -> pa.Table:
        """Return ``agents``: twelve, four of each skill."""
        number = np.arange(AGENTS)
        names = people.true_names(self.shop, people.PEOPLE_PER_SYSTEM * 9 + number).full_names()
        return pa.table(
            {
                "agent_id": integers(number + 1),
                "agent_name": names,
                "employee_id": pa.array([f"EMP{n + 1:03d}" for n in number]),
                "department": words(number % len(DEPARTMENTS), DEPARTMENTS),
                "skill_level": words(number % len(SKILLS), SKILLS),
                "is_active": pa.array([True] * AGENTS),
                "hire_date": dates(-30 - 90 * number),
            }
        )

    def interaction_types(self) -> pa.Table:
        """Return ``interaction_types``."""
        return pa.table(
            {
                "interaction_type_id": integers(np.arange(len(TYPES)) + 1),
                "interaction_code": pa.array([t[0] for t in TYPES]),
                "interaction_name": pa.array([t[1] for t in TYPES]),
                "category": pa.array([t[2] for t in TYPES]),
                "priority_level": pa.array([t[3] for t in TYPES]),
                "is_active": pa.array([True] * len(TYPES)),
            }
        )

    def service_plans(self) -> pa.Table:
        """Return ``service_plans``."""
        return pa.table(
            {
                "service_plan_id": integers(np.arange(len(PLANS)) + 1),
                "plan_name": pa.array([p[0] for p in PLANS]),
                "plan_type": pa.array([p[1] for p in PLANS]),
                "monthly_fee": money(np.array([p[2] for p in PLANS])),
                "data_allowance_gb": integers(np.array([p[3] for p in PLANS])),
                "voice_minutes": integers(np.array([p[4] for p in PLANS])),
                "sms_allowance": integers(np.array([p[5] for p in PLANS])),
                "is_active": pa.array([True] * len(PLANS)),
            }
        )

    def customer_service_plans(self) -> pa.Table:
        """Return ``customer_service_plans``: the plan at registration, and for a quarter of people a later one.

        ``end_date`` is the last day of a plan, the day before the next one begins.
        """
        number = self._customers
        first = self.shop.stream("care.plan").integers(number, 0, len(PLANS) - 1)
        start = np.floor(self._signup(number))
        changes = self.shop.stream("care.changes").happens(number, PLAN_CHANGES)
        changed = start + 60 + np.floor(400 * self.shop.stream("care.change_day").uniform(number))
        changes &= changed < self.shop.days
        second = (first + 1 + self.shop.stream("care.next_plan").integers(number, 0, len(PLANS) - 2)) % len(PLANS)
        later = np.flatnonzero(changes)
        customer = np.concatenate((number, later))
        begins = np.concatenate((start, changed[later]))
        order = np.lexsort((customer, begins))
        ends = np.concatenate((np.where(changes, changed - 1.0, 0.0), np.zeros(len(later))))[order]
        over = np.concatenate((changes, np.zeros(len(later), dtype=bool)))[order]
        return pa.table(
            {
                "customer_service_plan_id": integers(np.arange(len(order)) + 1),
                "customer_id": integers(customer[order] + 1),
                "service_plan_id": integers(np.concatenate((first, second[later]))[order] + 1),
                "start_date": dates(begins[order]),
                "end_date": dates(ends, missing=~over),
                "is_active": pa.array(~over),
            }
        )

    def customer_interactions(self, *, since_day: int = 0) -> pa.Table:
        """Return ``customer_interactions`` in order of their day, from ``since_day`` on."""
        number, day = self._arrivals()
        number, day = number[day >= since_day], day[day >= since_day]
        stream = self.shop.stream
        channel = stream("care.channel").choose(number, [c[2] for c in CHANNELS])
        kind = stream("care.type").choose(number, [t[4] for t in TYPES])
        online = np.array([c[1] == "Digital" for c in CHANNELS])[channel]
        hour = np.where(
            online, stream("care.hour").choose(number, ONLINE_HOURS), stream("care.hour").choose(number, PHONE_HOURS)
        )
        start = day * DAY_SECONDS + ((hour + stream("care.minute").uniform(number)) * 3_600.0).astype(np.int64)
        seconds, queue = self._seconds(number, channel, kind)
        agent = stream("care.agent").integers(number, 0, AGENTS - 1)
        alone = ~stream("care.has_agent").happens(number, 0.80)
        outcome = self._outcome(number, kind, np.where(alone, 0, agent % len(SKILLS)))
        silent = seconds == 0
        registered = np.searchsorted(self._signup(self._customers), day + 1.0)
        customer = (stream("care.who").uniform(number) ** 1.4 * np.maximum(registered, 1)).astype(np.int64)
        return pa.table(
            {
                "interaction_id": integers(number + 1),
                "customer_id": integers(customer + 1),
                "channel_id": integers(channel + 1),
                "interaction_type_id": integers(kind + 1),
                "agent_id": integers(agent + 1, missing=alone),
                "session_id": pc.binary_join_element_wise("SESS", pa.array(number + 1).cast(pa.string()), "-"),
                "start_timestamp": instants(start),
                "end_timestamp": instants(start + seconds, missing=silent),
                "duration_seconds": integers(seconds, missing=silent),
                "queue_time_seconds": integers(queue),
                "resolution_status": words(outcome, RESOLUTIONS),
                "satisfaction_score": self._mood(number, outcome, seconds),
                "interaction_summary": words(kind, [f"{t[1]} by customer" for t in TYPES]),
                "language": words(stream("care.language").choose(customer, (0.7, 0.2, 0.1)), ("en", "es", "fr")),
            }
        )

    def _arrivals(self) -> tuple[Integers, Integers]:
        """Return number and day of the contacts up to ``until``."""
        whole = self.shop.to_demand(np.array([float(SIGNUP_DAYS)]))[0]
        until = self.shop.to_demand(np.array([float(self.shop.days)]))[0]
        number = np.arange(int(np.ceil(self.interactions_by_end * until / whole)) + 1)
        at = (number + self.shop.stream("care.arrival").uniform(number)) * (whole / self.interactions_by_end)
        number, at = number[at < until], at[at < until]
        return number, np.floor(self.shop.to_days(at)).astype(np.int64)

    def _seconds(self, number: Integers, channel: Integers, kind: Integers) -> tuple[Integers, Integers]:
        table = np.array([c[3:] for c in CHANNELS])[channel]
        share = self.shop.stream("care.duration").uniform(number)
        raw = (table[:, 0] + share * (table[:, 1] - table[:, 0])) * np.array([t[5] for t in TYPES])[kind]
        wait = table[:, 2] + self.shop.stream("care.queue").uniform(number) * (table[:, 3] - table[:, 2])
        return np.rint(raw).astype(np.int64), np.rint(wait).astype(np.int64)

    def _outcome(self, number: Integers, kind: Integers, skill: Integers) -> Integers:
        """Return Resolved 70, Pending 15, Escalated 10, Cancelled 5 % overall; hard types and juniors escalate more."""
        hard = np.array([t[5] for t in TYPES])[kind] - 1.0
        draw = self.shop.stream("care.outcome").uniform(number) + 0.10 * hard - 0.05 * (skill - 1)
        return np.searchsorted((0.70, 0.85, 0.95), draw).astype(np.int64)

    def _mood(self, number: Integers, outcome: Integers, seconds: Integers) -> pa.Array:
        """Return the sentiment, -1 to 1, lower after long contacts; a third of contacts have none."""
        low, high = np.array(MOOD)[outcome].T
        mood = low + self.shop.stream("care.mood").uniform(number) * (high - low)
        tired = self.shop.stream("care.tired").uniform(number)
        mood -= np.select(
            [seconds > VERY_LONG_SECONDS, seconds > LONG_SECONDS], [0.1 + 0.2 * tired, 0.05 + 0.1 * tired], 0.0
        )
        silent = ~self.shop.stream("care.rates").happens(number, 0.68)
        return money(np.rint(np.clip(mood, -1.0, 1.0) * 100).astype(np.int64), precision=3, missing=silent)
