"""Find data products, and see what a change of theirs breaks."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.options import HERE, FormatOption, ProjectOption, opened
from customer360.cli.output import note
from customer360.cli.users import write_rows
from customer360.errors import C360Error

if TYPE_CHECKING:
    from customer360.workspace import Workspace

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)

_HELP = """Find data products, and see what a change of theirs breaks.

\b
Examples:
  c360 products list --search "customer e-mail"
  c360 products changes main
"""


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    for name, command in (
        ("list", list_),
        ("show", show),
        ("changes", changes),
        ("glossary", glossary),
        ("usage", use),
    ):
        group.command(name)(command)
    app.add_typer(group, name="products", help=_HELP)


def list_(
    search: Annotated[str | None, typer.Option("--search", "-s", help="Only ports that hold all these words.")] = None,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """List output ports with domain, owner, version, access and state.

    \b
    Examples:
      c360 products list
      c360 products list --search revenue --format json
    """
    rows = [
        {
            "port": card.id,
            "domain": card.domain.label if card.domain else None,
            "product": card.port.product.name,
            "owners": ", ".join(card.port.product.owners),
            "version": card.port.version,
            "access": card.port.access,
            "personal": "yes" if card.has_personal else "no",
            "rows": card.built.rows,
            "checks": "sound" if card.is_sound else "failed",
        }
        for card in opened(project).cards(search=search)
    ]
    write_rows(
        rows, ("port", "domain", "product", "owners", "version", "access", "personal", "rows", "checks"), format_
    )


def show(
    port: Annotated[str, typer.Argument(help="An output port's table: gold.gold_sales_fact.")],
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """Show the columns of a port; what it reads and feeds goes to stderr.

    \b
    Examples:
      c360 products show gold.gold_sales_fact
      c360 products show gold.gold_sales_fact --format csv
    """
    card = opened(project).card(port)
    rows = [
        {
            "column": column.name,
            "type": column.type,
            "key": "yes" if column.primary_key else "",
            "classification": column.classification,
            "mask": column.mask,
            "description": column.description,
        }
        for column in card.port.contract.columns
    ]
    write_rows(rows, ("column", "type", "key", "classification", "mask", "description"), format_)
    for label, names in (
        ("Reads", card.reads),
        ("Read by", card.read_by),
        ("Metrics", card.metrics),
        ("Dashboards", card.dashboards),
        ("Audiences", card.audiences),
        ("Words", tuple(term.word for term in card.terms)),
    ):
        note(f"{label}: {', '.join(names) or 'nothing'}.")


def glossary(
    search: Annotated[str | None, typer.Option("--search", "-s", help="Only words that hold all of these.")] = None,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """List the words of the company, what they mean and where their figures are.

    \b
    Examples:
      c360 products glossary
      c360 products glossary --search churn --format json
    """
    rows = [
        {
            "word": term.word,
            "means": term.means,
            "synonyms": ", ".join(term.synonyms),
            "ports": ", ".join(term.ports),
            "metrics": ", ".join(term.metrics),
            "owner": term.owner,
        }
        for term in opened(project).project.glossary
        if not search or term.fits(search)
    ]
    write_rows(rows, ("word", "means", "synonyms", "ports", "metrics", "owner"), format_)


def use(
    port: Annotated[str | None, typer.Argument(help="Only this output port.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, help="How many days back, today included.")] = 30,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """Count queries and rows of each port per consumer and day, from the history.

    \b
    Examples:
      c360 products usage
      c360 products usage customer_360.customer_360 --days 90 --format csv
    """
    from customer360.cli.whoever import actor
    from customer360.governance.usage import seen_by, usage

    workspace = opened(project)
    if port is not None:
        workspace.card(port)  # says so when there is none
    known = {each.id: each for each in workspace.governance.ports.values()}
    found = seen_by(usage(workspace.governance.state, port, days=days), actor(workspace, "catalogue"), known)
    rows = [{name: getattr(each, name) for name in _USE} for each in found]
    for row in rows:
        row["day"] = row["day"].isoformat()
    write_rows(rows, _USE, format_)


_USE = ("day", "port", "consumer", "queries", "rows")


def changes(
    since: Annotated[str, typer.Argument(help="A git commit, branch or tag of this project to compare with.")],
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """Compare the ports with those of a commit: what changed, whom it breaks, which version it takes.

    Git keeps the earlier state: the project lies in a git repository with at least one commit.
    Exits with 1 when a port changed more than its version says.

    \b
    Examples:
      c360 products changes main
      c360 products changes v1.4.0 --format json
    """
    from customer360.catalog.changes import releases
    from customer360.dashboards.made import made_by_people

    now = opened(project)
    with tempfile.TemporaryDirectory() as folder:
        before = _at_commit(now.project.root, since, Path(folder))
        models = [before.semantic_model(name) for name in before.project.semantics]
        found = releases(before.project, now.project, *models, own=made_by_people(now.project.root))
    rows = [
        {
            "port": each.port,
            "version": f"{each.before or 'new'} -> {each.after or 'gone'}",
            "takes": each.needs,
            "change": change.what,
            "breaks": ", ".join(change.breaks),
        }
        for each in found
        for change in each.changes
    ]
    write_rows(rows, ("port", "version", "takes", "change", "breaks"), format_)
    wrong = [each.port for each in found if not each.is_declared]
    if wrong:
        raise C360Error(
            f"The version of {', '.join(wrong)} does not say how much changed.",
            next_step="Raise it in the contract and the port: only a major version may break readers.",
        )
    note(f"{len(found)} ports changed, and their versions say so." if found else "No port changed.")


def _at_commit(root: Path, commit: str, folder: Path) -> Workspace:
    """Open the project as it stood in a commit. Errors: C360Error when git cannot tell."""
    from customer360.workspace import open_project

    if shutil.which("git") is None:
        raise C360Error("Git is not installed, and it keeps the state to compare with.", next_step="Install git.")
    archive = subprocess.run(  # noqa: S603 - no shell, and the commit cannot be read as an option
        ["git", "-C", str(root), "archive", "--format=tar", "--end-of-options", commit, "."],  # noqa: S607 - git is on the path
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        said = archive.stderr.decode("utf-8", "replace").strip().splitlines()
        if any("not a git repository" in line.casefold() for line in said):
            raise C360Error(
                f"{root.name} is in no git repository, and git keeps the state to compare with.",
                next_step="Begin with `git init && git add . && git commit -m 'First state'` in the project's folder; "
                "after a change, `c360 products changes HEAD`.",
            )
        raise C360Error(
            f"The project cannot be read as it was in '{commit}': {said[-1] if said else 'git failed'}.",
            next_step="Name a commit, branch or tag of the repository that holds this project.",
        )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return open_project(folder)
