"""Hold one reading of a question, a metric query with what is shown of it, or the reason why there is none."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from customer360.semantic.query import MetricQuery

Fault = Literal["nonsense", "impossible", "ambiguous", "unclear"]


@dataclass(frozen=True)
class Pick:
    """The rows of an answer that were asked for, when others are needed to compute them (the whole of a share)."""

    field: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Reading:
    """A metric query that a question may mean."""

    query: MetricQuery
    pick: Pick | None = None
    notes: tuple[str, ...] = ()
    """What was decided for the person: the range when none was said, how many of the top."""
    cost: int = 0
    chart: str | None = None

    @property
    def key(self) -> str:
        """Equal readings have equal keys."""
        picked = [self.pick.field, *map(str, self.pick.values)] if self.pick else None
        return json.dumps([self.query.canonical(), picked])


@dataclass(frozen=True)
class Problem:
    """Why a draft is no question that can be answered."""

    fault: Fault
    what: str
    next_step: str | None = None
    choices: tuple[Reading, ...] = field(default=())
    options: tuple[str, ...] = field(default=())
    """Ways of asking that would do, in words."""


NONSENSE = Problem("nonsense", "The parts of the question do not fit together.")
