"""Ask for data products, decide about requests, and see who has what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.opening import open_
from customer360.cli.options import HERE, FiguresOption, FormatOption, ProjectOption, opened
from customer360.cli.output import note
from customer360.cli.users import write_rows
from customer360.cli.whoever import actor
from customer360.errors import C360Error

if TYPE_CHECKING:
    from customer360.workspace import Workspace

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)

Port = Annotated[str, typer.Argument(help="An output port's table: gold.gold_sales_fact.")]
Number = Annotated[int, typer.Argument(help="Number of the request or grant.")]
DaysOption = Annotated[int | None, typer.Option("--days", min=1, help="For so many days.")]
NoteOption = Annotated[str | None, typer.Option("--note", help="Why.")]
PersonalOption = Annotated[
    bool, typer.Option("--personal", help="Show personal columns in the clear; opens nothing by itself.")
]
FilterOption = Annotated[str | None, typer.Option("--rows", help="Only these rows: \"country = 'US'\".")]

_HELP = """Ask for data products, decide, and see who has what.

C360_API_KEY says who you are; without it you are the operator of this machine.

\b
Examples:
  c360 access requests
  c360 access grant gold.gold_sales_fact kai --days 30
"""


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    for name, command in (
        ("request", request),
        ("requests", requests),
        ("approve", approve),
        ("deny", deny),
        ("grant", grant),
        ("open", open_),
        ("grants", grants),
        ("renew", renew),
        ("revoke", revoke),
        ("history", history),
        ("notices", notices),
        ("view-as", view_as),
        ("sync", sync),
    ):
        group.command(name)(command)
    app.add_typer(group, name="access", help=_HELP)


def request(
    port: Port,
    purpose: Annotated[str, typer.Option("--purpose", help="What the data are for.")],
    days: DaysOption = 90,
    personal: PersonalOption = False,
    figures_only: FiguresOption = False,
    project: ProjectOption = HERE,
) -> None:
    """Ask for a port; its owners decide.

    \b
    Examples:
      c360 access request marketing_360.customer_activity --purpose "spring campaign"
      c360 access request shop.customers --purpose "call back" --days 7 --personal
    """
    workspace = opened(project)
    who = actor(workspace, "access")
    if who.is_operator:
        raise C360Error(
            "The operator of this machine has no account to ask for.",
            next_step="Set C360_API_KEY to an account's key, or grant at once: `c360 access grant`.",
        )
    account = workspace.governance.accounts.named(who.name)
    made = workspace.governance.access.request(
        account, port, purpose=purpose, days=days, personal=personal, figures_only=figures_only
    )
    note(f"Request {made.id} is open; the owners of {made.port} decide.")


def requests(
    all_: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """List open requests: yours, and those that you decide.

    \b
    Examples:
      c360 access requests
      c360 access requests --all --format csv
    """
    workspace = opened(project)
    found = _visible(workspace, status=None if all_ else "open")
    rows = [{name: getattr(each, name) for name in _REQUEST} for each in found]
    write_rows(rows, _REQUEST, format_)


_REQUEST = (
    "id",
    "account",
    "port",
    "purpose",
    "days",
    "personal",
    "figures_only",
    "status",
    "at",
    "decided_by",
    "note",
)
_GRANT = (
    "id",
    "holder_kind",
    "holder",
    "port",
    "personal",
    "figures_only",
    "row_filter",
    "granted_by",
    "starts_at",
    "expires_at",
    "status",
)


def _visible(workspace: Workspace, status: str | None) -> list[object]:
    who = actor(workspace, "access")
    access = workspace.governance.access
    return [
        each
        for each in access.requests(status=status)
        if each.account == who.name or access.decides(who, each.port, personal=each.personal)
    ]


def approve(
    number: Number,
    rows: FilterOption = None,
    days: DaysOption = None,
    figures_only: FiguresOption = False,
    remark: NoteOption = None,
    project: ProjectOption = HERE,
) -> None:
    """Approve a request: the grant holds at once, in every process.

    \b
    Examples:
      c360 access approve 12 --note "for the spring campaign"
      c360 access approve 12 --rows "country = 'US'" --days 30
    """
    workspace = opened(project)
    made = workspace.governance.access.approve(
        number, by=actor(workspace, "access"), note=remark, row_filter=rows, days=days, figures_only=figures_only
    )
    note(f"Grant {made.id}: {made.holder} reads {made.port}{_until(made.expires_at)}.")


def deny(
    number: Number,
    remark: Annotated[str, typer.Option("--note", help="Why.")],
    project: ProjectOption = HERE,
) -> None:
    """Deny a request and say why.

    \b
    Examples:
      c360 access deny 12 --note "the aggregate is enough"
      c360 access deny 12 --note "no purpose given" --project acme
    """
    workspace = opened(project)
    workspace.governance.access.deny(number, by=actor(workspace, "access"), note=remark)
    note(f"Request {number} is denied.")


def grant(
    port: Port,
    holder: Annotated[str, typer.Argument(help="An account, or a group with --to-group.")],
    to_group: Annotated[bool, typer.Option("--to-group", help="The holder is a group; everyone is one.")] = False,
    days: DaysOption = 90,
    rows: FilterOption = None,
    personal: PersonalOption = False,
    figures_only: FiguresOption = False,
    project: ProjectOption = HERE,
) -> None:
    """Grant a port without a request.

    \b
    Examples:
      c360 access grant gold.gold_sales_fact kai --days 30
      c360 access grant gold.gold_customer_dim everyone --to-group --rows "country = user.country"
    """
    workspace = opened(project)
    made = workspace.governance.access.grant(
        port,
        holder,
        by=actor(workspace, "access"),
        holder_kind="group" if to_group else "account",
        days=days,
        row_filter=rows,
        personal=personal,
        figures_only=figures_only,
    )
    note(f"Grant {made.id}: {made.holder} reads {made.port}{_until(made.expires_at)}.")


def grants(
    port: Annotated[str | None, typer.Option("--port", help="Only of this port.")] = None,
    holder: Annotated[str | None, typer.Option("--holder", help="Only of this account or group.")] = None,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """List grants with their state: yours, and those that you decide.

    \b
    Examples:
      c360 access grants
      c360 access grants --port gold.gold_sales_fact --format csv
    """
    from customer360.governance.rules import shown_grant

    workspace = opened(project)
    who, access = actor(workspace, "access"), workspace.governance.access
    now, ports = workspace.governance.state.clock(), workspace.governance.ports
    rows = [
        {**{name: getattr(shown_grant(each, ports, who), name) for name in _GRANT[:-1]}, "status": each.status(now)}
        for each in access.grants(port=port, holder=holder)
        if who.holds(each.holder_kind, each.holder) or access.decides(who, each.port, personal=each.personal)
    ]
    write_rows(rows, _GRANT, format_)


def renew(
    number: Number,
    days: Annotated[int, typer.Option("--days", min=1, help="For so many days from now.")] = 90,
    project: ProjectOption = HERE,
) -> None:
    """Let an active grant last longer.

    \b
    Examples:
      c360 access renew 7
      c360 access renew 7 --days 30
    """
    workspace = opened(project)
    made = workspace.governance.access.renew(number, by=actor(workspace, "access"), days=days)
    note(f"Grant {made.id} holds{_until(made.expires_at)}.")


def revoke(number: Number, remark: NoteOption = None, project: ProjectOption = HERE) -> None:
    """End a grant at once.

    \b
    Examples:
      c360 access revoke 7
      c360 access revoke 7 --note "the campaign is over"
    """
    workspace = opened(project)
    workspace.governance.access.revoke(number, by=actor(workspace, "access"), note=remark)
    note(f"Grant {number} is revoked.")


def history(
    port: Annotated[str | None, typer.Argument(help="Only of this port.", show_default=False)] = None,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """Show who asked, decided, granted and revoked, newest first.

    \b
    Examples:
      c360 access history
      c360 access history gold.gold_sales_fact --format json
    """
    workspace = opened(project)
    who, access = actor(workspace, "access"), workspace.governance.access
    decided = {each.id for each in workspace.governance.ports.values() if who.decides(each, personal=False)}
    if port is not None:
        access.port(port)
    rows = [
        {"at": e.at, "actor": e.actor, "action": e.action, "port": e.subject, "detail": dict(e.detail)}
        for e in workspace.governance.state.history(subject=port)
        if e.action.startswith("access.") and (e.subject in decided or e.actor == who.name)
    ]
    write_rows(rows, ("at", "actor", "action", "port", "detail"), format_)


def notices(
    seen: Annotated[bool, typer.Option("--seen", help="Mark them as seen.")] = False,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """List what you were told about requests and grants, newest first.

    \b
    Examples:
      c360 access notices
      c360 access notices --seen
    """
    workspace = opened(project)
    who, told = actor(workspace, "access"), workspace.governance.notices
    found = told.of(who.name)
    rows = [{"at": e.at, "new": "new" if e.is_new else "", "port": e.port, "text": e.text} for e in found]
    write_rows(rows, ("at", "new", "port", "text"), format_)
    if seen and found:
        told.mark_seen(who.name, found[0].id)


def view_as(
    whom: Annotated[str, typer.Argument(help="An account, or role:member for a role.")],
    sql: Annotated[str | None, typer.Option("--sql", help="Run one SELECT as they would see it.")] = None,
    query: Annotated[
        str | None, typer.Option("--query", help="Answer a metric query (JSON) as they would see it.")
    ] = None,
    project: ProjectOption = HERE,
    format_: FormatOption = None,
) -> None:
    """Show what another account or role may read, or an answer as they would see it. It is written down.

    With C360_API_KEY: for administrators and owners, who see no more than they may themselves.

    \b
    Examples:
      c360 access view-as kai
      c360 access view-as role:viewer --sql "SELECT count(*) FROM gold.gold_sales_fact"
      c360 access view-as kai --query '{"metrics": ["revenue"], "dimensions": [{"name": "segment"}]}'
    """
    from customer360.cli.output import write_table
    from customer360.cli.query_words import json_query
    from customer360.governance.asking import asking
    from customer360.governance.viewing import looking, sights

    workspace = opened(project)
    principal = looking(workspace.governance, actor(workspace, "access"), whom, scopes=asking().scopes)
    if sql is not None:
        write_table(workspace.sql(sql, principal=principal), format_)
    elif query is not None:
        write_table(workspace.query(json_query(query, {}), principal=principal), format_)
    else:
        rows = [
            {
                "port": each.port,
                "access": each.access,
                "reads": "yes" if each.reads else "no",
                "rows": ("some" if each.filters_rows else "all") if each.reads else None,
                "masked": ", ".join(each.masked),
                "why_not": each.why_not,
            }
            for each in sights(workspace.governance, principal)
        ]
        write_rows(rows, ("port", "access", "reads", "rows", "masked", "why_not"), format_)


def sync(project: ProjectOption = HERE) -> None:
    """Make GRANTs of the PostgreSQL warehouse what grants here are: after one has expired, say, in the scheduler.

    Accounts with the attribute postgres_role read, with that role, the tables that they see whole and unmasked.

    \b
    Examples:
      c360 access sync
      c360 access sync --project acme
    """
    from customer360.governance.lending import lend

    workspace = opened(project, operating=True)
    lent = lend(workspace.governance, workspace.engine)
    if lent is None:
        note("There is nothing to do: no account has a postgres_role, or the warehouse is not PostgreSQL.")
        return
    note(f"{len(lent.given)} tables were given to roles of the database, {len(lent.taken)} taken from them.")


def _until(moment: object) -> str:
    return f" until {moment:%Y-%m-%d}" if moment is not None else " for ever"
