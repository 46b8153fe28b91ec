"""Offer every job on the command line, one file a command group."""

from __future__ import annotations

import sys

import typer

from customer360.cli import build, identity, project, query, serve
from customer360.errors import C360Error

app = typer.Typer(
    name="c360",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help="From the systems where your customers live to governed data products, a customer 360, metrics and dashboards.",
    epilog="Start with `c360 init my_project`, or see it work: `c360 demo`.",
)
for group in (project, build, query, identity, serve):
    group.add_to(app)


def main() -> None:
    """Run the command line: exit 0 when done, 1 with a sentence on stderr when not, 2 for wrong usage."""
    try:
        app()
    except C360Error as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. Nothing half-done was published.\n")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
