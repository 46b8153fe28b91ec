"""Show and verify the history: who signed in, decided, read what, and was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.options import HERE, FormatOption, ProjectOption, opened
from customer360.cli.output import note
from customer360.cli.users import write_rows
from customer360.cli.whoever import actor
from customer360.errors import NotPermitted

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.workspace import Workspace

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)

_HELP = """Show and verify the history: who signed in, decided, read what, and was refused.

\b
Examples:
  c360 audit show --limit 50
  c360 audit verify
"""


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    for command in (show, verify):
        group.command(command.__name__)(command)
    app.add_typer(group, name="audit", help=_HELP)


def show(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many entries.")] = 100,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """Show the history, newest first. Queries stand there as digests, never with their text.

    \b
    Examples:
      c360 audit show
      c360 audit show --limit 100000 --format json
    """
    workspace = _audited(project)
    rows = [
        {
            "seq": e.seq,
            "at": e.at,
            "actor": e.actor,
            "action": e.action,
            "subject": e.subject,
            "detail": dict(e.detail),
            "digest": e.digest,
        }
        for e in workspace.governance.state.history(limit=limit)
    ]
    write_rows(rows, ("seq", "at", "actor", "action", "subject", "detail", "digest"), format_)


def verify(project: ProjectOption = HERE) -> None:
    """Prove that the history is as it was written, and print the digest of its last entry to keep elsewhere.

    \b
    Examples:
      c360 audit verify
      c360 audit verify --project acme
    """
    count, last = _audited(project).governance.state.verify()
    note(f"{count:,} entries follow from one another. The last has the digest {last}.")


def _audited(project: Path) -> Workspace:
    workspace = opened(project)
    who = actor(workspace, "audit")
    if not who.is_operator and not {"admin", "privacy_officer"}.intersection(who.roles):
        raise NotPermitted("Only administrators and privacy officers see the history.")
    return workspace
