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


def serve(project: ProjectOption = HERE, host: HostOption = "127.0.0.1", port: PortOption = 8360) -> None:
    """Serve the web app, the REST API and, under /support, the support tickets API.

    The support API is closed until C360_SUPPORT_API_KEY is set; it reads MongoDB when C360_MONGO_URL is set.

    \b
    Examples:
      c360 serve
      c360 serve --project acme --port 9000
    """
    from customer360.cli.support_api import mounted
    from customer360.web.server import serve as listen

    workspace = opened(project)
    listen(
        workspace,
        host=host,
        port=port,
        ready=lambda url: note(f"Serving {url} (Ctrl-C stops)."),
        support=mounted(workspace.engine),
    )
