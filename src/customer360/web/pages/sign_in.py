"""Sign in and out."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from customer360.governance.failures import AccountRefused, NotSignedIn, TooManyAttempts
from customer360.governance.tickets import ABSOLUTE
from customer360.web.gate import SIGN_IN, cookie_name, is_private
from customer360.web.pages.forms import back, form_of
from customer360.web.visitors import visitor_of

if TYPE_CHECKING:
    from customer360.errors import C360Error
    from customer360.governance.office import Governance
    from customer360.governance.oidc import Provider
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import Rooms

OVER_PROVIDER = "/sign-in/oidc"
BROWSER = "c360_oidc"
"""The cookie that binds an attempt to the browser that began it."""


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
        return _page(governance, pages, request, onward)

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
            return _page(governance, pages, request, onward, error=error, status=status)
        token = await run_sync(governance.tickets.open_session, account)
        return _with_session(request, token, onward)

    _add_provider(routes, governance, pages)
    _add_leaving(routes, governance)
    return routes


def _add_leaving(routes: APIRouter, governance: Governance) -> None:
    """Add the way out."""

    @routes.post("/sign-out")
    def leave(request: Request) -> Response:
        token = visitor_of(request).token
        if token is not None:
            governance.tickets.close_session(token)
        onward = SIGN_IN if governance.provider is None else f"{SIGN_IN}?left=yes"
        answer = RedirectResponse(onward, HTTPStatus.SEE_OTHER)
        answer.delete_cookie(cookie_name(request), secure=request.url.scheme == "https", httponly=True, samesite="lax")
        return answer


def _add_provider(routes: APIRouter, governance: Governance, pages: Pages) -> None:
    """Add the way over an OpenID provider."""

    def provider() -> Provider:
        if governance.provider is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return governance.provider

    @routes.get(OVER_PROVIDER)
    def lead(request: Request) -> Response:
        _check_line(request)
        onward = back(request.query_params.get("next"))
        try:
            url, browser = provider().begin(_redirect(request), onward)
        except NotSignedIn as error:
            return _page(governance, pages, request, onward, error=error, status=HTTPStatus.UNAUTHORIZED)
        answer = RedirectResponse(url, HTTPStatus.SEE_OTHER)
        secure = request.url.scheme == "https"
        answer.set_cookie(BROWSER, browser, max_age=600, secure=secure, httponly=True, samesite="lax", path=SIGN_IN)
        return answer

    @routes.get(f"{OVER_PROVIDER}/end")
    def leave_provider(request: Request) -> Response:
        try:
            url = provider().leave(_here(request, SIGN_IN))
        except NotSignedIn as error:
            return _page(governance, pages, request, "/", error=error, status=HTTPStatus.BAD_GATEWAY)
        return RedirectResponse(url or SIGN_IN, HTTPStatus.SEE_OTHER)

    @routes.get(f"{OVER_PROVIDER}/callback")
    def come_back(request: Request) -> Response:
        try:
            _check_line(request)
            browser = request.cookies.get(BROWSER, "")
            account, onward = provider().finish(request.query_params, browser, _redirect(request))
        except (NotSignedIn, AccountRefused) as error:
            return _page(governance, pages, request, "/", error=error, status=HTTPStatus.UNAUTHORIZED)
        answer = _with_session(request, governance.tickets.open_session(account), onward)
        answer.delete_cookie(BROWSER, path=SIGN_IN)
        return answer


def _redirect(request: Request) -> str:
    """Return where the provider sends people back to."""
    return _here(request, f"{OVER_PROVIDER}/callback")


def _here(request: Request, path: str) -> str:
    """Return an address of this server, under the name it was asked by."""
    return f"{request.url.scheme}://{request.headers['host']}{path}"


def _page(
    governance: Governance,
    pages: Pages,
    request: Request,
    onward: str,
    *,
    error: C360Error | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    return pages.respond(
        request,
        "sign_in.html",
        status,
        onward=onward,
        refused=error.what if error else None,
        step=error.next_step if error else None,
        provider=governance.provider.label if governance.provider else None,
        over=f"{OVER_PROVIDER}?next={quote(onward)}",
        leave=f"{OVER_PROVIDER}/end" if request.query_params.get("left") else None,
    )


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
