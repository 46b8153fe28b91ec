"""Offer support tickets over HTTP as ShopFlow's support API does, with ways to follow and to change them."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Query
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from customer360.clock import now
from customer360.errors import C360Error, SourceMalformed
from customer360.web.api.problems import plain_problem, problem_of, respond
from customer360.web.support_shapes import (
    DONE,
    FARTHEST,
    Filters,
    NewTicket,
    Ticket,
    TicketChange,
    TicketPage,
    cursor_after,
)
from customer360.web.tickets import CHANGED_AT, Asked, ReadOnly, TicketExists, Tickets

KEY_VARIABLE = "C360_SUPPORT_API_KEY"
TITLE = "ShopFlow Support Tickets API"
ATTEMPTS = 5
"""How often a new ticket asks for the next number before it gives up."""


def router(tickets: Tickets, key: str | None) -> APIRouter:
    """Return the routes. All but ``/health`` need the header ``X-API-Key``; without a configured key all is closed."""

    def known(x_api_key: Annotated[str | None, Header()] = None) -> None:
        if not key:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, f"This API is closed until {KEY_VARIABLE} is set.")
        if x_api_key is None or not hmac.compare_digest(x_api_key.encode(), key.encode()):
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "Send the right key in the header X-API-Key.")

    routes = APIRouter(tags=["support tickets"])
    guarded = APIRouter(dependencies=[Depends(known)])

    @routes.get("/health")
    def health() -> dict[str, str | int]:
        return {"status": "ok", "tickets": tickets.count(Asked({}))}

    _add_reading(guarded, tickets)
    _add_writing(guarded, tickets)
    routes.include_router(guarded)
    return routes


def _add_reading(routes: APIRouter, tickets: Tickets) -> None:
    @routes.get("/tickets")
    def list_tickets(filters: Annotated[Filters, Query()]) -> TicketPage:
        asked = filters.asked()
        if asked.after and filters.offset:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, "Pass cursor or offset, not both.")
        items = tickets.find(asked, limit=filters.limit, offset=filters.offset)
        more = cursor_after(items[-1]) if len(items) == filters.limit else None
        return _page(tickets.count(asked), filters.limit, filters.offset, items, more)

    @routes.get("/tickets/{ticket_id}")
    def one_ticket(ticket_id: str) -> Ticket:
        return _found(tickets, ticket_id)

    @routes.get("/customers/{customer_id}/tickets")
    def tickets_of_customer(
        customer_id: str,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        offset: Annotated[int, Query(ge=0, le=FARTHEST)] = 0,
    ) -> TicketPage:
        asked = Asked({"customer_id": customer_id}, newest_first=True)
        return _page(tickets.count(asked), limit, offset, tickets.find(asked, limit=limit, offset=offset), None)


def _add_writing(routes: APIRouter, tickets: Tickets) -> None:
    @routes.post("/tickets", status_code=HTTPStatus.CREATED)
    def raise_ticket(new: NewTicket) -> Ticket:
        for _ in range(ATTEMPTS - 1):
            with suppress(TicketExists):
                return _raised(tickets, new)
        return _raised(tickets, new)

    @routes.patch("/tickets/{ticket_id}")
    def change_ticket(ticket_id: str, change: TicketChange) -> Ticket:
        before = _found(tickets, ticket_id)
        moment = now().astimezone(UTC).replace(tzinfo=None, microsecond=0)
        changes: dict[str, Any] = change.model_dump(exclude_unset=True)
        if any(value is None for name, value in changes.items() if name != "satisfaction_score"):
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, "Leave a field out instead of sending null.")
        changes |= _solution(before, changes.get("status", before.status), moment)
        tickets.change(ticket_id, {**changes, CHANGED_AT: moment})
        return _found(tickets, ticket_id)


def _raised(tickets: Tickets, new: NewTicket) -> Ticket:
    """Keep a new ticket under the next free number. Errors: TicketExists when another request took it."""
    moment = now().astimezone(UTC).replace(tzinfo=None, microsecond=0)
    highest = tickets.highest()
    number = int(highest.removeprefix("TKT")) + 1 if highest else 1
    ticket = Ticket(
        **new.model_dump(),
        ticket_id=f"TKT{number:07d}",
        created_date=moment,
        resolved_date=None,
        status="Open",
        resolution_hours=None,
        satisfaction_score=None,
    )
    tickets.add({**ticket.model_dump(), CHANGED_AT: moment})
    return ticket


def _solution(before: Ticket, status: str, moment: datetime) -> dict[str, Any]:
    """Return the dates and hours that a new status brings with it."""
    if status in DONE and before.resolved_date is None:
        hours = max(1, (moment - before.created_date) // timedelta(hours=1))
        return {"resolved_date": before.created_date + timedelta(hours=hours), "resolution_hours": hours}
    if status not in DONE and before.resolved_date is not None:
        return {"resolved_date": None, "resolution_hours": None, "satisfaction_score": None}
    return {}


def _found(tickets: Tickets, ticket_id: str) -> Ticket:
    found = tickets.one(ticket_id)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"No ticket is named {ticket_id[:40]}.")
    return _shown(found)


def _shown(row: Mapping[str, Any]) -> Ticket:
    """Return a ticket as documented. Errors: SourceMalformed names the ticket and its fields, never their values."""
    try:
        return Ticket.model_validate(row)
    except ValidationError as error:
        fields = ", ".join(sorted({str(each["loc"][0]) for each in error.errors()}))
        raise SourceMalformed(
            f"The ticket {row.get('ticket_id')} is not as documented: {fields}.",
            next_step="Correct it where it is kept.",
        ) from None


def _page(total: int, limit: int, offset: int, items: Any, more: str | None) -> TicketPage:
    return TicketPage(total=total, limit=limit, offset=offset, items=[_shown(i) for i in items], next_cursor=more)


def create_support_app(tickets: Tickets, key: str | None) -> FastAPI:
    """Return the API as an app of its own: problem details for whatever goes wrong."""
    app = FastAPI(title=TITLE, version="1.0.0", docs_url=None, redoc_url=None)
    app.include_router(router(tickets, key))

    @app.exception_handler(HTTPException)
    def http(_: Request, error: HTTPException) -> Response:
        return respond(plain_problem(HTTPStatus(error.status_code), str(error.detail)))

    @app.exception_handler(RequestValidationError)
    def malformed(_: Request, error: RequestValidationError) -> Response:
        wrong = [{"at": ".".join(map(str, each["loc"])), "what": each["msg"]} for each in error.errors()]
        text = "The request is not as the API describes it."
        return respond(plain_problem(HTTPStatus.UNPROCESSABLE_ENTITY, text, errors=wrong))

    @app.exception_handler(C360Error)
    def ours(_: Request, error: C360Error) -> Response:
        status = HTTPStatus.CONFLICT if isinstance(error, ReadOnly | TicketExists) else None
        return respond(problem_of(error, status))

    return app
