"""Generate ShopFlow, the demo company: files, PostgreSQL, MongoDB or SQL."""

from __future__ import annotations

import os
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.options import LogFormat, LogFormatOption, day
from customer360.cli.output import note
from customer360.cli.progress import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.progress import Progress
    from customer360.synthetic.shopflow import ShopFlow
    from customer360.synthetic.written import Written


class Target(StrEnum):
    """Where the data go."""

    files = "files"
    postgres = "postgres"
    mongo = "mongo"
    sql = "sql"


class FileKind(StrEnum):
    """What kind of files."""

    parquet = "parquet"
    csv = "csv"
    jsonl = "jsonl"


SizeOption = Annotated[str, typer.Option("--size", help="small, medium, large, xlarge, or a number of customers.")]
SystemOption = Annotated[
    list[str] | None, typer.Option("--system", help="Only this system; may be given several times.", show_default="all")
]
UntilOption = Annotated[
    date | None,
    typer.Option("--until", parser=day, metavar="YYYY-MM-DD", help="Last day.", show_default="2024-11-30"),
]
SinceOption = Annotated[
    date | None,
    typer.Option(
        "--since", parser=day, metavar="YYYY-MM-DD", help="Add the days from then on to what was generated before."
    ),
]
OutOption = Annotated[Path, typer.Option("--out", "-o", help="Folder for files, SQL and the embedded server.")]
ReplaceOption = Annotated[bool, typer.Option("--replace", help="Write tables anew that are in the server already.")]
EmbeddedOption = Annotated[
    bool, typer.Option("--embedded", help="Start a PostgreSQL below --out instead of using C360_POSTGRES_URL.")
]


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("generate")(generate)


def generate(
    size: SizeOption = "small",
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal bytes.")] = 42,
    until: UntilOption = None,
    since: SinceOption = None,
    to: Annotated[Target, typer.Option("--to", help="Where the data go.")] = Target.files,
    system: SystemOption = None,
    out: OutOption = Path("shopflow"),
    file_format: Annotated[FileKind, typer.Option("--format", "-f", help="Kind of files.")] = FileKind.parquet,
    replace: ReplaceOption = False,
    embedded: EmbeddedOption = False,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Generate ShopFlow, a made-up company with planted truth, in five systems and a supplement.

    \b
    Examples:
      c360 generate --size medium --out shopflow
      c360 generate --system care --to sql --size small --out care
      c360 generate --until 2024-12-07 --since 2024-12-01 --to postgres
    """
    from customer360.errors import C360Error
    from customer360.synthetic.company import END
    from customer360.synthetic.shopflow import ShopFlow

    last, first = until or END, since
    if first is not None and first > last:
        raise C360Error(f"--since {first} lies after the last day, {last}.", next_step="Pass a later --until.")
    shopflow = ShopFlow.of(int(size) if size.isdecimal() else size, seed=seed, until=last)
    shopflow.chosen(system)
    with shown(log_format) as progress:
        if to is Target.files:
            written = _to_files(shopflow, out, system, file_format, first, progress)
        elif to is Target.sql:
            written = _to_sql(shopflow, out, system, size, progress)
        elif to is Target.mongo:
            written = _to_mongo(shopflow, system, replace, first, progress)
        else:
            written = _to_postgres(shopflow, _postgres_url(out, embedded), system, replace, first, progress)
    _say(written, to, out)


def _to_files(
    shopflow: ShopFlow, out: Path, system: Sequence[str] | None, kind: FileKind, since: date | None, progress: Progress
) -> list[Written]:
    from customer360.synthetic.to_files import write_files

    return write_files(shopflow, out, systems=system, file_format=kind.value, since=since, progress=progress)


def _to_sql(
    shopflow: ShopFlow, out: Path, system: Sequence[str] | None, size: str, progress: Progress
) -> list[Written]:
    from customer360.synthetic.to_sql import write_sql

    return write_sql(shopflow, out, size=size, systems=system, progress=progress)


def _to_mongo(
    shopflow: ShopFlow, system: Sequence[str] | None, replace: bool, since: date | None, progress: Progress
) -> list[Written]:
    from customer360.errors import C360Error, SettingMissing
    from customer360.synthetic.to_mongo import URL_VARIABLE, write_mongo

    if system and list(system) != ["support"]:
        raise C360Error("Only support tickets live in MongoDB.", next_step="Leave --system out, or use --to postgres.")
    url = os.environ.get(URL_VARIABLE)
    if not url:
        raise SettingMissing(URL_VARIABLE, purpose="the URL of the MongoDB server, mongodb://user:password@host:27017")
    return write_mongo(shopflow, url, replace=replace, since=since, progress=progress)


def _to_postgres(
    shopflow: ShopFlow, url: str, system: Sequence[str] | None, replace: bool, since: date | None, progress: Progress
) -> list[Written]:
    from customer360.synthetic.to_postgres import write_postgres

    return write_postgres(shopflow, url, systems=system, replace=replace, since=since, progress=progress)


def _postgres_url(out: Path, embedded: bool) -> str:
    from customer360.errors import SettingMissing
    from customer360.synthetic.to_postgres import URL_VARIABLE

    if embedded:
        from customer360.synthetic.embedded import start_postgres

        url = start_postgres(out / "postgres")
        note(f"PostgreSQL runs and goes on running: export {URL_VARIABLE}='{url}'")
        return url
    url = os.environ.get(URL_VARIABLE, "")
    if not url:
        raise SettingMissing(
            URL_VARIABLE, purpose="the URL of the PostgreSQL server (or pass --embedded to start one here)"
        )
    return url


def _say(written: Sequence[Written], to: Target, out: Path) -> None:
    where = {Target.files: str(out), Target.sql: str(out), Target.postgres: "PostgreSQL", Target.mongo: "MongoDB"}[to]
    systems = list(dict.fromkeys(each.system for each in written))
    rows = sum(each.rows for each in written)
    note(f"Wrote {rows:,} rows of {len(written)} tables ({', '.join(systems)}) to {where}.")
