"""Show the data products of the company, and one port in full."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from customer360.dashboards.made import made_by_people
from customer360.governance.rules import shown_filter
from customer360.governance.usage import DAYS, seen_by, usage
from customer360.names import quoted
from customer360.web.visitors import may_review, visitor_of

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
        made = _made(rooms, request, card)
        facts: dict[str, Any] = {"may_read": may_read, "uses": uses, "days": DAYS, "sample": sample, "made": made}
        return pages.respond(request, "port.html", card=card, rows=rows, **facts)

    return routes


def _made(rooms: Rooms, request: Request, card: Card) -> list[tuple[str, str]]:
    """Return what people made on the pages that stands on a port: all for who mends data, else one's own."""
    whose = None if may_review(visitor_of(request)) else visitor_of(request).principal.user
    own = made_by_people(rooms.project.root, owner=whose)
    graph = rooms.catalogue.graph.joined_by(own)
    addresses = {f"dashboard:{board.name}": f"/dashboards/{board.name}" for _, board in own.boards}
    addresses |= {f"audience:{each.name}": f"/audiences/{each.name}" for each in own.audiences}
    on = {other for one, other in graph.links if one == card.id and graph.nodes[other].kind == "metric"} | {card.id}
    found = sorted({other for one, other in graph.links if one in on and other in addresses})
    return [(graph.nodes[each].label, addresses[each]) for each in found]


def _sample(rooms: Rooms, card: Card) -> list[dict[str, Any]]:
    """Return a few rows as whoever asks may see them; that they were read goes into the history."""
    columns = ", ".join(quoted(column.name) for column in card.port.contract.columns)
    return list(rooms.sql(f"SELECT {columns} FROM {card.port.relation.sql} LIMIT {SAMPLE}").to_pylist())
