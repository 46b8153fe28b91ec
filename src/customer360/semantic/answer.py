"""Answer a metric query in a session: a table, the SQL behind it and what its columns mean."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING

from customer360.semantic.compile import Compiled, compile_query
from customer360.semantic.principal import OWNER, Principal

if TYPE_CHECKING:
    import pyarrow as pa

    from customer360.engines.base import Session
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.outputs import OutputColumn
    from customer360.semantic.query import MetricQuery


@dataclass(frozen=True)
class Answer:
    """The figures, and all that is needed to say where they come from."""

    table: pa.Table
    sql: str
    query: MetricQuery
    columns: tuple[OutputColumn, ...]
    as_of: date

    @property
    def rows(self) -> int:
        """How many rows the table has."""
        return int(self.table.num_rows)


PlanKey = tuple[str, str, date, str, str]


class PlanCache:
    """Keeps the most recently used plans of a process."""

    def __init__(self, size: int = 1024) -> None:
        self._size = size
        self._plans: OrderedDict[PlanKey, Compiled] = OrderedDict()
        self._lock = Lock()

    def plan(
        self, model: SemanticModel, query: MetricQuery, *, as_of: date, dialect: str, principal: Principal
    ) -> Compiled:
        """Return the plan of a query, compiling it when it is not known."""
        key = (model.digest, query.canonical(), as_of, dialect, principal.digest)
        with self._lock:
            known = self._plans.get(key)
            if known is not None:
                self._plans.move_to_end(key)
                return known
        compiled = compile_query(model, query, as_of=as_of, dialect=dialect, principal=principal)
        with self._lock:
            self._plans[key] = compiled
            while len(self._plans) > self._size:
                self._plans.popitem(last=False)
        return compiled


PLANS = PlanCache()


def answer(
    session: Session,
    model: SemanticModel,
    query: MetricQuery,
    *,
    as_of: date,
    principal: Principal | None = None,
    dialect: str = "duckdb",
) -> Answer:
    """Return the answer of a metric query as the principal may see it. Raises QueryError and NotPermitted."""
    plan = PLANS.plan(model, query, as_of=as_of, dialect=dialect, principal=principal or OWNER)
    return Answer(session.query(plan.sql), plan.sql, query, plan.columns, as_of)
