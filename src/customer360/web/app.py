"""Put the web app together: pages and API around one opened project."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response

from customer360 import __version__
from customer360.engines.base import KeepsAtHand
from customer360.governance.asking import asked_by
from customer360.semantic.principal import LOCAL
from customer360.web.api import access as access_api
from customer360.web.api import ask, audiences, customers, health, metrics, sql
from customer360.web.api import catalogue as catalogue_api
from customer360.web.api import dashboards as dashboards_api
from customer360.web.api import privacy as privacy_api
from customer360.web.assets import Assets
from customer360.web.boards import Boards
from customer360.web.failures import add_handlers
from customer360.web.gate import Gate
from customer360.web.head import Head
from customer360.web.pages import (
    access,
    admin,
    asked,
    catalogue,
    dashboard,
    downloads,
    identity,
    own_boards,
    portal,
    preferences,
    reference,
    runs,
    sign_in,
    values,
)
from customer360.web.pages import ask as ask_page
from customer360.web.pages import audiences as audiences_page
from customer360.web.pages import customers as customers_page
from customer360.web.pages.templating import Pages
from customer360.web.security import LOOPBACK, Guard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from customer360.semantic.principal import Principal
    from customer360.web.rooms import PrincipalOf, Rooms

API = "/api/v1"
SUPPORT = "/support"
_SMALL = 1_000
"""Bytes below which compressing costs more than it saves."""
_LEVEL = 5  # 9 takes four times as long for 5 % less


def create_app(
    workspace: Rooms,
    *,
    hosts: Iterable[str] = LOOPBACK,
    local: Principal = LOCAL,
    principal_of: PrincipalOf | None = None,
    support: FastAPI | None = None,
) -> FastAPI:
    """Return the app of an opened project.

    ``hosts`` are the names it answers under (without port). As long as the project has no accounts, everybody is
    ``local``; ``principal_of`` says who sends a request instead of sessions and keys.
    ``support`` is the support API, which stands under ``/support`` behind a key of its own.
    """
    boards, assets = Boards(workspace), Assets()
    app = FastAPI(
        title=f"{workspace.project.settings.label}: customer360",
        version=__version__,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # the built-in pages load their scripts from other hosts
        redoc_url=None,
        lifespan=partial(_warmed, workspace, boards, local),
    )
    pages = Pages(workspace, boards, assets)
    _include(app, workspace, boards, pages)
    app.include_router(_static(assets))
    if support is not None:
        app.mount(SUPPORT, support)
    add_handlers(app, pages)
    app.add_middleware(Gate, rooms=workspace, pages=pages, local=local, principal_of=principal_of)
    app.add_middleware(GZipMiddleware, minimum_size=_SMALL, compresslevel=_LEVEL)
    app.add_middleware(Head)
    app.add_middleware(Guard, hosts=hosts)
    return app


def _include(app: FastAPI, workspace: Rooms, boards: Boards, pages: Pages) -> None:
    """Add every page and endpoint; what is added later is behind the gate too."""
    for routes in (
        metrics.router(workspace, boards),
        sql.router(workspace),
        access_api.router(workspace),
        catalogue_api.router(workspace),
        ask.router(workspace),
        dashboards_api.router(boards),
        customers.router(workspace),
        audiences.router(workspace),
        privacy_api.router(workspace),
        health.router(workspace, boards),
    ):
        app.include_router(routes, prefix=API)
    app.include_router(downloads.router(boards))
    app.include_router(values.router(workspace))
    app.include_router(own_boards.router(workspace, boards, pages))
    app.include_router(dashboard.router(workspace, boards, pages))
    app.include_router(asked.router(workspace, boards, pages))
    app.include_router(ask_page.router(workspace, boards, pages))
    app.include_router(audiences_page.router(workspace, pages))
    app.include_router(customers_page.router(workspace, pages))
    app.include_router(identity.router(workspace, pages))
    app.include_router(runs.router(workspace, pages))
    app.include_router(preferences.router())
    app.include_router(sign_in.router(workspace, pages))
    app.include_router(access.router(workspace, boards, pages))
    app.include_router(portal.router(workspace, boards, pages))
    app.include_router(admin.router(workspace, pages))
    app.include_router(catalogue.router(workspace, pages))
    app.include_router(reference.router(app, workspace, pages))


@asynccontextmanager
async def _warmed(rooms: Rooms, boards: Boards, local: Principal, _app: FastAPI) -> AsyncIterator[None]:
    """Fill the home page in the background while the server starts, and keep small tables at hand."""

    def warm() -> None:
        with asked_by(local):
            boards.warm()
        if isinstance(rooms.engine, KeepsAtHand):
            rooms.engine.keep_at_hand()

    warming = Thread(target=warm, name="warming")
    warming.start()
    yield
    warming.join()


def _static(assets: Assets) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/static/{address}")
    def static(request: Request, address: str) -> Response:
        asset = assets.at(address)
        if asset is None:
            raise HTTPException(404)
        return asset.response(request)

    return routes
