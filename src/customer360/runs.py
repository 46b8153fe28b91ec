"""Open the room of runs: what was loaded, built and checked, which states are kept, and the way back to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from customer360.differences import difference
from customer360.errors import NotPermitted
from customer360.models.state import BUILD_LOG, CHECK_LOG, LOAD_LOG

if TYPE_CHECKING:
    from customer360.customers import House
    from customer360.differences import Difference
    from customer360.engines.base import Session, Snapshot
    from customer360.governance.records import Actor
    from customer360.names import Relation

MOST = 25

_BUILDS = """
SELECT build_id, MIN(started_at) AS started_at, MAX(as_of) AS as_of, COUNT(*) AS tables,
  SUM(CASE WHEN action = 'built' THEN 1 ELSE 0 END) AS built, SUM(seconds) AS seconds
FROM c360.build_log
GROUP BY build_id
ORDER BY started_at DESC
LIMIT {most}
"""
_LOADS = """
SELECT load_id, source, table_name, started_at, rows_read, rows_changed, rows_rejected
FROM c360.load_log
ORDER BY started_at DESC, source, table_name
LIMIT {most}
"""
_CHECKS = """
SELECT outcome, severity, COUNT(*) AS checks
FROM c360.check_log
WHERE run_id = (SELECT MAX(run_id) FROM c360.check_log WHERE started_at = (SELECT MAX(started_at) FROM c360.check_log))
GROUP BY outcome, severity
"""
_FAILED = """
SELECT table_schema || '.' || table_name AS relation, rule_id, severity, outcome, value, operator, threshold, reason
FROM c360.check_log
WHERE run_id = (SELECT MAX(run_id) FROM c360.check_log WHERE started_at = (SELECT MAX(started_at) FROM c360.check_log))
  AND outcome IN ('failed', 'error')
ORDER BY severity, relation, rule_id
"""
Row = dict[str, Any]


@dataclass(frozen=True)
class Log:
    """What was done, newest first; empty before the first of its kind."""

    snapshots: tuple[Snapshot, ...]
    builds: tuple[Row, ...] = ()
    loads: tuple[Row, ...] = ()
    checks: tuple[Row, ...] = ()
    """outcome, severity, checks: how the checks of the last build ended."""
    failed: tuple[Row, ...] = ()
    """The checks of the last build that did not hold: warnings and information, for an error publishes nothing."""


class Runs:
    """The runs of one project."""

    def __init__(self, house: House) -> None:
        self._house = house

    def log(self) -> Log:
        """Return what was loaded, built and checked; nothing of the customers is in it."""
        engine = self._house.engine
        if not engine.exists():
            return Log(())
        with engine.read() as session:
            present = session.relations()

            def rows(sql: str, table: Relation) -> tuple[Row, ...]:
                return tuple(_read(session, sql)) if table in present else ()

            return Log(
                engine.history(),
                rows(_BUILDS, BUILD_LOG),
                rows(_LOADS, LOAD_LOG),
                rows(_CHECKS, CHECK_LOG),
                rows(_FAILED, CHECK_LOG),
            )

    def difference(self, before: int, after: int) -> Difference:
        """Return what changed from one published state to another. Errors: SnapshotMissing."""
        return difference(self._house.engine, before, after)

    @staticmethod
    def may_roll_back(actor: Actor) -> bool:
        """Say whether somebody may publish an earlier state."""
        return actor.is_operator or "admin" in actor.roles

    def roll_back(self, snapshot: int, *, actor: Actor) -> Snapshot:
        """Publish an earlier state again and write down who did. Errors: NotPermitted, SnapshotMissing, WriterBusy."""
        if not self.may_roll_back(actor):
            raise NotPermitted(
                "Only administrators publish an earlier state.",
                next_step=f"Ask one, or run `c360 rollback {snapshot}`.",
            )
        made = self._house.engine.rollback(snapshot)
        with self._house.governance.state.writing() as writing:
            writing.note(actor.name, "warehouse.rollback", f"snapshot {snapshot}", made=made.id)
        return made


def _read(session: Session, sql: str) -> list[Row]:
    found: list[Row] = session.query(sql.format(most=MOST)).to_pylist()
    return found
