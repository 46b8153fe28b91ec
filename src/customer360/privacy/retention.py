"""Delete what contracts say is kept no longer: rows of raw tables that are older than the promised retention."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from customer360.models.quality.service import retained_since
from customer360.names import Relation, quoted
from customer360.privacy.places import Column, Places
from customer360.privacy.traces import Columns, Trace, linked


@dataclass(frozen=True)
class Rule:
    """Rows of a raw table are kept while the day in ``column`` is not before ``since``."""

    relation: Relation
    column: str
    since: date
    contract: str

    @property
    def where(self) -> str:
        """Return the condition of rows that are too old."""
        return f"CAST({quoted(self.column)} AS DATE) < DATE '{self.since.isoformat()}'"


def rules(places: Places, as_of: date) -> tuple[Rule, ...]:
    """Return the rules of all contracts on raw columns; where several name one column, the shortest time holds."""
    found: dict[Column, Rule] = {}
    for relation, column, since, contract in _promised(places, as_of):
        own = {(relation, column)} if relation in places.kept else set()
        for raw, name in {*places.raw_of((relation, column)), *own}:
            before = found.get((raw, name))
            if before is None or since > before.since:
                found[raw, name] = Rule(raw, name, since, contract)
    return tuple(found[key] for key in sorted(found))


def outlived(places: Places, listing: tuple[Rule, ...], columns: Columns) -> tuple[Trace, ...]:
    """Return the rows that are too old, and rows that hang on them; there may be none."""
    known: dict[Relation, Trace] = {}
    for rule in listing:
        if rule.column in columns.get(rule.relation, {}):
            before = known.get(rule.relation)
            where = f"({before.where}) OR ({rule.where})" if before else rule.where
            known[rule.relation] = Trace(rule.relation, where, "raw")
    return tuple(linked(places, list(known.values()), columns))


def _promised(places: Places, as_of: date) -> Iterator[tuple[Relation, str, date, str]]:
    for contract in places.project.contracts.values():
        for column, since in retained_since(contract, as_of):
            yield contract.relation, column, since, contract.id
