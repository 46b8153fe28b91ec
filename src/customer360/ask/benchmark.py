"""Measure a question space: ask every question of a file and compare with the rows or the refusal it deserves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from customer360.ask.scoring import has_rows, wilson
from customer360.clock import stopwatch
from customer360.errors import C360Error, ProjectError
from customer360.semantic.query import parse_query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from customer360.ask.reply import Reply
    from customer360.semantic.query import MetricQuery

Verdict = Literal["right", "wrong", "declined"]
_KEYS = {"ask", "class", "query", "sql", "refuse", "metadata", "only"}


@dataclass(frozen=True)
class Case:
    """A question and what it deserves: rows (of a metric query or a SELECT), a refusal, an answer about the data."""

    ask: str
    kind: str
    query: Mapping[str, Any] | None = None
    sql: str | None = None
    refuse: bool = False
    metadata: bool = False
    only: tuple[Any, ...] = ()
    """Members of the query's first dimension whose rows are the right ones: the part of a share."""

    @property
    def is_answerable(self) -> bool:
        """Whether there is a right answer."""
        return not self.refuse


@dataclass(frozen=True)
class Outcome:
    """What became of a case."""

    case: Case
    verdict: Verdict
    reply: Reply
    milliseconds: float


@dataclass(frozen=True)
class Score:
    """The outcomes of a benchmark."""

    outcomes: tuple[Outcome, ...]

    def count(self, verdict: Verdict, *, answerable: bool | None = None, kind: str | None = None) -> int:
        """Return how many outcomes there are of a kind."""
        return sum(
            1
            for each in self.outcomes
            if each.verdict == verdict
            and (answerable is None or each.case.is_answerable == answerable)
            and (kind is None or each.case.kind == kind)
        )

    @property
    def answerable(self) -> int:
        """How many questions have a right answer."""
        return sum(1 for each in self.outcomes if each.case.is_answerable)

    @property
    def accuracy(self) -> float:
        """Share of the answerable questions that were answered rightly."""
        return self.count("right", answerable=True) / self.answerable if self.answerable else 1.0

    @property
    def wrong(self) -> tuple[Outcome, ...]:
        """Questions answered with other rows than they should, or answered at all when they should not be."""
        return tuple(each for each in self.outcomes if each.verdict == "wrong")

    def percentile(self, share: float) -> float:
        """Return the milliseconds within which a share of the questions was answered."""
        times = sorted(each.milliseconds for each in self.outcomes)
        return times[min(len(times) - 1, int(share * len(times)))] if times else 0.0

    def _reasons(self) -> list[str]:
        """Return why answerable questions were declined, the most frequent first."""
        declined = [each for each in self.outcomes if each.verdict == "declined" and each.case.is_answerable]
        reasons = Counter(str(each.reply.reason) for each in declined)
        return [f"  declined as {reason}: {count}" for reason, count in reasons.most_common()]

    def lines(self) -> tuple[str, ...]:
        """Return the figures in words."""
        low, high = wilson(self.count("right", answerable=True), self.answerable)
        _, most = wilson(len(self.wrong), len(self.outcomes))
        kinds = Counter(each.case.kind for each in self.outcomes)
        lines = [
            (
                f"{len(self.outcomes)} questions, {self.answerable} answerable: "
                f"{self.accuracy:.1%} right (95 % interval {low:.1%} to {high:.1%}), "
                f"{self.count('declined', answerable=True)} declined."
            ),
            f"{len(self.wrong)} wrong answers of all (at most {most:.1%} at 95 %).",
            f"Median {self.percentile(0.5):.0f} ms, 95 % within {self.percentile(0.95):.0f} ms, data included.",
        ]
        for kind, total in sorted(kinds.items()):
            right, wrong = self.count("right", kind=kind), self.count("wrong", kind=kind)
            least, best = wilson(right, total)
            span = f"{least:.0%} to {best:.0%}"
            lines.append(
                f"  {kind}: {right} of {total} right ({span}), {wrong} wrong, {total - right - wrong} declined"
            )
        lines += self._reasons()
        return tuple(lines)


def read_cases(path: Path) -> tuple[Case, ...]:
    """Read a benchmark file. Raises ProjectError saying which entry is wrong."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    entries = document.get("questions") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ProjectError("A benchmark file holds `questions:`, a list.", place=str(path))
    return tuple(_case(entry, number, path) for number, entry in enumerate(entries, 1))


def _case(entry: Any, number: int, path: Path) -> Case:
    if not isinstance(entry, dict) or "ask" not in entry or set(entry) - _KEYS:
        raise ProjectError(
            f"Question {number} is not understood.",
            place=str(path),
            next_step=f"Its keys are: {', '.join(sorted(_KEYS))}.",
        )
    expected = [key for key in ("query", "sql", "refuse", "metadata") if entry.get(key)]
    if len(expected) != 1:
        raise ProjectError(
            f"'{entry['ask']}' needs exactly one of query, sql, refuse and metadata.",
            place=str(path),
        )
    return Case(
        ask=str(entry["ask"]),
        kind=str(entry.get("class", "other")),
        query=plain_query(entry["query"]) if entry.get("query") else None,
        sql=entry.get("sql"),
        refuse=bool(entry.get("refuse")),
        metadata=bool(entry.get("metadata")),
        only=tuple(entry.get("only") or ()),
    )


def plain_query(value: Any) -> Any:
    """Return what YAML read with its dates as text again, since a metric query writes days as text."""
    if isinstance(value, dict):
        return {key: plain_query(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain_query(each) for each in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def run_cases(
    cases: Iterable[Case],
    *,
    ask: Callable[[str], Reply],
    query: Callable[[MetricQuery], pa.Table],
    sql: Callable[[str], pa.Table],
) -> Score:
    """Ask every question and judge what comes back."""
    outcomes = []
    for case in cases:
        start = stopwatch()
        reply = ask(case.ask)
        passed = (stopwatch() - start) * 1000
        outcomes.append(Outcome(case, _judged(case, reply, query, sql), reply, passed))
    return Score(tuple(outcomes))


def _judged(
    case: Case, reply: Reply, query: Callable[[MetricQuery], pa.Table], sql: Callable[[str], pa.Table]
) -> Verdict:
    if case.refuse:
        return "wrong" if reply.status == "answered" else "right"
    if reply.status != "answered":
        return "declined"
    if case.metadata:
        return "right" if reply.trust == "metadata" else "wrong"
    if reply.table is None:
        return "wrong"
    gold = sql(case.sql) if case.sql is not None else query(parse_query(case.query or {}))
    if case.only:
        gold = gold.filter(pc.is_in(gold.column(0), value_set=pa.array(list(case.only))))
    return "right" if has_rows(reply.table, gold) else "wrong"


def failures(score: Score) -> Sequence[str]:
    """Return wrong and declined questions, each with what it was read as."""
    return [
        f"{each.verdict}: {each.case.ask!r}: {each.reply.reading or each.reply.text}"
        for each in score.outcomes
        if each.verdict != "right"
    ]


__all__ = ["C360Error", "Case", "Outcome", "Score", "failures", "plain_query", "read_cases", "run_cases"]
