"""Let nobody in who has not signed in, and let everything inside ask on behalf of who has.

It stands around every route, so one that is added later is behind it too.
"""

from __future__ import annotations

from hmac import compare_digest
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import RedirectResponse

from customer360.dashboards.locales import written_as
from customer360.errors import C360Error, NotPermitted
from customer360.governance.asking import asked_by
from customer360.governance.failures import NotSignedIn
from customer360.web.api.problems import problem_of, respond
from customer360.web.security import LOOPBACK, host_name
from customer360.web.viewing import viewed
from customer360.web.visitors import Visitor

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from customer360.semantic.principal import Principal
    from customer360.web.pages.templating import Pages
    from customer360.web.rooms import PrincipalOf, Rooms

SIGN_IN = "/sign-in"
OPEN = ("/static/", SIGN_IN, "/api/v1/health", "/preferences/theme")
"""What is answered before somebody signs in: nothing of the customers."""

DOORS = (
    ("/api/v1/metrics", "metrics"),
    ("/api/v1/dashboards", "metrics"),
    ("/api/v1/ask", "metrics"),
    ("/api/v1/sql", "sql"),
    ("/api/v1/customers", "customers"),
    ("/api/v1/identity", "customers"),
    ("/api/v1/catalogue", "catalogue"),
    ("/api/v1/access", "access"),
    ("/api/v1/me", "access"),
    ("/api/v1/privacy", "privacy"),
    ("/api/v1/audit", "audit"),
    ("/api/v1/audiences", "audiences"),
)
"""The scope that a limited API key needs for an address; any other address is closed to it."""

SUPPORT = "/support/"
FORM = "application/x-www-form-urlencoded"
MOST_BYTES = 1_000_000
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Gate:
    """ASGI middleware around every route."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        rooms: Rooms,
        pages: Pages,
        local: Principal,
        principal_of: PrincipalOf | None = None,
    ) -> None:
        self._app = app
        self._rooms = rooms
        self._pages = pages
        self._local = local
        self._principal_of = principal_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or pass it on with who sent it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            visitor = await run_sync(self._visitor, request)
            scope["visitor"] = visitor
            if request.method not in _SAFE:
                receive = await _whole(request, visitor)
        except C360Error as error:
            with written_as(self._rooms.project.settings.locale):
                await self._refusal(request, error)(scope, receive, send)
            return
        with asked_by(visitor.principal), written_as(self._rooms.project.settings.locale):
            await self._app(scope, receive, send)

    def _visitor(self, request: Request) -> Visitor:
        """Return who sent a request. Errors: NotSignedIn, NotPermitted."""
        if self._principal_of is not None:
            return Visitor(self._principal_of(request))
        if _path(request).startswith(SUPPORT):
            return Visitor(NOBODY, signs_in=True)  # an API with a key of its own
        governance = self._rooms.governance
        if not governance.accounts.any:
            return Visitor(self._local)
        key = _key(request)
        if key is not None:
            account, found = governance.tickets.holder(key)
            principal = governance.principal(account, found)
            _check_door(principal, _path(request))
            return viewed(governance, request, Visitor(principal, account, signs_in=True))
        token = request.cookies.get(cookie_name(request))
        ticket = governance.tickets.session(token) if token else None
        if ticket is not None:
            principal = governance.principal(ticket.account)
            return viewed(governance, request, Visitor(principal, ticket.account, ticket.csrf, token, signs_in=True))
        if _path(request).startswith(OPEN):
            return Visitor(NOBODY, signs_in=True)
        raise NotSignedIn("Nobody is signed in.", next_step="Sign in, or send an API key.")

    def _refusal(self, request: Request, error: C360Error) -> Response:
        problem = problem_of(error)
        if _path(request).startswith(("/api/", SUPPORT)):
            headers = {"WWW-Authenticate": 'Bearer realm="customer360"'} if isinstance(error, NotSignedIn) else None
            return respond(problem, headers)
        if isinstance(error, NotSignedIn) and request.method in _SAFE:
            path = quote(_path(request)) + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"{SIGN_IN}?next={quote(path)}", HTTPStatus.SEE_OTHER)
        request.scope.setdefault("visitor", Visitor(NOBODY, signs_in=True))
        return self._pages.respond(request, "error.html", problem.status, problem=problem)


def _path(request: Request) -> str:
    """Return the path that routes are found by: an address made of headers could name another."""
    return str(request.scope["path"])


def cookie_name(request: Request) -> str:
    """Return the session cookie's name: over TLS one that a browser keeps to this very host."""
    return "__Host-c360_session" if request.url.scheme == "https" else "c360_session"


def is_private(request: Request) -> bool:
    """Say whether a password may be sent: over TLS, or within this machine."""
    return request.url.scheme == "https" or host_name(request.headers.get("host", "")) in LOOPBACK


def _key(request: Request) -> str | None:
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind.casefold() == "bearer" and text:
        return text.strip()
    return request.headers.get("x-api-key")


def _check_door(principal: Principal, path: str) -> None:
    door = next((door for prefix, door in DOORS if path == prefix or path.startswith(f"{prefix}/")), None)
    if path.startswith("/api/v1/health"):
        return
    if principal.scopes and (door is None or not principal.may_use(door)):
        raise NotPermitted("This API key may not be used here.", next_step="Make a key with that scope.")


async def _whole(request: Request, visitor: Visitor) -> Receive:
    """Take a body that is not too large, of a session only from a page of ours; return it to be read again.

    Errors: NotPermitted.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise NotPermitted("The request is too large.")
    if visitor.token is not None:
        _check_page(request, visitor, body)
    return _again(body, request.receive)


def _check_page(request: Request, visitor: Visitor, body: bytes) -> None:
    """Raise NotPermitted unless a page of ours sent a change.

    A form carries the session's token. JSON comes from a script, which a browser lets no other site send here, and
    whose origin must be ours.
    """
    sent = request.headers.get("x-csrf-token") or ""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if not sent and kind == FORM:
        sent = next(iter(parse_qs(body.decode("utf-8", "replace")).get("csrf", ())), "")
    is_script = kind == "application/json" and _is_own_origin(request)
    if not compare_digest(sent.encode(), visitor.csrf.encode()) and not is_script:
        raise NotPermitted("This did not come from a page of this session.", next_step="Go back and load it again.")


def _is_own_origin(request: Request) -> bool:
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") == "same-origin"
    return urlsplit(origin).netloc == request.headers.get("host")


def _again(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def replay() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replay


def _nobody() -> Principal:
    from customer360.semantic.principal import Principal

    return Principal("nobody", scopes=frozenset({"nothing"}))


NOBODY = _nobody()
"""Who has not signed in: no door is open."""
