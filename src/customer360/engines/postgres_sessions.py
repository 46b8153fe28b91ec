"""Read one state of a PostgreSQL warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlglot import exp

from customer360.engines.base import Column
from customer360.engines.postgres_rows import copied, fetched, fields_of
from customer360.engines.postgres_server import translated
from customer360.engines.postgres_sql import Names, Prepared, parsed, prepared, relations_in
from customer360.engines.postgres_stars import spelled_out
from customer360.engines.postgres_types import column_sql, our_type
from customer360.errors import C360Error, NotPermitted, QueryError, StatementFailed, WarehouseError, nearest
from customer360.names import Relation, quoted

if TYPE_CHECKING:
    from psycopg import Connection

    from customer360.engines.postgres_versions import Member

ANSWER_BYTES = 256 * 2**20
"""The biggest answer to a query that a person typed, as text."""


class PostgresSession:
    """Reads of one state, through one connection; use it from one thread at a time.

    It takes our SQL, as every session does, and puts it into PostgreSQL's. Tables of a published state never change,
    so no transaction is open and a statement that fails harms no other.
    """

    def __init__(
        self, connection: Connection[Any], members: Mapping[Relation, Member], *, snapshot: int, state: str
    ) -> None:
        self._connection = connection
        self._members = dict(members)
        self.snapshot = snapshot
        self.state = state
        self.note: str | None = None
        """What published the earlier state that is read; None on the newest."""
        self._registered: dict[str, pa.Table | pa.RecordBatchReader | None] = {}
        """Data that was registered; None when it lies in a temporary table by now."""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Run one statement and return all its rows; StatementFailed when it cannot be run."""
        ready = self._prepared(sql, parameters)
        if not ready.is_query:
            raise StatementFailed(
                "A read session can only run queries.", next_step="Writing happens in models, loads and maintenance."
            )
        with translated():
            found = self._fetched(ready)
        assert found is not None  # noqa: S101 - without a limit there is always an answer
        return found

    def stream(self, sql: str, parameters: Sequence[Any] = (), *, batch_rows: int = 65_536) -> pa.RecordBatchReader:
        """Run one statement and return its rows batch by batch; the server's answer is fetched whole first."""
        return self.query(sql, parameters).to_reader(max_chunksize=batch_rows)

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Return names and types of a query's columns without running it."""
        tree = parsed(sql)
        relation = _whole(tree)
        if relation is not None and relation in self._members:
            return self._members[relation].columns
        ready = self._prepared(tree)
        with translated():
            return tuple(Column(field.name, field.type) for field in fields_of(self._connection, ready.text))

    def columns(self, relation: Relation) -> tuple[Column, ...]:
        """Return the columns of a table or view; WarehouseError, with the nearest name, when there is none."""
        if relation in self._members:
            return self._members[relation].columns
        close = nearest(str(relation), [str(other) for other in self._members])
        raise WarehouseError(
            f"There is no table {relation} in the warehouse.",
            next_step=f"Did you mean {close}?" if close else "Run `c360 build` first.",
        )

    def relations(self) -> frozenset[Relation]:
        """Return every table and view of this state."""
        return frozenset(self._members)

    def register(self, name: str, data: pa.Table | pa.RecordBatchReader) -> None:
        """Make Arrow data readable under a bare name; it is sent to the server when a statement first names it."""
        self.unregister(name)
        self._registered[name.casefold()] = data

    def unregister(self, name: str) -> None:
        """Forget Arrow data registered under this name."""
        if name.casefold() in self._registered and self._registered.pop(name.casefold()) is None:
            with translated():
                self._connection.execute(f"DROP TABLE IF EXISTS pg_temp.{quoted(name.casefold())}".encode())

    def end(self) -> None:
        """Drop what was only for this session."""
        for name in list(self._registered):
            self.unregister(name)

    def _fetched(self, ready: Prepared) -> pa.Table | None:
        return fetched(self._connection, ready.text)

    def _prepared(self, sql: str | exp.Expr, parameters: Sequence[Any] = ()) -> Prepared:
        tree = spelled_out(parsed(sql) if isinstance(sql, str) else sql, self._names_of)
        physical = {relation: member.physical for relation, member in self._members.items()}
        try:
            return prepared(tree, parameters, Names(physical, self._own))
        except StatementFailed as error:
            missing = sorted(relations_in(tree) - self._members.keys()) if self.note is not None else ()
            if missing:
                raise self._absent(missing[0]) from error
            raise

    def _names_of(self, relation: Relation) -> list[str] | None:
        member = self._members.get(relation)
        return None if member is None else [column.name for column in member.columns]

    def _absent(self, relation: Relation) -> StatementFailed:
        by = f"; it was published by '{self.note}'" if self.note else ""
        return StatementFailed(
            f"Snapshot {self.snapshot} has no table {relation}{by}.",
            next_step="Name a snapshot that has it: `c360 history` lists them, with what published each.",
        )

    def _own(self, name: str) -> str | None:
        key = name.casefold()
        if key not in self._registered:
            return None
        data = self._registered[key]
        if data is not None:
            self._registered[key] = None
            self._send(key, data)
        return f"pg_temp.{key}"

    def _send(self, name: str, data: pa.Table | pa.RecordBatchReader) -> None:
        body = ", ".join(column_sql(quoted(field.name), our_type(field.type)) for field in data.schema)
        with translated():
            self._connection.execute(f"CREATE TEMP TABLE {quoted(name)} ({body})".encode())
            copied(self._connection, f"pg_temp.{quoted(name)}", data.schema.names, batches_of(data))
            self._connection.execute(f"ANALYZE pg_temp.{quoted(name)}".encode())


def batches_of(data: pa.Table | pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """Yield Arrow data batch by batch."""
    yield from data.to_batches(max_chunksize=50_000) if isinstance(data, pa.Table) else data


def _whole(tree: exp.Expr) -> Relation | None:
    """Return the table of ``SELECT * FROM schema.table``, None for any other query."""
    if not isinstance(tree, exp.Select) or any(
        value for key, value in tree.args.items() if key not in {"expressions", "from_", "from", "kind", "hint"}
    ):
        return None
    source = tree.find(exp.From)
    if source is None or not isinstance(source.this, exp.Table) or not source.this.db:
        return None
    plain = (
        len(tree.expressions) == 1
        and type(tree.expressions[0]) is exp.Star
        and not any(tree.expressions[0].args.values())
    )
    return Relation(source.this.db, source.this.name) if plain else None


class UntrustedPostgresSession(PostgresSession):
    """A read session for SQL from outside: single queries over permitted tables, for so many seconds, read-only."""

    def __init__(
        self,
        connection: Connection[Any],
        members: Mapping[Relation, Member],
        *,
        snapshot: int,
        state: str,
        seconds: float,
        permitted: frozenset[Relation] | None,
    ) -> None:
        super().__init__(connection, members, snapshot=snapshot, state=state)
        self._seconds = seconds
        self._hidden = frozenset() if permitted is None else frozenset(members) - permitted

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Run one query and return all its rows; QueryError when it is too slow or its answer too big."""
        with _about_the_query():
            ready = self._checked(sql, parameters)
        try:
            with translated(), self._connection.transaction():
                self._connection.execute("SET TRANSACTION READ ONLY")
                limit = f"SET LOCAL statement_timeout = {max(1, int(self._seconds * 1000))}"
                self._connection.execute(limit.encode())
                found = fetched(self._connection, ready.text, limit=ANSWER_BYTES)
        except StatementFailed as error:
            raise self._told(error) from error.__cause__
        if found is None:
            raise QueryError(
                f"The answer is bigger than {ANSWER_BYTES // 2**20} MB.",
                next_step="Ask for fewer rows or columns (LIMIT, WHERE), or an aggregate.",
            )
        return found

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Return names and types of a permitted query's columns."""
        with _about_the_query():
            self._checked(sql, ())
            return super().describe(sql)

    def relations(self) -> frozenset[Relation]:
        """Return the tables and views that may be named here."""
        return super().relations() - self._hidden

    def _checked(self, sql: str, parameters: Sequence[Any]) -> Prepared:
        tree = parsed(sql)
        if not isinstance(tree, exp.Query):
            raise QueryError("Only a SELECT can be run here.", next_step="Write one query that starts with SELECT.")
        known = {str(relation).casefold() for relation in self.relations()}
        for relation in sorted(relations_in(tree)):
            if str(relation).casefold() not in known and (self._hidden or self.note is None):
                raise NotPermitted(f"There is no table {relation} that you may read.")
        return self._prepared(tree, parameters)

    def _told(self, error: StatementFailed) -> C360Error:
        if getattr(error.__cause__, "sqlstate", None) == "57014":
            return QueryError(
                f"The query took longer than {self._seconds:g} seconds and was stopped.",
                next_step="Ask for less: fewer rows, a shorter period, an aggregate.",
            )
        return QueryError(error.what, next_step=error.next_step)


@contextmanager
def _about_the_query() -> Iterator[None]:
    """Raise errors for which the text is to blame as errors about the query."""
    try:
        yield
    except StatementFailed as error:
        raise QueryError(error.what, next_step=error.next_step) from error
