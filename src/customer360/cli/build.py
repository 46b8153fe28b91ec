"""Fill and publish the warehouse: load, build, check, run, history, rollback."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.dashboard import write_due
from customer360.cli.options import (
    HERE,
    AsOfOption,
    FormatOption,
    LogFormat,
    LogFormatOption,
    OutOption,
    ProjectOption,
    opened,
)
from customer360.cli.output import note, write_table
from customer360.cli.progress import shown
from customer360.cli.whoever import actor
from customer360.errors import C360Error, QueryError

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.cli.options import Format
    from customer360.models.report import BuildReport
    from customer360.raw.load import LoadReport
    from customer360.workspace import Workspace

SelectOption = Annotated[
    str | None,
    typer.Option(
        "--select", "-s", help="Which models: `customer_360`, `+customer_360`, `gold.*`, `a,b+` (default: all)."
    ),
]
WARNINGS_SHOWN = 10
FullOption = Annotated[bool, typer.Option("--full", help="Read or rebuild everything, not only what is new.")]


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    for command in (load, build, check, run, history, rollback):
        app.command(command.__name__)(command)


def load(
    sources: Annotated[list[str] | None, typer.Argument(help="Which sources (default: all).")] = None,
    full: FullOption = False,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Pull new rows from the sources into raw tables.

    \b
    Examples:
      c360 load
      c360 load shop --full
    """
    workspace = opened(project, operating=True)
    with shown(log_format) as progress:
        report = workspace.load(sources=sources, full=full, progress=progress)
    write_table(report.as_table(), format_)
    say_load(report)
    report.raise_failures()


def build(
    select: SelectOption = None,
    full: FullOption = False,
    as_of: AsOfOption = None,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Build tables from models, check them, publish all or nothing.

    \b
    Examples:
      c360 build
      c360 build --select +customer_360 --as-of 2024-06-30
    """
    workspace = opened(project, operating=True)
    with shown(log_format) as progress:
        report = workspace.build(select=select, full_refresh=full, as_of=as_of, progress=progress)
    index_values(workspace)
    write_table(report.as_table(), format_)
    say_build(report)


def check(
    project: ProjectOption = HERE, format_: FormatOption = None, log_format: LogFormatOption = LogFormat.text
) -> None:
    """Check the project's files, its cases (rows in, rows out) and the published tables; change nothing.

    \b
    Examples:
      c360 check
      c360 check --format json
    """
    from customer360.cli.checking import check_everything

    workspace = opened(project, operating=True)
    with shown(log_format) as progress:
        outcome = check_everything(workspace, progress)
    write_table(outcome.table, format_)
    note(outcome.sentence)
    if outcome.failed:
        raise typer.Exit(1)


def run(as_of: AsOfOption = None, project: ProjectOption = HERE, log_format: LogFormatOption = LogFormat.text) -> None:
    """Load, build and check in one go, then write the files of dashboards that are due: the line for cron.

    \b
    Examples:
      c360 run
      c360 run --project acme --log-format json
    """
    workspace = opened(project, operating=True)
    with shown(log_format) as progress:
        report = workspace.run(as_of=as_of, progress=progress, loaded=say_load)
    index_values(workspace)
    say_build(report.build)
    if not write_due(workspace):
        raise typer.Exit(1)


def history(
    since: Annotated[int | None, typer.Option(help="Tell what changed since this state, table by table.")] = None,
    until: Annotated[int | None, typer.Option(help="With --since: up to this state (default: the newest).")] = None,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
    out: OutOption = None,
) -> None:
    """List the published states that are kept, newest first; or tell what changed between two of them.

    \b
    Examples:
      c360 history
      c360 history --since 8
      c360 history --since 8 --until 9 --format json
    """
    import pyarrow as pa

    workspace = opened(project, to_answer=True)
    if since is not None or until is not None:
        return _changed(workspace, since, until, format_, out)
    snapshots = workspace.history()
    table = pa.table(
        {
            "snapshot": pa.array([s.id for s in snapshots], pa.int64()),
            "at": pa.array([f"{s.at:%Y-%m-%d %H:%M:%S} UTC" for s in snapshots], pa.string()),
            "note": pa.array([s.note for s in snapshots], pa.string()),
            "by": pa.array([s.holder for s in snapshots], pa.string()),
        }
    )
    return write_table(table, format_, out)


def _changed(
    workspace: Workspace, since: int | None, until: int | None, format_: Format | None, out: Path | None
) -> None:
    """Write what changed between two states. Errors: QueryError, SnapshotMissing."""
    import pyarrow as pa

    from customer360.runs import Runs

    if since is None:
        raise QueryError("--until needs --since.", next_step="Name both states; `c360 history` lists them.")
    newest = until if until is not None else next((each.id for each in workspace.history()), since)
    found = Runs(workspace).difference(since, newest)
    counts = pa.int64()
    types = {"rows_before": counts, "rows_after": counts}
    rows = found.rows()
    names = (
        "table", "rows_before", "rows_after", "made", "columns_added", "columns_removed", "contract_before",
        "contract_after",
    )  # fmt: skip
    columns = {name: pa.array([row[name] for row in rows], types.get(name, pa.string())) for name in names}
    write_table(pa.table(columns), format_, out)
    note(f"{len(rows)} tables changed from {found.before.id} to {found.after.id}; {found.same} are as before.")


def rollback(
    snapshot: Annotated[int, typer.Argument(help="Number of the state to publish again; `c360 history` lists them.")],
    project: ProjectOption = HERE,
) -> None:
    """Publish an earlier state again (as a new one, so a rollback can be rolled back).

    \b
    Examples:
      c360 rollback 42
      c360 rollback 42 --project acme
    """
    from customer360.runs import Runs

    workspace = opened(project, to_answer=True)
    who = actor(workspace)
    if who.is_operator and not workspace.governance.accounts.any:
        made = workspace.rollback(snapshot)
    else:
        made = Runs(workspace).roll_back(snapshot, actor=who)
    note(f"Published snapshot {snapshot} again as snapshot {made.id}.")


def index_values(workspace: Workspace) -> None:
    """Index what questions may name, so that the first one after a build need not wait; it says what is wrong."""
    with suppress(C360Error):
        for name in workspace.project.semantics:
            workspace.asker(name).index()


def say_load(report: LoadReport) -> None:
    """Sum a load up in a line."""
    note(
        f"Loaded {report.rows_changed:,} new or changed rows into {report.tables_changed} of"
        f" {len(report.tables)} tables in {report.seconds:.1f} s; {report.rows_rejected:,} rows in quarantine."
    )


def say_build(report: BuildReport) -> None:
    """Sum a build up in a line, after what its checks warn of."""
    for warning in report.warnings[:WARNINGS_SHOWN]:
        note(f"Warning: {warning.sentence()}")
    if len(report.warnings) > WARNINGS_SHOWN:
        note(f"{len(report.warnings) - WARNINGS_SHOWN} more warnings: `c360 check` lists them all.")
    note(
        f"Built {report.built} tables, {report.unchanged} unchanged, {report.checks_passed} checks passed"
        f", {report.checks_warned} warnings, as of {report.as_of}, in {report.seconds:.1f} s."
    )
