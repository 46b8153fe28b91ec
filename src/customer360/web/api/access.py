"""Ask for ports, decide, and see requests, grants and the history over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from customer360.errors import NotPermitted
from customer360.governance.failures import AccessRefused
from customer360.governance.rules import shown_grant
from customer360.governance.viewing import looking, sights
from customer360.web.api.access_shapes import (
    DecisionIn,
    EventOut,
    GrantOut,
    MeOut,
    NoticeOut,
    RenewalIn,
    RequestIn,
    RequestOut,
    SeenIn,
    SightOut,
)
from customer360.web.api.problems import RESPONSES, problems
from customer360.web.visitors import visitor_of

if TYPE_CHECKING:
    from customer360.governance.access import Access
    from customer360.governance.ports import Port
    from customer360.governance.records import Actor
    from customer360.names import Relation
    from customer360.web.rooms import Rooms

_BIGGEST = 2**62
Number = Annotated[int, Field(ge=1, le=_BIGGEST)]
SightOf = Annotated[str, Query(max_length=100, description="An account, or role:<role>.")]
Limit = Annotated[int, Query(ge=1, le=100_000)]

_ALL = {**RESPONSES, 409: problems("A rule of access forbids it; `detail` says which.")}


def router(rooms: Rooms) -> APIRouter:
    """Return the endpoints."""
    routes = APIRouter(tags=["access"], responses=_ALL)
    routes.include_router(_people(rooms))
    routes.include_router(_requests(rooms))
    routes.include_router(_grants(rooms))
    routes.include_router(_notices(rooms))
    return routes


def _people(rooms: Rooms) -> APIRouter:
    routes = APIRouter()

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

    @routes.get("/audit")
    def read_audit(request: Request, limit: Limit = 1_000) -> list[EventOut]:
        """Return the history, newest first: for administrators and privacy officers."""
        who = visitor_of(request).actor
        if not who.is_operator and not {"admin", "privacy_officer"}.intersection(who.roles):
            raise NotPermitted("Only administrators and privacy officers see the history.")
        return [EventOut(**vars(event)) for event in rooms.governance.state.history(limit=limit)]

    return routes


def _requests(rooms: Rooms) -> APIRouter:
    routes = APIRouter(prefix="/access/requests")

    @routes.get("")
    def list_requests(request: Request) -> list[RequestOut]:
        """List one's own requests and those one decides, newest first."""
        who, ports = visitor_of(request).actor, _ports(rooms)
        return [
            RequestOut.of(each)
            for each in rooms.governance.access.requests()
            if each.account == who.name
            or (each.port in ports and who.decides(ports[each.port], personal=each.personal))
        ]

    @routes.post("", status_code=201)
    def ask_for_access(request: Request, asked: RequestIn) -> RequestOut:
        """Ask for a port; its owners decide."""
        account = visitor_of(request).account
        if account is None:
            raise AccessRefused("This machine has no accounts, so there is nothing to ask for.")
        access = rooms.governance.access
        return RequestOut.of(
            access.request(
                account,
                asked.port,
                purpose=asked.purpose,
                days=asked.days,
                personal=asked.personal,
                figures_only=asked.figures_only,
            )
        )

    @routes.post("/{number}/decision")
    def decide(request: Request, number: Number, decided: DecisionIn) -> RequestOut:
        """Approve, deny or withdraw a request. Nobody decides his own."""
        who, access = visitor_of(request).actor, rooms.governance.access
        _decide(access, number, decided, by=who)
        return RequestOut.of(access.request_of(number))

    return routes


def _decide(access: Access, number: int, decided: DecisionIn, *, by: Actor) -> None:
    if decided.decision == "approve":
        access.approve(
            number,
            by=by,
            note=decided.note,
            row_filter=decided.row_filter,
            days=decided.days,
            figures_only=decided.figures_only,
        )
    elif decided.decision == "deny":
        access.deny(number, by=by, note=decided.note or "")
    else:
        access.withdraw(number, by=by)


def _grants(rooms: Rooms) -> APIRouter:
    routes = APIRouter(prefix="/access/grants")
    governance, access, clock = rooms.governance, rooms.governance.access, rooms.governance.state.clock

    @routes.get("")
    def list_grants(request: Request) -> list[GrantOut]:
        """List one's own grants and those one decides about, newest first."""
        who, ports = visitor_of(request).actor, _ports(rooms)
        return [
            GrantOut.of(shown_grant(each, governance.ports, who), clock())
            for each in access.grants()
            if who.holds(each.holder_kind, each.holder)
            or (each.port in ports and who.decides(ports[each.port], personal=each.personal))
        ]

    @routes.post("/{number}/renewal")
    def renew_grant(request: Request, number: Number, renewal: RenewalIn) -> GrantOut:
        """Let an active grant last longer."""
        who = visitor_of(request).actor
        return GrantOut.of(shown_grant(access.renew(number, by=who, days=renewal.days), governance.ports, who), clock())

    @routes.delete("/{number}")
    def revoke_grant(request: Request, number: Number) -> GrantOut:
        """End a grant at once."""
        who = visitor_of(request).actor
        return GrantOut.of(shown_grant(access.revoke(number, by=who), governance.ports, who), clock())

    return routes


def _notices(rooms: Rooms) -> APIRouter:
    routes = APIRouter(prefix="/access")
    told = rooms.governance.notices

    @routes.get("/notices")
    def list_notices(request: Request, limit: Limit = 100) -> list[NoticeOut]:
        """List what you were told about requests and grants, newest first."""
        return [NoticeOut(**vars(each)) for each in told.of(visitor_of(request).actor.name, limit=limit)]

    @routes.post("/notices/seen", status_code=204)
    def mark_notices(request: Request, seen: SeenIn) -> None:
        """Remember that you have seen notices up to a number."""
        visitor = visitor_of(request)
        if visitor.account is not None:
            told.mark_seen(visitor.account.name, seen.up_to)

    @routes.get("/sights")
    def read_sights(request: Request, account: SightOf) -> list[SightOut]:
        """Return what an account (`role:member`: a role) may read: for administrators and owners.

        The header `X-View-As: <account>` gives answers of metrics, SQL, questions and dashboards as they see them.
        """
        principal = looking(rooms.governance, visitor_of(request).actor, account)
        return [SightOut(**vars(each)) for each in sights(rooms.governance, principal)]

    return routes


def _ports(rooms: Rooms) -> dict[str, Port]:
    return {port.id: port for port in rooms.governance.ports.values()}


def _readable(rooms: Rooms, request: Request) -> list[Relation]:
    found = rooms.governance.entitlements(visitor_of(request).principal)
    return sorted(relation for relation in found.relations if relation in rooms.governance.ports)
