"""Run SQL that a person typed: one query over permitted tables, with a limit of time and memory, and nothing else.

Two walls. The instance is locked down (no files but the lake's data folder, configuration frozen). That wall alone is
not enough: behind it, COPY still writes into the data folder, ``sqlite_scan`` still opens any SQLite file and
``read_parquet`` still reads tables that were not granted. So each text is parsed by DuckDB itself first, and only a
SELECT over relations of the lake, sub-queries and a few harmless table functions passes.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from customer360.engines.base import Column
from customer360.engines.failures import interrupted, translated
from customer360.engines.lake import LAKE, Lake
from customer360.engines.readers import Readers
from customer360.engines.sentences import VALUE_ERRORS, explained
from customer360.engines.sessions import LakeSession, batches, not_in_snapshot
from customer360.errors import C360Error, NotPermitted, QueryError, StatementFailed, nearest
from customer360.names import Relation, text_literal

TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "repeat"})
SOURCES = frozenset(
    {"BASE_TABLE", "TABLE_FUNCTION", "SHOW_REF", "SUBQUERY", "JOIN", "PIVOT", "EXPRESSION_LIST", "EMPTY", "CTE"}
)
"""What may stand in FROM; of the first three only some."""

CTE_NAME = re.compile(r"(?!duckdb_|sqlite_|pg_|pragma_)[a-z_]\w*", re.IGNORECASE)
"""A CTE may not be named like a system view or a file: outside its scope, the name would mean those."""


AUTHORS = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, duckdb.SyntaxException)
"""DuckDB's errors for which the text of a query is to blame; with VALUE_ERRORS, which come from running it."""

BATCH_ROWS = 65_536

ANSWER_BYTES = 256 * 2**20
"""The biggest answer. Arrow results live outside DuckDB's memory limit, so they need one of their own."""


class UntrustedSession(LakeSession):
    """A read session for SQL from outside; ``relations`` are the only ones it may name, None allows all."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        snapshot: int,
        seconds: float,
        permitted: frozenset[Relation] | None,
    ) -> None:
        super().__init__(connection, snapshot=snapshot)
        self._seconds = seconds
        self._permitted = permitted

    def relations(self) -> frozenset[Relation]:
        """Return the tables and views that may be named here."""
        known = super().relations()
        return known if self._permitted is None else known & self._permitted

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Return names and types of a permitted query's columns."""
        self._check(sql)
        try:
            return super().describe(sql)
        except StatementFailed as error:
            raise self._about_the_query(error) from error.__cause__

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Run one query and return all its rows; QueryError when it is too slow or its answer too big."""
        timer = threading.Timer(self._seconds, self._connection.interrupt)
        timer.start()
        try:
            with self._running(sql, parameters) as result:
                reader = result.to_arrow_reader(BATCH_ROWS)
                return pa.Table.from_batches(_limited(batches(reader)), reader.schema)
        except StatementFailed as error:
            raise self._about_the_query(error) from error.__cause__
        finally:
            timer.cancel()

    def stream(self, sql: str, parameters: Sequence[Any] = (), *, batch_rows: int = BATCH_ROWS) -> pa.RecordBatchReader:
        """Run one query and return its rows in batches; all of them are fetched within the limits first."""
        return self.query(sql, parameters).to_reader(max_chunksize=batch_rows)

    def _about_the_query(self, error: StatementFailed) -> C360Error:
        """Return an error for which the text is to blame, or its time, as one about the query; any other as it is."""
        if interrupted(error):
            return QueryError(
                f"The query took longer than {self._seconds:g} seconds and was stopped.",
                next_step="Ask for less: fewer rows, a shorter period, an aggregate.",
            )
        is_authors = isinstance(error.__cause__, AUTHORS) or str(error.__cause__).startswith(VALUE_ERRORS)
        return QueryError(error.what, next_step=error.next_step) if is_authors else error

    @contextmanager
    def _running(self, sql: str, parameters: Sequence[Any]) -> Iterator[duckdb.DuckDBPyConnection]:
        self._check(sql)
        with super()._running(sql, parameters) as result:
            yield result

    def _check(self, sql: str) -> None:
        with translated():
            row = self._connection.execute("SELECT json_serialize_sql($1)", [sql]).fetchone()
        try:
            tree = json.loads(row[0]) if row else {}
        except RecursionError:
            raise QueryError("The query is nested too deeply.") from None
        if tree.get("error", True):
            if tree.get("error_type") == "parser":
                what, next_step = explained(tree["error_message"])
                raise QueryError(what, next_step=next_step)
            raise QueryError("Only a SELECT can be run here.", next_step="Write one query that starts with SELECT.")
        if len(tree["statements"]) != 1:
            raise QueryError("Only one statement at a time can be run here.")
        check_sources(tree, self.relations(), absent=self._absent)

    def _absent(self, relation: Relation) -> None:
        """Raise when an earlier snapshot lacks the table; with granted relations it stays unsaid what there is."""
        if self.note is not None and self._permitted is None:
            raise not_in_snapshot(self.snapshot, relation, self.note)


def _limited(source: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    total = 0
    for batch in source:
        total += batch.nbytes
        if total > ANSWER_BYTES:
            raise QueryError(
                f"The answer is bigger than {ANSWER_BYTES // 2**20} MB.",
                next_step="Ask for fewer rows or columns (LIMIT, WHERE), or an aggregate.",
            )
        yield batch


def check_sources(
    tree: object, relations: frozenset[Relation], *, absent: Callable[[Relation], None] | None = None
) -> None:
    """Raise unless every FROM of a parsed statement reads a permitted relation; QueryError or NotPermitted.

    ``absent`` is told of a table that is not among them first, and may raise something that says more.
    """
    ctes = {name.casefold() for name in _cte_names(tree)}
    for name in ctes:
        if not CTE_NAME.fullmatch(name):
            raise QueryError(f"A WITH part cannot be named '{name}' here.", next_step="Choose a plain name.")
    known = {str(relation).casefold() for relation in relations}
    for node in _nodes(tree):
        kind = node.get("type")
        if not isinstance(kind, str) or "class" in node or not ("query_location" in node or kind in SOURCES):
            continue  # an expression or a statement, not something in FROM
        if kind not in SOURCES:
            raise QueryError(f"{kind.replace('_', ' ').capitalize()} cannot stand in FROM here.")
        if kind == "TABLE_FUNCTION":
            _check_function(node)
        elif kind == "SHOW_REF" and node.get("query") is None:
            raise QueryError("SHOW cannot be used here.", next_step="DESCRIBE <schema>.<table> can.")
        elif kind == "BASE_TABLE":
            _check_table(node, ctes, known, absent)


def _check_function(node: dict[str, Any]) -> None:
    name = str((node.get("function") or {}).get("function_name", "?")).casefold()
    if name not in TABLE_FUNCTIONS:
        raise NotPermitted(
            f"The table function {name} cannot be used here.",
            next_step=f"Only these can: {', '.join(sorted(TABLE_FUNCTIONS))}.",
        )


def _check_table(
    node: dict[str, Any], ctes: set[str], known: set[str], absent: Callable[[Relation], None] | None
) -> None:
    catalog, schema, table = (str(node[key]).casefold() for key in ("catalog_name", "schema_name", "table_name"))
    if not catalog and not schema and table in ctes:
        return
    written = ".".join(part for part in (catalog, schema, table) if part)
    if catalog not in {"", LAKE} or f"{schema}.{table}" not in known:
        if absent is not None and schema and catalog in {"", LAKE}:
            absent(Relation(schema, table))
        close = nearest(f"{schema}.{table}" if schema else table, sorted(known))
        raise NotPermitted(
            f"There is no table {written} that you may read.",
            next_step=f"Did you mean {close}?" if close else "If the project makes it, run `c360 build`.",
        )


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    """Yield every object of a JSON tree; iterative, so that no depth of nesting breaks it."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)


def _cte_names(tree: object) -> Iterator[str]:
    for node in _nodes(tree):
        if "cte_map" in node:
            yield from (entry["key"] for entry in node["cte_map"]["map"])


class UntrustedReaders(Readers):
    """Sessions for SQL from outside, all in one locked-down instance whose memory limit they share."""

    def __init__(self, lake: Lake, *, memory_limit: str) -> None:
        super().__init__(lake)
        self._memory_limit = memory_limit

    @contextmanager
    def untrusted_session(
        self, *, seconds: float, relations: Iterable[Relation] | None = None, at_snapshot: int | None = None
    ) -> Iterator[UntrustedSession]:
        """Open a session on the newest snapshot, or on an earlier one; each statement may take ``seconds``."""
        permitted = None if relations is None else frozenset(relations)
        with self._pinned() if at_snapshot is None else self._earlier(at_snapshot) as (connection, snapshot, _, _):
            yield UntrustedSession(connection, snapshot=snapshot, seconds=seconds, permitted=permitted)

    @contextmanager
    def _earlier(self, snapshot: int) -> Iterator[tuple[duckdb.DuckDBPyConnection, int, str, str]]:
        """Give a connection to an instance of its own: a locked-down one cannot attach another snapshot."""
        with self._lake.claim(snapshot), closing(self._open(snapshot)) as connection, translated():
            connection.execute(f"USE {LAKE}")
            connection.execute("BEGIN TRANSACTION READ ONLY")
            yield connection, snapshot, LAKE, ""

    def _open(self, snapshot: int | None = None) -> duckdb.DuckDBPyConnection:
        base = self._lake.instance(memory_limit=self._memory_limit)
        self._lake.attach(base, read_only=True, snapshot=snapshot)
        with translated():
            base.execute(f"SET allowed_directories = [{text_literal(self._lake.store.root)}]")
            base.execute("SET enable_external_access = false")
            base.execute("SET lock_configuration = true")
        return base
