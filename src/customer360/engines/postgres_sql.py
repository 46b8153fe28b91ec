"""Put our SQL into PostgreSQL's: parameters filled in, tables of one state, DuckDB's constructs by the rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError, UnsupportedError

from customer360.engines.dialect import transpile
from customer360.errors import ModelError, StatementFailed, suggestion
from customer360.names import Relation

_CTE_NAME = re.compile(r"(?!pg_)[a-z_]\w*", re.IGNORECASE)
"""A WITH part may not be named like a system table: outside its scope the name would mean that."""
_TARGETS = (exp.Insert, exp.Create, exp.Drop, exp.Alter)


@dataclass(frozen=True)
class Names:
    """What tables are called in PostgreSQL: those of the state that is read, and those of this session alone."""

    published: Mapping[Relation, str]
    own: Callable[[str], str | None]
    """Name of data registered under (or a temporary table with) a bare name, None when there is none."""


@dataclass(frozen=True)
class Prepared:
    """A statement that PostgreSQL can run, and the tree of ours that it came from."""

    text: str
    tree: exp.Expr

    @property
    def is_query(self) -> bool:
        """Say whether it only reads."""
        return isinstance(self.tree, exp.Query)


def parsed(sql: str) -> exp.Expr:
    """Return the tree of exactly one statement of our SQL; StatementFailed when it is none."""
    try:
        trees = [tree for tree in sqlglot.parse(sql, read="duckdb") if tree is not None]
    except SqlglotError as error:
        near = (getattr(error, "errors", None) or [{}])[0].get("highlight")
        raise StatementFailed(f"The SQL cannot be read{f' near {near!r}' if near else ''}.") from error
    if len(trees) != 1:
        raise StatementFailed(f"One statement is expected here, and this text holds {len(trees)}.")
    return trees[0]


def relations_in(tree: exp.Expr) -> frozenset[Relation]:
    """Return the tables that a statement names with their schema."""
    return frozenset(Relation(table.db, table.name) for table in tree.find_all(exp.Table) if table.db)


def prepared(tree: exp.Expr, parameters: Sequence[Any], names: Names, *, pretty: bool = False) -> Prepared:
    """Return a statement for PostgreSQL. StatementFailed for an unknown table and for what has no rule."""
    ours = filled(tree, parameters)
    _refuse_odd_parts(ours)
    _named(ours, names)
    _titled(ours)
    for number, subquery in enumerate(ours.find_all(exp.Subquery)):
        if not subquery.alias and isinstance(subquery.parent, exp.From | exp.Join):
            subquery.set("alias", exp.TableAlias(this=exp.to_identifier(f"c360_part_{number}")))
    try:
        text = transpile(ours, "postgres", pretty=pretty)
    except ModelError as error:
        raise StatementFailed(error.what, next_step=error.next_step) from error
    except UnsupportedError as error:
        raise StatementFailed("A construct of this SQL cannot be written for PostgreSQL.") from error
    return Prepared(text, ours)


def _refuse_odd_parts(tree: exp.Expr) -> None:
    for part in tree.find_all(exp.CTE):
        if not _CTE_NAME.fullmatch(part.alias):
            raise StatementFailed(f"A WITH part cannot be named '{part.alias}' here.", next_step="Choose another name.")


def filled(tree: exp.Expr, parameters: Sequence[Any]) -> exp.Expr:
    """Return a tree with values in the place of ``$1`` and ``?``."""
    asked = iter(parameters)

    def value(node: exp.Expr) -> exp.Expr:
        try:
            if isinstance(node, exp.Parameter):
                return literal(parameters[int(node.name) - 1])
            if isinstance(node, exp.Placeholder):
                return literal(parameters[int(node.name) - 1] if node.name.isdigit() else next(asked))
        except (IndexError, StopIteration, ValueError):
            raise StatementFailed("This statement asks for more values than it was given.") from None
        return node

    return tree.transform(value)


def literal(value: Any) -> exp.Expr:
    """Return a value as a tree, typed where its text alone would not say what it is."""
    if value is None:
        return exp.Null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, int | float | Decimal):
        number = exp.Literal.number(str(abs(value)))
        return exp.Paren(this=exp.Neg(this=number)) if value < 0 else number
    if isinstance(value, datetime):
        kind = "TIMESTAMPTZ" if value.tzinfo else "TIMESTAMP"
        return exp.cast(exp.Literal.string(value.isoformat(sep=" ")), kind, dialect="duckdb")
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "DATE", dialect="duckdb")
    if isinstance(value, list | tuple):
        return exp.Array(expressions=[literal(item) for item in value])
    if not isinstance(value, str):
        raise StatementFailed(f"A value of kind {type(value).__name__} cannot be a parameter.")
    return exp.Literal.string(value)


def _named(tree: exp.Expr, names: Names) -> None:
    """Let every table stand under its name in PostgreSQL, still known in the statement by its own."""
    parts = {part.alias.casefold() for part in tree.find_all(exp.CTE)}
    published = {str(relation).casefold(): name for relation, name in names.published.items()}
    for table in list(tree.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier):
            continue  # a table function
        found = _place_of(table, parts, published, names)
        if found is None:
            continue
        if not table.alias and not _is_target(table):
            table.set("alias", exp.TableAlias(this=table.this.copy()))
        schema, _, name = found.partition(".")
        table.set("db", exp.to_identifier(schema, quoted=True))
        table.set("this", exp.to_identifier(name, quoted=True))
    for column in tree.find_all(exp.Column):
        if column.args.get("db") is not None:
            column.set("db", None)


def _place_of(table: exp.Table, parts: set[str], published: Mapping[str, str], names: Names) -> str | None:
    """Return ``schema.table`` in PostgreSQL; None for a WITH part and for what is being made."""
    if table.catalog:
        raise StatementFailed(f"'{table.sql('duckdb')}' names a database; write <schema>.<table>.")
    if not table.db:
        own = names.own(table.name)
        if own is not None and table.name.casefold() not in parts:
            return own
        if table.name.casefold() in parts or _is_target(table):
            return None
        raise StatementFailed(
            f"No table in FROM is named '{table.name}'.", next_step="Write the schema too: gold.customers."
        )
    name = f"{table.db}.{table.name}"
    if name.casefold() not in published:
        raise StatementFailed(f"No table is named '{name}'.", next_step=suggestion(name, sorted(published)))
    return published[name.casefold()]


def _is_target(table: exp.Table) -> bool:
    parent = table.parent
    if isinstance(parent, exp.Schema):
        parent = parent.parent
    return isinstance(parent, _TARGETS) and table.arg_key == "this"


def _titled(tree: exp.Expr) -> None:
    """Give columns without a name the name that they have in the other engines: what was written."""
    query = tree
    while isinstance(query, exp.SetOperation):
        query = query.left
    if not isinstance(query, exp.Select):
        return
    for item in query.expressions:
        if not isinstance(item, exp.Alias | exp.Column | exp.Star):
            text = "count_star()" if item.sql() == "COUNT(*)" else item.sql("duckdb").lower()
            item.replace(exp.alias_(item.copy(), text[:60], quoted=True))
