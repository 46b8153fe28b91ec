"""Manage who may sign in: accounts, passwords, API keys."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from customer360.cli.options import HERE, FormatOption, ProjectOption, opened
from customer360.cli.output import note, write_table
from customer360.cli.whoever import actor
from customer360.errors import C360Error, NotPermitted

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.workspace import Workspace

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)

Name = Annotated[str, typer.Argument(help="Name of the account.")]
RoleOption = Annotated[
    list[str] | None,
    typer.Option(
        "--role", help="viewer, member, product_owner, domain_owner, privacy_officer or admin; several times."
    ),
]
GroupOption = Annotated[list[str] | None, typer.Option("--group", help="A group; several times.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="An attribute for row filters: country=US, or regions=EU,US.")
]
StdinOption = Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin, do not ask.")]

_HELP = """Manage who may sign in. The first account ends the time in which everybody on this machine reads everything.

\b
Examples:
  c360 users create dana --role admin
  c360 users key dana --label notebook --scope metrics
"""


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    for name, command in (
        ("create", create),
        ("list", list_),
        ("change", change),
        ("password", password),
        ("disable", disable),
        ("key", key),
        ("keys", keys),
        ("revoke-key", revoke_key),
    ):
        group.command(name)(command)
    app.add_typer(group, name="users", help=_HELP)


def create(
    name: Name,
    role: RoleOption = None,
    in_group: GroupOption = None,
    attribute: SetOption = None,
    password_stdin: StdinOption = False,
    no_password: Annotated[bool, typer.Option("--no-password", help="For programs: API keys only.")] = False,
    project: ProjectOption = HERE,
) -> None:
    """Create an account; its password is asked for twice and shown nowhere.

    \b
    Examples:
      c360 users create dana --role admin
      c360 users create kai --role member --group marketing --set country=US
    """
    workspace = _administered(project)
    is_first = not workspace.governance.accounts.any
    secret = None if no_password else _password(password_stdin)
    account = workspace.governance.accounts.create(
        name,
        password=secret,
        roles=role or ["member"],
        groups=in_group or [],
        attributes=_attributes(attribute or []),
        by=actor(workspace, "access").name,
    )
    note(f"Created {account.name} ({', '.join(sorted(account.roles))}).")
    if is_first:
        note("From now on everybody signs in and reads what was granted.")
        note("`c360 access open everyone` opens the dashboards to all of them.")


def list_(project: ProjectOption = HERE, format_: FormatOption = None) -> None:
    """List the accounts with roles, groups and attributes.

    \b
    Examples:
      c360 users list
      c360 users list --format json
    """
    accounts = _administered(project).governance.accounts.all()
    rows = [
        {
            "name": account.name,
            "roles": ", ".join(sorted(account.roles)),
            "groups": ", ".join(sorted(account.groups)),
            "attributes": ", ".join(f"{key}={value}" for key, value in sorted(account.attributes.items())),
            "is_active": account.is_active,
        }
        for account in accounts
    ]
    write_rows(rows, ("name", "roles", "groups", "attributes", "is_active"), format_)


def change(
    name: Name,
    role: RoleOption = None,
    in_group: GroupOption = None,
    attribute: SetOption = None,
    active: Annotated[bool | None, typer.Option("--active/--disabled", help="Let it sign in, or not.")] = None,
    project: ProjectOption = HERE,
) -> None:
    """Change roles, groups or attributes of an account: what is given replaces what was.

    \b
    Examples:
      c360 users change kai --role member --role product_owner --group sales-data
      c360 users change kai --set country=CA
    """
    workspace = _administered(project)
    workspace.governance.accounts.change(
        name,
        by=actor(workspace, "access").name,
        roles=role,
        groups=in_group,
        attributes=None if attribute is None else _attributes(attribute),
        is_active=active,
    )
    note(f"Changed {name}; it holds from the next request on.")


def password(name: Name, password_stdin: StdinOption = False, project: ProjectOption = HERE) -> None:
    """Set a new password; open sessions of the account end.

    \b
    Examples:
      c360 users password dana
      c360 users password dana --password-stdin < new.txt
    """
    workspace = _administered(project)
    workspace.governance.accounts.set_password(name, _password(password_stdin), by=actor(workspace, "access").name)
    note(f"The password of {name} is changed; its sessions have ended.")


def disable(name: Name, project: ProjectOption = HERE) -> None:
    """Stop an account: sessions end, keys and grants no longer count. `c360 users change --active` takes it back.

    \b
    Examples:
      c360 users disable kai
      c360 users disable kai --project acme
    """
    workspace = _administered(project)
    workspace.governance.accounts.change(name, by=actor(workspace, "access").name, is_active=False)
    note(f"{name} is disabled.")


def key(
    name: Name,
    label: Annotated[str, typer.Option("--label", help="What the key is for.")] = "key",
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", help="metrics, sql, customers, catalogue, access, privacy, audit, audiences, port:schema.table."
        ),
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="It ends after so many days.")] = 90,
    project: ProjectOption = HERE,
) -> None:
    """Make an API key and print it: this once, only its digest is kept.

    \b
    Examples:
      c360 users key dana --label notebook
      c360 users key reports --scope metrics --scope port:gold.gold_sales_fact --days 30
    """
    workspace = _administered(project)
    made, text = workspace.governance.tickets.create_key(
        name, label=label, scopes=scope or (), days=days, by=actor(workspace, "access").name
    )
    sys.stdout.write(text + "\n")
    note(f"Key {made.id} of {name}, until {made.expires_at:%Y-%m-%d}. Send it as `Authorization: Bearer <key>`.")


def keys(project: ProjectOption = HERE, format_: FormatOption = None) -> None:
    """List the API keys, without their text.

    \b
    Examples:
      c360 users keys
      c360 users keys --format csv
    """
    found = _administered(project).governance.tickets.keys()
    rows = [
        {
            "id": each.id,
            "account": each.account,
            "label": each.label,
            "scopes": ", ".join(sorted(each.scopes)) or "all",
            "until": each.expires_at,
            "revoked_at": each.revoked_at,
        }
        for each in found
    ]
    write_rows(rows, ("id", "account", "label", "scopes", "until", "revoked_at"), format_)


def revoke_key(
    number: Annotated[str, typer.Argument(help="Id of the key; `c360 users keys` lists them.")],
    project: ProjectOption = HERE,
) -> None:
    """End an API key at once.

    \b
    Examples:
      c360 users revoke-key 3f2a9b1c
      c360 users revoke-key 3f2a9b1c --project acme
    """
    workspace = _administered(project)
    workspace.governance.tickets.revoke_key(number, by=actor(workspace, "access").name)
    note(f"Key {number} is revoked.")


def write_rows(rows: list[dict[str, Any]], columns: tuple[str, ...], format_: Any) -> None:
    """Write rows as a table of texts, dates as people write them."""
    import pyarrow as pa

    texts = {
        name: pa.array([None if row[name] is None else _text(row[name]) for row in rows], pa.string())
        for name in columns
    }
    write_table(pa.table(texts), format_)


def _text(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "strftime") else str(value)


def _administered(project: Path) -> Workspace:
    """Open the project for who manages accounts. Errors: NotPermitted."""
    workspace = opened(project)
    who = actor(workspace, "access")
    if not who.is_operator and "admin" not in who.roles:
        raise NotPermitted("Only an administrator manages accounts.")
    return workspace


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise C360Error("There is no terminal to ask for the password.", next_step="Add --password-stdin.")
    text: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return text


def _attributes(given: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals:
            raise typer.BadParameter(f"'{each}' is no attribute; write country=US.")
        found[name.strip()] = value.split(",") if "," in value else value
    return found
