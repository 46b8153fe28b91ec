"""Show what one may read, has asked for and decides; take requests and decisions as forms."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from customer360.errors import QueryError
from customer360.governance.failures import AccessRefused
from customer360.governance.rules import shown_grant
from customer360.governance.viewing import looking, may_look
from customer360.web.pages.forms import form_of
from customer360.web.viewing import COOKIE, SWITCH
from customer360.web.visitors import visitor_of

if TYPE_CHECKING:
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms
    from customer360.web.visitors import Visitor

PAGE = "/access"


def router(rooms: Rooms, pages: Pages) -> APIRouter:
    """Return the page and the targets of its forms."""
    routes = APIRouter(include_in_schema=False)
    governance = rooms.governance
    access = governance.access

    @routes.get(PAGE)
    def show(request: Request) -> Response:
        return pages.respond(request, "access.html", **_facts(rooms, request))

    @routes.post("/access/requests")
    async def ask(request: Request) -> Response:
        form = await form_of(request)
        return await _done(lambda: _ask(rooms, visitor_of(request), form))

    @routes.post("/access/requests/{number}")
    async def decide(request: Request, number: int) -> Response:
        form = await form_of(request)
        return await _done(lambda: _decide(rooms, visitor_of(request), number, form))

    _add_views(routes, rooms)

    @routes.post("/access/grants/{number}/revocation")
    async def revoke(request: Request, number: int) -> Response:
        await form_of(request)
        return await _done(lambda: access.revoke(number, by=visitor_of(request).actor))

    return routes


def _add_views(routes: APIRouter, rooms: Rooms) -> None:
    """Add the switch to look as somebody else, and the mark of what was seen."""
    governance = rooms.governance

    @routes.post("/access/notices")
    async def see(request: Request) -> Response:
        form, who = await form_of(request), visitor_of(request).actor.name
        number = form.get("up_to", "")
        return await _done(lambda: governance.notices.mark_seen(who, int(number) if number.isdigit() else 0))

    @routes.post(SWITCH)
    async def look(request: Request) -> Response:
        form, who = await form_of(request), visitor_of(request).actor
        whom = form.get("account", "").strip()
        if whom:
            await run_sync(lambda: looking(governance, who, whom))
        answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        secure = request.url.scheme == "https"
        if whom:
            answer.set_cookie(COOKIE, whom, secure=secure, httponly=True, samesite="strict")
        else:
            answer.delete_cookie(COOKIE, secure=secure, httponly=True, samesite="strict")
        return answer


async def _done(change: object) -> Response:
    await run_sync(change)  # type: ignore[arg-type]  # a lambda without arguments
    return RedirectResponse(PAGE, HTTPStatus.SEE_OTHER)


def _ask(rooms: Rooms, visitor: Visitor, form: dict[str, str]) -> None:
    if visitor.account is None:
        raise AccessRefused("This machine has no accounts, so there is nothing to ask for.")
    rooms.governance.access.request(
        visitor.account,
        form.get("port", ""),
        purpose=form.get("purpose", ""),
        days=_days(form.get("days")),
        personal=form.get("personal") == "yes",
        figures_only=form.get("figures_only") == "yes",
    )


def _decide(rooms: Rooms, visitor: Visitor, number: int, form: dict[str, str]) -> None:
    access, decision, note = rooms.governance.access, form.get("decision"), form.get("note", "")
    if decision == "approve":
        access.approve(
            number,
            by=visitor.actor,
            note=note or None,
            row_filter=form.get("row_filter") or None,
            figures_only=form.get("figures_only") == "yes",
        )
    elif decision == "deny":
        access.deny(number, by=visitor.actor, note=note)
    elif decision == "withdraw":
        access.withdraw(number, by=visitor.actor)
    else:
        raise AccessRefused("A decision is to approve, deny or withdraw.")


def _days(text: str | None) -> int | None:
    if not text:
        return 90
    if not text.isdigit():
        raise QueryError(f"'{text[:20]}' is no number of days.")
    return int(text)


def _facts(rooms: Rooms, request: Request) -> dict[str, Any]:
    visitor = visitor_of(request)
    who, now = visitor.actor, rooms.governance.state.clock()
    readable = (
        {str(r) for r in rooms.governance.entitlements(visitor.principal).relations} if visitor.account else set()
    )
    return {
        "readable": sorted(port.id for port in rooms.governance.ports.values() if port.id in readable),
        "askable": sorted(
            port.id
            for port in rooms.governance.ports.values()
            if port.access == "restricted" and (port.id not in readable or visitor.account)
        ),
        "chosen": request.query_params.get("port", ""),
        "mine": rooms.governance.access.requests(account=who.name),
        "waiting": rooms.governance.access.to_decide(who),
        "notices": rooms.governance.notices.of(who.name, limit=20),
        "may_look": visitor.account is not None and may_look(rooms.governance, who),
        "grants": [
            (shown_grant(grant, rooms.governance.ports, who), grant.status(now))
            for grant in rooms.governance.access.grants()
            if who.holds(grant.holder_kind, grant.holder)
        ],
    }
