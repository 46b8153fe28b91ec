"""Find people across systems, explain why, and change it: run, audit, explain, merge, split, never, review, undo ..."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from customer360.cli.options import (
    HERE,
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.identity.lifecycle import People

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)

WhoOption = Annotated[
    str | None, typer.Option("--who", help="Who decides (default: the key's account, else this machine's user).")
]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, for those who come after.")]
Person = Annotated[str, typer.Argument(help="A customer id, or a record as system:record_id.")]


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    commands = (run, audit, explain, customer, merge, split, never, overrides, review, undo, evaluate, train, add)
    for command in commands:
        group.command(command.__name__)(command)
    app.add_typer(group, name="identity", help=_HELP)


_HELP = """Find people across systems, explain why, and change it.

\b
Examples:
  c360 identity run
  c360 identity explain shop:CUST000042 crm:17
"""


def run(project: ProjectOption = HERE, log_format: LogFormatOption = LogFormat.text) -> None:
    """Build the tables of identity and all that stands on them, with what people decided.

    \b
    Examples:
      c360 identity run
      c360 identity run --project acme
    """
    workspace = opened(project, operating=True)
    with shown(log_format) as progress:
        report = workspace.build(select="+identity.*+", progress=progress)
    note(f"Built {report.built} tables, {report.unchanged} unchanged, in {report.seconds:.1f} s.")
    if standing := workspace.people().standing():
        note(standing)


def audit(project: ProjectOption = HERE, format_: FormatOption = None, out: OutOption = None) -> None:
    """Show the figures of the last run: people, how links were made, records per person, doubts, drift.

    \b
    Examples:
      c360 identity audit
      c360 identity audit --format json
    """
    write_table(_people(project).figures(), format_, out)


def explain(one: Person, other: Person, project: ProjectOption = HERE, format_: FormatOption = None) -> None:
    """Say why two customers or records are, or are not, one person.

    \b
    Examples:
      c360 identity explain shop:CUST000042 crm:17
      c360 identity explain P0123456789abcdef care:9
    """
    people = _people(project)
    found = people.explanation(one, other)
    write_table(found, format_)
    for each in people.decided_about(one, other):
        note(f"Override {each.number} ({each.kind}) by {each.who} on {each.at:%Y-%m-%d}: {each.why}")
    if people.customer_of(one) == people.customer_of(other):
        note("They are one person." if found.num_rows else "They are one and the same record.")
    else:
        note(
            "They are two people."
            if found.num_rows
            else "They are two people: no rule links them, nothing makes it likely."
        )


def customer(person: Person, project: ProjectOption = HERE, format_: FormatOption = None) -> None:
    """List the records of one customer, with the rule that put each there.

    \b
    Examples:
      c360 identity customer P0123456789abcdef
      c360 identity customer shop:CUST000042 --format json
    """
    people = _people(project)
    write_table(people.records(people.customer_of(person)), format_)


def merge(one: Person, other: Person, why: WhyOption, who: WhoOption = None, project: ProjectOption = HERE) -> None:
    """Decide that two customers are one person; holds from the next build on.

    \b
    Examples:
      c360 identity merge P0123456789abcdef P00aa11bb22cc33dd --why "called us"
      c360 identity merge shop:CUST000042 crm:17 --why "same loyalty card" --who dana
    """
    people, decider = _deciding(project, who)
    _decided(people.merge(one, other, who=decider, why=why))


def split(
    person: Person,
    record: Annotated[
        list[str], typer.Option("--record", help="A record (system:record_id) that is somebody else; repeat it.")
    ],
    why: WhyOption,
    who: WhoOption = None,
    project: ProjectOption = HERE,
) -> None:
    """Decide that some records of a customer are somebody else; holds from the next build on.

    \b
    Examples:
      c360 identity split P0123456789abcdef --record crm:17 --why "father and son"
      c360 identity split P0123456789abcdef --record crm:17 --record care:9 --why "other birth date"
    """
    people, decider = _deciding(project, who)
    _decided(people.split(person, record, who=decider, why=why))


def never(one: Person, other: Person, why: WhyOption, who: WhoOption = None, project: ProjectOption = HERE) -> None:
    """Decide that two customers or records are never one person.

    \b
    Examples:
      c360 identity never shop:CUST000042 crm:17 --why "twins"
      c360 identity never P0123456789abcdef P00aa11bb22cc33dd --why "asked both"
    """
    people, decider = _deciding(project, who)
    _decided(people.never(one, other, who=decider, why=why))


def overrides(project: ProjectOption = HERE, format_: FormatOption = None) -> None:
    """List what people decided, with who, when and why.

    \b
    Examples:
      c360 identity overrides
      c360 identity overrides --format csv
    """
    write_table(_people(project).decisions(), format_)


def review(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 20,
    gone: Annotated[bool, typer.Option("--gone", help="Those that were decided or went away, latest first.")] = False,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """List the doubts that a person should look at, worst first; or what became of those that were there.

    \b
    Examples:
      c360 identity review
      c360 identity review --limit 100 --format csv
      c360 identity review --gone
    """
    found = _people(project).doubts(limit, gone=gone)
    write_table(found, format_)
    if gone:
        return
    if found.num_rows:
        note("Decide with `c360 identity merge A B --why ...` or `never A B --why ...`, A and B as system:record_id.")
    else:
        note("No doubt is open.")


def undo(
    number: Annotated[int, typer.Argument(help="Number of the override; `c360 identity overrides` lists them.")],
    who: WhoOption = None,
    project: ProjectOption = HERE,
) -> None:
    """Take a decision back; holds from the next build on.

    \b
    Examples:
      c360 identity undo 3
      c360 identity undo 3 --who dana
    """
    people, decider = _deciding(project, who)
    undone = people.undo(number, who=decider)
    note(f"Override {undone.number} ({undone.kind}) is taken back. Run `c360 identity run` to apply it.")


def evaluate(
    labels: Annotated[Path, typer.Argument(help="CSV with the columns system, record_id, label.")],
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """Compare the people found with labels: precision, recall, largest wrong cluster, and a curve of thresholds.

    \b
    Examples:
      c360 identity evaluate labels.csv
      c360 identity evaluate labels.csv --format json
    """
    write_table(_people(project).against(labels), format_)


def train(project: ProjectOption = HERE) -> None:
    """Learn from the records of the last build how telling each trait is, and keep that in the project.

    With the file identity.model.json every machine and every rebuild weighs pairs alike; without it the warehouse keeps
    the model, and learns again when there are twice as many records.

    \b
    Examples:
      c360 identity train
      c360 identity train --project acme
    """
    from customer360.identity.configured import settings_of

    workspace = opened(project, operating=True)
    path = workspace.people().train(settings_of(workspace.project), as_of=workspace.as_of())
    note(f"Kept in {path.name}. Run `c360 identity run` to apply it; put the file under version control.")


def add(project: ProjectOption = HERE) -> None:
    """Put the steps and contracts of identity into a project, with an identity.yaml to change.

    \b
    Examples:
      c360 identity add
      c360 identity add --project acme
    """
    from customer360.identity.starter import add_identity
    from customer360.workspace import find_project

    root = find_project(project)
    add_identity(root)
    note("Added products/identity and identity.yaml. Run `c360 identity run` when conformed.person_record has rows.")


def _people(project: Path) -> People:
    return opened(project).people()


def _deciding(project: Path, who: str | None) -> tuple[People, str]:
    """Return the people, and in whose name it is decided: the key's account, else ``who``, else this machine's user."""
    workspace = opened(project)
    by = actor(workspace)
    return workspace.people(), who or (getpass.getuser() if by.is_operator else by.name)


def _decided(override: Any) -> None:
    note(
        f"Kept as override {override.number}: {_records(override.records_a)} and {_records(override.records_b)}"
        f" {_SAYS[override.kind]}. Run `c360 identity run` to apply it;"
        f" `c360 identity undo {override.number}` takes it back."
    )


_SAYS = {"merge": "are one person", "split": "are two people", "never": "are never one person"}


def _records(names: Sequence[str]) -> str:
    """Name a few records, count many."""
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} records"  # noqa: PLR2004 - what a line holds
