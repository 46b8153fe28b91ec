"""Serve the project's figures to assistants over the Model Context Protocol."""

from __future__ import annotations

import typer

from customer360.cli.options import HERE, ProjectOption, opened


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("mcp")(mcp)


def mcp(project: ProjectOption = HERE) -> None:
    """Serve metrics and customers to an assistant over standard input and output (Model Context Protocol).

    The client starts this command itself; docs/how-to/ask-from-an-assistant.md shows its settings.

    \b
    Examples:
      c360 mcp
      c360 mcp --project acme
    """
    from customer360.mcp.server import serve

    serve(opened(project))
