"""Show one customer with a timeline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from customer360.cli.options import HERE, Format, FormatOption, OutOption, ProjectOption, SnapshotOption, opened
from customer360.cli.output import as_json, note, write_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("customer")(customer)


def customer(
    who: Annotated[str, typer.Argument(help="Customer id, e-mail address, or a record such as shop:CUST000042.")],
    last: Annotated[int, typer.Option("--last", "-n", min=0, help="At most so many events, the newest.")] = 20,
    format_: FormatOption = None,
    out: OutOption = None,
    at_snapshot: SnapshotOption = None,
    project: ProjectOption = HERE,
) -> None:
    """Show one customer across all systems: the profile, then what happened, newest first.

    What nobody knows is left out of the table; JSON has it as null. CSV and Parquet hold the timeline alone.
    `c360 identity customer` says why the records belong together.

    \b
    Examples:
      c360 customer P0123456789abcdef
      c360 customer shop:CUST000042 --last 50
      c360 customer shop:CUST000042 --format json
    """
    card = opened(project).customer(who, last=last, at_snapshot=at_snapshot)
    if format_ is Format.json or (format_ is None and out is not None and out.suffix == ".json"):
        _write_json(card.profile, card.timeline, out)
        return
    if format_ in {None, Format.table} and out is None:
        write_table(_listed(card.profile), Format.table)
        note("")
    write_table(card.timeline, format_, out)


def _listed(profile: Mapping[str, Any]) -> pa.Table:
    """Return what is known as two columns of text."""
    import pyarrow as pa

    known = {name: value for name, value in profile.items() if value is not None}
    return pa.table({"attribute": list(known), "value": [_told(value) for value in known.values()]})


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _write_json(profile: Mapping[str, Any], timeline: pa.Table, out: Path | None) -> None:
    import pyarrow as pa

    parts = [json.loads(as_json(table))["rows"] for table in (pa.Table.from_pylist([dict(profile)]), timeline)]
    text = json.dumps({"customer": parts[0][0], "timeline": parts[1]}, indent=2, ensure_ascii=False) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
