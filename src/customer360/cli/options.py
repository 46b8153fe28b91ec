"""Hold the options that several commands share, and open the project they name."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from customer360.workspace import Workspace


class Format(StrEnum):
    """How data are written to stdout."""

    table = "table"
    json = "json"
    csv = "csv"
    parquet = "parquet"


class LogFormat(StrEnum):
    """How the log is written to stderr."""

    text = "text"
    json = "json"


ProjectOption = Annotated[
    Path, typer.Option("--project", "-p", help="Folder of the project (default: here or above).", show_default=False)
]
FormatOption = Annotated[
    Format | None,
    typer.Option("--format", "-f", help="How to print the data.", show_default="as --out ends, else table"),
]
LogFormatOption = Annotated[LogFormat, typer.Option("--log-format", help="How to print what happens (on stderr).")]
SnapshotOption = Annotated[
    int | None, typer.Option("--at-snapshot", help="Read an earlier state; `c360 history` lists them.")
]
AsOfOption = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day that figures stand on (default: the project's)."),
]
SystemsOption = Annotated[
    str | None,
    typer.Option("--systems", help="Only these systems of the template, with commas between.", show_default="all"),
]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", help="Write to this file instead of stdout.")]

HERE = Path()


def day_of(moment: datetime | None) -> date | None:
    """Return the day of ``--as-of``."""
    return moment.date() if moment else None


def systems_of(text: str | None) -> list[str] | None:
    """Return the names of ``--systems``, None when it was left out."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def opened(path: Path, *, to_answer: bool = False) -> Workspace:
    """Open the project a command works on; ``to_answer`` for those that only ask what is published."""
    from customer360.workspace import open_project

    return open_project(path, to_answer=to_answer)
