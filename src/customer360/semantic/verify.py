"""Compare metrics with the hand-written SQL beside them: two ways to one figure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlglot import exp, parse_one

from customer360.semantic.answer import answer
from customer360.semantic.findings import Finding
from customer360.semantic.query import MetricQuery
from customer360.semantic.values import date_literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from customer360.engines.base import Session
    from customer360.semantic.elements import Metric
    from customer360.semantic.model import SemanticModel

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Verified:
    """A metric's total by the model and by its check SQL."""

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


def verify(session: Session, model: SemanticModel, *, as_of: date) -> list[Verified]:
    """Return, for every metric with check SQL, both figures over all data."""
    return [_verified(session, model, metric, as_of) for metric in model.metrics.values() if metric.c360.check_sql]


def _verified(session: Session, model: SemanticModel, metric: Metric, as_of: date) -> Verified:
    table = answer(session, model, MetricQuery(metrics=(metric.name,)), as_of=as_of).table
    checked = session.query(check_sql(metric, as_of=as_of)).column(0)[0].as_py()
    return Verified(metric.name, table.column(0)[0].as_py(), checked)


def check_sql(metric: Metric, *, as_of: date) -> str:
    """Return a metric's check SQL with ``as_of()`` as a date."""

    def replaced(node: exp.Expr) -> exp.Expr:
        is_call = isinstance(node, exp.Anonymous) and node.name.lower() == "as_of" and not node.expressions
        return date_literal(as_of) if is_call else node

    return parse_one(metric.c360.check_sql or "", dialect="duckdb").transform(replaced).sql(dialect="duckdb")


def check_findings(model: SemanticModel, session: Session, *, as_of: date) -> Iterator[Finding]:
    """Yield a finding for each metric that differs from its check."""
    for found in verify(session, model, as_of=as_of):
        if not found.agrees:
            what = f"Metric '{found.metric}' is {found.answered}, its check SQL says {found.checked}."
            yield Finding("OSSIE-CHECK", "error", what, model.metrics[found.metric].place, "One of the two is wrong.")
