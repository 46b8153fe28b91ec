"""Offer support tickets over HTTP as ShopFlow's support API does, with ways to follow and to change them."""

from __future__ import annotations

import base64
import binascii
import hmac
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Header, Query
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from customer360.clock import now
from customer360.errors import C360Error
from customer360.web.api.problems import plain_problem, problem_of, respond
from customer360.web.tickets import CHANGED_AT, Asked, ReadOnly, TicketExists, Tickets

KEY_VARIABLE = "C360_SUPPORT_API_KEY"
TITLE = "ShopFlow Support Tickets API"
Segment = Literal["High Value", "Medium Value", "Low Value", "At Risk", "Churned"]
Issue = Literal["Product Defect", "Shipping Delay", "Billing Issue", "Account Issue", "Product Question"]
Category = Literal["Electronics", "Clothing", "Home & Garden", "Sports", "Books", "Beauty", "Toys"]
Priority = Literal["Low", "Medium", "High", "Critical"]
Status = Literal["Resolved", "Closed", "Open", "In Progress"]
DONE = ("Resolved", "Closed")
ATTEMPTS = 5
"""How often a new ticket asks for the next number before it gives up."""


class Ticket(BaseModel):
    """A support ticket."""

    ticket_id: str
    customer_id: str
    customer_segment: str | None
    created_date: datetime
    resolved_date: datetime | None
    issue_type: str
    issue_category: str
    priority: str
    status: str
    resolution_hours: int | None
    satisfaction_score: float | None
    agent_id: str
    description: str
    order_id: str | None
    product_id: str | None


class TicketPage(BaseModel):
    """Some of the tickets that match; ``next_cursor`` goes on after the last and stays right while others arrive."""

    total: int
    limit: int
    offset: int
    items: list[Ticket]
    next_cursor: str | None = None


class NewTicket(BaseModel):
    """A ticket to be raised; number, state and moment are given by the server."""

    model_config = ConfigDict(extra="forbid")
    customer_id: str = Field(pattern=r"^CUST\d{6,}$")
    issue_type: Issue
    issue_category: Category
    priority: Priority = "Medium"
    agent_id: str = Field(pattern=r"^AGT\d{3,}$")
    description: str = Field(min_length=1, max_length=4_000)
    customer_segment: Segment | None = None
    order_id: str | None = Field(default=None, pattern=r"^ORD\d{7,}$")
    product_id: str | None = Field(default=None, pattern=r"^PROD\d{5,}$")


class TicketChange(BaseModel):
    """What may change. Resolving or closing dates the solution; opening again takes it back."""

    model_config = ConfigDict(extra="forbid")
    status: Status | None = None
    priority: Priority | None = None
    agent_id: str | None = Field(default=None, pattern=r"^AGT\d{3,}$")
    satisfaction_score: float | None = Field(default=None, ge=1, le=5)
    description: str | None = Field(default=None, min_length=1, max_length=4_000)


def _moment(text: object) -> datetime:
    """Return the moment (UTC, without zone) that an ISO date or date and time means."""
    if not isinstance(text, str):
        message = "write a date, 2024-11-30, or a moment, 2024-11-30T12:00:00"
        raise ValueError(message)  # noqa: TRY004 - pydantic turns this into a 422
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _end(text: object) -> datetime:
    """Return the first moment after a date, which includes its day, or after a moment, which includes its second."""
    moment = _moment(text)
    try:
        return datetime.combine(date.fromisoformat(str(text)) + timedelta(days=1), time())
    except ValueError:
        return moment.replace(microsecond=0) + timedelta(seconds=1)


def _place(text: object) -> tuple[datetime, str]:
    try:
        moment, _, number = base64.urlsafe_b64decode(str(text)).decode().partition("|")
        return datetime.fromisoformat(moment), number
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        message = "not a cursor of this API"
        raise ValueError(message) from error


def _cursor(ticket: Any) -> str:
    return base64.urlsafe_b64encode(f"{ticket['created_date'].isoformat()}|{ticket['ticket_id']}".encode()).decode()


From = Annotated[datetime | None, BeforeValidator(lambda v: None if v is None else _moment(v))]
To = Annotated[datetime | None, BeforeValidator(lambda v: None if v is None else _end(v))]


class Filters(BaseModel):
    """Parameters of ``GET /tickets``."""

    model_config = ConfigDict(extra="forbid")
    limit: int = Field(default=50, ge=1, le=500)
    offset: int = Field(default=0, ge=0)
    customer_id: str | None = None
    segment: str | None = None
    status: str | None = None
    priority: str | None = None
    issue_type: str | None = None
    agent_id: str | None = None
    product_id: str | None = None
    order_id: str | None = None
    from_date: From = Field(default=None, description="Created on or after this ISO date or moment.")
    to_date: To = Field(default=None, description="Created on or before; a date includes its whole day.")
    updated_since: From = Field(default=None, description="Created, resolved or changed since.")
    cursor: str | None = Field(default=None, description="next_cursor of the page before; instead of offset.")

    def asked(self) -> Asked:
        """Return what the store is asked for."""
        names = ("customer_id", "status", "priority", "issue_type", "agent_id", "product_id", "order_id")
        equal = {name: value for name in names if (value := getattr(self, name)) is not None}
        if self.segment is not None:
            equal["customer_segment"] = self.segment
        after = None
        if self.cursor is not None:
            try:
                after = _place(self.cursor)
            except ValueError as error:
                raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"cursor is {error}") from error
        return Asked(equal, self.from_date, self.to_date, self.updated_since, after)


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
        more = _cursor(items[-1]) if len(items) == filters.limit else None
        return _page(tickets.count(asked), filters.limit, filters.offset, items, more)

    @routes.get("/tickets/{ticket_id}")
    def one_ticket(ticket_id: str) -> Ticket:
        return _found(tickets, ticket_id)

    @routes.get("/customers/{customer_id}/tickets")
    def tickets_of_customer(
        customer_id: str,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        offset: Annotated[int, Query(ge=0)] = 0,
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
    return Ticket.model_validate(found)


def _page(total: int, limit: int, offset: int, items: Any, more: str | None) -> TicketPage:
    shown = [Ticket.model_validate(item) for item in items]
    return TicketPage(total=total, limit=limit, offset=offset, items=shown, next_cursor=more)


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
