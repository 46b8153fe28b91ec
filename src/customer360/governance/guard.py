"""Rewrite every query so that it sees what its asker may see: the one place where grants, filters and masks bind.

Each table a query names is looked up in the asker's entitlements. A table that is shown in part is replaced by a WITH
part of ours that filters its rows and masks its columns, so nothing outside that part can reach what is hidden: not a
condition, not a join, not an aggregate. What a person typed is then parsed a second time, by DuckDB itself, and refused
unless every table in it stands where we put it.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from customer360.engines.parsing import serialized
from customer360.engines.sentences import explained
from customer360.errors import NotPermitted, QueryError
from customer360.governance.masks import keyed_hash
from customer360.names import Relation
from customer360.semantic.masks import KEYED_HASH

if TYPE_CHECKING:
    import pyarrow as pa

    from customer360.engines.base import Column, Session
    from customer360.governance.entitlements import Entitlements

PREFIX = "granted__"
"""How WITH parts of ours begin; nobody else's may."""

IMPURE = frozenset(
    {
        "now", "nextval", "currval", "write_log", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "random", "setseed",
        "stats", "today", "get_current_time", "get_current_timestamp", "transaction_timestamp", "txid_current",
        "in_search_path", "sleep_ms", "error", "getvariable", "getenv", "json_serialize_plan", "json_serialize_sql",
        "json_deserialize_sql", "json_execute_serialized_sql", "parse_duckdb_log_message", "user", "session_user",
        "ago", "get_block_size", "col_description", "obj_description", "shobj_description",
        "map_to_pg_oid", "format_pg_type", "format_type", "vector_type",
    }
)  # fmt: skip
"""Functions that do not depend on their arguments alone: clocks, settings, statistics of hidden rows, chance."""
IMPURE_PREFIX = re.compile(r"(current_|pg_|has_|inet_|duckdb_|pragma_|sqlite_|read_|write_|sniff_|ducklake_)")


WORDS = frozenset(
    {
        "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_user",
        "session_user", "user", "current_role", "current_schema", "current_catalog", "current_database",
    }
)  # fmt: skip
"""Functions that SQL lets stand without brackets; DuckDB reads them as columns first."""


@dataclass(frozen=True)
class Guarded:
    """A query that sees what its asker may see."""

    sql: str
    parameters: tuple[str, ...]
    relations: tuple[Relation, ...]
    shown_in_part: frozenset[Relation]
    salted: bool = False


@dataclass
class Rewritten:
    """Keeps what became of the queries that were compiled last, by what their asker may see."""

    size: int = 512
    _kept: OrderedDict[tuple[str, str], Guarded] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def query(self, sql: str, entitlements: Entitlements) -> Guarded:
        """Return what ``guarded`` does; it depends on the text and the entitlements alone."""
        key = (sql, entitlements.digest)
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return replace(known, parameters=_salt(entitlements, salted=known.salted))
        made = guarded(sql, entitlements)
        with self._lock:
            self._kept[key] = replace(made, parameters=())
            while len(self._kept) > self.size:
                self._kept.popitem(last=False)
        return made


REWRITTEN = Rewritten()
"""Of this process. What people typed is never in it."""


def _salt(entitlements: Entitlements, *, salted: bool) -> tuple[str, ...]:
    return (entitlements.salt(),) if salted else ()


def guarded(sql: str, entitlements: Entitlements, *, typed: bool = False) -> Guarded:
    """Return a query with its tables as the asker may see them. Errors: QueryError, NotPermitted."""
    tree = _parsed(sql)
    _refuse_own_words(tree)
    has_hashes = not typed and _write_hashes(tree)
    readings, found = {}, set()
    for table in list(tree.find_all(exp.Table)):
        if table.catalog:
            raise NotPermitted(f"There is no table {table.sql(dialect='duckdb')[:100]} that you may read.")
        if not table.db:
            continue  # a WITH part or a table function; the second wall looks at those
        relation = Relation(table.db.casefold(), table.name.casefold())
        reading = entitlements.reading(relation)
        found.add(reading.relation)
        if reading.select is not None:
            readings[reading.relation] = reading
            _replace(table, reading.relation)
    _shorten(tree, readings)
    parts = [_part(each.relation, str(each.typed if typed else each.select)) for each in readings.values()]
    if parts:
        before = tree.args.get("with_")
        written = before.expressions if before is not None else []
        recursive = bool(before is not None and before.args.get("recursive"))
        tree.set("with_", exp.With(expressions=[*parts, *written], recursive=recursive))
    salted = has_hashes or any(reading.salted for reading in readings.values())
    parameters = _salt(entitlements, salted=salted)
    return Guarded(tree.sql(dialect="duckdb"), parameters, tuple(sorted(found)), frozenset(readings), salted)


def _parsed(sql: str) -> exp.Query:
    try:
        trees = sqlglot.parse(sql, read="duckdb")
    except (SqlglotError, RecursionError) as error:
        raise QueryError("This SQL cannot be read.", next_step="Write one plain SELECT.") from error
    tree = trees[0] if len(trees) == 1 else None
    while isinstance(tree, exp.Subquery) and not any(value for key, value in tree.args.items() if key != "this"):
        tree = tree.this
    if not isinstance(tree, exp.Select | exp.SetOperation):
        raise QueryError("Only a SELECT can be run here.", next_step="Write one query that starts with SELECT or WITH.")
    return tree


def _refuse_own_words(tree: exp.Query) -> None:
    for node in tree.find_all(exp.Placeholder, exp.Parameter, exp.SessionParameter):
        raise QueryError(f"A query cannot have parameters here: {node.sql(dialect='duckdb')[:40]}.")
    for name in tree.find_all(exp.Identifier):
        if name.name.casefold().startswith(PREFIX):
            raise QueryError(f"No name may begin with {PREFIX} here.", next_step="Choose another name.")


def _write_hashes(tree: exp.Query) -> bool:
    """Put the hash under the project's secret where masks of the semantic model ask for it; say whether any does."""
    asked = [node for node in tree.find_all(exp.Anonymous) if node.name.casefold() == KEYED_HASH]
    for node in asked:
        node.replace(_read(keyed_hash(node.expressions[0].sql(dialect="duckdb"))).copy())
    return bool(asked)


def _replace(table: exp.Table, relation: Relation) -> None:
    if not table.alias:
        table.set("alias", exp.TableAlias(this=table.this.copy()))
    table.set("this", exp.to_identifier(_name(relation), quoted=True))
    table.set("db", None)


def _shorten(tree: exp.Query, readings: dict[Relation, Any]) -> None:
    """Take the schema from columns written as ``schema.table.column``: the table is known by its name alone now."""
    names = {str(relation) for relation in readings}
    for column in tree.find_all(exp.Column):
        if column.db and f"{column.db}.{column.table}".casefold() in names:
            column.set("db", None)


def _part(relation: Relation, select: str) -> exp.CTE:
    alias = exp.TableAlias(this=exp.to_identifier(_name(relation), quoted=True))
    return exp.CTE(this=_read(select).copy(), alias=alias, materialized=False)


@lru_cache(maxsize=1024)
def _read(select: str) -> exp.Expr:
    """Read what stands in a table's place; the same few texts come with every query."""
    return sqlglot.parse_one(select, read="duckdb")


def _name(relation: Relation) -> str:
    return f"{PREFIX}{relation.schema}__{relation.table}"


class GuardedSession:
    """A session whose every query is rewritten first.

    With ``typed`` the text comes from a person: what DuckDB makes of the rewritten text is checked as well.
    """

    def __init__(self, session: Session, entitlements: Entitlements, *, typed: bool = False) -> None:
        self._session = session
        self._entitlements = entitlements
        self._typed = typed
        self.snapshot = session.snapshot
        self.state = f"{session.state}/{entitlements.digest}"
        self.seen: set[Relation] = set()

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Run one query as its asker may see it. Errors: QueryError, NotPermitted."""
        ready = self._ready(sql, parameters)
        return self._session.query(ready.sql, ready.parameters)

    def stream(self, sql: str, parameters: Sequence[Any] = (), *, batch_rows: int = 65_536) -> pa.RecordBatchReader:
        """Run one query as its asker may see it, batch by batch. Errors: QueryError, NotPermitted."""
        ready = self._ready(sql, parameters)
        return self._session.stream(ready.sql, ready.parameters, batch_rows=batch_rows)

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Return names and types of a query's columns, which masks do not change."""
        ready = self._ready(sql, ())
        salt = ready.parameters
        return self._session.describe(ready.sql.replace("$1", "'-'") if salt else ready.sql)

    def columns(self, relation: Relation) -> tuple[Column, ...]:
        """Return the columns of a table that may be read. Errors: NotPermitted."""
        return self._session.columns(self._entitlements.reading(relation).relation)

    def relations(self) -> frozenset[Relation]:
        """Return every table that may be read."""
        return self._session.relations() & self._entitlements.relations

    def register(self, name: str, data: pa.Table | pa.RecordBatchReader) -> None:
        """Refuse: a name registered here could hide a part of ours."""
        del data
        raise NotPermitted(f"'{name}' cannot be registered in this session.")

    def unregister(self, name: str) -> None:
        """Refuse, as ``register`` does."""
        raise NotPermitted(f"'{name}' cannot be registered in this session.")

    def _ready(self, sql: str, parameters: Sequence[Any]) -> Guarded:
        if parameters:
            raise NotPermitted("A query cannot have parameters in this session.")
        if self._typed:
            self._as_read(sql)  # says what is wrong in DuckDB's words, before ours is tried
            ready = guarded(sql, self._entitlements, typed=True)
            check_places(self._as_read(ready.sql), ready)
        else:
            ready = REWRITTEN.query(sql, self._entitlements)
        self.seen.update(ready.relations)
        return ready

    def _as_read(self, sql: str) -> dict[str, Any]:
        """Return one query as DuckDB reads it. Errors: QueryError for anything else."""
        try:
            tree = json.loads(serialized(sql))
        except RecursionError:
            raise QueryError("The query is nested too deeply.") from None
        if tree.get("error", True) or len(tree["statements"]) != 1:
            if tree.get("error_type") == "parser":
                sentence, step = explained(str(tree.get("error_message")))
                raise QueryError(sentence, next_step=step)
            raise QueryError("Only a SELECT can be run here.", next_step="Write one query that starts with SELECT.")
        node: dict[str, Any] = tree["statements"][0]["node"]
        return node


def check_places(node: dict[str, Any], ready: Guarded) -> None:
    """Raise unless, in DuckDB's own reading, hidden tables stand in our WITH parts only. Errors: NotPermitted."""
    ours = {_name(relation) for relation in ready.shown_in_part}
    parts = node.get("cte_map", {}).get("map", [])
    if len([part for part in parts if part["key"] in ours]) != len(ours):
        raise NotPermitted("This query cannot be checked.", next_step="Write it in a plainer way.")
    theirs = [part for part in parts if part["key"] not in ours]
    rest = {**node, "cte_map": {"map": theirs}}
    open_tables = {str(relation) for relation in ready.relations if relation not in ready.shown_in_part}
    for each in _nodes(rest):
        if each.get("type") == "BASE_TABLE" and (each.get("schema_name") or each.get("catalog_name")):
            written = f"{each['schema_name']}.{each['table_name']}".casefold()
            if each.get("catalog_name") or written not in open_tables:
                raise NotPermitted(f"The table {written} cannot be read in this way.", next_step="Name it in FROM.")
        elif each.get("class") == "PARAMETER":
            raise QueryError("A query cannot have parameters here.")
        elif isinstance(name := each.get("function_name"), str):
            _check_function(name.casefold())
        elif each.get("class") == "COLUMN_REF" and len(each["column_names"]) == 1:
            _check_word(str(each["column_names"][0]).casefold())


def _check_function(name: str) -> None:
    if name in IMPURE or IMPURE_PREFIX.match(name):
        raise _refused(name)


def _refused(name: str) -> NotPermitted:
    step = "Write as_of() for the day that figures stand on."
    return NotPermitted(f"The function {name} cannot be used here.", next_step=step)


def _check_word(name: str) -> None:
    """Refuse words that stand for a function without its brackets: current_date, user."""
    if name in WORDS:
        raise _refused(name)


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
