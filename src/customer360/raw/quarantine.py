"""Keep rows that broke their contract, each once, until a good version of it lands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from customer360.engines.base import Column, Publication, Session
from customer360.errors import RowsRejected
from customer360.names import Relation, quarantine_relation
from customer360.raw.land import keys_of
from customer360.raw.plan import Mode, Plan
from customer360.raw.stage import ROW_KEY, Staged

_COLUMNS = (
    Column("load_id", "BIGINT"),
    Column("column_name", "VARCHAR"),
    Column("reason", "VARCHAR"),
    Column("row_key", "VARCHAR"),
    Column("row_json", "VARCHAR"),
)
_BAD = "bad_rows"
_KEYS = "good_keys"
_SAME = "q.row_json = b.row_json AND q.column_name = b.column_name AND q.reason = b.reason"


def refuse_rejected(plan: Plan, staged: Staged) -> None:
    """Raise RowsRejected when the policy says fail, or when no row read is good: that is no bad row.

    A load from the cursor on reads the newest row again, so if that is bad now, something happened to all rows.
    """
    if not staged.bad.num_rows:
        return
    name = f"{plan.table.source}.{plan.table.name}"
    what = "; ".join(f"{count:,} times: {reason}" for reason, count in staged.rejected.most_common(5))
    if plan.table.on_bad_rows == "fail":
        raise RowsRejected(
            f"{staged.bad.num_rows:,} of {staged.rows_read:,} rows of {name} break the contract: {what}.",
            place=plan.table.place,
            next_step="Correct them at the source, or set `on_bad_rows: quarantine` to land the others.",
        )
    if staged.bad.num_rows == staged.rows_read:
        raise RowsRejected(
            f"Every one of {staged.rows_read:,} rows of {name} breaks the contract: {what}.",
            place=plan.table.place,
            next_step="Correct the contract, or the source; not a single row could land.",
        )


def quarantine_changes(session: Session, plan: Plan, staged: Staged) -> int:
    """Return how many quarantined rows would come or go by merging; replaced tables are compared by digest instead."""
    relation = quarantine_relation(plan.table.source, plan.table.name)
    if relation not in session.relations():
        return int(staged.bad.num_rows)
    if plan.mode is Mode.replace:
        return 0
    with _registered(session, staged):
        found = session.query(
            f"SELECT (SELECT count(*) FROM ({_fresh(relation)})) + (SELECT count(*) FROM {relation.sql} AS q"
            f" WHERE {_settled(staged)}) AS n"
        )
    return int(found["n"][0].as_py())


def put_aside(publication: Publication, plan: Plan, staged: Staged, load_id: int) -> None:
    """Write this load's bad rows; take out those that a good or newer bad version replaces."""
    relation = quarantine_relation(plan.table.source, plan.table.name)
    exists = relation in publication.relations()
    if not exists and not staged.bad.num_rows:
        return
    if not exists or plan.mode is Mode.replace:
        publication.create_schema(relation.schema)
        publication.create_table(relation, _COLUMNS)
    names = ", ".join(column.name for column in _COLUMNS[1:])
    with _registered(publication, staged):
        if plan.mode is not Mode.replace:
            publication.execute(f"DELETE FROM {relation.sql} AS q WHERE {_settled(staged)}")
        fresh = _fresh(relation)
        publication.insert_select(relation, f"SELECT {load_id}, {names} FROM ({fresh})", [c.name for c in _COLUMNS])


def _fresh(relation: Relation) -> str:
    return f"SELECT b.* FROM {_BAD} AS b WHERE NOT EXISTS (SELECT 1 FROM {relation.sql} AS q WHERE {_SAME})"


def _settled(staged: Staged) -> str:
    """Return the condition of quarantined rows whose key came again: good, or bad in another way."""
    again = f"EXISTS (SELECT 1 FROM {_BAD} AS b WHERE b.row_key = q.row_key)"
    still = f"EXISTS (SELECT 1 FROM {_BAD} AS b WHERE {_SAME})"
    if keys_of(staged) is None:
        return f"{again} AND NOT {still}"
    good = f"EXISTS (SELECT 1 FROM {_KEYS} AS g WHERE g.{ROW_KEY} = q.row_key)"
    return f"({good} OR {again}) AND NOT {still}"


@contextmanager
def _registered(session: Session, staged: Staged) -> Iterator[None]:
    keys = keys_of(staged)
    session.register(_BAD, staged.bad)
    session.register(_KEYS, keys if keys is not None else pa.table({ROW_KEY: pa.array([], pa.string())}))
    try:
        yield
    finally:
        session.unregister(_BAD)
        session.unregister(_KEYS)
