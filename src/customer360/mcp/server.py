"""Serve the tools over standard input and output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360 import __version__
from customer360.errors import C360Error
from customer360.mcp.desk import Desk
from customer360.mcp.tools import TOOLS

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

    from customer360.semantic.principal import Principal
    from customer360.workspace import Workspace

INSTRUCTIONS = (
    "Figures of one company's customer 360. Every number is a metric with a fixed meaning: look metrics up with "
    "list_metrics, ask with query_metrics. A refusal says what can be asked instead. Dates stand on the as-of date."
)


def create_server(workspace: Workspace, principal: Principal | None = None) -> MCPServer:
    """Return the server of an opened project; every tool asks as the principal (None: the owner of the project).

    Errors: C360Error when the package ``mcp`` is not installed.
    """
    try:
        from mcp.server.mcpserver import MCPServer
        from mcp.types import ToolAnnotations
    except ModuleNotFoundError as error:
        raise C360Error(
            "The MCP server needs the package mcp, which is not installed.",
            next_step='Install it: pip install "customer360[mcp]".',
        ) from error
    label = workspace.project.settings.label
    server = MCPServer("customer360", title=label, version=__version__, instructions=INSTRUCTIONS, log_level="WARNING")
    desk = Desk(workspace, principal)
    for tool in TOOLS:
        hints = ToolAnnotations(read_only_hint=True, open_world_hint=False)
        server.add_tool(tool.make(desk), title=tool.title, annotations=hints)
    return server


def serve(workspace: Workspace, principal: Principal | None = None) -> None:
    """Answer on standard input and output until the client closes them."""
    create_server(workspace, principal).run("stdio")
