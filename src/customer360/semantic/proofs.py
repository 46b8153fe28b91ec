"""Prove on data that a roll-up equals its base, once a published state: only then it may stand in for it."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from customer360.engines.dialect import transpile
from customer360.errors import StatementFailed
from customer360.semantic.identifiers import identifier
from customer360.semantic.rollups import counted_rows, rollup_select, rollup_tables

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlglot import exp

    from customer360.engines.base import Session
    from customer360.semantic.extensions import Rollup
    from customer360.semantic.model import SemanticModel

_INEXACT = ("DOUBLE", "FLOAT", "REAL", "DOUBLE PRECISION")
"""Types whose sums depend on the order of their rows: no sum of sums is equal to the last digit."""


@dataclass(frozen=True)
class Proof:
    """Whether a roll-up equals its base in one state; ``why`` it does not, None when it does."""

    rollup: str
    why: str | None

    @property
    def holds(self) -> bool:
        """Equal."""
        return self.why is None


def prove(session: Session, model: SemanticModel, rollup: str, *, as_of: date, dialect: str = "duckdb") -> Proof:
    """Compare a roll-up's table with its query over the base: same columns, types, rows, and no join that doubles."""
    declared = rollup_tables(model, dialect)[rollup].declared
    wanted = _text(rollup_select(model, declared, as_of=as_of, dialect=dialect), dialect)
    source = ".".join(identifier(part).sql(dialect=dialect) for part in declared.source.split("."))
    try:
        columns = session.describe(wanted)
        found = {column.name: column.type for column in session.describe(f"SELECT * FROM {source}")}
    except StatementFailed as error:
        return Proof(rollup, f"it cannot be read: {error.what}")
    for column in columns:
        if column.name not in found:
            return Proof(rollup, f"its table has no column {column.name}")
        if found[column.name] != column.type:
            return Proof(rollup, f"its column {column.name} is {found[column.name]}, the base gives {column.type}")
        if column.type in _INEXACT and _is_summed(model, declared, column.name):
            return Proof(rollup, f"{column.name} is a sum of floats, which is never equal to the last digit")
    names = ", ".join(identifier(column.name).sql(dialect=dialect) for column in columns)
    return Proof(
        rollup,
        _difference(session, f"SELECT {names} FROM {source}", wanted) or _doubling(session, model, declared, dialect),
    )


def _difference(session: Session, table: str, wanted: str) -> str | None:
    for one, other, words in ((wanted, table, "lacks"), (table, wanted, "has")):
        sql = f"SELECT COUNT(*) FROM (({one}) EXCEPT ALL ({other})) AS difference"
        rows = session.query(sql).column(0)[0].as_py()
        if rows:
            also = "" if words == "lacks" else ", which the base does not give"
            return f"its table {words} {rows:,} of the rows{also}"
    return None


def _doubling(session: Session, model: SemanticModel, declared: Rollup, dialect: str) -> str | None:
    """Say so when joins double or lose rows: then totals by these dimensions differ from totals without them."""
    alone, joined = (
        session.query(_text(tree, dialect)).column(0)[0].as_py() for tree in counted_rows(model, declared, dialect)
    )
    return None if alone == joined else f"its joins make {joined:,} rows of {alone:,}"


def _is_summed(model: SemanticModel, declared: Rollup, name: str) -> bool:
    atom = model.formulas[name].sole_atom if name in declared.metrics else None
    return atom is not None and atom.kind == "sum"


def _text(tree: exp.Select, dialect: str) -> str:
    text = tree.sql(dialect="duckdb")
    return text if dialect == "duckdb" else transpile(text, dialect)


class Proofs:
    """Remembers what was proved in the newest state read. Safe to use from several threads."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Proof] = {}
        self._state = ""
        self._lock = Lock()

    def refuted(
        self, session: Session, model: SemanticModel, rollups: Iterable[str], *, as_of: date, dialect: str
    ) -> frozenset[str]:
        """Return those roll-ups that do not equal their base in this state; what is not known is proved now."""
        proofs = [self._proof(session, model, name, as_of, dialect) for name in rollups]
        return frozenset(proof.rollup for proof in proofs if not proof.holds)

    def _proof(self, session: Session, model: SemanticModel, rollup: str, as_of: date, dialect: str) -> Proof:
        key = (session.state, model.digest, rollup, as_of.isoformat(), dialect)
        with self._lock:
            if session.state != self._state:
                self._state = session.state
                self._known.clear()
            known = self._known.get(key)
        if known is None:
            known = prove(session, model, rollup, as_of=as_of, dialect=dialect)
            with self._lock:
                self._known[key] = known
        return known
