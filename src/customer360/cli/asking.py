"""Hold conversations on the command line, score question files, review words."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer360.cli.output import note
from customer360.errors import C360Error, UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from customer360.ask.benchmark import Score
    from customer360.ask.reply import Reply
    from customer360.workspace import Workspace

STATE_FILE = Path("state") / "conversations.json"
_KEPT = 50
"""Conversations that are remembered; the oldest goes first."""


def remembered(root: Path, session: str | None) -> tuple[str, ...]:
    """Return the questions of a conversation that a follow-up needs."""
    return tuple(_conversations(root).get(session, ())) if session else ()


def remember(root: Path, session: str | None, reply: Reply) -> None:
    """Keep the questions that a follow-up needs."""
    if not session or not reply.context:
        return
    known = _conversations(root)
    known.pop(session, None)
    known[session] = list(reply.context)
    path = root / STATE_FILE
    path.parent.mkdir(exist_ok=True)
    kept = dict(list(known.items())[-_KEPT:])
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")


def _conversations(root: Path) -> dict[str, list[str]]:
    path = root / STATE_FILE
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise C360Error(
            f"{path} is damaged.", next_step="Delete it: only remembered conversations are lost."
        ) from error
    return dict(found)


def converse(workspace: Workspace, *, model: str | None, as_of: date | None, at_snapshot: int | None) -> None:
    """Ask and answer until the person ends it; a number picks one of the choices offered."""
    from customer360.cli.ask import write_answer, write_refusal

    ask = partial(workspace.ask, model=model, as_of=as_of, at_snapshot=at_snapshot)
    note('Ask about figures, what they mean and where they come from; follow-ups such as "only VIP" work. End: Ctrl-D.')
    context: tuple[str, ...] = ()
    last: Reply | None = None
    while True:
        text = _line()
        if text is None or text in ("quit", "exit", "bye"):
            return
        if not text:
            continue
        picked = _picked(text, last)
        reply = _chosen(workspace.project.root, ask, last, picked) if last is not None and picked else None
        reply = reply or ask(text, context=context)
        write_answer(reply) if reply.status == "answered" else write_refusal(reply)
        if reply.reason == "unknown_concept" and reply.suggestions:
            for number, word in enumerate(reply.suggestions, 1):
                note(f"  {number}. {word}")
        context, last = reply.context or context, reply


def _line() -> str | None:
    sys.stderr.write("ask> ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    return line.strip() if line else None


def _picked(text: str, last: Reply | None) -> int | None:
    offered = 0 if last is None else len(last.choices) or len(last.suggestions)
    return int(text) if text.isdigit() and 1 <= int(text) <= offered else None


def _chosen(root: Path, ask: Callable[..., Reply], last: Reply, picked: int) -> Reply | None:
    """Answer the choice that was picked; a picked word is proposed as a synonym and stands for the unknown one."""
    from customer360.ask.questionfiles import propose_synonym

    if last.choices:
        query = last.choices[picked - 1].query
        return None if query is None else ask(last.question, settled=query)
    if len(last.not_understood) != 1:
        return None
    word, means = last.not_understood[0], last.suggestions[picked - 1]
    propose_synonym(root, word.lower(), means)
    note(f"Noted: '{word}' may mean '{means}'; `c360 ask review` decides.")
    return ask(last.question.replace(word, means), context=last.context)


def benchmark(workspace: Workspace, files: Sequence[Path], *, json_: bool) -> None:
    """Ask every question of the files and write how many were answered rightly."""
    from customer360.ask.benchmark import failures, read_cases, run_cases

    for file in files:
        if not file.exists():
            raise C360Error(f"There is no file {file}.")
        score = run_cases(read_cases(file), ask=workspace.ask, query=workspace.query, sql=workspace.sql)
        if json_:
            sys.stdout.write(json.dumps({"file": str(file), **_document(score)}) + "\n")
            continue
        sys.stdout.write("\n".join(score.lines()) + "\n")
        for line in failures(score):
            note(line)


def _document(score: Score) -> dict[str, Any]:
    return {
        "questions": len(score.outcomes),
        "answerable": score.answerable,
        "right": score.count("right"),
        "right_of_answerable": score.count("right", answerable=True),
        "declined": score.count("declined"),
        "wrong": len(score.wrong),
        "accuracy": score.accuracy,
        "median_ms": round(score.percentile(0.5), 1),
        "p95_ms": round(score.percentile(0.95), 1),
        "failures": [
            {"ask": each.case.ask, "verdict": each.verdict} for each in score.outcomes if each.verdict != "right"
        ],
    }


def _list_waiting(root: Path) -> None:
    """Write the proposed words, and the answers that somebody called wrong."""
    from customer360.ask.asked import Asked
    from customer360.ask.questionfiles import read_synonyms

    words = [each for each in read_synonyms(root) if each.status == "proposed"]
    for each in words:
        sys.stdout.write(f"{each.word} -> {each.means}\n")
    if words:
        note("`c360 ask review approve WORD` or `reject WORD` decides.")
    wrong = Asked(root).opinions(verdict="down")
    for opinion in wrong:
        said = f" ({opinion.note})" if opinion.note else ""
        sys.stdout.write(f"{opinion.id}. wrong, says {opinion.who}: {opinion.text}{said}\n")
    if wrong:
        note("`c360 ask review close NUMBER` when somebody looked into it.")
    if not words and not wrong:
        note("Nothing waits for a decision.")


def _close(root: Path, words: Sequence[str]) -> None:
    from customer360.ask.asked import Asked
    from customer360.governance.office import operator

    number = words[0] if words else ""
    if not number.isdigit():
        raise C360Error(f"'{number[:20]}' is no number of an opinion.", next_step="`c360 ask review` lists them.")
    closed = Asked(root).close(int(number), by=operator().name)
    note(f"Done with: {closed.text}")


def review(root: Path, words: Sequence[str]) -> None:
    """List what waits for a decision, decide on a word, or close an opinion."""
    from customer360.ask.questionfiles import review_synonym

    if not words:
        _list_waiting(root)
        return
    if words[0] == "close":
        _close(root, words[1:])
        return
    decisions = {"approve": "approved", "reject": "rejected"}
    if words[0] not in decisions or len(words) == 1:
        raise UnknownName("decision", words[0], [*decisions, "close"])
    decided = review_synonym(root, " ".join(words[1:]), decisions[words[0]])
    note(f"'{decided.word}' as another word for '{decided.means}': {decided.status}.")
