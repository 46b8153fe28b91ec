"""Hold one reading of a question, a metric query with what is shown of it, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from customer360.semantic.query import Filter, MetricQuery

Fault = Literal["nonsense", "impossible", "ambiguous", "unclear"]


@dataclass(frozen=True)
class Reading:
    """A metric query that a question may mean."""

    query: MetricQuery
    notes: tuple[str, ...] = ()
    """What was decided for the person: the range when none was said, how many of the top."""
    cost: int = 0
    chart: str | None = None

    @property
    def key(self) -> str:
        """Equal readings have equal keys."""
        return self.query.canonical()

    @property
    def part(self) -> Filter | None:
        """The rows whose share is asked, None when it is none or that of each group."""
        return next((share.part for share in self.query.shares if share.part is not None), None)


@dataclass(frozen=True)
class Problem:
    """Why a draft is no question that can be answered."""

    fault: Fault
    what: str
    next_step: str | None = None
    choices: tuple[Reading, ...] = field(default=())
    options: tuple[str, ...] = field(default=())
    """Ways of asking that would do, in words."""
    timeless: tuple[str, ...] = ()
    """Metrics that have no time, where one was asked: none of them may stand in another reading without it."""


NONSENSE = Problem("nonsense", "The parts of the question do not fit together.")
