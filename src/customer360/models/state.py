"""Remember inside the warehouse what was built from what: ``c360.build_state``, ``build_log`` and ``check_log``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from customer360.engines.base import Column, Publication, Session
from customer360.names import LOAD_ID, RAW_PREFIX, STATE_SCHEMA, Relation, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from customer360.models.report import CheckResult, NodeResult

STATE = Relation(STATE_SCHEMA, "build_state")
BUILD_LOG = Relation(STATE_SCHEMA, "build_log")
CHECK_LOG = Relation(STATE_SCHEMA, "check_log")
LOAD_LOG = Relation(STATE_SCHEMA, "load_log")

_STATE_COLUMNS = (
    Column("table_schema", "VARCHAR"),
    Column("table_name", "VARCHAR"),
    Column("kind", "VARCHAR"),
    Column("definition", "VARCHAR"),
    Column("version", "VARCHAR"),
    Column("checked", "VARCHAR"),
    Column("row_count", "BIGINT"),
    Column("as_of", "DATE"),
    Column("built_at", "TIMESTAMP"),
    Column("build_id", "VARCHAR"),
)
_BUILD_COLUMNS = (
    Column("build_id", "VARCHAR"),
    Column("table_schema", "VARCHAR"),
    Column("table_name", "VARCHAR"),
    Column("kind", "VARCHAR"),
    Column("action", "VARCHAR"),
    Column("row_count", "BIGINT"),
    Column("seconds", "DOUBLE"),
    Column("as_of", "DATE"),
    Column("started_at", "TIMESTAMP"),
)
_CHECK_COLUMNS = (
    Column("contract_id", "VARCHAR"),
    Column("version", "VARCHAR"),
    Column("table_schema", "VARCHAR"),
    Column("table_name", "VARCHAR"),
    Column("column_name", "VARCHAR"),
    Column("rule_id", "VARCHAR"),
    Column("type", "VARCHAR"),
    Column("metric", "VARCHAR"),
    Column("dimension", "VARCHAR"),
    Column("severity", "VARCHAR"),
    Column("sql", "VARCHAR"),
    Column("value", "VARCHAR"),
    Column("unit", "VARCHAR"),
    Column("operator", "VARCHAR"),
    Column("threshold", "VARCHAR"),
    Column("outcome", "VARCHAR"),
    Column("sample", "VARCHAR"),
    Column("reason", "VARCHAR"),
    Column("run_id", "VARCHAR"),
    Column("started_at", "TIMESTAMP"),
    Column("ms", "DOUBLE"),
)
_ARROW = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
}


@dataclass(frozen=True)
class Built:
    """What is known of a table that a build made.

    ``definition`` digests how it is made, ``version`` also what it was made from, ``checked`` what its checks saw.
    """

    relation: Relation
    kind: str
    definition: str
    version: str
    checked: str
    rows: int | None
    as_of: date
    built_at: datetime
    build_id: str


def read_state(session: Session, present: frozenset[Relation]) -> dict[Relation, Built]:
    """Return what earlier builds made, leaving out tables that are gone."""
    if STATE not in present:
        return {}
    rows = session.query(f"SELECT * FROM {STATE.sql}").to_pylist()
    found = {}
    for row in rows:
        relation = Relation(row["table_schema"], row["table_name"])
        if relation in present:
            found[relation] = Built(
                relation,
                kind=row["kind"],
                definition=row["definition"],
                version=row["version"],
                checked=row["checked"],
                rows=row["row_count"],
                as_of=row["as_of"],
                built_at=row["built_at"],
                build_id=row["build_id"],
            )
    return found


def write_state(publication: Publication, state: Mapping[Relation, Built]) -> None:
    """Replace what is remembered of built tables."""
    publication.create_schema(STATE_SCHEMA)
    publication.create_table(STATE, _STATE_COLUMNS)
    rows = [
        (r.schema, r.table, b.kind, b.definition, b.version, b.checked, b.rows, b.as_of, b.built_at, b.build_id)
        for r, b in sorted(state.items())
    ]
    publication.insert_arrow(STATE, _arrow(_STATE_COLUMNS, rows))


def append_builds(
    publication: Publication,
    present: frozenset[Relation],
    nodes: Iterable[NodeResult],
    build: tuple[str, date, datetime],
) -> None:
    """Add what one build did to the log; ``build`` is its id, as-of date and start (UTC, naive)."""
    build_id, as_of, started = build
    rows = [
        (build_id, n.relation.schema, n.relation.table, n.kind, n.action, n.rows, n.seconds, as_of, started)
        for n in nodes
        if n.action != "skipped"
    ]
    _append(publication, present, BUILD_LOG, _BUILD_COLUMNS, rows)


def append_checks(publication: Publication, present: frozenset[Relation], results: Iterable[CheckResult]) -> None:
    """Add check results to the log."""
    rows = [
        (
            *(c.contract_id, c.version, c.relation.schema, c.relation.table, c.column, c.rule_id, c.type, c.metric),
            *(c.dimension, c.severity, c.sql, None if c.value is None else str(c.value), c.unit, c.operator),
            *(c.threshold, c.outcome, ", ".join(c.sample) or None, c.reason, c.run_id),
            *(c.started.replace(tzinfo=None), c.ms),
        )
        for c in results
    ]
    _append(publication, present, CHECK_LOG, _CHECK_COLUMNS, rows)


def _append(
    publication: Publication,
    present: frozenset[Relation],
    relation: Relation,
    columns: tuple[Column, ...],
    rows: Sequence[tuple[object, ...]],
) -> None:
    if relation not in present:
        publication.create_schema(relation.schema)
        publication.create_table(relation, columns)
    if rows:
        publication.insert_arrow(relation, _arrow(columns, rows))


def _arrow(columns: tuple[Column, ...], rows: Sequence[tuple[object, ...]]) -> pa.Table:
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    schema = pa.schema([(column.name, _ARROW[column.type]) for column in columns])
    return pa.table([pa.array(v, type=f.type) for v, f in zip(values, schema, strict=True)], schema=schema)


def raw_versions(session: Session, relations: Iterable[Relation], present: frozenset[Relation]) -> dict[Relation, str]:
    """Return a text per raw table that changes whenever its rows do.

    That is the newest entry of ``c360.load_log`` about it, and how many rows of each load are left in it: rows come
    with the id of their load, and what takes rows away changes a count. Whoever changes rows in place (an erasure)
    writes an entry of his own.
    """
    wanted = sorted(relations)
    if not wanted:
        return {}
    selects = [
        f"SELECT {number} AS place, CAST({quoted(LOAD_ID)} AS VARCHAR) AS load, COUNT(*) AS amount "
        f"FROM {relation.sql} GROUP BY {quoted(LOAD_ID)}"
        for number, relation in enumerate(wanted)
    ]
    if LOAD_LOG in present:
        selects.append(
            "SELECT -1 AS place, source || '.' || table_name AS load, MAX(load_id) AS amount "
            f"FROM {LOAD_LOG.sql} GROUP BY source, table_name"
        )
    rows = session.query(" UNION ALL ".join(selects)).to_pylist()
    newest = {row["load"]: row["amount"] for row in rows if row["place"] == -1}
    loads: dict[Relation, list[str]] = {relation: [] for relation in wanted}
    for row in rows:
        if row["place"] >= 0:
            loads[wanted[row["place"]]].append(f"{row['load']}={row['amount']}")
    return {r: f"{newest.get(_logged(r))};{';'.join(sorted(parts))}" for r, parts in loads.items()}


def _logged(relation: Relation) -> str:
    """Return the name under which the load log knows a raw table."""
    return f"{relation.schema.removeprefix(RAW_PREFIX)}.{relation.table}"
