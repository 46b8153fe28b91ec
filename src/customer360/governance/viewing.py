"""Look at the project as another account or role would, without seeing more than one may oneself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from customer360.errors import NotPermitted, UnknownName
from customer360.governance.accounts import ROLES, Account
from customer360.governance.records import Actor

if TYPE_CHECKING:
    from customer360.governance.office import Governance
    from customer360.names import Relation
    from customer360.semantic.principal import Principal

ROLE = "role:"
"""Before the name of a role that is looked through: an account that has nothing else."""


@dataclass(frozen=True)
class Sight:
    """How one port looks to somebody. ``rows`` is the filter, None for every row."""

    port: str
    access: str
    reads: bool
    why_not: str | None
    filters_rows: bool
    masked: tuple[str, ...]
    clear: bool


def may_look(governance: Governance, viewer: Actor) -> bool:
    """Say whether somebody may look as another: administrators, owners, and the operator of the machine."""
    owns = any(viewer.owns(port) for port in governance.ports.values())
    return viewer.is_operator or "admin" in viewer.roles or owns


def looking(
    governance: Governance, viewer: Actor, whom: str, *, scopes: frozenset[str] | None = None, begins: bool = True
) -> Principal:
    """Return the principal of an account (``role:member``: of a role) as this viewer may look through its eyes.

    Administrators and owners of products or domains may; on this machine's command line the operator. ``begins`` writes
    that down; each reading is written down in any case. Errors: NotPermitted, UnknownName.
    """
    if not may_look(governance, viewer):
        raise NotPermitted(
            "Only administrators and owners of products look at the project as somebody else.",
            next_step="Ask one of them what the other sees.",
        )
    account = seen_account(governance, whom)
    principal = replace(governance.principal(account), viewer=viewer.name, scopes=scopes)
    if begins:
        with governance.state.writing() as writing:
            writing.note(viewer.name, "access.view_as", whom)
    return principal


def seen_account(governance: Governance, whom: str) -> Account:
    """Return the account that is looked through. Errors: UnknownName, NotPermitted for one that is disabled."""
    if whom.startswith(ROLE):
        role = whom.removeprefix(ROLE)
        if role not in ROLES:
            raise UnknownName("role", role, ROLES)
        return Account(whom, frozenset({role}))
    account = governance.accounts.named(whom)
    if not account.is_active:
        raise NotPermitted(f"The account '{whom}' is disabled: it sees nothing.")
    return account


def sights(governance: Governance, principal: Principal) -> tuple[Sight, ...]:
    """Return how every port looks to a principal, in the order of their names."""
    found = governance.entitlements(principal)
    return tuple(_sight(governance, relation, found.readings.get(relation)) for relation in sorted(governance.ports))


def _sight(governance: Governance, relation: Relation, reading: object) -> Sight:
    from customer360.governance.entitlements import Reading

    port = governance.ports[relation]
    if not isinstance(reading, Reading):
        why = governance.refused(relation).what
        return Sight(port.id, port.access, reads=False, why_not=why, filters_rows=False, masked=(), clear=False)
    masked = tuple(column.name for column in port.contract.columns if column.mask is not None)
    is_clear = reading.personal
    return Sight(
        port.id,
        port.access,
        reads=True,
        why_not=None,
        filters_rows=reading.filters_rows,
        masked=() if is_clear else masked,
        clear=is_clear,
    )
