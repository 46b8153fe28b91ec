"""Open what governance keeps about a project: accounts, tickets, access, and what each principal may read."""

from __future__ import annotations

import getpass
import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from customer360.clock import now
from customer360.errors import NotPermitted
from customer360.governance.access import Access
from customer360.governance.accounts import Account, Accounts
from customer360.governance.entitlements import Entitlements, Reading, granted_reading, masked_reading
from customer360.governance.ports import Port, ports_of
from customer360.governance.records import Actor
from customer360.governance.state import State
from customer360.governance.tickets import ApiKey, Tickets
from customer360.names import Relation
from customer360.semantic.principal import Principal

if TYPE_CHECKING:
    from customer360.project.spec import Project

PORT_SCOPE = "port:"


class Governance:
    """Governance of one project."""

    def __init__(self, project: Project, *, clock: Callable[[], datetime] = now) -> None:
        self._project = project
        self.state = State(project.root, clock=clock)
        self.accounts = Accounts(self.state)
        self.tickets = Tickets(self.state, self.accounts)
        self.access = Access(self.state, self.accounts, lambda: self.ports)

    @cached_property
    def ports(self) -> dict[Relation, Port]:
        """Every output port by its table."""
        return ports_of(self._project)

    def principal(self, account: Account, key: ApiKey | None = None) -> Principal:
        """Return an account as one who asks, within the scopes of its key."""
        attributes = {**account.attributes, "groups": sorted(account.groups)}
        scopes = key.scopes if key is not None and key.scopes else None
        return Principal(account.name, roles=account.roles, attributes=attributes, scopes=scopes)

    def key_principal(self, text: str) -> Principal:
        """Return who an API key stands for. Errors: NotSignedIn."""
        return self.principal(*self.tickets.holder(text))

    def entitlements(self, principal: Principal) -> Entitlements:
        """Return what a principal may read now. Errors: NotPermitted for an account that is gone or disabled.

        Everything is looked up anew, so a grant that was revoked a moment ago is gone in every process.
        """
        if principal.reads_all:
            readings = {
                relation: masked_reading(relation, self._project.contract_of(relation)) for relation in self._tables
            }
            return Entitlements(readings, self._refused, self.state.salt, reads_all=True)
        account = self.accounts.find(principal.user)
        if account is None or not account.is_active:
            raise NotPermitted("Your account is not known here or was disabled.", next_step="Ask an administrator.")
        return Entitlements(self._granted(account, principal), self._refused, self.state.salt)

    @property
    def _tables(self) -> frozenset[Relation]:
        return frozenset({*self._project.models, *self.ports})

    def _granted(self, account: Account, principal: Principal) -> dict[Relation, Reading]:
        actor = Actor.of(account)
        grants = list(self.access.held(account))
        held = {grant.port for grant in grants if not grant.personal}
        attributes = {**account.attributes, "name": account.name}
        only = {scope.removeprefix(PORT_SCOPE) for scope in principal.scopes or () if scope.startswith(PORT_SCOPE)}
        readings = {}
        for relation, port in self.ports.items():
            is_owner = actor.owns(port)
            if (only and port.id not in only) or not (is_owner or port.id in held or port.access == "unrestricted"):
                continue
            with suppress(NotPermitted):  # an attribute is missing: the port is not there until it is set
                mine = [grant for grant in grants if grant.port == port.id]
                readings[relation] = granted_reading(port, mine, attributes, is_owner=is_owner)
        return readings

    def _refused(self, relation: Relation) -> NotPermitted:
        port = self.ports.get(relation)
        if port is None:
            return NotPermitted(
                f"There is no table {relation} that you may read.", next_step="The catalogue lists what there is."
            )
        if port.access == "private":
            return NotPermitted(
                f"You may not read {relation}: it is private.",
                next_step=f"Its owners have it: {', '.join(port.product.owners)}.",
            )
        return NotPermitted(f"You may not read {relation}.", next_step="Ask for it on the page Access.")

    def note_reading(
        self, principal: Principal, door: str, relations: frozenset[Relation], sql: str, rows: int
    ) -> None:
        """Write down who read what through which door: a digest of the query, never its text."""
        digest = hashlib.sha256(sql.encode()).hexdigest()[:32]
        subject = ",".join(sorted(map(str, relations))) or "-"
        with self.state.writing() as writing:
            writing.note(principal.user, "data.read", subject, door=door, query=digest, rows=rows)

    def note_refusal(self, principal: Principal, door: str, reason: str) -> None:
        """Write down that somebody was refused."""
        with self.state.writing() as writing:
            writing.note(principal.user, "data.refused", "-", door=door, reason=reason[:200])


def operator() -> Actor:
    """Return who sits at this machine: they can read its files anyway, and what they do is written down."""
    return Actor(f"operator:{getpass.getuser()}", is_operator=True)
