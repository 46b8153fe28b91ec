"""Write pages from templates: one environment, escaping on, with the filters that templates use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse

from customer360 import __version__
from customer360.customers import Customers
from customer360.dashboards import formats
from customer360.dashboards.theme import LIGHT
from customer360.web.pages import showing
from customer360.web.pages.navigation import navigation
from customer360.web.pages.texts import translate, translations
from customer360.web.visitors import may_administer, visitor_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from customer360.web.assets import Assets
    from customer360.web.boards import Boards
    from customer360.web.rooms import Rooms

THEME_COOKIE = "c360_theme"
THEMES = ("light", "dark")


class Pages:
    """Turns a template and its facts into a response with the frame that every page shares."""

    def __init__(self, rooms: Rooms, boards: Boards, assets: Assets) -> None:
        self._rooms = rooms
        self._boards = boards
        self._environment = Environment(
            loader=PackageLoader("customer360.web", "templates"),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(asset=assets.url, version=__version__, theme_color=LIGHT["canvas"])
        self._environment.filters.update(showing.FILTERS, day=formats.day)
        language, found = translations(rooms.project.root, rooms.project.settings.locale)
        self._environment.globals.update(_=str, language=language)
        if found:
            translate(self._environment, found)
        self._environment.filters["money"] = showing.money(rooms.project.settings.currency)

    def respond(self, request: Request, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
        """Return a page."""
        theme = request.cookies.get(THEME_COOKIE)
        visitor = visitor_of(request)
        html = self._environment.get_template(template).render(
            project=self._rooms.project.settings,
            nav=navigation(
                self._rooms.project,
                self._boards.all,
                request.url.path,
                signs_in=visitor.account is not None,
                administers=may_administer(visitor),
            ),
            has_customers=Customers(self._rooms).are_there,
            path=request.url.path,
            address=_address(request),
            theme=theme if theme in THEMES else None,
            account=visitor.account.name if visitor.account else None,
            signs_in=visitor.signs_in,
            signed_out=visitor.signs_in and visitor.account is None,
            csrf=visitor.csrf,
            views=visitor.views,
            news=self._rooms.governance.notices.count_new(visitor.account.name) if visitor.account else 0,
            **facts,
        )
        return HTMLResponse(html, status, headers={"Vary": "Cookie"})


def _address(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
