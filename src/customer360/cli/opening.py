"""Open dashboards to a group: every table that they stand on, in one command."""

from __future__ import annotations

from typing import Annotated

import typer

from customer360.cli.options import HERE, FiguresOption, ProjectOption, opened
from customer360.cli.output import note
from customer360.cli.users import write_rows
from customer360.cli.whoever import actor
from customer360.errors import UnknownName


def open_(
    holder: Annotated[str, typer.Argument(help="A group (everyone is one), or an account with --to-account.")],
    dashboard: Annotated[
        list[str] | None,
        typer.Option("--dashboard", "-d", help="Only this one; may be given again.", show_default="every dashboard"),
    ] = None,
    to_account: Annotated[bool, typer.Option("--to-account", help="The holder is an account.")] = False,
    days: Annotated[int, typer.Option("--days", min=1, help="For so many days, or as long as a port allows.")] = 90,
    figures_only: FiguresOption = False,
    project: ProjectOption = HERE,
) -> None:
    """Open the project's dashboards to a group: grants each table that they stand on. Personal columns stay masked.

    \b
    Examples:
      c360 access open everyone
      c360 access open marketing --dashboard executive --dashboard segments --days 180
    """
    from customer360.dashboards.standing import tables_of
    from customer360.governance.opening import open_ports

    workspace = opened(project)
    boards = workspace.project.dashboards
    for name in dashboard or ():
        if name not in boards:
            raise UnknownName("dashboard", name, list(boards))
    chosen = [boards[name] for name in dashboard] if dashboard else list(boards.values())
    tables = {table for board in chosen for table in tables_of(board, workspace.semantic_model)}
    found = open_ports(
        workspace.governance,
        tables,
        holder,
        by=actor(workspace, "access"),
        holder_kind="account" if to_account else "group",
        days=days,
        figures_only=figures_only,
    )
    write_rows([{"port": each.port, "outcome": each.outcome, "grant": each.grant} for each in found], _COLUMNS, None)
    given = sum(each.outcome == "granted" for each in found)
    note(f"{holder} reads what {', '.join(board.title for board in chosen)} show: {given} new grants.")


_COLUMNS = ("port", "outcome", "grant")
