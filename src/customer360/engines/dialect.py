"""Translate our SQL (DuckDB's dialect) for PostgreSQL and Spark, and refuse what has no rule.

SQLGlot prints most constructs right. Where it does not, a named rule of ours rewrites the tree first
(``dialect_postgres.py``, ``dialect_spark.py``). Whatever is neither known to mean the same everywhere
(``dialect_words.py``) nor has a rule is refused by name, so that nothing is silently different on another engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel

from customer360.engines import dialect_postgres, dialect_spark
from customer360.engines.dialect_rules import Rule, Unportable, normal_form
from customer360.engines.dialect_words import FUNCTIONS, NODES, STATEMENTS
from customer360.errors import ModelError, Place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

RULES: Mapping[str, Mapping[type[exp.Expr], Rule]] = MappingProxyType(
    {"postgres": dialect_postgres.RULES, "spark": dialect_spark.RULES}
)
"""Rewriting rules by engine and kind of node. DuckDB needs none: it gets our SQL as it is."""

TARGETS = tuple(RULES)

LABELS = {"duckdb": "DuckDB", "postgres": "PostgreSQL", "spark": "Spark"}


@dataclass(frozen=True, order=True)
class Gap:
    """A construct that an engine has no rule for. ``line`` counts from the start of the SQL text, from 1."""

    line: int
    construct: str
    engine: str
    hint: str | None = None

    def sentence(self) -> str:
        """Say which construct cannot be used, and why."""
        return f"{self.construct} has no rule for {LABELS.get(self.engine, self.engine)}."


def transpile(
    sql: str | exp.Expr, dialect: str, *, as_of: date | None = None, place: Place | None = None, pretty: bool = False
) -> str:
    """Return a query of ours in an engine's dialect, ``as_of()`` replaced by the date.

    Raises ModelError naming the first construct for which the engine has no rule, and how many more there are.
    """
    tree = sqlglot.parse_one(sql, read="duckdb") if isinstance(sql, str) else sql.copy()
    if as_of is not None:
        tree = with_date(tree, as_of)
    if dialect == "duckdb":
        return tree.sql(dialect="duckdb", pretty=pretty)
    rewritten, found = rewrite(tree, dialect)
    if found:
        more = f" {len(found) - 1} more constructs have none either." if len(found) > 1 else ""
        raise ModelError(found[0].sentence() + more, place=place, next_step=found[0].hint)
    return rewritten.sql(dialect=dialect, pretty=pretty, unsupported_level=ErrorLevel.RAISE)


def gaps(sql: str | exp.Expr, dialect: str) -> list[Gap]:
    """Return every construct of a query that an engine has no rule for."""
    tree = sqlglot.parse_one(sql, read="duckdb") if isinstance(sql, str) else sql.copy()
    return rewrite(tree, dialect)[1]


def with_date(tree: exp.Expr, as_of: date) -> exp.Expr:
    """Return the tree with each ``as_of()`` replaced by the date."""

    def replaced(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Anonymous) and node.name.lower() == "as_of":
            return exp.cast(exp.Literal.string(as_of.isoformat()), "DATE", dialect="duckdb")
        return node

    return tree.transform(replaced, copy=False)


def rewrite(tree: exp.Expr, dialect: str) -> tuple[exp.Expr, list[Gap]]:
    """Apply an engine's rules from the inside out; return the tree and what had none."""
    rules, found = RULES[dialect], []
    tree = normal_form(tree)
    for node in reversed(list(tree.bfs())):
        try:
            _refuse_unknown(node, rules)
            rule = rules.get(type(node))
            new = rule(node) if rule else node
        except Unportable as refusal:
            found.append(Gap(line_of(node), refusal.construct or named(node), dialect, refusal.hint))
            continue
        if new is not node:
            if node is tree:
                tree = new
            else:
                node.replace(new)
    return tree, sorted(found)


def _refuse_unknown(node: exp.Expr, rules: Mapping[type[exp.Expr], Rule]) -> None:
    """Let pass what means the same everywhere or has a rule; Unportable for anything else."""
    if isinstance(node, exp.Anonymous):
        if node.name.lower() not in {"as_of", *FUNCTIONS}:
            raise Unportable(f"The function {node.name.lower()}()")
    elif type(node) in STATEMENTS and node.parent is None:
        return
    elif type(node) not in rules and type(node) not in NODES:
        raise Unportable(named(node))


def named(node: exp.Expr) -> str:
    """Name a construct as its author wrote it: ``The function list_sum()``, ``PIVOT``."""
    if isinstance(node, exp.Func):
        text = node.sql(dialect="duckdb", unsupported_level=ErrorLevel.IGNORE)
        return f"The function {text.split('(')[0].strip().lower()}()"
    return f"The construct {type(node).__name__.upper()}"


def line_of(node: exp.Expr) -> int:
    """Return the line on which a node stands, as near as the parser kept it."""
    for near in (node, *node.find_all(exp.Identifier, exp.Literal, exp.Column)):
        if "line" in near.meta:
            return int(near.meta["line"])
    above = node.parent
    while above is not None:
        for near in above.find_all(exp.Identifier):
            if "line" in near.meta:
                return int(near.meta["line"])
        above = above.parent
    return 1
