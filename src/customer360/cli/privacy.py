"""Carry out what people ask about their data: find, erase, export, prove."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.options import HERE, FormatOption, LogFormat, LogFormatOption, ProjectOption, opened
from customer360.cli.output import note, write_table
from customer360.cli.progress import shown
from customer360.cli.users import write_rows
from customer360.cli.whoever import actor

if TYPE_CHECKING:
    from customer360.governance.records import Actor
    from customer360.privacy.certificate import Certificate
    from customer360.privacy.desk import PrivacyDesk
    from customer360.privacy.office import PrivacyOffice

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)


class ModeOption(StrEnum):
    """What happens to rows that count towards totals."""

    delete = "delete"
    anonymise = "anonymise"


Person = Annotated[str, typer.Argument(help="A customer id, a record as system:record_id, or an e-mail address.")]
Number = Annotated[int, typer.Argument(help="Number of the erasure; `c360 privacy list` shows them.")]

_HELP = """Carry out what people ask about their data: find, erase, export, prove.

For privacy officers (C360_API_KEY), and for who sits at this machine.

\b
Examples:
  c360 privacy erase P0123456789abcdef --dry-run
  c360 privacy erase shop:CUST000042 --mode anonymise --yes
"""


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    for name, command in (
        ("erase", erase),
        ("finish", finish),
        ("list", list_erasures),
        ("verify", verify),
        ("export", export),
        ("consent", consent),
        ("retention", retention),
    ):
        group.command(name)(command)
    app.add_typer(group, name="privacy", help=_HELP)


def erase(
    person: Person,
    mode: Annotated[
        ModeOption, typer.Option("--mode", help="delete: rows go; anonymise: totals stay, under ids of nobody.")
    ] = ModeOption.delete,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Stands in the certificate; write nothing personal.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which rows there are.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Erase a person from the warehouse and the project's state, keep them out, and write a signed certificate.

    Raw rows, every table made of them, identity, quarantine, decisions and logs; older states are deleted from disk,
    so rollback to before ends. The source systems are not written to.

    \b
    Examples:
      c360 privacy erase P0123456789abcdef --dry-run
      c360 privacy erase shop:CUST000042 --mode anonymise --reason "request 2024-118" --yes
    """
    office, who = _office(project)
    found = office.find(person, by=who)
    rows = [
        {"table": str(relation), "kind": found.kinds[relation], "rows": number}
        for relation, number in sorted(found.rows.items())
        if number
    ]
    if dry_run or not yes:
        write_rows(rows, ("table", "kind", "rows"), format_)
        note(f"{len(found.subject.records)} records of one person: {', '.join(found.subject.names)}.")
    if dry_run:
        return
    if not yes:
        typer.confirm(
            "Erase this person? It cannot be taken back, and rollback to earlier states ends", abort=True, err=True
        )
    with shown(log_format) as progress:
        made = office.erase(person, mode=mode.value, by=who, reason=reason, progress=progress)
    _say(made)


def finish(number: Number, project: ProjectOption = HERE) -> None:
    """Delete older states that were being read during an erasure, and write its certificate.

    \b
    Examples:
      c360 privacy finish 3
      c360 privacy finish 3 --project acme
    """
    office, who = _office(project)
    _say(office.finish(number, by=who))


def list_erasures(project: ProjectOption = HERE, format_: FormatOption = None) -> None:
    """List erasures, newest first: when, by whom, how far. Nothing of the people stands there.

    \b
    Examples:
      c360 privacy list
      c360 privacy list --format json
    """
    office, who = _office(project)
    rows = [
        {
            "number": each.id,
            "started_at": each.started_at,
            "by": each.actor,
            "mode": each.mode,
            "status": each.status,
            "finished_at": each.finished_at,
        }
        for each in office.erasures(by=who)
    ]
    write_rows(rows, ("number", "started_at", "by", "mode", "status", "finished_at"), format_)


def verify(
    certificate: Annotated[Path, typer.Argument(help="The JSON file of a certificate.")],
    project: ProjectOption = HERE,
) -> None:
    """Prove that a certificate was signed by this project and that nobody changed it.

    \b
    Examples:
      c360 privacy verify state/certificates/erasure-0001.json
      c360 privacy verify sent.json --project acme
    """
    office, _ = _office(project)
    found = office.verify(certificate).document
    note(f"Erasure {found['number']} ({found['mode']}), finished {found['finished_at']}: signed here and unchanged.")


def export(
    person: Person,
    to: Annotated[Path, typer.Option("--to", help="The zip to write; only you may read it.")],
    project: ProjectOption = HERE,
) -> None:
    """Write everything that is kept about a person into one zip: a page to read, and JSON a table.

    \b
    Examples:
      c360 privacy export P0123456789abcdef --to answer.zip
      c360 privacy export shop:CUST000042 --to answer.zip --project acme
    """
    desk, who = _desk(project)
    tables = desk.export(person, to, by=who)
    note(f"Wrote {tables} tables to {to}. It holds personal data in the clear.")


def consent(
    person: Person,
    refuse: Annotated[
        list[str] | None, typer.Option("--refuse", help="A channel, or purpose/channel; * is every one. Repeat it.")
    ] = None,
    allow: Annotated[
        list[str] | None, typer.Option("--allow", help="A channel, or purpose/channel. Repeat it.")
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="Every event, not only what holds.")] = False,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """Show what a person allowed or refused, and keep what they say now.

    \b
    Examples:
      c360 privacy consent P0123456789abcdef --history
      c360 privacy consent shop:CUST000042 --refuse marketing/email --allow phone
    """
    desk, who = _desk(project)
    for texts, is_allowed in ((refuse, False), (allow, True)):
        for text in texts or ():
            purpose, slash, channel = text.rpartition("/")
            desk.decide(
                person, purpose=purpose if slash else "marketing", channel=channel, is_allowed=is_allowed, by=who
            )
    write_table(desk.consent(person, by=who, events=history), format_)


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which rows are too old.")] = False,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """Delete raw rows that are older than the retention their contracts promise, and build. Rollback to before ends.

    \b
    Examples:
      c360 privacy retention --dry-run
      c360 privacy retention
    """
    desk, who = _desk(project)
    done = desk.retain(by=who, dry_run=dry_run)
    since = {rule.relation: rule for rule in done.rules}
    rows = [
        {
            "table": str(relation),
            "rows": number,
            "kept_since": since[relation].since if relation in since else None,
            "contract": since[relation].contract if relation in since else "rows that belong to deleted ones",
        }
        for relation, number in sorted(done.rows.items())
    ]
    write_rows(rows, ("table", "rows", "kept_since", "contract"), format_)
    total = sum(done.rows.values())
    if not done.rules:
        note("No contract promises a retention.")
    elif done.gone:
        note(f"{total:,} rows are deleted, and so are earlier states.")
    else:
        note(f"{total:,} rows are too old; nothing was changed.")


def _desk(project: Path) -> tuple[PrivacyDesk, Actor]:
    from customer360.privacy.desk import PrivacyDesk

    workspace = opened(project)
    return PrivacyDesk(workspace.engine, workspace.project, workspace.governance), actor(workspace, "privacy")


def _office(project: Path) -> tuple[PrivacyOffice, Actor]:
    from customer360.audiences.recall import recall_of
    from customer360.privacy.office import PrivacyOffice

    workspace = opened(project)
    office = PrivacyOffice(workspace.engine, workspace.project, workspace.governance, recall=recall_of(workspace))
    return office, actor(workspace, "privacy")


def _say(made: Certificate) -> None:
    document = made.document
    note(
        f"Erased: {sum(each['rows'] for each in document['removed']):,} rows in {len(document['removed'])} places;"
        f" {document['older_states']['snapshots']} earlier states ended. Certificate: {made.path}"
    )
    for place, number in document["verified"]["still_named_in"].items():
        note(f"Warning: {place} still names the person {number} times.")
    for place in document["verified"]["not_searched"]:
        note(f"Warning: {place} cannot be read as a table, so nobody can say whether it names the person: look at it.")
