"""List dashboards, write one into a file, and write those that are due."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.options import HERE, FormatOption, ProjectOption, opened
from customer360.cli.output import note
from customer360.cli.users import write_rows

if TYPE_CHECKING:
    from customer360.workspace import Workspace

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)

FiltersOption = Annotated[
    str, typer.Option("--filters", help="As in the page's address: from=2024-01-01&customer_360.customer_segment=VIP.")
]
FileOption = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", help="File, or folder for csv and parquet.", show_default="exports/dashboards/NAME in project"
    ),
]

_HELP = """List dashboards, write one into a file, and write those that are due.

Dashboards stand in dashboards/*.yaml, those that people made on the page in the project's state.

\b
Examples:
  c360 dashboard export executive --as pdf
  c360 dashboard due
"""


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    for name, command in (("list", list_), ("export", export), ("due", due), ("delete", delete)):
        group.command(name)(command)
    app.add_typer(group, name="dashboard", help=_HELP)


def list_(project: ProjectOption = HERE, format_: FormatOption = None) -> None:
    """List the project's dashboards, and the files that each is written to.

    \b
    Examples:
      c360 dashboard list
      c360 dashboard list --format json
    """
    from customer360.dashboards.files import said
    from customer360.web.filing import Filing

    filing = Filing(opened(project))
    last = {each.board: each for each in reversed(filing.files.log())}
    rows = [
        {
            "dashboard": board.name,
            "title": board.title,
            "widgets": len(board.widgets),
            "files": said(board.exports) or None,
            "last_file": last[board.name].path if board.name in last else None,
        }
        for board in filing.boards.all
    ]
    write_rows(rows, ("dashboard", "title", "widgets", "files", "last_file"), format_)


def export(
    name: Annotated[str, typer.Argument(help="A dashboard: the name of its file in dashboards/.")],
    kind: Annotated[str, typer.Option("--as", help="png or pdf; csv or parquet: a file for each widget.")] = "pdf",
    filters: FiltersOption = "",
    out: FileOption = None,
    project: ProjectOption = HERE,
) -> None:
    """Write a dashboard into a file, with the figures that you may see.

    Without --out it comes to exports/dashboards/NAME.KIND of the project (csv and parquet: into the folder NAME there),
    readable for you alone, where an erasure finds it.

    \b
    Examples:
      c360 dashboard export executive --as pdf
      c360 dashboard export executive --as csv --filters "customer_360.customer_segment=VIP" --out vip
    """
    from customer360.cli.output import write_files
    from customer360.dashboards.files import PICTURES, contents
    from customer360.dashboards.locales import written_as
    from customer360.names import DASHBOARD_FILES
    from customer360.web.address import check_names, filters_of, spoken
    from customer360.web.boards import Boards

    workspace = opened(project)
    boards = Boards(workspace)
    check_names(filters, boards.named(name))
    chosen = filters_of(filters, boards.named(name))
    with written_as(workspace.project.settings.locale):
        filled = boards.filled(name, chosen)
        files = contents(filled, kind, spoken(chosen))
    usual = workspace.project.root / DASHBOARD_FILES / filled.name
    if kind in PICTURES:
        place = out or usual.with_name(f"{filled.name}.{kind}")
        write_files({place.name: next(iter(files.values()))}, place.parent, is_private=out is None)
    else:
        write_files(files, out or usual, is_private=out is None)
    for widget in filled.widgets:
        if widget.state != "ok":
            note(f"Without figures: {widget.title}. {widget.message}")


def due(project: ProjectOption = HERE) -> None:
    """Write the files of dashboards that are due: a line for cron. `c360 run` does it too, after its build.

    \b
    Examples:
      c360 dashboard due
      c360 dashboard due --project acme
    """
    if not write_due(opened(project, operating=True)):
        raise typer.Exit(1)


def delete(
    name: Annotated[str, typer.Argument(help="A dashboard that somebody made: the end of its address.")],
    project: ProjectOption = HERE,
) -> None:
    """Delete a dashboard that somebody made on the page, with all its versions: your own, or as an administrator.

    \b
    Examples:
      c360 dashboard delete own_returns_3f2a9b1c
      c360 dashboard delete own_returns_3f2a9b1c --project acme
    """
    from customer360.cli.whoever import actor
    from customer360.dashboards.own import OwnBoards
    from customer360.errors import NotPermitted

    workspace = opened(project)
    who, own = actor(workspace, "metrics"), OwnBoards(workspace.project.root)
    board, administers = own.find(name), who.is_operator or "admin" in who.roles
    if not administers and (board is None or board.owner != who.name):
        raise NotPermitted(
            f"You have no dashboard '{name}'.", next_step="Only an administrator deletes somebody else's."
        )
    board = own.named(name)
    own.delete(board, by=who.name, administers=administers)
    if workspace.governance.accounts.any:
        with workspace.governance.state.writing() as writing:
            writing.note(who.name, "dashboard.deleted", name, owner=board.owner)
    note(f"Deleted '{board.title}' of {board.owner}.")


def write_due(workspace: Workspace) -> bool:
    """Write what is due and say it; False when something could not be written."""
    from customer360.web.filing import Failed, Filing, Skipped

    is_well = True
    for each in Filing(workspace).write_due():
        if isinstance(each, Failed):
            is_well = False
            note(f"Not written: {each.board} as {each.kind}. {each.error}")
        elif isinstance(each, Skipped):
            note(
                f"Skipped: {each.board}; {each.owner} may not sign in any more."
                f" `c360 dashboard delete {each.board}` ends this."
            )
        else:
            note(f"Wrote {each.path}.")
    return is_well
