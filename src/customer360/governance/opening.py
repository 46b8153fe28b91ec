"""Open several ports to an account or a group at once: what it lacks, in one go, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from customer360.governance.failures import AccessRefused

if TYPE_CHECKING:
    from customer360.governance.office import Governance
    from customer360.governance.ports import Port
    from customer360.governance.records import Actor, HolderKind
    from customer360.names import Relation


@dataclass(frozen=True)
class Opened:
    """What became of one port."""

    port: str
    outcome: Literal["granted", "held already", "open to everybody"]
    grant: int | None = None


def lacking(governance: Governance, relations: Iterable[Relation], readable: Iterable[Relation]) -> tuple[Port, ...]:
    """Return the ports among these tables that can be asked for and are not readable, by name."""
    wanted, held = set(relations), set(readable)
    ports = (port for relation, port in governance.ports.items() if relation in wanted - held)
    return tuple(sorted((port for port in ports if port.access == "restricted"), key=lambda port: port.id))


def open_ports(
    governance: Governance,
    relations: Iterable[Relation],
    holder: str,
    *,
    by: Actor,
    holder_kind: HolderKind = "group",
    days: int | None = 90,
    figures_only: bool = False,
) -> tuple[Opened, ...]:
    """Grant each of these ports that the holder lacks, for so many days or as long as it is given at most.

    Errors: AccessRefused when one of them is private and the holder lacks it, when somebody else decides about one, or
    who decides would have it himself. Whatever goes wrong, nothing is granted.
    """
    wanted = set(relations)
    ports = sorted((port for relation, port in governance.ports.items() if relation in wanted), key=lambda p: p.id)
    closed = [port for port in ports if port.access != "unrestricted"]
    _check(by, closed, holder, holder_kind)
    with governance.access.together():
        return tuple(_opened(governance, port, holder, by, holder_kind, days, figures_only) for port in ports)


def _check(by: Actor, ports: Iterable[Port], holder: str, kind: HolderKind) -> None:
    """Raise AccessRefused where somebody cannot open all of these."""
    others = [port.id for port in ports if not by.decides(port, personal=False)]
    if others:
        raise AccessRefused(
            f"{by.name} does not decide about {', '.join(others)}.",
            next_step="Let the operator of the machine do it (an administrator can, for a group that he is not in), or"
            " its owners approve requests.",
        )
    if by.holds(kind, holder) and not by.is_operator:
        raise AccessRefused(
            f"What {holder} may read, {by.name} may read too, and nobody grants himself access.",
            next_step="Let the operator of the machine do it, or somebody who decides and is not in that group.",
        )


def _opened(
    governance: Governance,
    port: Port,
    holder: str,
    by: Actor,
    kind: HolderKind,
    days: int | None,
    figures_only: bool,
) -> Opened:
    if port.access == "unrestricted":
        return Opened(port.id, "open to everybody")
    now = governance.state.clock()
    held = (
        grant
        for grant in governance.access.grants(port=port.id, holder=holder)
        if grant.holder_kind == kind and grant.status(now) == "active" and not grant.personal and not grant.row_filter
    )
    if any(figures_only or not grant.figures_only for grant in held):
        return Opened(port.id, "held already")
    if port.access == "private":
        raise AccessRefused(
            f"{port.id} is private: only its owners have it. It is not opened with a dashboard; nothing was granted.",
            next_step="Open dashboards that do not stand on it (`--dashboard`), or let its owners make it restricted.",
        )
    most = port.most_days
    given = most if days is None else days if most is None else min(days, most)
    made = governance.access.grant(port.id, holder, by=by, holder_kind=kind, days=given, figures_only=figures_only)
    return Opened(port.id, "granted", made.id)
