"""Serve the web app and the REST API."""

from __future__ import annotations

from typing import Annotated

import typer

from customer360.cli.options import HERE, ProjectOption, opened
from customer360.cli.output import note

PortOption = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of the web app.")]
HostOption = Annotated[str, typer.Option("--host", help="Address to listen on.")]


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("serve")(serve)


def serve(
    project: ProjectOption = HERE,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8360,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="Answer under this host name too, behind a proxy; several times.")
    ] = None,
    show_personal: Annotated[
        bool, typer.Option("--show-personal", help="Without accounts: show personal columns in the clear.")
    ] = False,
) -> None:
    """Serve the web app, the REST API and, under /support, the support tickets API.

    The support API is closed until C360_SUPPORT_API_KEY is set; it reads MongoDB when C360_MONGO_URL is set.

    Without accounts only this machine is answered, and personal columns are masked. With accounts (`c360 users create`)
    everybody signs in and reads what was granted.

    \b
    Examples:
      c360 serve
      c360 serve --project acme --port 9000
      c360 serve --name figures.example.com
    """
    from customer360.cli.support_api import mounted
    from customer360.semantic.principal import LOCAL, OWNER
    from customer360.web.server import serve as listen

    workspace = opened(project)
    local = OWNER if show_personal else LOCAL
    listen(
        workspace,
        host=host,
        port=port,
        names=name or (),
        local=local,
        ready=lambda url: note(f"Serving {url} (Ctrl-C stops)."),
        support=mounted(workspace.engine),
    )
