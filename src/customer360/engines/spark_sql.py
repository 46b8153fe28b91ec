"""Prepare one query of ours for Spark: tables under the names of Spark's views, the rest by the portability rules."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp
from sqlglot.errors import UnsupportedError

from customer360.engines.dialect import transpile
from customer360.errors import ModelError, StatementFailed
from customer360.names import Relation


def stored_only(tree: exp.Expr) -> bool:
    """Say whether a query reads tables of the warehouse only: no registered Arrow data, no temporary table."""
    parts = {part.alias.casefold() for part in tree.find_all(exp.CTE)}
    return not any(
        isinstance(table.this, exp.Identifier) and not table.db and table.name.casefold() not in parts
        for table in tree.find_all(exp.Table)
    )


def for_spark(query: exp.Expr, view: Callable[[Relation], str]) -> str:
    """Return a query in Spark's SQL, each table named as ``view`` says. StatementFailed for what has no rule."""
    tree = query.copy()
    for table in list(tree.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier) or not table.db:
            continue  # a table function, or a part of WITH
        name = view(Relation(table.db, table.name))
        if not table.alias:
            table.set("alias", exp.TableAlias(this=table.this.copy()))
        table.set("db", None)
        table.set("this", exp.to_identifier(name, quoted=True))
    for column in tree.find_all(exp.Column):
        if column.args.get("db") is not None:
            column.set("db", None)
    try:
        return transpile(tree, "spark")
    except ModelError as error:
        raise StatementFailed(error.what, next_step=error.next_step) from error
    except UnsupportedError as error:
        raise StatementFailed("A construct of this SQL cannot be written for Spark.") from error
