"""Ask in plain language: the answer on stdout, how it was read on stderr."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.options import HERE, AsOfOption, Format, OutOption, ProjectOption, SnapshotOption, opened
from customer360.cli.output import note, write_table

if TYPE_CHECKING:
    from customer360.ask.reply import Reply


class AnswerFormat(StrEnum):
    """How an answer is written to stdout."""

    text = "text"
    table = "table"
    json = "json"
    csv = "csv"


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("ask")(ask)


def ask(
    question: Annotated[str, typer.Argument(help="What you want to know, in plain English.")],
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the reading, the metric query, SQL and terms.")
    ] = False,
    format_: Annotated[
        AnswerFormat, typer.Option("--format", "-f", help="text: sentence and table; json: everything.")
    ] = AnswerFormat.text,
    as_of: AsOfOption = None,
    at_snapshot: SnapshotOption = None,
    out: OutOption = None,
    project: ProjectOption = HERE,
) -> None:
    """Answer a question in plain language; exit 1 when it cannot be answered rightly.

    \b
    Examples:
      c360 ask "average order value by segment last month"
      c360 ask "what share of revenue comes from VIP customers?" --explain
    """
    reply = opened(project, to_answer=True).ask(question, as_of=as_of, at_snapshot=at_snapshot)
    if format_ is AnswerFormat.json:
        sys.stdout.write(json.dumps(reply.document(), ensure_ascii=False, default=str) + "\n")
    elif reply.status == "answered":
        _write_answer(reply, format_, out)
    else:
        _write_refusal(reply)
    if explain and format_ is not AnswerFormat.json:
        _write_explanation(reply)
    if reply.status != "answered":
        raise typer.Exit(1)


def _write_answer(reply: Reply, format_: AnswerFormat, out: Path | None) -> None:
    if format_ is AnswerFormat.text:
        sys.stdout.write(reply.text + "\n")
        if reply.table is None or reply.table.num_rows * reply.table.num_columns <= 1:
            _write_notes(reply)
            return
    if reply.table is not None:
        write_table(reply.table, Format.csv if format_ is AnswerFormat.csv else Format.table, out)
    _write_notes(reply)


def _write_notes(reply: Reply) -> None:
    for each in reply.notes:
        note(each)
    if reply.reading:
        note(f"Read as: {reply.reading}. As of {reply.as_of}; {reply.trust}.")


def _write_refusal(reply: Reply) -> None:
    note(reply.text)
    for number, choice in enumerate(reply.choices, 1):
        note(f"  {number}. {choice.text}")


def _write_explanation(reply: Reply) -> None:
    if reply.reading:
        note(f"\nReading: {reply.reading}")
    for chip in reply.chips:
        note(f"  {chip.kind}: {chip.text}")
    if reply.query is not None:
        note(f"Metric query: {reply.query.canonical()}")
    for term in reply.definitions:
        note(f"{term.label}: {term.description or '-'} From {', '.join(term.tables)}. Formula: {term.formula}")
    if reply.sql:
        note(reply.sql)
