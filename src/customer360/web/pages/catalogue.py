"""Show the data products of the company, and one port in full."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from customer360.governance.rules import shown_filter
from customer360.governance.usage import DAYS, seen_by, usage
from customer360.names import quoted
from customer360.web.visitors import visitor_of

if TYPE_CHECKING:
    from customer360.catalog.cards import Card
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms

SAMPLE = 10
"""Rows shown of a port."""


def router(rooms: Rooms, pages: Pages) -> APIRouter:
    """Return the pages."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/catalogue")
    def show(request: Request) -> Response:
        search = request.query_params.get("search", "")[:200]
        cards = rooms.cards(search=search or None)
        groups = [(domain, list(found)) for domain, found in groupby(cards, key=lambda card: card.domain)]
        return pages.respond(request, "catalogue.html", groups=groups, search=search, count=len(cards))

    @routes.get("/catalogue/{port}")
    def one(request: Request, port: str) -> Response:
        card = rooms.card(port)
        principal = visitor_of(request).principal
        may_read = principal.owns_everything or card.port.relation in rooms.governance.entitlements(principal).relations
        known = {each.id: each for each in rooms.governance.ports.values()}
        uses = seen_by(usage(rooms.governance.state, port), visitor_of(request).actor, known)
        sample = _sample(rooms, card) if may_read and "rows" in request.query_params else None
        rows = shown_filter(card.port.row_filter, card.port, visitor_of(request).actor)
        facts = {"card": card, "may_read": may_read, "uses": uses, "days": DAYS, "sample": sample, "rows": rows}
        return pages.respond(request, "port.html", 200, **facts)

    return routes


def _sample(rooms: Rooms, card: Card) -> list[dict[str, Any]]:
    """Return a few rows as whoever asks may see them; that they were read goes into the history."""
    columns = ", ".join(quoted(column.name) for column in card.port.contract.columns)
    return list(rooms.sql(f"SELECT {columns} FROM {card.port.relation.sql} LIMIT {SAMPLE}").to_pylist())
