"""Open what governance keeps about a project: accounts, tickets, access, and what each principal may read."""

from __future__ import annotations

import getpass
import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from customer360.clock import now
from customer360.errors import NotPermitted
from customer360.governance.access import Access
from customer360.governance.accounts import Account, Accounts
from customer360.governance.entitlements import Entitlements, Reading, granted_reading, masked_reading
from customer360.governance.lending import lend
from customer360.governance.notices import Notices
from customer360.governance.ports import Port, ports_of
from customer360.governance.records import Actor
from customer360.governance.state import State
from customer360.governance.tickets import ApiKey, Tickets
from customer360.governance.viewing import seen_account
from customer360.names import Relation
from customer360.semantic.principal import Principal

if TYPE_CHECKING:
    from customer360.engines.base import Engine
    from customer360.governance.oidc import Provider
    from customer360.project.spec import Project

PORT_SCOPE = "port:"


class Governance:
    """Governance of one project."""

    def __init__(
        self, project: Project, *, clock: Callable[[], datetime] = now, warehouse: Engine | None = None
    ) -> None:
        self._project = project
        self._warehouse = warehouse
        self.state = State(project.root, clock=clock)
        self.accounts = Accounts(self.state)
        self.tickets = Tickets(self.state, self.accounts)
        self.notices = Notices(self.state, project.settings.notices)
        self.access = Access(self.state, self.accounts, lambda: self.ports, notices=self.notices, after=self._changed)

    @cached_property
    def provider(self) -> Provider | None:
        """The OpenID provider that people sign in with, None where the project names none."""
        settings = self._project.settings.sign_in
        if settings is None:
            return None
        from customer360.governance.oidc import Provider

        return Provider(settings, self.state, self.accounts)

    @cached_property
    def ports(self) -> dict[Relation, Port]:
        """Every output port by its table."""
        return ports_of(self._project)

    def principal(self, account: Account, key: ApiKey | None = None) -> Principal:
        """Return an account as one who asks, within the scopes of its key."""
        scopes = key.scopes if key is not None and key.scopes else None
        return Principal(
            account.name,
            roles=account.roles,
            attributes=_attributes(account),
            scopes=scopes,
            key=key.id if key is not None else None,
        )

    def current(self, principal: Principal) -> Principal:
        """Return a principal as its account stands now, however long ago it signed in.

        Errors: NotPermitted for an account that is gone or disabled, and for a key that ended or was revoked.
        """
        if principal.owns_everything or principal.reads_all:
            return principal
        account = self._account(principal)
        return replace(principal, roles=account.roles, attributes=_attributes(account))

    def _account(self, principal: Principal) -> Account:
        if principal.viewer is not None:
            return seen_account(self, principal.user)
        account = self.accounts.find(principal.user)
        if account is None or not account.is_active:
            raise NotPermitted("Your account is not known here or was disabled.", next_step="Ask an administrator.")
        if principal.key is not None and not self.tickets.is_live(principal.key):
            raise NotPermitted("This API key has ended or was revoked.", next_step="Ask an administrator for another.")
        return account

    def key_principal(self, text: str) -> Principal:
        """Return who an API key stands for. Errors: NotSignedIn."""
        return self.principal(*self.tickets.holder(text))

    def entitlements(self, principal: Principal, *, figures: bool = False) -> Entitlements:
        """Return what a principal may read now. Errors: NotPermitted for an account that is gone or disabled.

        ``figures``: also what they may only see figures of; whoever asks so withholds what is about too few people.
        Everything is looked up anew, so a grant that was revoked a moment ago is gone in every process.
        """
        if principal.reads_all:
            readings = {
                relation: masked_reading(relation, self._project.contract_of(relation)) for relation in self._tables
            }
            return Entitlements(readings, self._refused, self.state.salt, reads_all=True)
        account = self._account(principal)
        readings = self._granted(account, principal, figures=figures)
        if principal.viewer is not None:
            readings = self._no_more_than(principal, readings, account)
        return Entitlements(readings, self._refused, self.state.salt)

    def _no_more_than(
        self, principal: Principal, theirs: dict[Relation, Reading], account: Account
    ) -> dict[Relation, Reading]:
        """Return what somebody sees as another: what both may read, masked unless both see it in the clear.

        What a viewer sees only some rows of is left out: which of them the other sees cannot be told.
        """
        if principal.viewer == operator().name:
            return theirs
        viewer = self.accounts.find(str(principal.viewer))
        if viewer is None or not viewer.is_active:
            raise NotPermitted("Your account is not known here or was disabled.", next_step="Ask an administrator.")
        mine = self._granted(viewer, replace(principal, user=viewer.name, viewer=None))  # rows, not only figures
        masked = self._granted(account, principal, shows_personal=False)
        return {
            relation: reading if mine[relation].personal or reading.figures_only else masked[relation]
            for relation, reading in theirs.items()
            if relation in mine and not mine[relation].filters_rows
        }

    def _changed(self, last_notice: int) -> None:
        """Tell those whom a change of requests or grants is about, and the database that others read."""
        try:
            if self._warehouse is not None:
                lend(self, self._warehouse)
        finally:
            self.notices.send(last_notice)

    def refused(self, relation: Relation) -> NotPermitted:
        """Return why a table may not be read, with the next step."""
        return self._refused(relation)

    @property
    def _tables(self) -> frozenset[Relation]:
        return frozenset({*self._project.models, *self.ports})

    def _granted(
        self, account: Account, principal: Principal, *, shows_personal: bool = True, figures: bool = False
    ) -> dict[Relation, Reading]:
        actor = Actor.of(account)
        grants = [
            grant
            for grant in self.access.held(account)
            if (shows_personal or not grant.personal) and (figures or not grant.figures_only)
        ]
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
        step = "Ask for it on the page Access."
        return NotPermitted(f"You may not read {relation}.", next_step=step, port=str(relation))

    def note_reading(
        self, principal: Principal, door: str, relations: frozenset[Relation], sql: str, rows: int
    ) -> None:
        """Write down who read what through which door: a digest of the query, never its text."""
        self.note_readings(principal, door, [(sql, rows, relations)])

    def note_readings(
        self,
        principal: Principal,
        door: str,
        answers: Sequence[tuple[str, int, frozenset[Relation]]],
        refusals: Sequence[str] = (),
    ) -> None:
        """Write down what somebody read, and what they were refused, in one transaction."""
        if not answers and not refusals:
            return
        reader, more = _reader(principal), _as(principal)
        with self.state.writing(waits=False) as writing:
            for sql, rows, relations in answers:
                digest = hashlib.sha256(sql.encode()).hexdigest()[:32]
                subject = ",".join(sorted(map(str, relations))) or "-"
                writing.note(reader, "data.read", subject, door=door, query=digest, rows=rows, **more)
            for reason in refusals:
                writing.note(reader, "data.refused", "-", door=door, reason=reason[:200], **more)

    def note_refusal(self, principal: Principal, door: str, reason: str) -> None:
        """Write down that somebody was refused."""
        self.note_readings(principal, door, (), [reason])


def _reader(principal: Principal) -> str:
    return principal.viewer or principal.user


def _as(principal: Principal) -> dict[str, str]:
    return {} if principal.viewer is None else {"viewed_as": principal.user}


def _attributes(account: Account) -> dict[str, Any]:
    return {**account.attributes, "groups": sorted(account.groups)}


def operator() -> Actor:
    """Return who sits at this machine: they can read its files anyway, and what they do is written down."""
    return Actor(f"operator:{getpass.getuser()}", is_operator=True)
