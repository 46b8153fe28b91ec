"""Write one table's staged rows into the warehouse, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from customer360.engines.base import Column, Publication, Session
from customer360.errors import C360Error, SchemaDrift
from customer360.names import LOAD_ID, Relation, quoted, raw_relation
from customer360.raw.log import LastLoad
from customer360.raw.plan import Mode, Plan
from customer360.raw.stage import ROW_KEY, CastRun, Staged

STAGED = "staged_rows"


def changed_rows(session: Session, plan: Plan, staged: Staged, last: LastLoad, landed: Mapping[str, str]) -> int | None:
    """Return how many rows landing would add, alter or remove; None when the table would stay as it is.

    A replaced table counts all its rows when its content differs at all.
    """
    rows: int = staged.good.num_rows
    if _types(landed) != dict(plan.types):
        return rows
    if plan.mode is Mode.replace:
        is_same = (last.mode, last.digest, last.signature) == (Mode.replace.value, staged.digest, plan.signature)
        return None if is_same else rows
    if not rows:
        return None
    session.register(STAGED, staged.good)
    try:
        if plan.mode is Mode.merge:
            return _count(session, f"SELECT count(*) AS n FROM ({_merged(plan)})") or None
        return _window_changes(session, plan, staged) or None
    finally:
        session.unregister(STAGED)


def land(publication: Publication, plan: Plan, staged: Staged, load_id: int, landed: Mapping[str, str] | None) -> None:
    """Make the raw table hold the staged rows too (or only them); each carries the load's id."""
    relation = raw_relation(plan.table.source, plan.table.name)
    publication.create_schema(relation.schema)
    if plan.mode is Mode.replace or landed is None:
        publication.create_table(relation, [*(Column(c.name, c.type) for c in plan.columns), Column(LOAD_ID, "BIGINT")])
    else:
        _fit(publication, plan, relation, landed)
    if not staged.good.num_rows:
        return
    publication.register(STAGED, staged.good)
    try:
        if plan.mode is Mode.window:
            where, values = _in_window(plan, staged)
            publication.execute(f"DELETE FROM {relation.sql} WHERE {where}", values)
        rows = _merged(plan) if plan.mode is Mode.merge else f"SELECT {_names(plan)} FROM {STAGED}"
        target = [*(column.name for column in plan.columns), LOAD_ID]
        publication.insert_select(relation, f"SELECT {_names(plan)}, {load_id} FROM ({rows})", target)
        if plan.mode is Mode.merge:
            same = " AND ".join(f"new.{quoted(k)} = old.{quoted(k)}" for k in plan.key)
            newer = f"SELECT 1 FROM {relation.sql} AS new WHERE new.{quoted(LOAD_ID)} = {load_id} AND {same}"
            publication.execute(
                f"DELETE FROM {relation.sql} AS old WHERE old.{quoted(LOAD_ID)} <> {load_id} AND EXISTS ({newer})"
            )
    finally:
        publication.unregister(STAGED)


def land_as_read(publication: Publication, plan: Plan, run: CastRun, load_id: int) -> None:
    """Make the raw table hold the rows of a pass that goes on while they are written.

    Raises what the source raises: on the way through the warehouse an error would lose its class.
    """
    relation = raw_relation(plan.table.source, plan.table.name)
    publication.create_schema(relation.schema)
    publication.create_table(relation, [*(Column(c.name, c.type) for c in plan.columns), Column(LOAD_ID, "BIGINT")])
    raised: list[BaseException] = []

    def batches() -> Generator[pa.RecordBatch, None, None]:
        try:
            for rows in run.good_chunks():
                yield from rows.to_batches()
        except BaseException as error:  # noted and raised again
            raised.append(error)
            raise

    source = batches()
    publication.register(STAGED, pa.RecordBatchReader.from_batches(run.empty.schema, source))
    try:
        target = [*(column.name for column in plan.columns), LOAD_ID]
        publication.insert_select(relation, f"SELECT {_names(plan)}, {load_id} FROM {STAGED}", target)
    except C360Error:
        if raised:
            raise raised[0] from None
        raise
    finally:
        publication.unregister(STAGED)
        source.close()  # its threads read from the connector, which closes next


def _merged(plan: Plan) -> str:
    """Return the query for staged rows that are new, or different from and not older than the landed one."""
    relation = raw_relation(plan.table.source, plan.table.name)
    same = " AND ".join(f"s.{quoted(k)} = r.{quoted(k)}" for k in plan.key)
    cursor = quoted(str(plan.cursor))
    others = [quoted(c.name) for c in plan.columns if c.name not in plan.key]
    differs = " OR ".join(f"s.{name} IS DISTINCT FROM r.{name}" for name in others) or "false"
    is_older = f"coalesce(s.{cursor} < r.{cursor}, false)"
    columns = ", ".join(f"s.{quoted(c.name)}" for c in plan.columns)
    return (
        f"SELECT {columns} FROM {STAGED} AS s LEFT JOIN {relation.sql} AS r ON {same}"
        f" WHERE r.{quoted(LOAD_ID)} IS NULL OR (NOT {is_older} AND ({differs}))"
    )


def _window_changes(session: Session, plan: Plan, staged: Staged) -> int:
    relation = raw_relation(plan.table.source, plan.table.name)
    where, values = _in_window(plan, staged)
    old = f"SELECT {_names(plan)} FROM {relation.sql} WHERE {where}"
    new = f"SELECT {_names(plan)} FROM {STAGED}"
    added = _count(session, f"SELECT count(*) AS n FROM ({new} EXCEPT ALL {old})", values)
    return max(added, _count(session, f"SELECT count(*) AS n FROM ({old} EXCEPT ALL {new})", values))


def _in_window(plan: Plan, staged: Staged) -> tuple[str, list[Any]]:
    """Return the condition of landed rows that the staged ones stand for: nothing before the first of these."""
    cursor = quoted(str(plan.cursor))
    first = plan.since if plan.since is not None else pc.min(staged.good[plan.cursor]).as_py()
    if first is None:
        return f"{cursor} IS NULL", []
    return f"({cursor} >= $1 OR {cursor} IS NULL)", [first]


def _fit(publication: Publication, plan: Plan, relation: Relation, landed: Mapping[str, str]) -> None:
    """Give the raw table the plan's columns: new ones are added, retyped ones cast; SchemaDrift when rows resist."""
    before = _types(landed)
    retyped = {c.name: c.type for c in plan.columns if before.get(c.name, c.type) != c.type}
    for column in plan.columns:
        if column.name not in before:
            publication.execute(f"ALTER TABLE {relation.sql} ADD COLUMN {quoted(column.name)} {column.type}")
    if not retyped:
        return
    for name, type_ in retyped.items():
        resisting = f"{quoted(name)} IS NOT NULL AND TRY_CAST({quoted(name)} AS {type_}) IS NULL"
        if rows := _count(publication, f"SELECT count(*) AS n FROM {relation.sql} WHERE {resisting}"):
            raise SchemaDrift(
                f"{rows:,} landed rows of {plan.table.source}.{plan.table.name} cannot become {type_}"
                f" in column '{name}'.",
                place=plan.table.place,
                next_step=f"Read everything again: c360 load {plan.table.source} --full.",
            )
    parts = [f"CAST({quoted(c.name)} AS {c.type}) AS {quoted(c.name)}" for c in plan.columns]
    publication.create_table_as(relation, f"SELECT {', '.join(parts)}, {quoted(LOAD_ID)} FROM {relation.sql}")


def _types(landed: Mapping[str, str]) -> dict[str, str]:
    return {name: type_ for name, type_ in landed.items() if name != LOAD_ID}


def _names(plan: Plan) -> str:
    return ", ".join(quoted(column.name) for column in plan.columns)


def _count(session: Session, sql: str, values: list[Any] | None = None) -> int:
    return int(session.query(sql, values or [])["n"][0].as_py())


def keys_of(staged: Staged) -> pa.Table | None:
    """Return the keys, as text, of rows that land by merging; None for other modes."""
    return staged.good.select([ROW_KEY]) if ROW_KEY in staged.good.column_names else None
