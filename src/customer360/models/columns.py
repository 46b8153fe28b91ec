"""Say which columns a query may name, and which of those that it names do not exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope

from customer360.names import Relation

ColumnsOf = Callable[[Relation], Sequence[str] | None]
"""Names of a table's columns, None when nothing is known about them."""


@dataclass(frozen=True)
class Misnamed:
    """A name in a query that leads nowhere, or that only DuckDB understands (``alias``)."""

    node: exp.Expr
    problem: Literal["column", "table", "alias"]
    name: str
    known: tuple[str, ...] = ()


def misnamed(tree: exp.Expr, columns_of: ColumnsOf) -> Iterator[Misnamed]:
    """Yield every column whose table or name does not exist, and every SELECT alias reused where PostgreSQL cannot."""
    try:
        scopes = traverse_scope(tree)
    except SqlglotError:
        return
    for scope in scopes:
        yield from _in_scope(scope, columns_of)


def output_columns(scope: Scope, columns_of: ColumnsOf) -> tuple[str, ...] | None:
    """Return the names a query yields, stars written out; None when a star covers something unknown."""
    query = scope.expression
    if isinstance(query, exp.SetOperation):
        return output_columns(scope.set_operation_scopes[0], columns_of) if scope.set_operation_scopes else None
    if not isinstance(query, exp.Query):
        return None
    names: list[str] = []
    for item in query.selects:
        if not item.is_star:
            names.append(item.alias_or_name)
            continue
        wanted = [item.table] if isinstance(item, exp.Column) else list(scope.selected_sources)
        for source in wanted:
            columns = source_columns(scope, source, columns_of)
            if columns is None:
                return None
            names += columns
    return tuple(names)


def source_columns(scope: Scope, name: str, columns_of: ColumnsOf) -> tuple[str, ...] | None:
    """Return the columns of something in FROM, by its alias; None when they are not known."""
    source = scope.sources.get(name)
    if isinstance(source, exp.Table):
        alias = source.args.get("alias")
        if alias is not None and alias.columns:
            return tuple(column.name for column in alias.columns)
        if not source.db or not isinstance(source.this, exp.Identifier):
            return None
        found = columns_of(Relation(source.db, source.name))
        return None if found is None else tuple(found)
    if not isinstance(source, Scope):
        return None
    alias = _alias_of(scope, name, source)
    if alias is not None and alias.columns:
        return tuple(column.name for column in alias.columns)
    return output_columns(source, columns_of)


def _alias_of(scope: Scope, name: str, source: Scope) -> exp.TableAlias | None:
    for holder in (source.expression.parent, source.expression):
        found = holder.args.get("alias") if isinstance(holder, exp.Expr) else None
        if isinstance(found, exp.TableAlias):
            return found
    for node in scope.expression.find_all(exp.Unnest, exp.Lateral, exp.Values):
        found = node.args.get("alias")
        if isinstance(found, exp.TableAlias) and found.name == name:
            return found
    return None


def _in_scope(scope: Scope, columns_of: ColumnsOf) -> Iterator[Misnamed]:
    if not isinstance(scope.expression, exp.Select):
        return
    aliases = {item.alias for item in scope.expression.selects if isinstance(item, exp.Alias)}
    for column in scope.find_all(exp.Column):
        if isinstance(column.this, exp.Star) or isinstance(column.parent, exp.Lambda):
            continue
        if column.table:
            yield from _qualified(scope, column, columns_of)
        else:
            yield from _bare(scope, column, aliases, columns_of)


def _qualified(scope: Scope, column: exp.Column, columns_of: ColumnsOf) -> Iterator[Misnamed]:
    holder = _holder(scope, column.table)
    if holder is None:
        if not column.db:  # a.b.c may be a field of a struct
            known = [name for outer in _outward(scope) for name in outer.sources]
            yield Misnamed(column, "table", column.table, tuple(known))
        return
    known_columns = source_columns(holder, column.table, columns_of)
    if known_columns is not None and column.name.lower() not in {name.lower() for name in known_columns}:
        yield Misnamed(column, "column", f"{column.table}.{column.name}", tuple(known_columns))


def _bare(scope: Scope, column: exp.Column, aliases: set[str], columns_of: ColumnsOf) -> Iterator[Misnamed]:
    known: list[str] = []
    for outer in _outward(scope):
        for name in outer.selected_sources:
            columns = source_columns(outer, name, columns_of)
            if columns is None:
                return
            known += columns
            if name == column.name:  # a whole row as a value
                return
    if column.name.lower() in {name.lower() for name in known}:
        return
    if column.name.lower() in {alias.lower() for alias in aliases}:
        if not _may_reuse(column, scope):
            yield Misnamed(column, "alias", column.name)
        return
    if not any(outer.selected_sources for outer in _outward(scope)):
        return
    yield Misnamed(column, "column", column.name, tuple(dict.fromkeys(known)))


def _may_reuse(column: exp.Column, scope: Scope) -> bool:
    """Say whether an alias stands where every engine knows it: GROUP BY, ORDER BY of the query, QUALIFY."""
    child: exp.Expr = column
    while child.parent is not None and child.parent is not scope.expression:
        if isinstance(child, exp.Window):
            return False
        child = child.parent
    return isinstance(child, exp.Group | exp.Order | exp.Qualify | exp.Distinct)


def _outward(scope: Scope) -> Iterator[Scope]:
    """Yield a scope and those around it, as far as its columns can reach."""
    current: Scope | None = scope
    while current is not None:
        yield current
        current = current.parent if current.can_be_correlated or current.is_subquery else None


def _holder(scope: Scope, name: str) -> Scope | None:
    return next((outer for outer in _outward(scope) if name in outer.sources), None)
