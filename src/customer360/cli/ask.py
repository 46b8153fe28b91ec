"""Ask in plain language: the answer on stdout, how it was read on stderr."""

from __future__ import annotations

import json
import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.options import HERE, AsOfOption, Format, OutOption, ProjectOption, SnapshotOption, opened
from customer360.cli.output import note, write_table
from customer360.cli.query import ModelOption
from customer360.errors import C360Error

if TYPE_CHECKING:
    from customer360.ask.reply import Reply
    from customer360.workspace import Workspace


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
    question: Annotated[
        list[str] | None,
        typer.Argument(help="What you want to know, in plain English; without it, a conversation.", show_default=False),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the reading, the metric query, SQL and terms.")
    ] = False,
    session: Annotated[
        str | None, typer.Option("--session", "-s", help="Name of a conversation, so that follow-ups are understood.")
    ] = None,
    format_: Annotated[
        AnswerFormat, typer.Option("--format", "-f", help="text: sentence and table; json: everything.")
    ] = AnswerFormat.text,
    model: ModelOption = None,
    as_of: AsOfOption = None,
    at_snapshot: SnapshotOption = None,
    out: OutOption = None,
    project: ProjectOption = HERE,
) -> None:
    """Answer a question in plain language; exit 1 when it cannot be answered rightly.

    `c360 ask benchmark FILE` asks every question of a file and scores the answers; `c360 ask review` lists words
    that people confirmed and answers they called wrong; `c360 ask review approve WORD`, `reject WORD` and
    `close NUMBER` decide.

    \b
    Examples:
      c360 ask "average order value by segment last month"
      c360 ask "what share of revenue comes from VIP customers?" --explain
      c360 ask "only VIP" --session monday
      c360 ask "expected revenue by month" --model shopflow_insights
      c360 ask benchmark questions/benchmark/development.yaml
    """
    from customer360.cli import asking

    words = question or []
    workspace = opened(project, to_answer=True)
    if words[:1] == ["review"] or (words[:1] == ["benchmark"] and len(words) > 1):
        _work(workspace, words, format_)
        return
    if not words:
        if not sys.stdin.isatty():
            raise C360Error("There is no question.", next_step='Ask one: c360 ask "revenue by month"')
        asking.converse(workspace, model=model, as_of=as_of, at_snapshot=at_snapshot)
        return
    before = asking.remembered(workspace.project.root, session)
    reply = workspace.ask(" ".join(words), model=model, as_of=as_of, at_snapshot=at_snapshot, context=before)
    asking.remember(workspace.project.root, session, reply)
    _write(reply, format_, out, explain=explain)
    if reply.status != "answered":
        if model is None:
            _say_others(workspace)
        raise typer.Exit(1)


def _work(workspace: Workspace, words: list[str], format_: AnswerFormat) -> None:
    """Do what `benchmark` or `review` ask for."""
    from customer360.cli import asking

    if words[0] == "review":
        asking.review(workspace.project.root, words[1:])
    else:
        asking.benchmark(workspace, [Path(name) for name in words[1:]], json_=_is_json(format_))


def _say_others(workspace: Workspace) -> None:
    """Name the semantic models that were not asked."""
    others = list(workspace.project.semantics)[1:]
    if others:
        note(f"Only the first semantic model was asked; `--model` asks another: {', '.join(others)}.")


def _is_json(format_: AnswerFormat) -> bool:
    return format_ is AnswerFormat.json


def _write(reply: Reply, format_: AnswerFormat, out: Path | None, *, explain: bool) -> None:
    if _is_json(format_):
        sys.stdout.write(json.dumps(reply.document(), ensure_ascii=False, default=str) + "\n")
        return
    if reply.status == "answered":
        write_answer(reply, format_, out)
    else:
        write_refusal(reply)
    if explain:
        _write_explanation(reply)


def write_answer(reply: Reply, format_: AnswerFormat = AnswerFormat.text, out: Path | None = None) -> None:
    """Write sentence and table to stdout, how it was read to stderr."""
    if format_ is AnswerFormat.text:
        sys.stdout.write(reply.text + "\n")
        sys.stdout.flush()
    is_figure = reply.table is None or reply.table.num_rows * reply.table.num_columns <= 1
    if reply.table is not None and not (format_ is AnswerFormat.text and is_figure):
        write_table(reply.table, Format.csv if format_ is AnswerFormat.csv else Format.table, out)
    for each in reply.notes:
        note(each)
    if reply.reading:
        note(f"Read as: {reply.reading}. As of {reply.as_of}; {reply.trust}.")


def write_refusal(reply: Reply) -> None:
    """Write why there is no answer, and the choices, to stderr."""
    note(reply.text)
    for number, choice in enumerate(reply.choices, 1):
        note(f"  {number}. {choice.text}")
    if reply.reason == "unknown_concept" and len(reply.not_understood) == 1:
        for word in reply.suggestions:
            question = reply.question.replace(reply.not_understood[0], word)
            note(f"  c360 ask {shlex.quote(question)}")


def _write_explanation(reply: Reply) -> None:
    if reply.reading:
        note(f"\nReading: {reply.reading}")
    for chip in reply.chips:
        note(f"  {chip.kind}: {chip.text}")
    if reply.query is not None:
        note(f"Metric query: {reply.query.canonical()}")
    for term in reply.definitions:
        note(f"{term.label}: {term.description or '-'} From {', '.join(term.tables)}. Formula: {term.formula}")
    if reply.rows_behind is not None:
        note(f"Rows behind it: {reply.rows_behind:,}.")
    if reply.sql:
        note(reply.sql)
