"""Write an earlier snapshot's state into an open publication: only what differs is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from customer360.engines.lake import metadata
from customer360.engines.sessions import LakePublication, LakeSession
from customer360.errors import WarehouseError
from customer360.names import Relation, quoted


@dataclass(frozen=True)
class State:
    """What the catalogue says of one snapshot: a version per table, the text of each view."""

    schemas: frozenset[str]
    tables: Mapping[Relation, object]
    views: Mapping[Relation, str]


def restore(publication: LakePublication, earlier: LakeSession) -> None:
    """Make a publication equal the snapshot that is attached to its connection as ``earlier``.

    Rows come from ``earlier``, never from ``t AT (VERSION => n)``: after ``CREATE OR REPLACE TABLE t`` in the same
    transaction that silently reads the new, empty table. Tables nobody touched since stay as they are, files and all.
    """
    target, present = state_at(earlier, earlier.snapshot), state_at(earlier, publication.snapshot_before)
    for view in present.views.keys() - target.views.keys():
        publication.execute(f"DROP VIEW {view.sql}")
    for table in present.tables.keys() - target.tables.keys():
        publication.execute(f"DROP TABLE {table.sql}")
    for schema in present.schemas - target.schemas:
        publication.execute(f"DROP SCHEMA {quoted(schema)}")
    for schema in target.schemas - present.schemas:
        publication.create_schema(schema)
    definitions = _definitions(earlier)
    for table, version in target.tables.items():
        if present.tables.get(table) != version:
            publication.drop(table)
            publication.execute(definitions[table])
            publication.insert_select(table, f"SELECT * FROM earlier.{table.sql}")
    _restore_views(publication, {view: body for view, body in target.views.items() if present.views.get(view) != body})


def _restore_views(publication: LakePublication, views: Mapping[Relation, str]) -> None:
    """Create views in whatever order works: one may read another."""
    waiting = dict(views)
    while waiting:
        failure: WarehouseError | None = None
        for view, body in tuple(waiting.items()):
            try:
                publication.drop(view)
                publication.execute(f"CREATE VIEW {view.sql}{body}")
                del waiting[view]
            except WarehouseError as error:
                failure = error
        if failure and waiting.keys() == views.keys():
            raise failure
        views = dict(waiting)


def _definitions(earlier: LakeSession) -> dict[Relation, str]:
    rows = earlier.query(
        "SELECT schema_name, table_name, sql FROM duckdb_tables() WHERE database_name = current_database()"
    ).to_pylist()
    return {Relation(row["schema_name"], row["table_name"]): row["sql"] for row in rows}


def state_at(session: LakeSession, snapshot: int) -> State:
    """Read from the catalogue what a snapshot holds.

    A table's version is its id, columns and files as of the snapshot; equal versions hold equal rows. ``partial_max``
    is the newest snapshot whose rows a merged file holds: of such a file an earlier snapshot reads only a part.
    """

    def valid(table: str, columns: str) -> list[tuple[Any, ...]]:
        rows = session.query(
            f"SELECT {columns} FROM {metadata(session.database)}.{table} "
            "WHERE begin_snapshot <= $1 AND (end_snapshot IS NULL OR end_snapshot > $1) ORDER BY ALL",
            [snapshot],
        )
        return [tuple(row.values()) for row in rows.to_pylist()]

    part = "CASE WHEN partial_max > $1 THEN $1 ELSE partial_max END"
    versions: dict[int, list[tuple[Any, ...]]] = {}
    for table, columns in (
        ("ducklake_column", "table_id, column_id, column_name, column_type, nulls_allowed, default_value"),
        ("ducklake_data_file", f"table_id, data_file_id, {part}"),
        ("ducklake_delete_file", f"table_id, delete_file_id, {part}"),
    ):
        for table_id, *rest in valid(table, columns):
            versions.setdefault(table_id, []).append((table, *rest))
    schemas = dict(valid("ducklake_schema", "schema_id, schema_name"))
    tables = valid("ducklake_table", "schema_id, table_name, table_id")
    views = valid("ducklake_view", "schema_id, view_name, sql, column_aliases")
    return State(
        schemas=frozenset(schemas.values()),
        tables={Relation(schemas[s], name): (number, versions.get(number)) for s, name, number in tables},
        views={Relation(schemas[s], name): _view_body(aliases, sql) for s, name, sql, aliases in views},
    )


def _view_body(aliases: str, sql: str) -> str:
    return f" ({aliases}) AS {sql}" if aliases else f" AS {sql}"
