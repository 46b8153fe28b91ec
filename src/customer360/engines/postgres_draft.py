"""Write a build down as PL/pgSQL instead of running it: what a publication would do, statement by statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlglot import exp

from customer360.engines.base import Column
from customer360.engines.dialect import with_date
from customer360.engines.postgres_procedure import Made, Procedure, constant
from customer360.engines.postgres_publication import is_temporary, kept
from customer360.engines.postgres_rows import fields_of
from customer360.engines.postgres_server import translated
from customer360.engines.postgres_sessions import PostgresSession
from customer360.engines.postgres_sql import Names, parsed, prepared, relations_in
from customer360.engines.postgres_types import column_sql, postgres_type
from customer360.engines.postgres_versions import Member, Versions, columns_text, named_with
from customer360.errors import StatementFailed
from customer360.names import Relation, quoted

if TYPE_CHECKING:
    from psycopg import Connection

AS_OF = date(2222, 2, 22)
"""Stands for the as-of date in what is written down; the procedure puts its own there."""
_DATE = f"CAST('{AS_OF.isoformat()}' AS DATE)"
_WORKING, _GIVEN, _LONGEST_VERSION = "__next", "__given", "__v1234567890"


class PostgresDraft(PostgresSession):
    """A publication that is written down. Types of columns are asked of the state that is published."""

    as_of = AS_OF

    def __init__(
        self,
        connection: Connection[Any],
        members: Mapping[Relation, Member],
        *,
        snapshot: int,
        state: str,
        versions: Versions,
        keep: int,
        patience: float,
    ) -> None:
        super().__init__(connection, members, snapshot=snapshot, state=state)
        self.snapshot_before = snapshot
        self.snapshot_after: int | None = None
        self._versions, self._keep, self._patience = versions, keep, patience
        self._made: dict[Relation, Made] = {}
        self._staged: set[str] = set()
        self._variables: list[tuple[str, str]] = []
        self._statements: list[str] = []

    @property
    def made(self) -> frozenset[Relation]:
        """The tables and views that the procedure makes."""
        return frozenset(self._made)

    def comment(self, text: str) -> None:
        """Write a line for the reader down."""
        self._statements.append(f"\n-- {' '.join(text.split())}")

    def create_schema(self, schema: str) -> None:
        """Do nothing: what is written down is made in schemas that are there."""

    def create_table(self, relation: Relation, columns: Sequence[Column]) -> None:
        """Write down that an empty table is made."""
        body = ", ".join(column_sql(quoted(column.name), column.type) for column in columns)
        self._write(f"CREATE TABLE {self._begun(relation, columns)} ({body})")

    def create_table_as(self, relation: Relation, select: str, *, types: Mapping[str, str] | None = None) -> int:
        """Write down that a table is made from a query; nobody knows its rows yet (-1)."""
        body, columns = self._typed(select, types or {}, _WORKING)
        target = self._begun(relation, columns)
        self._write(f"CREATE TABLE {target} AS\n{_dated(body)}", f"ANALYZE {target}")
        return -1

    def create_view(self, relation: Relation, select: str, *, types: Mapping[str, str] | None = None) -> None:
        """Write down that a view is made; not when it reads only what the procedure takes as it is."""
        reads = relations_in(parsed(select))
        if not reads & self.made and AS_OF.isoformat() not in select:
            return
        body, columns = self._typed(select, types or {}, _GIVEN)
        target = self._begun(relation, columns, definition=select)
        self._write(f"c360_text := {constant(f'CREATE VIEW {target} AS {body}')}")
        for given in sorted(reads - self.made):
            found = (
                "SELECT format('%I.%I', split_part(physical, '.', 1), substr(physical, strpos(physical, '.') + 1))"
                f" FROM {quoted(self._versions.schema)}.members WHERE schema_name = {constant(given.schema)}"
                f" AND table_name = {constant(given.table)} AND last_state IS NULL"
            )
            self._write(f"c360_text := replace(c360_text, {constant(_under(given, _GIVEN))}, ({found}))")
        self._write(f"EXECUTE replace(c360_text, {constant(AS_OF.isoformat())}, c360_as_of::text)")

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:  # noqa: ARG002 - no kind of model has any
        """Write a statement down: rows of a table change, or a temporary table comes and goes."""
        tree = parsed(sql)
        if isinstance(tree, exp.Delete | exp.Update):
            self._own_copy(Relation(tree.this.db, tree.this.name))
            self._write(self._written(tree))
        elif isinstance(tree, exp.Create) and is_temporary(tree):
            name = tree.this.name.casefold()
            self._write(f"CREATE TEMP TABLE {quoted(name)} AS\n{self._written(tree.expression)}")
            self._write(f"ANALYZE pg_temp.{quoted(name)}")
            self._staged.add(name)
        elif isinstance(tree, exp.Drop) and (staged := self._staged.intersection(_names(tree))):
            self._write(*(f"DROP TABLE pg_temp.{quoted(name)}" for name in staged))
            self._staged -= staged
        else:
            raise StatementFailed("This statement cannot be written into a procedure.")
        return -1

    def insert_select(self, relation: Relation, select: str, columns: Sequence[str] = ()) -> int:
        """Write down that a query's rows are appended; without columns in the order of the table's."""
        names = columns or [column.name for column in self.columns(relation)]
        target = self._own_copy(relation)
        listed = ", ".join(quoted(name) for name in names)
        self._write(f"INSERT INTO {target} ({listed})\n{self._written(select)}", f"ANALYZE {target}")
        return -1

    def insert_arrow(self, relation: Relation, data: pa.Table | pa.RecordBatchReader) -> int:
        """Refuse: a procedure has no rows of ours."""
        raise StatementFailed(f"Rows from outside cannot be written into a procedure ({relation}, {len(data.schema)}).")

    def drop(self, relation: Relation) -> None:
        """Refuse: a procedure makes what is there."""
        raise StatementFailed(f"A procedure does not drop {relation}.")

    def index(self, relation: Relation, columns: Sequence[str]) -> None:
        """Write an index of a table down that the procedure makes."""
        made = self._made.get(relation)
        if made is not None and made.definition is None:
            listed = ", ".join(quoted(name) for name in columns)
            self._write(f"CREATE INDEX ON {_under(relation, _WORKING)} ({listed})")

    def since(self, relation: Relation, column: str, back: str | None) -> str:
        """Write down that the newest value of a column, moved back, is remembered; return the name of it in SQL."""
        type_ = next(found.type for found in self.columns(relation) if found.name == column)
        name = f"c360_since_{len(self._variables) + 1}"
        self._variables.append((name, postgres_type(type_)))
        newest = self._written(f"SELECT MAX({quoted(column)}) AS newest FROM {relation.sql}")
        self._write(f"SELECT found.newest{f' - {back}' if back else ''} INTO {name} FROM ({newest}) AS found")
        return name

    def refuse(self, condition: str, what: str, next_step: str) -> None:
        """Write down that nothing is published where a condition of our SQL holds."""
        asked = self._written(f"SELECT 1 AS one WHERE {condition}")
        self._write(
            f"IF EXISTS ({asked}) THEN\n  RAISE EXCEPTION USING MESSAGE = {constant(what)}, HINT = "
            f"{constant(next_step)};\nEND IF"
        )

    def check(self, query: str, complaints: int, *, blocks: bool) -> None:
        """Write checks down: a query of one row, whose columns ``said0``... are NULL or say what is wrong."""
        listed = ", ".join(f"said.said{number}" for number in range(complaints))
        told = "c360_failed" if blocks else "c360_warned"
        self._write(
            f"SELECT array_to_string(ARRAY[{listed}]::text[], '; ') INTO c360_said"
            f"\nFROM ({self._written(query)}) AS said",
            f"{told} := concat_ws('; ', NULLIF({told}, ''), NULLIF(c360_said, ''))",
        )

    def text(self, name: Relation, header: Sequence[str], as_of: str) -> str:
        """Return the statement that creates the procedure; ``as_of`` is a query of our SQL that yields one date."""
        found = Procedure(
            name=name,
            header=header,
            versions=self._versions,
            keep=self._keep,
            patience=self._patience,
            as_of=f"({self._written(as_of)})",
            placeholder=AS_OF.isoformat(),
            variables=self._variables,
            made=list(self._made.values()),
            search_path=self._versions.search_path(self._connection),
        )
        return found.text(self._statements)

    def _own(self, name: str) -> str | None:
        return f"pg_temp.{name.casefold()}" if name.casefold() in self._staged else super()._own(name)

    def _written(self, sql: str | exp.Expr, given: str = "") -> str:
        """Return a statement for the procedure: its own tables under their working names, others as they are shown."""
        tree = with_date(parsed(sql) if isinstance(sql, str) else sql.copy(), AS_OF)
        places = {
            relation: f"{relation.schema}.{self._made[relation].working}"
            if relation in self._made
            else f"{relation.schema}.{relation.table}{given}"
            for relation in self._members
        }
        text = prepared(tree, (), Names(places, self._own), pretty=True).text
        return text if given else _dated(text)

    def _typed(self, select: str, types: Mapping[str, str], mode: str) -> tuple[str, tuple[Column, ...]]:
        """Return a query as it is written down, its columns typed as a publication types them, and these columns."""
        ready = self._prepared(select)
        with translated():
            fields = fields_of(self._connection, ready.text)
        made = [kept(field, types.get(field.name)) for field in fields]
        written = self._written(select, _GIVEN if mode == _GIVEN else "")
        listed = ",\n  ".join(text for text, _ in made)
        return f"SELECT\n  {listed}\nFROM (\n{written}\n) AS made", tuple(column for _, column in made)

    def _begun(self, relation: Relation, columns: Sequence[Column], *, definition: str | None = None) -> str:
        """Take a table or view into the next state and return its working name, quoted."""
        working = named_with(relation, _WORKING).partition(".")[2]
        stem = named_with(relation, _LONGEST_VERSION).partition(".")[2].removesuffix(_LONGEST_VERSION)
        self._made[relation] = Made(relation, working, stem, definition, columns_text(columns))
        return _under(relation, _WORKING)

    def _own_copy(self, relation: Relation) -> str:
        """Return a table that may be written: a copy of the published one is made first."""
        if relation not in self._made:
            columns = self.columns(relation)
            listed = ", ".join(quoted(column.name) for column in columns)
            target = self._begun(relation, columns)
            self._write(f"CREATE TABLE {target} AS SELECT {listed} FROM {relation.sql}")
        return _under(relation, _WORKING)

    def _write(self, *statements: str) -> None:
        self._statements += [f"{statement};" for statement in statements]


def _names(tree: exp.Drop) -> set[str]:
    """Return the bare names that a statement drops."""
    return {table.name.casefold() for table in tree.find_all(exp.Table) if not table.db}


def _under(relation: Relation, ending: str) -> str:
    """Return the name that a table has in what is written down, quoted."""
    name = named_with(relation, ending).partition(".")[2] if ending == _WORKING else relation.table + ending
    return f"{quoted(relation.schema)}.{quoted(name)}"


def _dated(text: str) -> str:
    """Return a statement with the procedure's date in the place of ours; StatementFailed where it cannot stand."""
    found = text.replace(_DATE, "c360_as_of")
    if AS_OF.isoformat() in found:
        raise StatementFailed("The as-of date of this SQL cannot be left open in a procedure.")
    return found
