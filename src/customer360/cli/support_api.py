"""Serve ShopFlow's support API."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.options import HERE, ProjectOption, opened
from customer360.cli.output import note

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from customer360.engines.base import Engine
    from customer360.web.tickets import Tickets


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("support-api")(support_api)


def support_api(
    project: ProjectOption = HERE,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of the API.")] = 8361,
) -> None:
    """Serve the support tickets API: from MongoDB when C360_MONGO_URL is set, else from the project's warehouse.

    Requests need the header X-API-Key with the value of C360_SUPPORT_API_KEY.

    \b
    Examples:
      c360 support-api
      c360 support-api --project demo --port 9001
    """
    import uvicorn

    from customer360.errors import SettingMissing
    from customer360.web.server import bound
    from customer360.web.support_api import KEY_VARIABLE, create_support_app

    key = os.environ.get(KEY_VARIABLE)
    if not key:
        raise SettingMissing(KEY_VARIABLE, purpose="the key that callers send as X-API-Key; without it all is closed")
    app = create_support_app(_tickets(lambda: opened(project).engine), key)
    with bound(host, port) as listener:
        listener.listen()
        note(f"Serving http://{host}:{port}/tickets (Ctrl-C stops).")
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[listener])


def mounted(engine: Engine) -> FastAPI:
    """Return the support API as a part of the web app: closed (503) while no key is configured."""
    from customer360.web.support_api import KEY_VARIABLE, create_support_app

    return create_support_app(_tickets(lambda: engine), os.environ.get(KEY_VARIABLE))


def _tickets(engine: Callable[[], Engine]) -> Tickets:
    from customer360.web.tickets import URL_VARIABLE, MongoTickets, WarehouseTickets

    if url := os.environ.get(URL_VARIABLE):
        return MongoTickets(url)
    return WarehouseTickets(engine())
