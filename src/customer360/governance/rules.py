"""Check what may be asked for and granted: how long, which rows, and who decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.governance.failures import AccessRefused
from customer360.governance.ports import row_filter

if TYPE_CHECKING:
    from customer360.governance.ports import Port

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
