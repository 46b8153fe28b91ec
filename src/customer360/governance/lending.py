"""Carry grants into a database that others read too: an account's own role reads the views that the account may.

A database knows neither our masks nor our row filters, so only tables that an account sees whole are lent: every
row, and no column under a mask. The others stay readable through customer360.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from customer360.engines.base import Lends, Lent
from customer360.errors import WarehouseError
from customer360.governance.failures import AccessRefused
from customer360.names import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.engines.base import Engine
    from customer360.governance.accounts import Account
    from customer360.governance.office import Governance
    from customer360.names import Relation

ATTRIBUTE = "postgres_role"
"""The attribute of an account that names its role there: ``c360 users change kai --set postgres_role=kai``."""


def wanted(governance: Governance) -> dict[str, frozenset[Relation]]:
    """Return what each role of the database may read now: of a role that two accounts have, what both may read."""
    found: dict[str, frozenset[Relation]] = {}
    for account, role in _holders(governance):
        mine: frozenset[Relation] = frozenset()
        if account.is_active:
            readings = governance.entitlements(governance.principal(account)).readings
            mine = frozenset(relation for relation, reading in readings.items() if reading.select is None)
        found[role] = found[role] & mine if role in found else mine
    return found


def _holders(governance: Governance) -> Iterator[tuple[Account, str]]:
    for account in governance.accounts.all():
        role = account.attributes.get(ATTRIBUTE)
        if isinstance(role, str) and role:
            yield account, role


def lend(governance: Governance, engine: Engine) -> Lent | None:
    """Make the database's grants what ours are; None where the warehouse is nothing that others read.

    A role that is missing or shared stops no other; it is said when everything else is done.
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
    _check_roles(governance, lent)
    return lent


def _check_roles(governance: Governance, lent: Lent) -> None:
    """Raise for the roles that are not as they should be, each named."""
    times = Counter(role for _, role in _holders(governance))
    shared = sorted(role for role, count in times.items() if count > 1)
    if shared:
        raise AccessRefused(
            f"Two accounts have one database role ({', '.join(shared)}), so it reads only what both may.",
            next_step="Give each its own: `c360 users change NAME --set postgres_role=...`.",
        )
    if lent.missing:
        raise WarehouseError(
            f"The database has no role named {', '.join(lent.missing)}.",
            next_step=f"Make it: CREATE ROLE {quoted(lent.missing[0])} LOGIN; or correct the account's postgres_role.",
        )
    if lent.refused:
        raise WarehouseError(
            f"The database refused to change what these roles read: {', '.join(lent.refused)}.",
            next_step="Its log says why; then run `c360 access sync`.",
        )
