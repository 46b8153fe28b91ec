"""Tell what changed between two published states: rows, columns and contracts of each table, and how each is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from customer360.models.state import CHECK_LOG, read_state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.engines.base import Engine, Session, Snapshot
    from customer360.models.state import Built
    from customer360.names import Relation

_CONTRACTS = """
SELECT table_schema, table_name, contract_id, MAX(version) AS version, COUNT(*) AS checks,
  SUM(CASE WHEN outcome = 'passed' THEN 1 ELSE 0 END) AS held
FROM c360.check_log AS l
INNER JOIN (
  SELECT table_schema AS s, table_name AS t, MAX(started_at) AS newest
  FROM c360.check_log
  GROUP BY table_schema, table_name
) AS n ON n.s = l.table_schema AND n.t = l.table_name AND n.newest = l.started_at
GROUP BY table_schema, table_name, contract_id
"""


@dataclass(frozen=True)
class Contract:
    """A contract as it was last checked: its version, how many rules it had, and how many held."""

    version: str
    checks: int
    held: int


@dataclass(frozen=True)
class Side:
    """A table in one of the two states; None where a state does not tell."""

    rows: int | None = None
    definition: str | None = None
    contract: Contract | None = None


@dataclass(frozen=True)
class TableChange:
    """How a table differs. ``before`` None: it is new; ``after`` None: it is gone."""

    relation: Relation
    before: Side | None
    after: Side | None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    """Columns that came and went, told where the way the table is made changed."""

    @property
    def is_made_otherwise(self) -> bool:
        """Whether the table is made in another way: its SQL, its settings or its contract's columns."""
        return bool(self.before and self.after and self.before.definition != self.after.definition)

    @property
    def made(self) -> Literal["new", "gone", "changed", "as before"]:
        """How the table is made, beside before."""
        if self.before is None or self.after is None:
            return "gone" if self.before else "new"
        return "changed" if self.is_made_otherwise else "as before"

    @property
    def more_rows(self) -> int | None:
        """Rows more than before (fewer: below zero); None where one side does not count them."""
        if self.before is None or self.after is None or self.before.rows is None or self.after.rows is None:
            return None
        return self.after.rows - self.before.rows

    @property
    def is_none(self) -> bool:
        """Whether nothing that is told here differs."""
        return self.before == self.after


@dataclass(frozen=True)
class Difference:
    """Two published states and the tables in which they differ, in order of their names."""

    before: Snapshot
    after: Snapshot
    changes: tuple[TableChange, ...]
    same: int
    """Tables with as many rows, made in the same way under the same contract."""

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per table that changed: rows, how it is made, columns, versions of the contract."""
        return [
            {
                "table": str(each.relation),
                "rows_before": each.before.rows if each.before else None,
                "rows_after": each.after.rows if each.after else None,
                "made": each.made,
                "columns_added": ", ".join(each.added),
                "columns_removed": ", ".join(each.removed),
                "contract_before": each.before.contract.version if each.before and each.before.contract else None,
                "contract_after": each.after.contract.version if each.after and each.after.contract else None,
            }
            for each in self.changes
        ]


def difference(engine: Engine, before: int, after: int) -> Difference:
    """Return what changed from one published state to another. Errors: SnapshotMissing."""
    kept = {snapshot.id: snapshot for snapshot in engine.history()}
    with engine.read(at_snapshot=before) as old, engine.read(at_snapshot=after) as new:
        sides = (_sides(old), _sides(new))
        changes = []
        for relation in sorted({*sides[0], *sides[1]}):
            change = TableChange(relation, sides[0].get(relation), sides[1].get(relation))
            if not change.is_none:
                changes.append(_with_columns(change, old, new) if change.is_made_otherwise else change)
    same = len({*sides[0], *sides[1]}) - len(changes)
    return Difference(kept[before], kept[after], tuple(changes), same)


def _sides(session: Session) -> dict[Relation, Side]:
    present = session.relations()
    built, contracts = read_state(session, present), _contracts(session, present)
    return {relation: _side(each, contracts.get(relation)) for relation, each in built.items()}


def _side(built: Built, contract: Contract | None) -> Side:
    return Side(built.rows, built.definition, contract)


def _contracts(session: Session, present: frozenset[Relation]) -> Mapping[Relation, Contract]:
    if CHECK_LOG not in present:
        return {}
    rows: list[dict[str, Any]] = session.query(_CONTRACTS).to_pylist()
    of = {(row["table_schema"], row["table_name"]): row for row in rows}
    return {
        relation: Contract(str(row["version"]), int(row["checks"]), int(row["held"]))
        for relation in present
        if (row := of.get((relation.schema, relation.table))) is not None
    }


def _with_columns(change: TableChange, old: Session, new: Session) -> TableChange:
    before, after = ([column.name for column in session.columns(change.relation)] for session in (old, new))
    added = tuple(name for name in after if name not in before)
    removed = tuple(name for name in before if name not in after)
    return TableChange(change.relation, change.before, change.after, added, removed)
