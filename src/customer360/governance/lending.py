"""Carry grants into a database that others read too: an account's own role reads the views that the account may.

A database knows neither our masks nor our row filters, so only tables that an account sees whole are lent: every
row, and no column under a mask. The others stay readable through customer360.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.engines.base import Lends, Lent
from customer360.governance.failures import AccessRefused

if TYPE_CHECKING:
    from customer360.engines.base import Engine
    from customer360.governance.office import Governance
    from customer360.names import Relation

ATTRIBUTE = "postgres_role"
"""The attribute of an account that names its role there: ``c360 users change kai --set postgres_role=kai``."""


def wanted(governance: Governance) -> dict[str, frozenset[Relation]]:
    """Return what each role of the database may read now. Errors: AccessRefused when two accounts share a role."""
    found: dict[str, frozenset[Relation]] = {}
    for account in governance.accounts.all():
        role = account.attributes.get(ATTRIBUTE)
        if not isinstance(role, str) or not role:
            continue
        if role in found:
            raise AccessRefused(
                f"Two accounts have the database role '{role}', so neither can be told from the other there.",
                next_step="Give each its own: `c360 users change NAME --set postgres_role=...`.",
            )
        found[role] = frozenset()
        if account.is_active:
            readings = governance.entitlements(governance.principal(account)).readings
            found[role] = frozenset(relation for relation, reading in readings.items() if reading.select is None)
    return found


def lend(governance: Governance, engine: Engine) -> Lent | None:
    """Make the database's grants what ours are; None where the warehouse is nothing that others read.

    Errors: AccessRefused, WarehouseError.
    """
    roles = wanted(governance) if isinstance(engine, Lends) else {}
    if not roles or not isinstance(engine, Lends) or not engine.exists():
        return None
    lent = engine.let_read(roles)
    for action, pairs in (("access.lent", lent.given), ("access.taken", lent.taken)):
        for role, relation in pairs:
            with governance.state.writing() as writing:
                writing.note("customer360", action, str(relation), role=role)
    return lent
