"""Show what columns are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.options import HERE, FormatOption, OutOption, ProjectOption, opened
from customer360.cli.output import write_table
from customer360.errors import UnknownName
from customer360.names import Relation

if TYPE_CHECKING:
    from customer360.models.lineage import Edge
    from customer360.project.spec import Project


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("lineage")(lineage)


def lineage(
    what: Annotated[
        str | None,
        typer.Argument(help="An output port or a table, or a column of one; without, every table.", show_default=False),
    ] = None,
    format_: FormatOption = None,
    out: OutOption = None,
    project: ProjectOption = HERE,
) -> None:
    """Show what columns are made of: a table's directly, one column's all the way down to the sources.

    A from_column * means that rows are counted. No from_table: a constant, kept by the history, empty because no
    system provides it, or made inside a step.

    \b
    Examples:
      c360 lineage customer_orders
      c360 lineage customer_orders.value_tier --format csv
    """
    from customer360.models.lineage import column_lineage, lineage_table, upstream

    read = opened(project).project
    edges = column_lineage(read)
    if what is not None:
        relation, column = _meant(what, read, edges)
        if column is None:
            edges = tuple(edge for edge in edges if edge.to == relation)
        else:
            edges = upstream(edges, relation, column)
    write_table(lineage_table(edges), format_, out)


def _meant(text: str, project: Project, edges: tuple[Edge, ...]) -> tuple[Relation, str | None]:
    """Return the table and the column that a text names. Errors: UnknownName."""
    tables = _tables(project)
    if text in tables:
        return tables[text], None
    name, _, column = text.rpartition(".")
    if name not in tables:
        raise UnknownName("output port, table or column", text, sorted(tables))
    columns = {edge.to_column for edge in edges if edge.to == tables[name]}
    if column not in columns:
        raise UnknownName(f"column of {tables[name]}", column, sorted(columns))
    return tables[name], column


def _tables(project: Project) -> dict[str, Relation]:
    """Return tables by every name they go by: port, product.port and, before these, schema.table."""
    found: dict[str, Relation] = {}
    for product in project.products.values():
        for port in product.output_ports:
            contract = project.contracts.get(port.contract_id or "")
            if contract is not None:
                found.setdefault(port.name, contract.relation)
                found[f"{product.id}.{port.name}"] = contract.relation
    return {**found, **{str(relation): relation for relation in project.models}}
