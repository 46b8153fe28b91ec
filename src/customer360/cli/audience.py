"""Choose customers for a purpose: see how many, keep who is in, send them, measure what it did."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.options import HERE, AsOfOption, FormatOption, ProjectOption, day, opened
from customer360.cli.output import note
from customer360.cli.users import write_rows

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.audiences.room import Audiences

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)

Name = Annotated[str, typer.Argument(help="An audience: the name of its file in audiences/.")]
ToOption = Annotated[
    str | None, typer.Option("--to", help="A destination of the audience.", show_default="the only one")
]

_HELP = """Choose customers for a purpose: see how many, keep who is in, send them, measure what it did.

Audiences stand in audiences/*.yaml; docs/how-to/audiences.md shows how.

\b
Examples:
  c360 audience preview retention_offer
  c360 audience export retention_offer --dry-run
"""


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    for name, command in (
        ("list", list_),
        ("preview", preview),
        ("refresh", refresh),
        ("diff", diff),
        ("overlap", overlap),
        ("export", export),
        ("log", log),
        ("lift", lift),
        ("suppress", suppress),
    ):
        group.command(name)(command)
    app.add_typer(group, name="audience", help=_HELP)


def _room(project: Path) -> Audiences:
    from customer360.audiences.room import audiences_of

    return audiences_of(opened(project))


def list_(project: ProjectOption = HERE, format_: FormatOption = None) -> None:
    """List the audiences with their size, freshness and last export.

    \b
    Examples:
      c360 audience list
      c360 audience list --format json
    """
    rows = []
    for each in _room(project).list():
        last, sent = each.refresh, each.last_export
        rows.append(
            {
                "audience": each.audience.name,
                "label": each.audience.label,
                "purpose": each.audience.purpose,
                "channel": each.audience.channel,
                "members": last.members if last else None,
                "held_out": last.held_out if last else None,
                "refreshed_at": last.at if last else None,
                "as_of": last.as_of if last else None,
                "fresh": "not permitted" if each.refused else {True: "yes", False: "no", None: ""}[each.is_fresh],
                "sent_at": sent.at if sent and sent.outcome == "sent" else None,
            }
        )
    names = ("audience", "label", "purpose", "channel", "members", "held_out", "refreshed_at", "as_of")
    write_rows(rows, (*names, "fresh", "sent_at"), format_)


def preview(name: Name, as_of: AsOfOption = None, project: ProjectOption = HERE, format_: FormatOption = None) -> None:
    """Count how many each condition leaves; nothing is kept.

    \b
    Examples:
      c360 audience preview win_back
      c360 audience preview win_back --as-of 2024-10-31
    """
    found = _room(project).preview(name, as_of=as_of)
    rows = [{"condition": "everybody", "left": found.everybody}]
    rows += [{"condition": words, "left": left} for words, left in found.steps]
    write_rows(rows, ("condition", "left"), format_)
    note(f"{found.members:,} members on {found.as_of}, of whom {found.held_out:,} are held out.")


def refresh(name: Name, as_of: AsOfOption = None, project: ProjectOption = HERE) -> None:
    """Work out who is in an audience and keep it; who joined and left is counted.

    \b
    Examples:
      c360 audience refresh vip_early_access
      c360 audience refresh win_back --as-of 2024-10-31
    """
    made, is_new = _room(project).refresh(name, as_of=as_of)
    if not is_new:
        note(f"'{name}' is fresh: nothing was published since {made.at:%Y-%m-%d %H:%M} UTC, {made.members:,} members.")
        return
    note(
        f"'{name}' has {made.members:,} members on {made.as_of}, {made.held_out:,} of them held out;"
        f" {made.joined:,} joined, {made.left:,} left."
    )


def diff(name: Name, to: ToOption = None, project: ProjectOption = HERE, format_: FormatOption = None) -> None:
    """List who joined and left since the last export (--to), else since the refresh before.

    \b
    Examples:
      c360 audience diff win_back
      c360 audience diff win_back --to newsletter --format csv
    """
    joined, left = _room(project).diff(name, to)
    rows = [{"member": id_, "change": "joined"} for id_ in joined] + [{"member": id_, "change": "left"} for id_ in left]
    write_rows(rows, ("member", "change"), format_)
    note(f"{len(joined):,} joined, {len(left):,} left.")


def overlap(
    name: Name,
    other: Annotated[str, typer.Argument(help="Another audience.")],
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """Count who is in two audiences, as they were last refreshed.

    \b
    Examples:
      c360 audience overlap win_back retention_offer
      c360 audience overlap win_back vip_early_access --format json
    """
    found = _room(project).overlap(name, other)
    row = {name: found.first, other: found.second, "both": found.both, "jaccard": f"{found.jaccard:.3f}"}
    write_rows([row], tuple(row), format_)


def export(
    name: Name,
    to: ToOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    project: ProjectOption = HERE,
) -> None:
    """Send the members of the last refresh to a destination.

    Who is held out, withdrew consent, is suppressed or belongs to an audience that is left out stays here.

    \b
    Examples:
      c360 audience export win_back --to newsletter --dry-run
      c360 audience export win_back --to newsletter
    """
    room = _room(project)
    if to is None:
        known = list(room.named(name).destinations)
        if len(known) != 1:
            raise typer.BadParameter(f"Name a destination with --to: {', '.join(known) or 'the file has none'}.")
        to = known[0]
    made, delivery = room.export(name, to, dry_run=dry_run)
    what = (
        f"{len(delivery.added):,} added, {len(delivery.changed):,} changed, {len(delivery.removed):,} removed,"
        f" {delivery.withheld:,} withheld"
    )
    if made is None:
        note(f"A dry run: {what}. Columns: {', '.join((delivery.member, *delivery.columns))}. Nothing was sent.")
    else:
        note(f"Sent {len(delivery.upserts):,} members of '{name}' to '{to}': {what}. Query {made.query[:12]}.")


def log(
    name: Annotated[str | None, typer.Argument(help="Only this audience.")] = None,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """Show what was sent: when, by whom, how many, from which query.

    \b
    Examples:
      c360 audience log
      c360 audience log win_back --format csv
    """
    rows = [{column: getattr(each, column) for column in _LOG} for each in _room(project).log(name)]
    write_rows(rows, _LOG, format_)


_LOG = (
    "id", "audience", "destination", "at", "by", "refresh", "as_of", "mode", "added", "changed", "removed", "withheld",
    "outcome", "detail", "query",
)  # fmt: skip


def lift(
    name: Name,
    metric: Annotated[str, typer.Option("--metric", "-m", help="A sum or a count: revenue, order_count.")] = "revenue",
    since: Annotated[
        date | None, typer.Option("--since", parser=day, metavar="YYYY-MM-DD", help="First day that counts.")
    ] = None,
    until: Annotated[
        date | None, typer.Option("--until", parser=day, metavar="YYYY-MM-DD", help="Last day that counts.")
    ] = None,
    number: Annotated[int | None, typer.Option("--refresh", help="The groups of this refresh.")] = None,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """Compare what the treated did since with what those held out did.

    \b
    Examples:
      c360 audience lift retention_offer
      c360 audience lift retention_offer --metric order_count --since 2024-11-01 --until 2024-11-30
    """
    found = _room(project).lift(name, metric, start=since, end=until, refresh=number)
    measured = found.lift
    rows = [
        {"group": word, "members": arm.members, "mean": f"{arm.mean:.4f}", "with_any": f"{arm.share_with_any:.4f}"}
        for word, arm in (("treated", measured.treated), ("held out", measured.held_out))
    ]
    write_rows(rows, ("group", "members", "mean", "with_any"), format_)
    relative = "" if measured.relative is None else f" ({measured.relative:+.1%})"
    note(
        f"{metric} from {found.start} to {found.end}: {measured.difference:+.4f} a member{relative}, 95 % between"
        f" {measured.low:+.4f} and {measured.high:+.4f}, p = {measured.p_value:.3g}; {measured.gained:+,.2f} in all."
        + ("" if measured.is_clear else " The interval holds 0: no effect is shown.")
    )


def suppress(
    member: Annotated[str, typer.Argument(help="Id of the customer.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; no personal values.")],
    channel: Annotated[str, typer.Option("--channel", help="Only this channel; * is every one.")] = "*",
    project: ProjectOption = HERE,
) -> None:
    """Keep a customer out of every export from now on; only a salted hash of the id is kept.

    \b
    Examples:
      c360 audience suppress CUST000042 --reason "asked by telephone"
      c360 audience suppress CUST000042 --channel email --reason "bounced"
    """
    _room(project).suppress(member, channel=channel, reason=reason)
    note("The customer is kept out of exports.")
