"""Make a conformed entity: the rows of every system that feeds it, in the columns of its contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.engines.base import Column
from customer360.errors import BuildFailed
from customer360.names import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from customer360.models.graph import Node
    from customer360.models.kinds.work import Work


def build(work: Work) -> int | None:
    """Create the table from all parts; columns a part lacks are NULL, and without parts it is empty."""
    contract = work.node.contract
    if contract is None:
        raise BuildFailed(
            f"The entity {work.node.relation} has no contract, so nothing says which columns it has.",
            place=work.node.model.place,
            next_step=f"Write products/{work.node.relation.schema}/{work.node.relation.table}.odcs.yaml.",
        )
    if not work.node.parts:
        columns = [Column(column.name, column.type) for column in contract.columns]
        work.publication.create_table(work.node.relation, columns)
        return 0
    publication = work.publication

    def described(sql: str) -> tuple[str, ...]:
        return tuple(column.name for column in publication.describe(work.translated(sql)))

    return publication.create_table_as(
        work.node.relation, work.translated(select_of(work.node, work.as_of, described)), types=work.types
    )


def select_of(node: Node, as_of: date, described: Callable[[str], Sequence[str]]) -> str:
    """Return one SELECT (DuckDB's dialect) over all parts, each brought into the contract's columns and types.

    ``described`` names the columns of a query; it is asked only where a part ends in a star.
    """
    columns = node.contract.columns if node.contract else ()
    selects = []
    for part in node.parts:
        own = part.sql("duckdb", as_of)
        names = set(described(own) if "*" in part.columns else part.columns)
        listed = [
            f"CAST({'part.' + quoted(c.name) if c.name in names else 'NULL'} AS {c.type}) AS {quoted(c.name)}"
            for c in columns
        ]
        selects.append(f"SELECT {', '.join(listed)} FROM (\n{own}\n) AS part")
    return "\nUNION ALL\n".join(selects)
