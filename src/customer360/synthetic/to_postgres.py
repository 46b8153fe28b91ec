"""Write ShopFlow into PostgreSQL by binary COPY from Arrow, with the documented types, keys and indexes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from customer360.connectors.postgres_errors import explained, server_of
from customer360.errors import C360Error, Place
from customer360.names import quoted
from customer360.progress import Progress, Silent
from customer360.synthetic.columns import plain
from customer360.synthetic.ddl import create_indexes, create_table, keys, references, relation
from customer360.synthetic.documented import DOCUMENTED, SCHEMAS
from customer360.synthetic.documents import Document
from customer360.synthetic.written import TASK, Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from customer360.synthetic.shopflow import ShopFlow, SourceTable

URL_VARIABLE = "C360_POSTGRES_URL"


@dataclass(frozen=True)
class _Target:
    """A table on its way into the server."""

    system: str
    table: str
    source: SourceTable
    document: Document

    @property
    def schema(self) -> str:
        return SCHEMAS[self.system]

    @property
    def name(self) -> str:
        return relation(self.schema, self.table)


def write_postgres(
    shopflow: ShopFlow,
    url: str,
    *,
    systems: Sequence[str] | None = None,
    replace: bool = False,
    since: date | None = None,
    progress: Progress | None = None,
) -> list[Written]:
    """Write the systems' tables in one transaction: all of them are there afterwards, or none has changed.

    ``replace`` drops tables that exist. ``since`` adds to them: logs get the days from then on (days that are there
    already are replaced), state is written anew. With neither, a table that exists is an error.
    Errors: UnknownName, SourceUnreachable, C360Error.
    """
    import adbc_driver_manager
    import adbc_driver_postgresql.dbapi as driver

    progress = progress or Silent()
    targets = _targets(shopflow, systems)
    server = server_of(url, URL_VARIABLE, Place("the environment"))
    try:
        with driver.connect(url) as connection, connection.cursor() as cursor:
            progress.start(TASK, len(targets))
            written = _write(cursor, targets, replace=replace, since=since, progress=progress)
            connection.commit()
            progress.finish(TASK)
    except adbc_driver_manager.Error as error:
        raise explained(str(error), server) from error
    return written


def _targets(shopflow: ShopFlow, systems: Sequence[str] | None) -> list[_Target]:
    if systems is not None and "support" in systems:
        raise C360Error("Support tickets live in MongoDB, not in PostgreSQL.", next_step="Use --to mongo for them.")
    return [
        _Target(system, table, source, DOCUMENTED[system][table])
        for system, tables in shopflow.chosen(systems).items()
        if system in DOCUMENTED
        for table, source in tables.items()
    ]


def _write(
    cursor: Any, targets: list[_Target], *, replace: bool, since: date | None, progress: Progress
) -> list[Written]:
    there = _existing(cursor)
    present = [t for t in targets if (t.schema, t.table) in there]
    if present and not replace and since is None:
        raise C360Error(
            f"The table {present[0].schema}.{present[0].table} is there already.",
            next_step="Pass --replace to write it anew, or --since DATE to add the days from then on.",
        )
    for schema in dict.fromkeys(target.schema for target in targets):
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
    if replace:
        _run(cursor, [f"DROP TABLE IF EXISTS {t.name} CASCADE" for t in present])
        present = []
    _run(cursor, [line for t in reversed(present) for line in _make_room(t, since)])
    added = [t for t in targets if t not in present]
    _run(cursor, [create_table(t.schema, t.table, t.document, bare=True) for t in added])
    written = []
    for target in targets:
        only_new = since if target in present else None
        written.append(Written(target.system, target.table, _copy(cursor, target, only_new)))
        progress.step(TASK, f"{target.schema}.{target.table}")
    _run(cursor, [line for t in added for line in _finish(t)])
    _run(cursor, [line for t in added for line in _link(t)])
    _run(cursor, [line for t in targets for line in _sequences(t)])
    return written


def _existing(cursor: Any) -> set[tuple[str, str]]:
    cursor.execute("SELECT table_schema::text, table_name::text FROM information_schema.tables")
    return set(cursor.fetchall())


def _run(cursor: Any, statements: list[str]) -> None:
    for statement in statements:
        cursor.execute(statement)


def _make_room(target: _Target, since: date | None) -> list[str]:
    if target.source.moment is None:
        return [f"DELETE FROM {target.name}"]
    return [f"DELETE FROM {target.name} WHERE {quoted(target.source.moment)} >= DATE '{since}'"]


def _copy(cursor: Any, target: _Target, since: date | None) -> int:
    """Stream the rows through one COPY; the number of rows comes back."""
    chunks = (plain(chunk) for chunk in target.source(since))
    first = next(chunks, None)
    if first is None:
        return 0
    count = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal count
        for chunk in chain((first,), chunks):
            count += chunk.num_rows
            yield from chunk.to_batches()

    reader = pa.RecordBatchReader.from_batches(first.schema, batches())
    cursor.adbc_ingest(target.table, reader, mode="append", db_schema_name=target.schema)
    return count


def _finish(target: _Target) -> list[str]:
    added = [f"ALTER TABLE {target.name} ADD {key}" for key in keys(target.document)]
    return [*added, *create_indexes(target.schema, target.table, target.document)]


def _link(target: _Target) -> list[str]:
    return [f"ALTER TABLE {target.name} ADD {line}" for line in references(target.schema, target.document)]


def _sequences(target: _Target) -> list[str]:
    """Let the next inserted row get the next free number."""
    return [
        f"SELECT setval(pg_get_serial_sequence('{target.name}', '{column.name}'),"
        f" (SELECT coalesce(max({quoted(column.name)}), 0) + 1 FROM {target.name}), FALSE)"
        for column in target.document.columns
        if column.type == "SERIAL"
    ]
