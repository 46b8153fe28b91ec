"""Offer every job on the command line, one file a command group."""

from __future__ import annotations

import re
import sys
from typing import Annotated

import typer

from customer360.cli import (
    access,
    ask,
    audience,
    audit,
    build,
    customer,
    dashboard,
    demo,
    export,
    generate,
    identity,
    importing,
    lineage,
    mcp,
    migrate,
    privacy,
    products,
    project,
    query,
    semantic,
    serve,
    support_api,
    users,
)
from customer360.errors import C360Error

app = typer.Typer(
    name="c360",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help="From the systems where your customers live to governed data products, customer 360, metrics and dashboards.",
    epilog="Start with `c360 init my_project`, or see it work: `c360 demo`.",
)
GROUPS = (
    project,
    generate,
    build,
    query,
    dashboard,
    customer,
    ask,
    identity,
    lineage,
    products,
    serve,
    semantic,
    mcp,
    demo,
    export,
    importing,
    migrate,
    support_api,
    users,
    access,
    audit,
    audience,
    privacy,
)
for group in GROUPS:
    group.add_to(app)


def _version(asked: bool) -> None:
    if asked:
        project.version()
        raise typer.Exit


@app.callback(help=app.info.help, epilog=app.info.epilog)
def root(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the versions, as `c360 version`.")
    ] = False,
) -> None:
    """Take the options that stand before every command."""


WORDS = (
    (r"^Value error, ", ""),
    (r"^No such command '([^']*)'\.?", r"There is no command '\1'."),
    (r"^No such option: (\S+)", r"There is no option \1."),
    (r"^Got unexpected extra argument(?:\(s\)|s)? \((.*)\)", r"More is given than the command takes: \1."),
    (r"^Input should be a valid integer\b.*", "It must be a whole number."),
    (r"^Input should be greater than or equal to (\S+)", r"It must be at least \1."),
    (r"^Input should be less than or equal to (\S+)", r"It must be at most \1."),
)
"""How values that do not fit are told, by the words of the library that reads the command line."""

STOPPED = 130
"""Exit code after Ctrl-C, as shells have it."""


def _say(error: C360Error) -> None:
    from customer360.cli.progress import emit, is_json

    if is_json():
        emit("error", kind=type(error).__name__, text=str(error))
    else:
        sys.stderr.write(f"Error: {error}\n")


def _usage(error: typer.TyperException) -> None:
    """Say what is wrong with the command line, without the words of the library that reads it."""
    for pattern, words in WORDS:
        error.message = re.sub(pattern, words, error.message)
    error.show()  # type: ignore[attr-defined]  # each that typer raises has it


def main() -> None:
    """Run the command line: exit 0 when done, 1 with a sentence on stderr when not, 2 for wrong usage."""
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        _usage(error)
        sys.exit(error.exit_code)
    except C360Error as error:
        _say(error)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    if code == STOPPED:
        sys.stderr.write("Stopped. Nothing half-done was published.\n")
    sys.exit(code)
