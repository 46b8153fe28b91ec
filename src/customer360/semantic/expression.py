"""Parse the SQL expressions of a model: scalars and aggregates only, references as ``dataset.field``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from customer360.errors import ModelError, Place
from customer360.models.purity import impurities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FORBIDDEN = (exp.Query, exp.DDL, exp.DML, exp.Command, exp.Window, exp.Star)
_EXPRESSIONS = (exp.Condition, exp.WithinGroup, exp.Filter, exp.AtTimeZone)
AGGREGATES = (exp.AggFunc, exp.WithinGroup, exp.Filter)
"""Nodes that are, or wrap, an aggregate call."""

_TWO_SIDED = (exp.PercentileCont, exp.PercentileDisc)


def parse_expression(text: str, place: Place, *, dialect: str = "duckdb") -> exp.Expr:
    """Return the tree of one expression. Raises ModelError for a query, a statement, a window or a syntax error.

    ANSI_SQL is read as DuckDB reads it, as all SQL of a project is.
    """
    try:
        tree = parse_one(text, dialect=dialect)
    except SqlglotError as error:
        first = str(error).splitlines()[0]
        raise ModelError(f"The expression `{text}` is not SQL: {first}", place=place) from error
    if not isinstance(tree, _EXPRESSIONS):
        raise _no_expression(text, "a query or a statement", place)
    for node in tree.walk():
        if isinstance(node, _FORBIDDEN) and not _counts_rows(node):
            what = "a window function" if isinstance(node, exp.Window) else "a query or a statement"
            raise _no_expression(text, what, place)
    refuse_impure(tree, text, place)
    return _guard_divisions(_plain_percentiles(tree))


def refuse_impure(tree: exp.Expr, text: str, place: Place) -> None:
    """Raise ModelError for what depends on when or where it runs: equal questions have equal answers."""
    for _, what, step in impurities(tree):
        raise ModelError(f"The expression `{text}` {what}.", place=place, next_step=step)


def _no_expression(text: str, what: str, place: Place) -> ModelError:
    step = "Write an expression over fields only."
    return ModelError(f"The expression `{text}` holds {what}.", place=place, next_step=step)


def _counts_rows(node: exp.Expr) -> bool:
    return isinstance(node, exp.Star) and isinstance(node.parent, exp.Count)


def _guard_divisions(tree: exp.Expr) -> exp.Expr:
    """Put NULLIF(y, 0) under every division: a share of nothing is no share, on every engine."""

    def guarded(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Div):
            divisor = node.expression.unnest()
            if not isinstance(divisor, exp.Literal | exp.Nullif):
                node.set("expression", exp.Nullif(this=divisor.copy(), expression=exp.Literal.number(0)))
        return node

    return tree.transform(guarded, copy=False)


def _plain_percentiles(tree: exp.Expr) -> exp.Expr:
    """Write percentiles as calls with two arguments, over floats.

    DuckDB keeps a DECIMAL's scale: its median of 0.00 and 0.01 is 0.00. PostgreSQL and Spark return a float anyway.
    """

    def plain(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.WithinGroup) and isinstance(node.this, _TWO_SIDED):
            ordered = node.expression.expressions[0]
            node = type(node.this)(this=ordered.this.copy(), expression=node.this.this.copy())
        if isinstance(node, exp.Median | exp.PercentileCont):
            node.set("this", exp.cast(node.this, "DOUBLE"))
        return node

    return tree.transform(plain, copy=False)


def outer_aggregates(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the outermost aggregate calls, from left to right."""
    if isinstance(tree, AGGREGATES):
        yield tree
        return
    for child in tree.iter_expressions():
        yield from outer_aggregates(child)


def has_aggregate(tree: exp.Expr) -> bool:
    """Say whether an aggregate stands anywhere in the tree."""
    return next(outer_aggregates(tree), None) is not None


def references(tree: exp.Expr) -> Iterator[exp.Column]:
    """Yield the column references of a tree."""
    yield from tree.find_all(exp.Column)


def column(owner: str, name: str) -> exp.Column:
    """Return a logical reference: ``owner`` is a dataset or a role, ``name`` a field."""
    return exp.column(exp.to_identifier(name, quoted=False), table=exp.to_identifier(owner, quoted=False))


def all_of(parts: Iterable[exp.Expr]) -> exp.Expr:
    """Return the conjunction of predicates, flat and with no more parentheses than it needs."""
    flat: list[exp.Expr] = []
    for part in parts:
        bare = part.unnest()
        flat += [leaf.unnest() for leaf in bare.flatten()] if isinstance(bare, exp.And) else [bare]
    return exp.and_(*(exp.paren(part, copy=False) if isinstance(part, exp.Or) else part for part in flat), wrap=False)


def any_of(parts: Iterable[exp.Expr]) -> exp.Expr:
    """Return the disjunction of predicates, in parentheses when there are several."""
    flat = [part.unnest() for part in parts]
    return exp.paren(exp.or_(*flat, wrap=False), copy=False) if len(flat) > 1 else flat[0]


def named(tree: exp.Expr, name: exp.Identifier) -> exp.Expr:
    """Return ``tree AS name``, or the bare column when it has that name already."""
    if isinstance(tree, exp.Column) and tree.name == name.name and not tree.table:
        return tree
    return exp.alias_(tree, name)
