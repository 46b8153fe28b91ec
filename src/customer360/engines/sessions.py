"""Read one state of the lake, or write the next one: what connectors, models and the web see of the warehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, Protocol

import duckdb
import pyarrow as pa

from customer360.engines.base import Column
from customer360.engines.failures import translated, translation
from customer360.engines.lake import LAKE, metadata
from customer360.errors import StatementFailed, WarehouseError, nearest
from customer360.names import Relation, quoted, text_literal

Listener = Callable[[str], None]
"""Is told the named moments of a publish: ``lock taken``, ``before commit`` and so on (see writer.py)."""

READS = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


class LakeSession:
    """Reads of one snapshot of the lake, through one connection; use it from one thread at a time."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        snapshot: int,
        database: str = LAKE,
        lake: str = "",
        listed: dict[str, frozenset[Relation]] | None = None,
    ) -> None:
        self._connection = connection
        self._listed = listed
        self.database = database
        self.snapshot = snapshot
        self.state = f"{lake}/{snapshot}"
        self.note: str | None = None
        """What published the earlier snapshot that is read; None on the newest."""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Run one statement and return all its rows; StatementFailed when it cannot be run."""
        try:
            with self._running(sql, parameters) as result:
                return result.to_arrow_table()
        except StatementFailed as error:
            raise self._explained(error, sql) from error.__cause__

    def stream(self, sql: str, parameters: Sequence[Any] = (), *, batch_rows: int = 65_536) -> pa.RecordBatchReader:
        """Run one statement and return its rows batch by batch; read it to the end before the next statement."""
        with self._running(sql, parameters) as result:
            reader = result.to_arrow_reader(batch_rows)
        return pa.RecordBatchReader.from_batches(reader.schema, batches(reader))

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Return names and types of a query's columns without running it."""
        with translated():
            rows = self._connection.execute(f"DESCRIBE {sql}").fetchall()
        return tuple(Column(row[0], row[1]) for row in rows)

    def columns(self, relation: Relation) -> tuple[Column, ...]:
        """Return the columns of a table or view; WarehouseError, with the nearest name, when there is none."""
        try:
            return self.describe(f"FROM {relation.sql}")
        except StatementFailed as error:
            known = self.relations()
            if relation in known:
                raise
            close = nearest(str(relation), [str(other) for other in known])
            raise WarehouseError(
                f"There is no table {relation} in the warehouse.",
                next_step=f"Did you mean {close}?" if close else "Run `c360 build` first.",
            ) from error

    def relations(self) -> frozenset[Relation]:
        """Return every table and view of this snapshot.

        From the catalogue's own tables: DuckDB's list of tables reads the statistics of each, 0.2 s in all. The list of
        the state that was read last is kept, where sessions share ``listed``: a published state has the same for good.
        """
        found = None if self._listed is None else self._listed.get(self.state)
        if found is None:
            found = self._looked_up()
            if self._listed is not None:
                self._listed.clear()
                self._listed[self.state] = found
        return found

    def _looked_up(self) -> frozenset[Relation]:
        meta, then = metadata(self.database), f"<= {self.snapshot:d}"
        listed = " UNION ALL ".join(
            f"SELECT schema_name, {kind}_name FROM {meta}.ducklake_{kind} AS t JOIN {meta}.ducklake_schema AS s "
            f"USING (schema_id) WHERE t.begin_snapshot {then} AND (t.end_snapshot > {self.snapshot:d} OR "
            f"t.end_snapshot IS NULL) AND s.begin_snapshot {then} AND (s.end_snapshot > {self.snapshot:d} OR "
            "s.end_snapshot IS NULL)"
            for kind in ("table", "view")
        )
        return self._relations(listed)

    def _relations(self, sql: str) -> frozenset[Relation]:
        with translated():
            return frozenset(Relation(*row) for row in self._connection.execute(sql).fetchall())

    def register(self, name: str, data: pa.Table | pa.RecordBatchReader) -> None:
        """Make Arrow data readable under a bare name in this session."""
        self._connection.register(name, data)

    def unregister(self, name: str) -> None:
        """Forget Arrow data registered under this name."""
        self._connection.unregister(name)

    def _explained(self, error: StatementFailed, sql: str) -> WarehouseError:
        """Return the error for a table that an earlier snapshot does not have, instead of DuckDB's; else the same."""
        if self.note is None or not isinstance(error.__cause__, duckdb.CatalogException):
            return error
        known = {str(relation).casefold() for relation in self.relations()}
        for table in named_tables(sql):
            if str(table).casefold() not in known:
                return not_in_snapshot(self.snapshot, table, self.note)
        return error

    def _allowed(self, statement: duckdb.Statement) -> None:
        if statement.type not in READS:
            raise StatementFailed(
                "A read session can only run queries.", next_step="Writing happens in models, loads and maintenance."
            )

    @contextmanager
    def _running(self, sql: str, parameters: Sequence[Any]) -> Iterator[duckdb.DuckDBPyConnection]:
        """Run exactly one allowed statement; errors of running and of fetching become ours."""
        with translated():
            statements = self._connection.extract_statements(sql)
            if len(statements) != 1:
                raise StatementFailed(f"One statement is expected here, and this text holds {len(statements)}.")
            self._allowed(statements[0])
            yield self._connection.execute(statements[0], list(parameters))


def named_tables(sql: str) -> tuple[Relation, ...]:
    """Return the tables that a query names with their schema, sorted."""
    import sqlglot  # only needed when something went wrong
    from sqlglot import exp

    try:
        found = list(sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.Table))
    except sqlglot.errors.SqlglotError:  # DuckDB could read it: its own message has to do
        return ()
    return tuple(sorted({Relation(table.db, table.name) for table in found if table.db}))


def not_in_snapshot(snapshot: int, relation: Relation, note: str) -> WarehouseError:
    """Return the error for a table that was not there yet (or no longer) when a snapshot was published."""
    by = f"; it was published by '{note}'" if note else ""
    return StatementFailed(
        f"Snapshot {snapshot} has no table {relation}{by}.",
        next_step="Name a snapshot that has it: `c360 history` lists them, with what published each.",
    )


def batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """Yield the batches of DuckDB's Arrow stream; there its errors come as OSError."""
    try:
        yield from reader
    except (OSError, pa.ArrowException) as error:
        raise translation(error) from error


class LakePublication(LakeSession):
    """One open transaction on the lake; its own tables are visible to it at once, to others after the commit.

    ``snapshot_before`` is the newest snapshot when it began; ``snapshot_after`` the one it made: None until the
    block has ended, and the same as before when it changed nothing.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, snapshot: int, tell: Listener) -> None:
        super().__init__(connection, snapshot=snapshot)
        self.snapshot_before = snapshot
        self.snapshot_after: int | None = None
        self._tell = tell

    def _allowed(self, statement: duckdb.Statement) -> None:
        if statement.type == duckdb.StatementType.TRANSACTION:
            raise StatementFailed("A publication commits or rolls back by itself, at the end of its block.")

    def relations(self) -> frozenset[Relation]:
        """Return every table and view as this transaction sees them."""
        of = text_literal(self.database)  # as text: for a parameter DuckDB loads pandas where that is installed
        return self._relations(
            f"SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = {of} UNION ALL "
            f"SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = {of} AND NOT internal"
        )

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run one statement for its effect and return the number of rows it touched (-1 when unknown)."""
        with self._running(sql, parameters) as result:
            if [column[0] for column in result.description or ()] == ["Count"]:
                row = result.fetchone()
                return int(row[0]) if row else -1
        return -1

    def create_schema(self, schema: str) -> None:
        """Create a schema unless it is there."""
        self.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")

    def create_table(self, relation: Relation, columns: Sequence[Column]) -> None:
        """Create an empty table, replacing a table or view of the same name."""
        body = ", ".join(f"{quoted(column.name)} {column.type}" for column in columns)
        self._replace("TABLE", relation, f"({body})")

    def create_table_as(self, relation: Relation, select: str, *, types: Mapping[str, str] | None = None) -> int:  # noqa: ARG002 - types are what our SQL says
        """Create a table from a query, replacing a table or view of the same name; return its rows."""
        rows = self._replace("TABLE", relation, f"AS {select}")
        self._tell("file written")
        return rows

    def create_view(self, relation: Relation, select: str, *, types: Mapping[str, str] | None = None) -> None:  # noqa: ARG002
        """Create a view, replacing a table or view of the same name."""
        self._replace("VIEW", relation, f"AS {select}")

    def index(self, relation: Relation, columns: Sequence[str]) -> None:
        """Do nothing: Parquet has no indexes, its row groups are skipped by their least and greatest values."""

    def insert_select(self, relation: Relation, select: str, columns: Sequence[str] = ()) -> int:
        """Append a query's rows, by name or into the given columns in order; return how many."""
        names = f" ({', '.join(quoted(c) for c in columns)})" if columns else " BY NAME"
        rows = self.execute(f"INSERT INTO {relation.sql}{names} {select}")
        self._tell("file written")
        return rows

    def insert_arrow(self, relation: Relation, data: pa.Table | pa.RecordBatchReader) -> int:
        """Append Arrow rows by column name, streamed; return how many."""
        self.register("_arrow_batches", data)
        try:
            return self.insert_select(relation, "SELECT * FROM _arrow_batches")
        finally:
            self.unregister("_arrow_batches")

    def drop(self, relation: Relation) -> None:
        """Drop a table or view if it is there."""
        try:
            self.execute(f"DROP TABLE IF EXISTS {relation.sql}")
        except StatementFailed as error:
            if not _is_other_kind(error):
                raise
            self.execute(f"DROP VIEW IF EXISTS {relation.sql}")

    def _replace(self, kind: Literal["TABLE", "VIEW"], relation: Relation, body: str) -> int:
        """Create or replace; one of the other kind is dropped first, found out by trying (asking costs 7 ms)."""
        sql = f"CREATE OR REPLACE {kind} {relation.sql} {body}"
        try:
            return self.execute(sql)
        except StatementFailed as error:
            if not _is_other_kind(error):
                raise
            self.drop(relation)
            return self.execute(sql)


class PublicationFactory(Protocol):
    """Makes the publication that stands for an open transaction."""

    def __call__(self, connection: duckdb.DuckDBPyConnection, *, snapshot: int, tell: Listener) -> LakePublication:
        """Return it; ``snapshot`` is the newest one."""
        ...


def _is_other_kind(error: StatementFailed) -> bool:
    return isinstance(error.__cause__, duckdb.CatalogException) and "Existing object" in str(error.__cause__)
