"""Find customers and show one: what is known, where it comes from, and what happened."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from customer360.customers import Customers, Stretch
from customer360.errors import QueryError
from customer360.identity.failures import IdentityError
from customer360.identity.lifecycle import EDGE
from customer360.web.pages.evidence import drawn
from customer360.web.pages.links import Link
from customer360.web.pages.showing import is_masked
from customer360.web.visitors import decider, visitor_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.customers import Person
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms

PAGE_ROWS = 25
EVENTS = 20
_LATEST = 100_000
_PROFILE = (
    "average_order_value", "average_satisfaction_score", "churn_risk_score", "consent_email", "consent_post",
    "consent_social_media", "customer_segment", "days_since_last_order", "expected_purchases_12m", "first_name",
    "gold_segment", "has_unsubscribed", "identity_confidence", "last_name", "last_seen_date", "loyalty_tier",
    "next_purchase_window", "plan_monthly_fee", "plan_name", "predicted_clv_12m", "probability_alive",
    "service_contacts", "status", "total_lifetime_value", "total_purchases", "value_tier",
)  # fmt: skip
_RECORD = ("first_name", "last_name", "full_name", "email", "phone_number", "date_of_birth", "city")
"""Columns that the page tells of; a project whose tables do not have one shows it as not known."""


def router(rooms: Rooms, pages: Pages) -> APIRouter:
    """Return the pages."""
    routes = APIRouter(prefix="/customers", include_in_schema=False)
    customers = Customers(rooms)

    @routes.get("")
    def find(
        request: Request,
        q: Annotated[str, Query(max_length=200)] = "",
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> Response:
        if not customers.are_there:
            return pages.respond(request, "no_customers.html", HTTPStatus.NOT_FOUND)
        return pages.respond(request, "customers.html", **_list(customers, q.strip(), offset))

    @routes.get("/{customer_id}")
    def show(
        request: Request,
        customer_id: str,
        kind: Annotated[list[str] | None, Query(max_length=12)] = None,
        since: str = "",
        until: str = "",
        offset: Annotated[int, Query(ge=0, le=_LATEST)] = 0,
    ) -> Response:
        stretch = Stretch(tuple(dict.fromkeys(kind or ())), _day(since), _day(until), EVENTS, offset)
        person = customers.person(customer_id, stretch)
        if person.id != customer_id:  # an id that was merged away, an e-mail address or a record
            return RedirectResponse(f"/customers/{quote(person.id, safe='')}", HTTPStatus.FOUND)
        may_decide = rooms.people().door.may_decide(decider(visitor_of(request)).name)
        return pages.respond(request, "customer.html", may_decide=may_decide, **_facts(rooms, person, stretch))

    return routes


def _list(customers: Customers, text: str, offset: int) -> dict[str, Any]:
    found = customers.search(text, limit=PAGE_ROWS, offset=offset)
    rows = found.rows.to_pylist()
    return {
        "search": text,
        "customers": [{**row, "name": name_of(row)} for row in rows],
        "found": found,
        "offset": offset,
        "is_masked": any(is_masked(row["last_name"]) for row in rows),
        "before": _page(text, max(0, offset - PAGE_ROWS)) if offset else None,
        "after": _page(text, offset + PAGE_ROWS) if found.has_more else None,
    }


def name_of(row: dict[str, Any]) -> str | None:
    """Return a customer's name; None where it is masked or nobody knows it."""
    parts = [row.get("first_name"), row.get("last_name")]
    if any(is_masked(part) for part in parts):
        return None
    return " ".join(str(part) for part in parts if part) or None


def _page(search: str, offset: int) -> str:
    pairs = [(name, value) for name, value in (("q", search), ("offset", offset)) if value]
    return "/customers" + (f"?{urlencode(pairs)}" if pairs else "")


def _facts(rooms: Rooms, person: Person, stretch: Stretch) -> dict[str, Any]:
    profile = {**dict.fromkeys(_PROFILE), **person.card.profile}
    links, refusal = _links(rooms, person.id)
    path = f"/customers/{quote(person.id, safe='')}"
    return {
        "person": person,
        "profile": profile,
        "around": person.around,
        "records": [{**dict.fromkeys(_RECORD), **row} for row in person.around.records or ()],
        "name": name_of(profile),
        "named": lambda row: row["first_name"] if is_masked(row["first_name"]) else name_of(row),
        "is_masked": any(is_masked(profile.get(name)) for name in ("first_name", "last_name", "email")),
        "events": person.events.to_pylist(),
        "links": links,
        "drawing": drawn(person.around.records or (), links),
        "links_refused": refusal,
        "kinds": _kinds(path, person, stretch),
        "stretch": stretch,
        "older": _timeline(path, stretch, stretch.kinds, stretch.offset + EVENTS) if person.has_more else None,
        "newer": _timeline(path, stretch, stretch.kinds, max(0, stretch.offset - EVENTS)) if stretch.offset else None,
        "base": path,
        "scores": [
            (label, profile.get(f"{name}_score"))
            for label, name in (("Recency", "recency"), ("Frequency", "frequency"), ("Monetary", "monetary"))
        ],
    }


def _links(rooms: Rooms, customer: str) -> tuple[list[dict[str, Any]], str | None]:
    """Return why the records belong together, or why that is not told; who opens a page has not asked for it."""
    people = rooms.people()
    refusal = people.door.refusal(EDGE)
    if refusal is not None:
        return [], refusal.what
    try:
        return people.links(customer).to_pylist(), None
    except IdentityError as error:
        return [], error.what


def _kinds(path: str, person: Person, stretch: Stretch) -> list[tuple[Link, int]]:
    """Return kinds of events with their number, each with the address that adds it or takes it back."""
    links = []
    for kind, events in person.kinds:
        chosen = stretch.kinds
        others = [each for each in chosen if each != kind] if kind in chosen else [*chosen, kind]
        links.append((Link(kind, _timeline(path, stretch, others, 0), kind in chosen), events))
    return links


def _timeline(path: str, stretch: Stretch, kinds: Sequence[str], offset: int) -> str:
    pairs: list[tuple[str, object]] = [("kind", kind) for kind in kinds]
    pairs += [("since", stretch.since)] if stretch.since else []
    pairs += [("until", stretch.until)] if stretch.until else []
    pairs += [("offset", offset)] if offset else []
    return f"{path}?{urlencode(pairs)}#timeline" if pairs else f"{path}#timeline"


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise QueryError(f"'{text[:40]}' is no date.", next_step="Write it as YYYY-MM-DD.") from None
