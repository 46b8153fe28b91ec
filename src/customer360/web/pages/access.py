"""Show what one may read, has asked for and decides; take requests and decisions as forms."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from customer360.dashboards.standing import tables_of
from customer360.errors import QueryError
from customer360.governance.access import ASKING
from customer360.governance.failures import AccessRefused
from customer360.governance.opening import lacking
from customer360.governance.rules import shown_grant
from customer360.governance.viewing import looking, may_look
from customer360.web.pages.forms import back, form_of
from customer360.web.viewing import COOKIE, SWITCH
from customer360.web.visitors import visitor_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.governance.records import Request as Asked
    from customer360.web.boards import Boards
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms
    from customer360.web.visitors import Visitor

PAGE = "/access"
USUAL_DAYS = 90


def router(rooms: Rooms, boards: Boards, pages: Pages) -> APIRouter:
    """Return the page and the targets of its forms."""
    routes = APIRouter(include_in_schema=False)
    governance = rooms.governance
    access = governance.access

    @routes.get(PAGE)
    def show(request: Request) -> Response:
        return pages.respond(request, "access.html", **_facts(rooms, boards, request))

    @routes.post("/access/requests")
    async def ask(request: Request) -> Response:
        form = await form_of(request)
        return await _done(lambda: _ask(rooms, boards, visitor_of(request), form), form)

    @routes.post("/access/requests/{number}")
    async def decide(request: Request, number: int) -> Response:
        form = await form_of(request)
        return await _done(lambda: _decide_all(rooms, visitor_of(request), number, form))

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


async def _done(change: object, form: dict[str, str] | None = None) -> Response:
    await run_sync(change)  # type: ignore[arg-type]  # a lambda without arguments
    came_from = (form or {}).get("back")
    onward = f"{PAGE}?{urlencode({'back': back(came_from), 'asked': 'yes'})}#mine" if came_from else PAGE
    return RedirectResponse(onward, HTTPStatus.SEE_OTHER)


def _ask(rooms: Rooms, boards: Boards, visitor: Visitor, form: dict[str, str]) -> None:
    """Ask for one port, or for every one that a dashboard stands on and that was not asked for yet."""
    account, name = visitor.account, form.get("dashboard", "")
    if account is None:
        raise AccessRefused("This machine has no accounts, so there is nothing to ask for.")
    ports = _needed(rooms, boards, visitor, name) if name else [form.get("port", "")]
    with rooms.governance.access.together():
        for port in ports:
            rooms.governance.access.request(
                account,
                port,
                purpose=form.get("purpose", ""),
                days=_days(rooms, port, form.get("days")),
                personal=form.get("personal") == "yes" and not name,
                figures_only=form.get("figures_only") == "yes",
            )


def _needed(rooms: Rooms, boards: Boards, visitor: Visitor, dashboard: str) -> list[str]:
    """Return the ports that a dashboard stands on, which somebody may not read and has not asked for."""
    governance = rooms.governance
    tables = tables_of(boards.named(dashboard), rooms.semantic_model)
    held = governance.entitlements(visitor.principal, figures=True).relations
    asked = {each.port for each in governance.access.requests(status="open", account=visitor.actor.name)}
    return [port.id for port in lacking(governance, tables, held) if port.id not in asked]


def _alike(waiting: Sequence[Asked], request: Asked) -> list[Asked]:
    """Return the other requests that wait of the same account for the same purpose: those of one dashboard, say."""
    same = (request.account, request.purpose, request.personal)
    return [e for e in waiting if e.id != request.id and (e.account, e.purpose, e.personal) == same]


def _decide_all(rooms: Rooms, visitor: Visitor, number: int, form: dict[str, str]) -> None:
    """Decide a request, and with ``also`` those that the form named beside it: all of them, or none.

    Rows are narrowed for the one alone.
    """
    access, also = rooms.governance.access, form.get("also", "").split()
    if also and form.get("row_filter"):
        raise AccessRefused("A condition on rows is about one table.", next_step="Decide that request by itself.")
    likes = {str(each.id) for each in _alike(access.to_decide(visitor.actor), access.request_of(number))}
    if not likes.issuperset(also):
        raise AccessRefused(
            "One of the other requests does not wait for you any more; nothing was decided.",
            next_step="Load the page again and look what waits.",
        )
    with access.together():
        for each in (*map(int, also), number):
            _decide(rooms, visitor, each, form)


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


def _days(rooms: Rooms, port: str, text: str | None) -> int | None:
    if text and not text.isdigit():
        raise QueryError(f"'{text[:20]}' is no number of days.")
    most = next((each.most_days for each in rooms.governance.ports.values() if each.id == port), None)
    return int(text) if text else min(USUAL_DAYS, most or USUAL_DAYS)


def _wanted(rooms: Rooms, boards: Boards, request: Request) -> dict[str, Any]:
    """Return what the form asks for: a port, or what a dashboard stands on, and who decides about it."""
    visitor, name = visitor_of(request), request.query_params.get("dashboard", "")
    chosen = request.query_params.get("port", "")
    board = boards.named(name) if name and visitor.account else None
    needed = _needed(rooms, boards, visitor, name) if board else []
    named = {port.id: port for port in rooms.governance.ports.values()}
    deciders = {
        owner
        for port in (needed or [chosen])
        if port in named
        for owner in (*named[port].product.owners, *named[port].domain_owners)
    }
    came_from = request.query_params.get("back")
    return {
        "chosen": chosen,
        "for_board": board,
        "needed": needed,
        "deciders": sorted(deciders),
        "back_to": back(came_from) if came_from else None,
        "asked": request.query_params.get("asked") == "yes",
        "may_ask": visitor.account is not None and visitor.account.has(*ASKING),
    }


def _facts(rooms: Rooms, boards: Boards, request: Request) -> dict[str, Any]:
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
        **_wanted(rooms, boards, request),
        "mine": rooms.governance.access.requests(account=who.name),
        "waiting": (waiting := rooms.governance.access.to_decide(who)),
        "alike": {each.id: _alike(waiting, each) for each in waiting},
        "notices": rooms.governance.notices.of(who.name, limit=20),
        "may_look": visitor.account is not None and may_look(rooms.governance, who),
        "grants": [
            (shown_grant(grant, rooms.governance.ports, who), grant.status(now))
            for grant in rooms.governance.access.grants()
            if who.holds(grant.holder_kind, grant.holder)
        ],
    }
