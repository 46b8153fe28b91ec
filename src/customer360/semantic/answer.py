"""Answer a metric query in a session: a table, the SQL behind it and what its columns mean."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING

from customer360.engines.sessions import named_tables
from customer360.errors import StatementFailed, WarehouseMissing
from customer360.semantic.compile import Compiled, compile_query
from customer360.semantic.policies import seen_as
from customer360.semantic.principal import OWNER, Principal
from customer360.semantic.proofs import Proofs
from customer360.semantic.results import ResultCache

if TYPE_CHECKING:
    from collections.abc import Collection

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
    rollups: tuple[str, ...] = ()
    """The roll-ups that stood in for their base."""
    remembered: bool = False
    """Whether the table was in memory already."""
    withheld: int = 0
    """Groups left out, because too few people stand behind them for who asks."""

    @property
    def rows(self) -> int:
        """How many rows the table has."""
        return int(self.table.num_rows)


PlanKey = tuple[str, str, date, str, str, tuple[str, ...]]


class PlanCache:
    """Keeps the most recently used plans of a process."""

    def __init__(self, size: int = 1024) -> None:
        self._size = size
        self._plans: OrderedDict[PlanKey, Compiled] = OrderedDict()
        self._lock = Lock()

    def plan(
        self,
        model: SemanticModel,
        query: MetricQuery,
        *,
        as_of: date,
        dialect: str,
        principal: Principal,
        rollups: Collection[str] = (),
    ) -> Compiled:
        """Return the plan of a query, compiling it when it is not known."""
        key = (model.digest, query.canonical(), as_of, dialect, seen_as(model, principal), tuple(sorted(rollups)))
        with self._lock:
            known = self._plans.get(key)
            if known is not None:
                self._plans.move_to_end(key)
                return known
        compiled = compile_query(model, query, as_of=as_of, dialect=dialect, principal=principal, rollups=rollups)
        with self._lock:
            self._plans[key] = compiled
            while len(self._plans) > self._size:
                self._plans.popitem(last=False)
        return compiled


PLANS = PlanCache()


@dataclass(frozen=True)
class Memory:
    """What an opened project remembers between questions: answers, and which roll-ups equal their base."""

    results: ResultCache = field(default_factory=ResultCache)
    proofs: Proofs = field(default_factory=Proofs)


def answer(
    session: Session,
    model: SemanticModel,
    query: MetricQuery,
    *,
    as_of: date,
    principal: Principal | None = None,
    dialect: str = "duckdb",
    memory: Memory | None = None,
) -> Answer:
    """Return the answer of a metric query as the principal may see it. Raises QueryError and NotPermitted.

    Roll-ups are used, and answers kept, only with a memory.
    """
    who = principal or OWNER
    if memory is None:
        plan = PLANS.plan(model, query, as_of=as_of, dialect=dialect, principal=who)
        return Answer(_rows(session, plan.sql), plan.sql, query, plan.columns, as_of)
    plan = _proven_plan(session, model, query, as_of=as_of, principal=who, dialect=dialect, proofs=memory.proofs)
    table = memory.results.known(session, plan.sql)
    if table is not None:
        return Answer(table, plan.sql, query, plan.columns, as_of, plan.rollups, remembered=True)
    table = _rows(session, plan.sql)
    memory.results.keep(session, plan.sql, table)
    return Answer(table, plan.sql, query, plan.columns, as_of, plan.rollups)


def _rows(session: Session, sql: str) -> pa.Table:
    """Run a plan. WarehouseMissing when a table it reads is not published: only loaded, say, or rolled back."""
    try:
        return session.query(sql)
    except StatementFailed as error:
        absent = [table for table in named_tables(sql) if table not in session.relations()]
        if not absent or getattr(session, "note", None):  # an earlier snapshot has told what it lacks
            raise
        raise WarehouseMissing(
            f"The table {absent[0]} is not in what is published now.",
            next_step="Run `c360 build`; `c360 history` lists what was published.",
        ) from error


def _proven_plan(
    session: Session,
    model: SemanticModel,
    query: MetricQuery,
    *,
    as_of: date,
    principal: Principal,
    dialect: str,
    proofs: Proofs,
) -> Compiled:
    """Plan with every roll-up that equals its base in this state, and without the others."""
    allowed = frozenset(rollup.name for rollup in model.c360.rollups)
    while True:
        plan = PLANS.plan(model, query, as_of=as_of, dialect=dialect, principal=principal, rollups=allowed)
        refuted = proofs.refuted(session, model, plan.rollups, as_of=as_of, dialect=dialect)
        if not refuted:
            return plan
        allowed -= refuted
