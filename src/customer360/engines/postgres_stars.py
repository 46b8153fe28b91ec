"""Write ``SELECT * REPLACE (...)`` and ``SELECT * EXCLUDE (...)`` of one table as the columns they stand for.

PostgreSQL has neither. A session knows the columns of its state's tables, so there it can be said; rules, which know a
text alone, refuse what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.names import Relation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ColumnsOf = Callable[[Relation], "Sequence[str] | None"]
"""Names of a table's columns in their order, None for one that is not there."""


def spelled_out(tree: exp.Expr, columns_of: ColumnsOf) -> exp.Expr:
    """Return the tree with such stars as columns, wherever a SELECT reads one table."""
    found = [select for select in tree.find_all(exp.Select) if any(map(_changes, select.expressions))]
    if not found:
        return tree
    copy = tree.copy()
    for select in copy.find_all(exp.Select):
        names = _columns(select, columns_of)
        if names is not None and any(map(_changes, select.expressions)):
            select.set("expressions", [part for each in select.expressions for part in _parts(each, names)])
    return copy


def _changes(node: exp.Expr) -> bool:
    return type(node) is exp.Star and any(node.args.get(word) for word in ("except_", "replace"))


def _columns(select: exp.Select, columns_of: ColumnsOf) -> Sequence[str] | None:
    source = select.args.get("from_")
    table = source.this if source is not None else None
    if not isinstance(table, exp.Table) or not table.db or select.args.get("joins") or table.args.get("joins"):
        return None
    return columns_of(Relation(table.db, table.name))


def _parts(node: exp.Expr, names: Sequence[str]) -> Iterator[exp.Expr]:
    if not _changes(node) or node.args.get("rename"):
        yield node
        return
    gone = {each.name.casefold() for each in node.args.get("except_") or ()}
    replaced = {each.alias.casefold(): each.this for each in node.args.get("replace") or ()}
    for name in names:
        if name.casefold() not in gone:
            column: exp.Expr = replaced.get(name.casefold(), exp.column(name, quoted=True))
            yield exp.alias_(column.copy(), name, quoted=True)
