"""Compare metrics with the hand-written SQL beside them: two ways to one figure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from customer360.engines.dialect import transpile
from customer360.semantic.answer import answer
from customer360.semantic.findings import Finding
from customer360.semantic.query import MetricQuery

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from customer360.engines.base import Session
    from customer360.semantic.elements import Metric
    from customer360.semantic.model import SemanticModel

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Verified:
    """A metric's total by the model and by its check SQL, None where there is nothing to divide by."""

    metric: str
    answered: Any
    checked: Any

    @property
    def agrees(self) -> bool:
        """Equal; floats to nine digits."""
        if self.answered is None or self.checked is None:
            return self.answered is self.checked
        if isinstance(self.answered, float) or isinstance(self.checked, float):
            return math.isclose(float(self.answered), float(self.checked), rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
        if isinstance(self.answered, Decimal | int) and isinstance(self.checked, Decimal | int):
            return Decimal(self.answered) == Decimal(self.checked)
        return bool(self.answered == self.checked)


def verify(session: Session, model: SemanticModel, *, as_of: date, dialect: str = "duckdb") -> list[Verified]:
    """Return, for every metric with check SQL, both figures over all data."""
    checked = [metric for metric in model.metrics.values() if metric.c360.check_sql]
    return [_verified(session, model, metric, as_of, dialect) for metric in checked]


def _verified(session: Session, model: SemanticModel, metric: Metric, as_of: date, dialect: str) -> Verified:
    table = answer(session, model, MetricQuery(metrics=(metric.name,)), as_of=as_of, dialect=dialect).table
    text = transpile(metric.c360.check_sql or "", dialect, as_of=as_of, place=metric.place)
    return Verified(metric.name, table.column(0)[0].as_py(), _known(session.query(text).column(0)[0].as_py()))


def _known(value: Any) -> Any:
    """Return a value, None for what DuckDB gives for a division by 0 (NaN, infinity): nothing to compare with."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def check_findings(
    model: SemanticModel, session: Session, *, as_of: date, dialect: str = "duckdb"
) -> Iterator[Finding]:
    """Yield a finding for each metric that differs from its check."""
    for found in verify(session, model, as_of=as_of, dialect=dialect):
        if not found.agrees:
            what = f"Metric '{found.metric}' is {found.answered}, its check SQL says {found.checked}."
            yield Finding("OSSIE-CHECK", "error", what, model.metrics[found.metric].place, "One of the two is wrong.")
