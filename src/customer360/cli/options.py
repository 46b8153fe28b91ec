"""Hold the options that several commands share, and open the project they name."""

from __future__ import annotations

import gc
import re
from contextlib import suppress
from datetime import date
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


def day(text: str) -> date:
    """Return the day that an option names."""
    with suppress(ValueError):
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
    raise typer.BadParameter(f"'{text}' is no day of the calendar; write it as 2024-03-31.")


AsOfOption = Annotated[
    date | None,
    typer.Option(
        "--as-of", parser=day, metavar="YYYY-MM-DD", help="The day that figures stand on.", show_default="the project's"
    ),
]
SystemsOption = Annotated[
    str | None,
    typer.Option("--systems", help="Only these systems of the template, with commas between.", show_default="all"),
]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", help="Write to this file instead of stdout.")]
FiguresOption = Annotated[
    bool, typer.Option("--figures-only", help="Only figures that enough people stand behind, and no rows.")
]

HERE = Path()
_OBJECTS = 500_000
"""New objects before Python looks for garbage: a command that answers has ended by then, a tenth of a second sooner."""


def systems_of(text: str | None) -> list[str] | None:
    """Return the names of ``--systems``, None when it was left out."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def opened(path: Path, *, to_answer: bool = False, operating: bool = False) -> Workspace:
    """Open the project a command works on; ``to_answer`` for those that only ask what is published.

    With C360_API_KEY everything is read as the account of that key may see it. Commands that work on the whole
    warehouse (``operating``) are for who sits at the machine: no account may see all of what they say.
    Errors: NotSignedIn, NotPermitted.
    """
    from customer360.cli.whoever import ask_by_key, key_in_environment
    from customer360.errors import NotPermitted
    from customer360.workspace import open_project

    key = key_in_environment()
    if key is not None and operating:
        raise NotPermitted(
            "This works on the whole warehouse, which no account may read.",
            next_step="Unset C360_API_KEY: whoever sits at this machine runs it.",
        )
    if to_answer:
        gc.set_threshold(_OBJECTS)
    workspace = open_project(path, to_answer=to_answer and key is None)
    if key is not None:
        ask_by_key(workspace, key)
    return workspace
