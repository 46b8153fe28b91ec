"""Remember what a reader prefers, in a cookie: light or dark."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from customer360.web.pages.templating import THEME_COOKIE, THEMES

if TYPE_CHECKING:
    from collections.abc import Sequence

_YEAR = 365 * 24 * 3600


def router() -> APIRouter:
    """Return the form's target."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/preferences/theme")
    async def choose_theme(request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        answer = RedirectResponse(_back(form.get("back", ())), 303)
        wanted = next(iter(form.get("theme", ())), None)
        if wanted in THEMES:
            answer.set_cookie(THEME_COOKIE, wanted, max_age=_YEAR, samesite="lax")
        else:
            answer.delete_cookie(THEME_COOKIE, samesite="lax")
        return answer

    return routes


def _back(asked: Sequence[str]) -> str:
    """Return where to go next: only a path of this server."""
    path = next(iter(asked), "/")
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_ours else "/"
