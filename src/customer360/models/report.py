"""Hold what a build did: nodes, checks, the as-of date, the snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from customer360.errors import ChecksFailed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from customer360.names import Relation
    from customer360.project.spec import Severity

Action = Literal["built", "skipped", "view", "dropped"]
Outcome = Literal["passed", "failed", "error", "not_executed"]
Value = int | float | bool | str | None


@dataclass(frozen=True)
class NodeResult:
    """What happened to one model. ``rows`` is what the table holds now (None: unknown), ``bytes`` its size."""

    relation: Relation
    kind: str
    action: Action
    rows: int | None = None
    seconds: float = 0.0
    bytes: int | None = None


@dataclass(frozen=True)
class CheckResult:
    """One executed (or not executable) rule of a contract.

    ``value`` is what was measured, ``threshold`` what the rule asks for; ``sample`` holds up to five keys of offending
    rows, hashed where the key is personal. ``reason`` says why a rule ended in error or was not executed.
    """

    contract_id: str
    version: str
    relation: Relation
    column: str | None
    rule_id: str
    type: str
    metric: str | None
    dimension: str | None
    severity: Severity
    sql: str | None
    value: Value
    unit: str
    operator: str | None
    threshold: str | None
    outcome: Outcome
    sample: tuple[str, ...]
    run_id: str
    started: datetime
    ms: float
    reason: str | None = None
    asks: str | None = None
    place: str | None = None

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return self.rule_id

    @property
    def verdict(self) -> str:
        """The outcome, with ``warning`` for a failure that does not block."""
        return "warning" if self.outcome in {"failed", "error"} and self.severity != "error" else self.outcome

    @property
    def detail(self) -> str:
        """What was found, in words; empty for a rule that passed."""
        if self.outcome == "passed":
            return ""
        return self.reason or self.outcome if self.outcome == "not_executed" else self.sentence()

    @property
    def blocks(self) -> bool:
        """Say whether this result keeps a build from being published."""
        return self.severity == "error" and self.outcome in {"failed", "error"}

    def sentence(self) -> str:
        """Say in one line what was found: rule, count, sample keys, place."""
        return f"{self._found()}. In {self.place}." if self.place else f"{self._found()}."

    def _found(self) -> str:
        about = f"{self.relation}.{self.column}" if self.column else str(self.relation)
        if self.outcome == "error":
            return f"{about}: the rule '{self.rule_id}' could not be executed: {self.reason}"
        text = f"{about}: the rule '{self.rule_id}'{f' ({self.asks})' if self.asks else ''} found {self.value}"
        text += "" if self.unit == "rows" else f" {self.unit}"
        if self.operator:
            text += f", {self.operator} {self.threshold}"
        if self.reason:
            text += f" ({self.reason})"
        return text + (f"; for example {', '.join(self.sample)}" if self.sample else "")


@dataclass(frozen=True)
class BuildReport:
    """What a build did. ``snapshot`` is the state it published, None when nothing had changed."""

    build_id: str
    nodes: tuple[NodeResult, ...]
    checks: tuple[CheckResult, ...]
    as_of: date
    snapshot: int | None
    seconds: float

    @property
    def built(self) -> int:
        """How many tables and views were made."""
        return sum(1 for node in self.nodes if node.action in {"built", "view"})

    @property
    def unchanged(self) -> int:
        """How many tables and views were as they should be."""
        return len(self.by_action("skipped"))

    @property
    def checks_passed(self) -> int:
        """How many checks passed."""
        return sum(1 for check in self.checks if check.outcome == "passed")

    @property
    def checks_warned(self) -> int:
        """How many checks found something that does not block."""
        return len(self.warnings)

    def as_table(self) -> pa.Table:
        """Return one row per model: what was done, rows, seconds, bytes."""
        return pa.table(
            {
                "table": pa.array([str(node.relation) for node in self.nodes], pa.string()),
                "kind": pa.array([node.kind for node in self.nodes], pa.string()),
                "action": pa.array([node.action for node in self.nodes], pa.string()),
                "rows": pa.array([node.rows for node in self.nodes], pa.int64()),
                "seconds": pa.array([round(node.seconds, 3) for node in self.nodes], pa.float64()),
                "bytes": pa.array([node.bytes for node in self.nodes], pa.int64()),
            }
        )

    def by_action(self, action: Action) -> tuple[NodeResult, ...]:
        """Return the nodes with which this was done."""
        return tuple(node for node in self.nodes if node.action == action)

    @property
    def warnings(self) -> tuple[CheckResult, ...]:
        """Return checks that found something and did not block."""
        return tuple(c for c in self.checks if c.outcome in {"failed", "error"} and not c.blocks)


class BlockingChecks(ChecksFailed):
    """Blocking checks failed; ``results`` holds the results of all checks that ran, ``failed`` the blocking ones."""

    def __init__(self, results: Sequence[CheckResult], *, published: bool = False) -> None:
        self.results = tuple(results)
        self.failed = tuple(result for result in results if result.blocks)
        noun = "check" if len(self.failed) == 1 else "checks"
        lines = "\n".join(f"  {result.sentence()}" for result in self.failed)
        fate = "" if published else "; nothing was published, readers keep the state from before"
        super().__init__(
            f"{len(self.failed)} blocking {noun} failed{fate}:\n{lines}\n",
            next_step="Correct the data, the model or the contract, then run it again. Rows that were taken out of a"
            " source stay here until `c360 load --full` reads everything anew.",
        )
