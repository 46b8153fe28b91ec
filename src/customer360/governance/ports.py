"""Read the output ports of a project as access sees them: who owns them, who may have them, under which policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from customer360.errors import ProjectError

if TYPE_CHECKING:
    from customer360.names import Relation
    from customer360.project.spec import Access, Contract, OutputPort, Product, Project

ROW_FILTER, DURATION = "c360RowFilter", "c360AccessDuration"
USER = "user"
_STRICT = ("private", "restricted", "unrestricted")


@dataclass(frozen=True)
class Port:
    """An output port: a table that a product offers."""

    relation: Relation
    name: str
    version: str
    access: Access
    product: Product
    contract: Contract
    domain_owners: frozenset[str]
    description: str | None
    properties: Mapping[str, Any]

    @property
    def id(self) -> str:
        """What requests and grants call it: ``gold.gold_sales_fact``."""
        return str(self.relation)

    @property
    def row_filter(self) -> str | None:
        """The predicate that rows must meet for everybody but its owners: ``country = user.country``."""
        text = self.properties.get(ROW_FILTER)
        return None if text is None else str(text)

    @property
    def most_days(self) -> int | None:
        """How long a person may have it, None for ever."""
        days = (self.properties.get(DURATION) or {}).get("user", 365)
        return None if days == "permanent" else int(days)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns."""
        return tuple(column.name for column in self.contract.columns)


def ports_of(project: Project) -> dict[Relation, Port]:
    """Return every output port by its table; of several ports on one table the strictest counts."""
    domains = {domain.name: frozenset(domain.owners) for domain in project.settings.domains}
    found: dict[Relation, Port] = {}
    for product in project.products.values():
        for output in product.output_ports:
            contract = project.contracts.get(output.contract_id or "")
            if contract is None:
                continue
            port = _port(output, product, contract, domains.get(product.domain or "", frozenset()))
            other = found.get(port.relation)
            if other is None or _STRICT.index(port.access) < _STRICT.index(other.access):
                found[port.relation] = port
    return found


def _port(output: OutputPort, product: Product, contract: Contract, domain_owners: frozenset[str]) -> Port:
    return Port(
        contract.relation,
        output.name,
        output.version,
        output.access,
        product,
        contract,
        domain_owners,
        output.description,
        output.properties,
    )


def row_filter(text: str, port: Port) -> exp.Expr:
    """Return a predicate over the port's columns and ``user.<attribute>``. Errors: ProjectError for anything else."""
    try:
        tree = sqlglot.parse_one(text, into=exp.Condition, read="duckdb")
    except SqlglotError as error:
        raise ProjectError(f"'{text}' is no condition on the rows of {port.id}.", next_step=_EXAMPLE) from error
    if tree.find(exp.Query, exp.Table, exp.Anonymous, exp.Window, exp.AggFunc, exp.Placeholder, exp.Parameter):
        raise ProjectError(f"A row filter of {port.id} compares columns and nothing more.", next_step=_EXAMPLE)
    for column in tree.find_all(exp.Column):
        if column.table.casefold() != USER and (column.table or column.name not in port.columns):
            raise ProjectError(f"{port.id} has no column '{column.sql()}' to filter by.", next_step=_EXAMPLE)
    return tree


_EXAMPLE = "Write for example: country = user.country, or segment IN ('VIP', 'Premium')."
