"""Say what the support API takes and returns: tickets as ShopFlow documents them, filters, a place to go on from."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.exceptions import HTTPException

from customer360.web.tickets import Asked

Segment = Literal["High Value", "Medium Value", "Low Value", "At Risk", "Churned"]
Issue = Literal["Product Defect", "Shipping Delay", "Billing Issue", "Account Issue", "Product Question"]
Category = Literal["Electronics", "Clothing", "Home & Garden", "Sports", "Books", "Beauty", "Toys"]
Priority = Literal["Low", "Medium", "High", "Critical"]
Status = Literal["Resolved", "Closed", "Open", "In Progress"]
DONE = ("Resolved", "Closed")
FARTHEST = 2**31 - 1
"""Highest offset; beyond it some servers count wrongly."""
_LAST = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - UTC, as tickets keep their moments


class Ticket(BaseModel):
    """A support ticket. ``customer_id`` is null where a document has none: it is shown, not hidden."""

    ticket_id: str
    customer_id: str | None
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
    try:
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except OverflowError as error:
        message = "no moment of the calendar"
        raise ValueError(message) from error


def _end(text: object) -> datetime:
    """Return the first moment after a date, which includes its day, or after a moment, which includes its second."""
    moment = _moment(text)
    try:
        start, span = datetime.combine(date.fromisoformat(str(text)), time()), timedelta(days=1)
    except ValueError:
        start, span = moment.replace(microsecond=0), timedelta(seconds=1)
    return start + span if start <= _LAST - span else _LAST


def _place(text: object) -> tuple[datetime, str]:
    try:
        moment, _, number = base64.urlsafe_b64decode(str(text)).decode().partition("|")
        return datetime.fromisoformat(moment), number
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        message = "not a cursor of this API"
        raise ValueError(message) from error


def cursor_after(ticket: Any) -> str:
    """Return the place to go on from after a ticket."""
    return base64.urlsafe_b64encode(f"{ticket['created_date'].isoformat()}|{ticket['ticket_id']}".encode()).decode()


From = Annotated[datetime | None, BeforeValidator(lambda v: None if v is None else _moment(v))]
To = Annotated[datetime | None, BeforeValidator(lambda v: None if v is None else _end(v))]


class Filters(BaseModel):
    """Parameters of ``GET /tickets``."""

    model_config = ConfigDict(extra="forbid")
    limit: int = Field(default=50, ge=1, le=500)
    offset: int = Field(default=0, ge=0, le=FARTHEST)
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
