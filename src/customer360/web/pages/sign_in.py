"""Sign in and out."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from customer360.governance.failures import NotSignedIn, TooManyAttempts
from customer360.governance.tickets import ABSOLUTE
from customer360.web.gate import SIGN_IN, cookie_name, is_private
from customer360.web.pages.forms import back, form_of
from customer360.web.visitors import visitor_of

if TYPE_CHECKING:
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms


def router(rooms: Rooms, pages: Pages) -> APIRouter:
    """Return the pages."""
    routes = APIRouter(include_in_schema=False)
    governance = rooms.governance

    @routes.get(SIGN_IN)
    def ask(request: Request) -> Response:
        visitor = visitor_of(request)
        onward = back(request.query_params.get("next"))
        if not visitor.signs_in or visitor.account is not None:
            return RedirectResponse(onward, HTTPStatus.SEE_OTHER)
        return pages.respond(request, "sign_in.html", onward=onward, refused=None, step=None)

    @routes.post(SIGN_IN)
    async def enter(request: Request) -> Response:
        form = await form_of(request)
        onward = back(form.get("next"))
        try:
            _check_line(request)
            address = request.client.host if request.client else ""
            account = await run_sync(
                lambda: governance.accounts.check(form.get("name", ""), form.get("password", ""), address=address)
            )
        except (NotSignedIn, TooManyAttempts) as error:
            status = HTTPStatus.TOO_MANY_REQUESTS if isinstance(error, TooManyAttempts) else HTTPStatus.UNAUTHORIZED
            return pages.respond(
                request, "sign_in.html", status, onward=onward, refused=error.what, step=error.next_step
            )
        token = await run_sync(governance.tickets.open_session, account)
        return _with_session(request, token, onward)

    @routes.post("/sign-out")
    def leave(request: Request) -> Response:
        token = visitor_of(request).token
        if token is not None:
            governance.tickets.close_session(token)
        answer = RedirectResponse(SIGN_IN, HTTPStatus.SEE_OTHER)
        answer.delete_cookie(cookie_name(request), secure=request.url.scheme == "https", httponly=True, samesite="lax")
        return answer

    return routes


def _check_line(request: Request) -> None:
    if not is_private(request):
        raise NotSignedIn("A password is not sent over an open line.", next_step="Use https.")


def _with_session(request: Request, token: str, onward: str) -> Response:
    answer = RedirectResponse(onward, HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        cookie_name(request),
        token,
        max_age=int(ABSOLUTE.total_seconds()),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer
