"""Read what identity found in a warehouse, and keep what people decide about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.csv as pa_csv

from customer360.clock import now
from customer360.errors import WarehouseMissing
from customer360.identity.configured import keep_model
from customer360.identity.evaluate import against_labels, drift, threshold_curve
from customer360.identity.failures import IdentityError, OverrideRefused, RecordsMalformed
from customer360.identity.model import Model
from customer360.identity.overrides import STATE_FILE, Kind, Override, SqliteStore
from customer360.identity.steps import identity_model
from customer360.identity.tables import model_of, names_of
from customer360.names import Relation

if TYPE_CHECKING:
    from customer360.engines.base import Engine
    from customer360.errors import NotPermitted

XREF, EDGE, REVIEW, ALIAS, FIGURE, RECORD = (
    Relation("identity", table)
    for table in (
        "customer_xref",
        "identity_edge",
        "identity_review",
        "identity_alias",
        "identity_figure",
        "identity_record",
    )
)


class Door(Protocol):
    """Lets whoever asks read and decide, as far as they may, and writes down what they did."""

    def shows(self, table: Relation) -> bool:
        """Say whether they may read a whole table."""
        ...

    def refusal(self, table: Relation) -> NotPermitted | None:
        """Return why they may not, None when they may; asking for it leaves no trace."""
        ...

    def check(self, table: Relation) -> None:
        """Raise NotPermitted unless they may."""
        ...

    def has_shown(self, table: Relation, sql: str, rows: int) -> None:
        """Write down what they read."""
        ...

    def may_decide(self, who: str) -> bool:
        """Say whether they may decide about people, in this name."""
        ...

    def check_decider(self, who: str) -> None:
        """Raise NotPermitted unless they may decide about people, in this name."""
        ...

    def has_decided(self, who: str, action: str, number: int) -> None:
        """Write down what they decided."""
        ...


class OpenDoor:
    """The door of somebody who holds the files in their own hands."""

    def shows(self, table: Relation) -> bool:  # noqa: ARG002 - a door
        """Say yes."""
        return True

    def refusal(self, table: Relation) -> None:
        """Refuse nothing."""

    def check(self, table: Relation) -> None:
        """Refuse nothing."""

    def has_shown(self, table: Relation, sql: str, rows: int) -> None:
        """Write nothing down."""

    def may_decide(self, who: str) -> bool:  # noqa: ARG002 - a door
        """Say yes."""
        return True

    def check_decider(self, who: str) -> None:
        """Refuse nobody."""

    def has_decided(self, who: str, action: str, number: int) -> None:
        """Write nothing down: the decision itself is kept."""


class People:
    """The people of one project: its published tables of identity and its store of overrides."""

    def __init__(self, engine: Engine, root: Path, *, door: Door | None = None) -> None:
        self.engine = engine
        self.door = door or OpenDoor()
        self.root = root
        self.store = SqliteStore(root / STATE_FILE)

    def _query(self, table: Relation, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Return rows of a table that a build made. Errors: WarehouseMissing, IdentityError, NotPermitted."""
        self.door.check(table)
        found = self._rows(table, sql, parameters)
        self.door.has_shown(table, sql, found.num_rows)
        return found

    def _rows(self, table: Relation, sql: str, parameters: Sequence[Any]) -> pa.Table:
        if not self.engine.exists():
            raise WarehouseMissing("Nothing has been built here yet.", next_step="Run `c360 run` first.")
        with self.engine.read() as session:
            if table not in session.relations():
                raise IdentityError(
                    f"The project has no table {table}.",
                    next_step="`c360 identity add` puts the identity steps into a project; then build.",
                )
            return session.query(sql, parameters)

    def _has(self, table: Relation) -> bool:
        if not self.engine.exists():
            return False
        with self.engine.read() as session:
            return table in session.relations()

    def heir(self, customer: str) -> str | None:
        """Return the id that took over from one that is no more; None for any other id."""
        if not self._has(ALIAS) or not self.door.shows(ALIAS):
            return None  # who may not read it is not led on
        found = self._rows(ALIAS, f"SELECT new_id FROM {ALIAS.sql} WHERE old_id = ?", (customer,))
        return str(found["new_id"][0].as_py()) if found.num_rows else None

    def customer_of(self, person: str) -> str:
        """Return the customer id of an id, an old id or a record ``system:record_id``. Errors: IdentityError."""
        system, colon, record = person.partition(":")
        named = "system = ? AND record_id = ?" if colon else "customer_id = ?"
        found = self._query(
            XREF,
            f"SELECT customer_id FROM {XREF.sql} WHERE {named} AND valid_to IS NULL LIMIT 1",
            (system, record) if colon else (person,),
        )
        if found.num_rows:
            return str(found.column(0)[0].as_py())
        heir = None if colon else self.heir(person)
        if heir is None:
            raise IdentityError(f"Nobody has the id '{person}'.", next_step="Name a customer id or system:record_id.")
        return heir

    def records(self, customer: str) -> pa.Table:
        """Return the records of a customer: system, record_id, match_rule, confidence, valid_from."""
        return self._query(
            XREF,
            f"SELECT system, record_id, match_rule, confidence, valid_from FROM {XREF.sql}"
            " WHERE customer_id = ? AND valid_to IS NULL ORDER BY system, record_id",
            (customer,),
        )

    def explanation(self, one: str, other: str) -> pa.Table:
        """Return the edges between the customers of two people, or within the one that both are, kept ones first."""
        return self._edges(self.customer_of(one), self.customer_of(other))

    def links(self, customer: str) -> pa.Table:
        """Return the edges within a customer of this id, as ``explanation`` does."""
        return self._edges(customer, customer)

    def _edges(self, one: str, other: str) -> pa.Table:
        return self._query(
            EDGE,
            "SELECT system_a, record_id_a, system_b, record_id_b, kind, rule, probability, evidence, is_kept"
            f" FROM {EDGE.sql} AS e"
            f" JOIN {XREF.sql} AS x ON x.system = system_a AND x.record_id = record_id_a AND x.valid_to IS NULL"
            f" JOIN {XREF.sql} AS y ON y.system = system_b AND y.record_id = record_id_b AND y.valid_to IS NULL"
            " WHERE (x.customer_id, y.customer_id) IN ((?, ?), (?, ?))"
            " ORDER BY is_kept DESC, probability DESC, system_a, record_id_a, system_b, record_id_b",
            (one, other, other, one),
        )

    def decided_about(self, one: str, other: str) -> tuple[Override, ...]:
        """Return the decisions that hold and name records of both customers, oldest first."""
        a, b = (set(self._all_of(person)) for person in (one, other))
        return tuple(
            each
            for each in self.store.all()
            if each.undone_at is None
            and (
                (not a.isdisjoint(each.records_a) and not b.isdisjoint(each.records_b))
                or (not a.isdisjoint(each.records_b) and not b.isdisjoint(each.records_a))
            )
        )

    def figures(self) -> pa.Table:
        """Return the figures of the last run beside those of the one before: figure, value, before, change."""
        return drift(self._query(FIGURE, f"SELECT * FROM {FIGURE.sql}"))

    def standing(self) -> str | None:
        """Return one sentence about the last run, and what to do next; None where the figures may not be read."""
        if not self._has(FIGURE) or not self.door.shows(FIGURE):
            return None
        figures = {row["figure"]: int(row["value"]) for row in self.figures().to_pylist()}
        doubts = figures.get("doubts to review", 0)
        told = f"{figures.get('records', 0):,} records are {figures.get('people', 0):,} people"
        if doubts:
            return f"{told}; {doubts:,} {'pair is' if doubts == 1 else 'pairs are'} in doubt: `c360 identity review`."
        return f"{told}, none in doubt. `c360 identity audit` shows the figures."

    def doubts(self, limit: int, *, gone: bool = False) -> pa.Table:
        """Return the worst doubts that are open; or those that are gone, the latest first, with what became of them."""
        if gone:
            chosen = (
                f"* EXCLUDE (rank) FROM {REVIEW.sql} WHERE valid_to IS NOT NULL ORDER BY valid_to DESC, valid_from DESC"
            )
        else:
            chosen = f"* EXCLUDE (valid_to, outcome) FROM {REVIEW.sql} WHERE valid_to IS NULL ORDER BY rank"
        return self._query(REVIEW, f"SELECT {chosen} LIMIT {int(limit)}")

    def against(self, labels: Path) -> pa.Table:
        """Return precision, recall and the threshold curve against a CSV of system, record_id, label."""
        kinds = dict.fromkeys(("system", "record_id", "label"), pa.string())
        try:
            read = pa_csv.read_csv(labels, convert_options=pa_csv.ConvertOptions(column_types=kinds))
        except (OSError, pa.ArrowInvalid) as error:
            raise RecordsMalformed(
                "The labels cannot be read as CSV.",
                place=str(labels),
                next_step="Write a file with the columns system, record_id, label.",
            ) from error
        if not {"system", "record_id", "label"} <= set(read.column_names):
            raise RecordsMalformed("Labels need the columns system, record_id and label.", place=str(labels))
        real = _named(read).append_column("label", read["label"])
        found = self._query(XREF, f"SELECT system, record_id, customer_id FROM {XREF.sql} WHERE valid_to IS NULL")
        quality = against_labels(_named(found).append_column("person_id", found["customer_id"]), real)
        edges = self._query(
            EDGE,
            "SELECT system_a || ':' || record_id_a AS record_a, system_b || ':' || record_id_b AS record_b,"
            f" kind, rule, probability, is_kept FROM {EDGE.sql}",
        )
        rows = [{"figure": name.replace("_", " "), "value": value} for name, value in vars(quality).items()]
        for point in threshold_curve(edges, real).to_pylist():
            for figure in ("precision", "recall"):
                rows.append({"figure": f"{figure} at {point['threshold']}", "value": point[figure]})
        return pa.Table.from_pylist(rows, pa.schema([("figure", pa.string()), ("value", pa.float64())]))

    def train(self, settings: Mapping[str, Any], *, as_of: date) -> Path:
        """Learn the model from the records of the last build and keep it in the project; return the file.

        ``settings``: those of identity.yaml. Errors: IdentityError.
        """
        records = self._query(RECORD, f"SELECT * FROM {RECORD.sql}")  # private: its owners alone can
        learned = identity_model({"records": records}, {"settings": settings}, as_of=as_of)
        return keep_model(self.root, model_of(learned) or Model())

    # ---- deciding ---------------------------------------------------------------------------------------------

    def merge(self, one: str, other: str, *, who: str, why: str) -> Override:
        """Keep that two customers are one person. Errors: IdentityError, OverrideRefused, NotPermitted."""
        self.door.check_decider(who)
        if self.customer_of(one) == self.customer_of(other):
            raise OverrideRefused("They are one person already.", next_step="`c360 identity explain A B` says why.")
        return self._keep("merge", self._all_of(one), self._all_of(other), who, why)

    def split(self, person: str, records: Sequence[str], *, who: str, why: str) -> Override:
        """Keep that some records of a customer are somebody else.

        Errors: IdentityError, OverrideRefused, NotPermitted.
        """
        self.door.check_decider(who)
        of = self._all_of(person)
        for record in records:
            if record not in of:
                raise IdentityError(
                    f"'{record}' is no record of that customer.", next_step="`c360 identity customer` lists them."
                )
        stay = tuple(record for record in of if record not in records)
        if not stay:
            raise OverrideRefused(
                "That is every record of the customer.", next_step="Name only those that are somebody else."
            )
        return self._keep("split", tuple(dict.fromkeys(records)), stay, who, why)

    def never(self, one: str, other: str, *, who: str, why: str) -> Override:
        """Keep that two customers or records are never one person.

        Errors: IdentityError, OverrideRefused, NotPermitted.
        """
        self.door.check_decider(who)
        a = (one,) if ":" in one else self._all_of(one)
        b = (other,) if ":" in other else self._all_of(other)
        for each in (one, other):
            self.customer_of(each)
        return self._keep("never", a, b, who, why)

    def undo(self, number: int, *, who: str) -> Override:
        """Take a decision back. Errors: OverrideRefused, NotPermitted."""
        self.door.check_decider(who)
        undone = self.store.undo(number, who=who, at=now())
        self.door.has_decided(who, "undone", number)
        return undone

    def decisions(self) -> pa.Table:
        """Return every decision, oldest first. Errors: NotPermitted where ``customer_xref`` may not be read."""
        self.door.check(XREF)
        names = ("number", "kind", "records_a", "records_b", "who", "at", "why", "undone_by")
        rows = [{n: _text(getattr(each, n)) for n in names} for each in self.store.all()]
        return pa.Table.from_pylist(rows, pa.schema([(name, pa.string()) for name in names]))

    def _all_of(self, person: str) -> tuple[str, ...]:
        table = self.records(self.customer_of(person))
        return tuple(f"{row['system']}:{row['record_id']}" for row in table.to_pylist())

    def _keep(self, kind: Kind, a: tuple[str, ...], b: tuple[str, ...], who: str, why: str) -> Override:
        kept = self.store.add(Override(kind=kind, records_a=a, records_b=b, who=who, why=why, at=now()))
        self.door.has_decided(who, kind, kept.number)
        return kept


def _named(table: pa.Table) -> pa.Table:
    return pa.table({"record_id": names_of(table)})


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return " ".join(value) if isinstance(value, tuple) else str(value)
