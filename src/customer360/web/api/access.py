"""Ask for ports, decide, and see requests, grants and the history over REST."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from customer360.errors import NotPermitted
from customer360.governance.failures import AccessRefused
from customer360.web.api.problems import RESPONSES, Problem
from customer360.web.visitors import visitor_of

if TYPE_CHECKING:
    from customer360.governance.access import Grant
    from customer360.governance.access import Request as AccessRequest
    from customer360.names import Relation
    from customer360.web.rooms import Rooms

_BIGGEST = 2**62
Number = Annotated[int, Field(ge=1, le=_BIGGEST)]


class MeOut(BaseModel):
    """Who asks, and what they may read."""

    name: str
    roles: list[str]
    groups: list[str]
    signs_in: bool = Field(description="False on a machine without accounts: everybody is local.")
    ports: list[str]


class RequestIn(BaseModel):
    """A request for a port."""

    model_config = ConfigDict(extra="forbid")
    port: str = Field(examples=["gold.gold_sales_fact"])
    purpose: str = Field(min_length=1, max_length=2_000)
    days: int | None = Field(default=90, ge=1, le=36_500, description="null is for ever, where the port allows it.")
    personal: bool = Field(default=False, description="Personal columns in the clear; a privacy officer decides.")


class DecisionIn(BaseModel):
    """A decision about a request."""

    model_config = ConfigDict(extra="forbid")
    decision: Literal["approve", "deny", "withdraw"]
    note: str | None = Field(default=None, max_length=2_000)
    row_filter: str | None = Field(default=None, max_length=2_000, examples=["country = 'US'"])
    days: int | None = Field(default=None, ge=1, le=36_500)


class RenewalIn(BaseModel):
    """How long a grant lasts from now."""

    model_config = ConfigDict(extra="forbid")
    days: int = Field(ge=1, le=36_500)


class RequestOut(BaseModel):
    """A request."""

    id: int
    account: str
    port: str
    purpose: str
    days: int | None
    personal: bool
    status: str
    at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None

    @classmethod
    def of(cls, request: AccessRequest) -> RequestOut:
        """Describe a request."""
        return cls(**vars(request))


class GrantOut(BaseModel):
    """A grant."""

    id: int
    request_id: int | None
    holder_kind: str
    holder: str
    port: str
    personal: bool
    row_filter: str | None
    granted_by: str
    starts_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    status: str

    @classmethod
    def of(cls, grant: Grant, at: datetime) -> GrantOut:
        """Describe a grant."""
        return cls(**{k: v for k, v in vars(grant).items() if k in cls.model_fields}, status=grant.status(at))


class EventOut(BaseModel):
    """An entry of the history."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    digest: str


_ALL = {**RESPONSES, 409: {"model": Problem, "description": "A rule of access forbids it; `detail` says which."}}


def router(rooms: Rooms) -> APIRouter:
    """Return the endpoints."""
    routes = APIRouter(tags=["access"], responses=_ALL)
    access, state = rooms.governance.access, rooms.governance.state

    @routes.get("/me")
    def read_me(request: Request) -> MeOut:
        """Say who asks and what they may read."""
        visitor = visitor_of(request)
        ports = rooms.governance.ports if visitor.principal.owns_everything else _readable(rooms, request)
        return MeOut(
            name=visitor.principal.user,
            roles=sorted(visitor.principal.roles),
            groups=sorted(visitor.account.groups) if visitor.account else [],
            signs_in=visitor.signs_in,
            ports=sorted(map(str, ports)),
        )

    @routes.get("/access/requests")
    def list_requests(request: Request) -> list[RequestOut]:
        """List one's own requests and those one decides, newest first."""
        who = visitor_of(request).actor
        ports = {port.id: port for port in rooms.governance.ports.values()}
        return [
            RequestOut.of(each)
            for each in access.requests()
            if each.account == who.name
            or (each.port in ports and who.decides(ports[each.port], personal=each.personal))
        ]

    @routes.post("/access/requests", status_code=201)
    def ask_for_access(request: Request, asked: RequestIn) -> RequestOut:
        """Ask for a port; its owners decide."""
        account = visitor_of(request).account
        if account is None:
            raise AccessRefused("This machine has no accounts, so there is nothing to ask for.")
        return RequestOut.of(
            access.request(account, asked.port, purpose=asked.purpose, days=asked.days, personal=asked.personal)
        )

    @routes.post("/access/requests/{number}/decision")
    def decide(request: Request, number: Number, decided: DecisionIn) -> RequestOut:
        """Approve, deny or withdraw a request. Nobody decides his own."""
        who = visitor_of(request).actor
        if decided.decision == "approve":
            access.approve(number, by=who, note=decided.note, row_filter=decided.row_filter, days=decided.days)
        elif decided.decision == "deny":
            access.deny(number, by=who, note=decided.note or "")
        else:
            access.withdraw(number, by=who)
        return RequestOut.of(access.request_of(number))

    @routes.get("/access/grants")
    def list_grants(request: Request) -> list[GrantOut]:
        """List one's own grants and those one decides about, newest first."""
        visitor = visitor_of(request)
        names = {visitor.actor.name, *visitor.actor.groups, "everyone"}
        ports = {port.id: port for port in rooms.governance.ports.values()}
        return [
            GrantOut.of(each, state.clock())
            for each in access.grants()
            if each.holder in names
            or (each.port in ports and visitor.actor.decides(ports[each.port], personal=each.personal))
        ]

    @routes.post("/access/grants/{number}/renewal")
    def renew_grant(request: Request, number: Number, renewal: RenewalIn) -> GrantOut:
        """Let an active grant last longer."""
        return GrantOut.of(access.renew(number, by=visitor_of(request).actor, days=renewal.days), state.clock())

    @routes.delete("/access/grants/{number}")
    def revoke_grant(request: Request, number: Number) -> GrantOut:
        """End a grant at once."""
        return GrantOut.of(access.revoke(number, by=visitor_of(request).actor), state.clock())

    @routes.get("/audit")
    def read_audit(request: Request, limit: Annotated[int, Query(ge=1, le=100_000)] = 1_000) -> list[EventOut]:
        """Return the history, newest first: for administrators and privacy officers."""
        who = visitor_of(request).actor
        if not who.is_operator and not {"admin", "privacy_officer"}.intersection(who.roles):
            raise NotPermitted("Only administrators and privacy officers see the history.")
        return [EventOut(**vars(event)) for event in state.history(limit=limit)]

    return routes


def _readable(rooms: Rooms, request: Request) -> list[Relation]:
    found = rooms.governance.entitlements(visitor_of(request).principal)
    return sorted(relation for relation in found.relations if relation in rooms.governance.ports)
