"""Check what may be asked for and granted: how long, which rows, and who decides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp, parse_one

from customer360.governance.failures import AccessRefused
from customer360.governance.ports import row_filter
from customer360.names import Relation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.governance.ports import Port
    from customer360.governance.records import Actor, Grant

LONGEST = 36_500
"""Days; for ever is not a number."""


def asked_for(*, personal: bool, figures_only: bool) -> str:
    """Return what a notice says of a request beyond the port."""
    if figures_only:
        return ", figures only"
    return " with personal columns in the clear" if personal else ""


def check_kind(*, personal: bool, figures_only: bool) -> None:
    """Raise AccessRefused for what contradicts itself."""
    if personal and figures_only:
        raise AccessRefused("Figures of many people are nobody's personal data: one or the other.")


def check_filter(text: str, port: Port) -> None:
    """Raise ProjectError unless a text is a condition on a port's columns."""
    row_filter(text, port)


def filtered_by(text: str | None) -> list[str]:
    """Return the columns that a row filter looks at: the history tells no values, which may be somebody's."""
    tree = parse_one(text, into=exp.Condition, read="duckdb") if text else None
    return sorted({column.name for column in tree.find_all(exp.Column)}) if tree is not None else []


def shown_filter(text: str | None, port: Port | None, who: Actor) -> str | None:
    """Return a row filter as somebody may read it: without its values where they are of masked columns.

    Who decides about the port, or about personal data, sees it as it is.
    """
    decides = port is not None and (who.decides(port, personal=False) or who.decides(port, personal=True))
    if text is None or decides:
        return text
    masked = {column.name for column in port.contract.columns if column.mask is not None} if port is not None else None
    if masked is not None and not masked.intersection(filtered_by(text)):
        return text
    tree = parse_one(text, into=exp.Condition, read="duckdb")
    return str(tree.transform(lambda node: exp.var("...") if isinstance(node, exp.Literal) else node).sql("duckdb"))


def shown_grant(grant: Grant, ports: Mapping[Relation, Port], who: Actor) -> Grant:
    """Return a grant as somebody may read it."""
    port = ports.get(Relation.parse(grant.port))
    return replace(grant, row_filter=shown_filter(grant.row_filter, port, who))


def check_days(port: Port, days: int | None) -> None:
    """Raise AccessRefused unless a port may be given for so many days."""
    most = port.most_days
    if days is not None and not 1 <= days <= LONGEST:
        raise AccessRefused(f"Access lasts from a day to {LONGEST:,} days.")
    if most is not None and (days is None or days > most):
        raise AccessRefused(f"{port.id} is given for {most} days at most.", next_step=f"Ask for {most} days or fewer.")


def deciders_of(port: Port, personal: bool) -> str:
    """Return who decides, as a next step."""
    if personal:
        return "A privacy officer decides about personal data in the clear."
    return f"Its owners decide: {', '.join(sorted({*port.product.owners, *port.domain_owners}))}."
