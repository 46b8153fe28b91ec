"""Serve the project's figures to assistants over the Model Context Protocol."""

from __future__ import annotations

import typer

from customer360.cli.options import HERE, ProjectOption, opened


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("mcp")(mcp)


def mcp(project: ProjectOption = HERE) -> None:
    """Serve metrics and customers to an assistant over standard input and output (Model Context Protocol).

    Personal columns are masked; with accounts, C360_API_KEY says who asks.

    The client starts this command itself; docs/how-to/ask-from-an-assistant.md shows its settings.

    \b
    Examples:
      c360 mcp
      c360 mcp --project acme
    """
    from customer360.cli.whoever import key_in_environment
    from customer360.governance.asking import asking
    from customer360.governance.failures import NotSignedIn
    from customer360.mcp.server import serve
    from customer360.semantic.principal import LOCAL

    workspace = opened(project)
    if key_in_environment() is None and workspace.governance.accounts.any:
        raise NotSignedIn(
            "This project has accounts, so an assistant asks with an API key.",
            next_step="Make one with `c360 users key NAME` and give it to the client as C360_API_KEY.",
        )
    serve(workspace, asking() if key_in_environment() else LOCAL)
