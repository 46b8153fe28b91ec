"""Export what the project or the demo company holds in the formats of other tools."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from customer360.cli.output import note

KINDS = ("ddl",)


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("export")(export)


def export(
    what: Annotated[str, typer.Argument(help=f"What to export: {', '.join(KINDS)}.")],
    system: Annotated[
        list[str] | None, typer.Option("--system", help="Only this system; several times.", show_default="all")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to this file instead of stdout.")] = None,
) -> None:
    """Export the DDL of ShopFlow's sources (tables, types, keys, indexes) for PostgreSQL.

    \b
    Examples:
      c360 export ddl > sources.sql
      c360 export ddl --system cdp --out cdp.sql
    """
    from customer360.errors import C360Error, UnknownName
    from customer360.synthetic.ddl import ddl

    if what not in KINDS:
        raise UnknownName("export", what, KINDS)
    text = ddl(system)
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise C360Error(f"The file {out} cannot be written: {error.strerror}.") from error
    note(f"Wrote {out}.")
