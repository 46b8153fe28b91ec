"""Read the last outcome of every check: by product and dimension at a glance, and one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from customer360.models.state import CHECK_LOG

if TYPE_CHECKING:
    from collections.abc import Iterable

    from customer360.engines.base import Engine

_SQL = f"""
WITH ranked AS (
  SELECT *, row_number() OVER (
    PARTITION BY table_schema, table_name, rule_id, column_name ORDER BY started_at DESC) AS place
  FROM {CHECK_LOG.sql}
)
SELECT table_schema, table_name, column_name, rule_id, coalesce(dimension, 'other') AS dimension, severity, outcome,
  value, unit, operator, threshold, reason, started_at
FROM ranked WHERE place = 1
ORDER BY table_schema, table_name, column_name NULLS FIRST, rule_id
"""  # a name of ours


@dataclass(frozen=True)
class Checked:
    """How one check ended when it last ran. No value of a row is in it."""

    table_schema: str
    table_name: str
    column_name: str | None
    rule_id: str
    dimension: str
    severity: str
    outcome: str
    value: str | None
    unit: str | None
    operator: str | None
    threshold: str | None
    reason: str | None
    started_at: datetime

    @property
    def table(self) -> str:
        """The table with its schema."""
        return f"{self.table_schema}.{self.table_name}"

    @property
    def held(self) -> bool:
        """Whether it was fulfilled."""
        return self.outcome == "passed"


@dataclass(frozen=True)
class Tally:
    """How many checks there are, and how many of them were not fulfilled, or not run."""

    checks: int = 0
    failed: int = 0
    not_run: int = 0


def checks(engine: Engine) -> tuple[Checked, ...]:
    """Return the last outcome of every check; none before the first build."""
    if not engine.exists():
        return ()
    with engine.read() as session:
        if CHECK_LOG not in session.relations():
            return ()
        return tuple(Checked(**row) for row in session.query(_SQL).to_pylist())


def tallied(found: Iterable[Checked]) -> dict[str, dict[str, Tally]]:
    """Return how checks ended by product, then by dimension; ``all`` is every dimension of a product."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for each in found:
        kind = "held" if each.held else "failed" if each.outcome == "failed" else "not_run"
        counts[each.table_schema, each.dimension, kind] += 1
        counts[each.table_schema, "all", kind] += 1
    board: dict[str, dict[str, Tally]] = {}
    for product, dimension in sorted({key[:2] for key in counts}):
        held, failed, not_run = (counts[product, dimension, kind] for kind in ("held", "failed", "not_run"))
        board.setdefault(product, {})[dimension] = Tally(held + failed + not_run, failed, not_run)
    return board
