"""Write inside one transaction: each table that changes gets a version of its own, the published one stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlglot import exp

from customer360.engines.base import Column
from customer360.engines.postgres_rows import copied, fetched, fields_of
from customer360.engines.postgres_server import translated
from customer360.engines.postgres_sessions import PostgresSession, batches_of
from customer360.engines.postgres_sql import Prepared, filled, parsed, relations_in
from customer360.engines.postgres_types import Field, column_sql, postgres_type
from customer360.engines.postgres_versions import Member, physical_name, physical_sql
from customer360.errors import StatementFailed
from customer360.names import Relation, quoted

if TYPE_CHECKING:
    from psycopg import Connection

_TEXTS = frozenset({25, 1043, 1042, 19, 705, 1009, 1015})
"""OIDs of texts and lists of texts, which have an order."""


class PostgresPublication(PostgresSession):
    """One open transaction; its own tables are visible to it at once, to others after the commit."""

    def __init__(
        self, connection: Connection[Any], members: Mapping[Relation, Member], *, snapshot: int, state: str
    ) -> None:
        super().__init__(connection, members, snapshot=snapshot, state=state)
        self.snapshot_before = snapshot
        self.snapshot_after: int | None = None
        self._made: set[str] = set()
        self._attempts = 0
        self._statements: dict[type[exp.Expr], Callable[[Any, Sequence[Any]], int]] = {
            exp.Delete: self._change,
            exp.Update: self._change,
            exp.Insert: self._append,
            exp.Create: self._create,
            exp.Alter: self._alter,
            exp.Drop: self._forget,
        }

    @property
    def members(self) -> dict[Relation, Member]:
        """What the new state consists of."""
        return dict(self._members)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run one statement for its effect and return the number of rows it touched (-1 when unknown)."""
        tree = parsed(sql)
        if isinstance(tree, exp.Query):
            return int(self.query(sql, parameters).num_rows)
        for kind, done in self._statements.items():
            if isinstance(tree, kind):
                return done(tree, parameters)
        raise StatementFailed(
            "A publication makes and changes tables by its own methods; it commits at the end of its block."
        )

    def create_schema(self, schema: str) -> None:
        """Create a schema unless it is there."""
        with translated():
            self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}".encode())

    def create_table(self, relation: Relation, columns: Sequence[Column]) -> None:
        """Create an empty table, replacing one of the same name."""
        body = ", ".join(column_sql(quoted(column.name), column.type) for column in columns)
        self._make(relation, "TABLE", f"({body})", columns)

    def create_table_as(self, relation: Relation, select: str, *, types: Mapping[str, str] | None = None) -> int:
        """Create a table from a query, replacing one of the same name; return its rows."""
        body, columns = self._typed(select, types or {})
        rows = self._make(relation, "TABLE", f"AS {body}", columns)
        self._analyze(self._members[relation].sql)
        return rows

    def create_view(self, relation: Relation, select: str, *, types: Mapping[str, str] | None = None) -> None:
        """Create a view, replacing one of the same name. It is made anew whenever a table it reads is."""
        body, columns = self._typed(select, types or {})
        self._make(relation, "VIEW", f"AS {body}", columns, definition=select)

    def insert_select(self, relation: Relation, select: str, columns: Sequence[str] = ()) -> int:
        """Append a query's rows, by name or into the given columns in order; return how many."""
        ready = self._prepared(select)  # before the target's version is made: it may read the target
        if not columns:
            with translated():
                columns = [field.name for field in fields_of(self._connection, ready.text)]
        target = self._own_version(relation)
        listed = ", ".join(quoted(name) for name in columns)
        with translated():
            done = self._connection.execute(f"INSERT INTO {target} ({listed}) {ready.text}".encode())
        self._analyze(target)
        return done.rowcount

    def insert_arrow(self, relation: Relation, data: pa.Table | pa.RecordBatchReader) -> int:
        """Append Arrow rows by column name, streamed; return how many."""
        target = self._own_version(relation)
        with translated():
            return copied(self._connection, target, data.schema.names, batches_of(data))

    def drop(self, relation: Relation) -> None:
        """Drop a table or view if it is there."""
        self._discard(self._members.pop(relation, None))

    def index(self, relation: Relation, columns: Sequence[str]) -> None:
        """Index a table that this publication made by these columns."""
        member = self._members.get(relation)
        if member is None or member.physical not in self._made or member.definition is not None:
            return
        listed = ", ".join(quoted(name) for name in columns)
        with translated():
            self._connection.execute(f"CREATE INDEX ON {member.sql} ({listed})".encode())

    def renew_views(self) -> None:
        """Make those views anew that read a table of which this publication made another version."""
        pending = {r: m for r, m in self._members.items() if m.definition is not None and m.physical not in self._made}
        again = True
        while again:
            again = False
            for relation, member in list(pending.items()):
                if any(self._is_new(read) for read in relations_in(parsed(member.definition or ""))):
                    types = {column.name: column.type for column in member.columns}
                    self.create_view(relation, member.definition or "", types=types)
                    del pending[relation]
                    again = True

    def _is_new(self, relation: Relation) -> bool:
        member = self._members.get(relation)
        return member is not None and member.physical in self._made

    def _fetched(self, ready: Prepared) -> pa.Table | None:
        with self._savepoint():
            return fetched(self._connection, ready.text)

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Return names and types of a query's columns without running it."""
        with self._savepoint():
            return super().describe(sql)

    def _savepoint(self) -> AbstractContextManager[Any]:
        """Let a statement fail without ending the transaction."""
        return self._connection.transaction()

    def _run(self, ready: Prepared) -> int:
        with translated():
            return self._connection.execute(ready.text.encode()).rowcount

    def _analyze(self, table: str) -> None:
        with translated():
            self._connection.execute(f"ANALYZE {table}".encode())

    def _make(
        self, relation: Relation, kind: str, body: str, columns: Sequence[Column], *, definition: str | None = None
    ) -> int:
        """Create the next version of a table or view and put it into the new state."""
        before = self._members.get(relation)
        physical = self._next(relation)
        with translated():
            done = self._connection.execute(f"CREATE {kind} {physical_sql(physical)} {body}".encode())
        self._members[relation] = Member(relation, physical, tuple(columns), definition)
        self._made.add(physical)
        self._discard(before)
        return done.rowcount

    def _next(self, relation: Relation) -> str:
        name = physical_name(relation, self.snapshot_before + 1, 0)
        if name in self._made:
            self._attempts += 1
            name = physical_name(relation, self.snapshot_before + 1, self._attempts)
        return name

    def _discard(self, member: Member | None) -> None:
        """Drop a version that this publication made itself; a published one goes when its states do."""
        if member is None or member.physical not in self._made:
            return
        kind = "TABLE" if member.definition is None else "VIEW"
        with translated():
            self._connection.execute(f"DROP {kind} {member.sql}".encode())

    def _own_version(self, relation: Relation) -> str:
        """Return the table's version that may be written: of a published one, a copy is made first."""
        self.columns(relation)  # says so when there is none
        member = self._members[relation]
        if member.physical not in self._made:
            body = ", ".join(column_sql(quoted(column.name), column.type) for column in member.columns)
            self._make(relation, "TABLE", f"({body})", member.columns)
            listed = ", ".join(quoted(column.name) for column in member.columns)
            target = self._members[relation].sql
            with translated():
                self._connection.execute(f"INSERT INTO {target} ({listed}) SELECT {listed} FROM {member.sql}".encode())
        return self._members[relation].sql

    def _typed(self, select: str, types: Mapping[str, str]) -> tuple[str, tuple[Column, ...]]:
        """Return a query whose columns have declared types and a byte-wise order of texts, and these columns."""
        ready = self._prepared(select)
        with translated():
            fields = fields_of(self._connection, ready.text)
        made = [kept(field, types.get(field.name)) for field in fields]
        listed = ", ".join(text for text, _ in made)
        return f"SELECT {listed} FROM ({ready.text}) AS made", tuple(column for _, column in made)

    def _change(self, tree: exp.Delete | exp.Update, parameters: Sequence[Any]) -> int:
        """Delete or update rows."""
        self._own_version(Relation(tree.this.db, tree.this.name))
        return self._run(self._prepared(tree, parameters))

    def _append(self, tree: exp.Insert, parameters: Sequence[Any]) -> int:
        """Insert a query's rows, or rows written out, by position."""
        target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        relation = Relation(target.db, target.name)
        named = [column.name for column in tree.this.expressions] if isinstance(tree.this, exp.Schema) else []
        rows = tree.expression
        if isinstance(rows, exp.Values):
            rows = exp.select("*").from_(exp.alias_(rows, "given", table=True))
        columns = named or [column.name for column in self.columns(relation)]
        return self.insert_select(relation, _with(rows, parameters), columns)

    def _create(self, tree: exp.Create, parameters: Sequence[Any]) -> int:
        """Create a table of columns or from a query, a view, or a temporary table."""
        if is_temporary(tree):
            return self._lay_out(tree, parameters)
        target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        relation = Relation(target.db, target.name)
        if isinstance(tree.this, exp.Schema):
            self.create_table(relation, [Column(c.name, c.args["kind"].sql("duckdb")) for c in tree.this.expressions])
            return -1
        if tree.kind == "VIEW":
            self.create_view(relation, _with(tree.expression, parameters))
            return -1
        return self.create_table_as(relation, _with(tree.expression, parameters))

    def _alter(self, tree: exp.Alter, _: Sequence[Any]) -> int:
        """Add a column."""
        relation = Relation(tree.this.db, tree.this.name)
        added = [action for action in tree.args.get("actions") or () if isinstance(action, exp.ColumnDef)]
        if not added:
            raise StatementFailed("Only ADD COLUMN can change a table.")
        target = self._own_version(relation)
        for action in added:
            column = Column(action.name, action.args["kind"].sql("duckdb"))
            body = column_sql(quoted(column.name), column.type)
            with translated():
                self._connection.execute(f"ALTER TABLE {target} ADD COLUMN {body}".encode())
            member = self._members[relation]
            self._members[relation] = Member(relation, member.physical, (*member.columns, column))
        return -1

    def _lay_out(self, tree: exp.Create, parameters: Sequence[Any]) -> int:
        """Create a temporary table from a query; it goes at the end of the publication at the latest."""
        name, select = tree.this.name.casefold(), tree.expression
        self.unregister(name)
        ready = self._prepared(select, parameters)
        with translated():
            self._connection.execute(f"CREATE TEMP TABLE {quoted(name)} AS {ready.text}".encode())
        self._registered[name] = None
        self._analyze(f"pg_temp.{quoted(name)}")
        return -1

    def _forget(self, tree: exp.Drop, _: Sequence[Any]) -> int:
        """Drop a temporary table, or a table or view of the state."""
        for table in tree.find_all(exp.Table):
            if table.db:
                self.drop(Relation(table.db, table.name))
            else:
                self.unregister(table.name)
        return -1


def _with(query: exp.Expr, parameters: Sequence[Any]) -> str:
    """Return a query of our SQL with its parameters filled in."""
    return filled(query, parameters).sql("duckdb")


def is_temporary(tree: exp.Create) -> bool:
    """Say whether a statement makes a temporary table from a query."""
    properties = tree.args.get("properties")
    return (
        isinstance(tree.expression, exp.Query)
        and properties is not None
        and bool(properties.find(exp.TemporaryProperty))
    )


def kept(field: Field, declared: str | None) -> tuple[str, Column]:
    """Return a column of a query as it is kept: in the declared type where that is of its family."""
    name = quoted(field.name)
    if field.oid in _TEXTS:
        return f'{name} COLLATE "C" AS {name}', Column(field.name, field.type)
    if declared is not None and field.type != declared and field.is_like(declared):
        return f"CAST({name} AS {postgres_type(declared)}) AS {name}", Column(field.name, declared)
    return name, Column(field.name, field.type)
