"""Let who may look as somebody else do so for one request: by a header, or by a cookie that the page Access sets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.errors import NotPermitted
from customer360.governance.viewing import looking

if TYPE_CHECKING:
    from starlette.requests import Request

    from customer360.governance.office import Governance
    from customer360.web.visitors import Visitor

HEADER, COOKIE = "x-view-as", "c360_view_as"
SWITCH = "/access/view-as"
_OWN = ("/static/", "/preferences/theme", "/sign-out", SWITCH, "/api/v1/health")
"""Addresses that are the visitor's own in any case."""
_FIGURES = ("metrics", "dashboards", "ask", "sql", "customers", "catalogue")
_LOOKS = ("/dashboards", "/ask", "/customers", "/catalogue", "/docs/api", *(f"/api/v1/{name}" for name in _FIGURES))
"""Addresses that may be looked at as somebody else: figures and definitions, no decisions and nobody's requests."""
_QUESTIONS = ("/api/v1/metrics/query", "/api/v1/sql", "/api/v1/ask")
"""They come by POST and change nothing."""


def viewed(governance: Governance, request: Request, visitor: Visitor) -> Visitor:
    """Return the visitor, as whom they look at the project. Errors: NotPermitted, UnknownName."""
    path = request.url.path
    whom = request.headers.get(HEADER) or (request.cookies.get(COOKIE) if visitor.token is not None else None)
    if not whom or path.startswith(_OWN):
        return visitor
    looks = path == "/" or any(path == each or path.startswith(f"{each}/") for each in _LOOKS)
    reads = request.method in {"GET", "HEAD"} or path in _QUESTIONS
    if not looks or not reads:
        raise NotPermitted(
            "While you look as somebody else, you see figures and change nothing.",
            next_step="End the view first: send no X-View-As, or press End on any page.",
        )
    principal = looking(governance, visitor.actor, whom, scopes=visitor.principal.scopes, begins=False)
    return replace(visitor, principal=replace(principal, key=visitor.principal.key), views=whom)
