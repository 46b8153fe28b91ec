"""Make a conformed entity: the rows of every system that feeds it, in the columns of its contract."""

from __future__ import annotations

from customer360.engines.base import Column
from customer360.errors import BuildFailed
from customer360.models.kinds.work import Work
from customer360.names import quoted


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
    return work.publication.create_table_as(work.node.relation, work.translated(select_of(work)))


def select_of(work: Work) -> str:
    """Return one SELECT (DuckDB's dialect) over all parts, each brought into the contract's columns and types."""
    contract = work.node.contract
    selects = []
    for part in work.node.parts:
        own = part.sql("duckdb", work.as_of)
        described = work.publication.describe(work.translated(own)) if "*" in part.columns else ()
        names = {c.name for c in described} or set(part.columns)
        listed = [
            f"CAST({'part.' + quoted(c.name) if c.name in names else 'NULL'} AS {c.type}) AS {quoted(c.name)}"
            for c in (contract.columns if contract else ())
        ]
        selects.append(f"SELECT {', '.join(listed)} FROM (\n{own}\n) AS part")
    return "\nUNION ALL\n".join(selects)
