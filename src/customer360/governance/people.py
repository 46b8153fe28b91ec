"""Let whoever asks see who is whom, and decide about it, as far as their grants and roles go; and write it down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.errors import NotPermitted
from customer360.governance.asking import asking
from customer360.governance.office import operator
from customer360.governance.reading import check_scope
from customer360.governance.records import Actor
from customer360.names import Relation

if TYPE_CHECKING:
    from customer360.governance.office import Governance

XREF = Relation("identity", "customer_xref")
DECIDERS = ("privacy_officer", "admin")
"""Roles that decide about people everywhere, beside the owners of ``identity.customer_xref``."""
_DOOR = "customers"


class PeopleDoor:
    """The door to identity's tables: they are shown whole or not at all, and owners, officers and admins decide."""

    def __init__(self, governance: Governance) -> None:
        self._governance = governance

    def shows(self, table: Relation) -> bool:
        """Say whether whoever asks may read every row of a table, in the clear."""
        return self._refusal(table) is None

    def refusal(self, table: Relation) -> NotPermitted | None:
        """Return why they may not read a table, None when they may; nothing is written down of having looked."""
        return self._refusal(table)

    def check(self, table: Relation) -> None:
        """Raise NotPermitted unless they may, and write that down."""
        refusal = self._refusal(table)
        if refusal is not None:
            if not asking().reads_all:
                self._governance.note_refusal(asking(), _DOOR, refusal.what)
            raise refusal

    def has_shown(self, table: Relation, sql: str, rows: int) -> None:
        """Write down what an account read."""
        who = asking()
        if not who.owns_everything and not who.reads_all:
            self._governance.note_reading(who, _DOOR, frozenset({table}), sql, rows)

    def may_decide(self, who: str) -> bool:
        """Say whether whoever asks may decide about people in this name."""
        return asking().owns_everything or (self.shows(XREF) and self._no_decider(who) is None)

    def check_decider(self, who: str) -> None:
        """Raise NotPermitted unless whoever asks may decide about people, in their own name."""
        asked = asking()
        if asked.owns_everything:
            return
        refusal = self._no_decider(who)
        if refusal is not None:
            self._governance.note_refusal(asked, _DOOR, refusal.what)
            raise refusal

    def has_decided(self, who: str, action: str, number: int) -> None:
        """Write down that somebody decided; the store of overrides has what and why."""
        asked = asking()
        if asked.owns_everything and not self._governance.accounts.any:
            return
        actor = operator().name if asked.owns_everything else asked.user
        with self._governance.state.writing() as writing:
            writing.note(actor, f"identity.{action}", str(XREF), override=number, who=who)

    def _refusal(self, table: Relation) -> NotPermitted | None:
        who = asking()
        if who.owns_everything:
            return None
        try:
            check_scope(who, _DOOR)
            reading = self._governance.entitlements(who).reading(table)
        except NotPermitted as error:
            return error
        if reading.select is not None:
            return NotPermitted(f"You may read only a part of {table}, and this shows all of it.")
        return None

    def _no_decider(self, who: str) -> NotPermitted | None:
        """Return why whoever asks may not decide in this name; None when they may."""
        asked = asking()
        try:
            check_scope(asked, _DOOR)
        except NotPermitted as error:
            return error
        account = self._governance.accounts.find(asked.user)
        if account is None or not account.is_active:
            return NotPermitted("Your account is not known here or was disabled.", next_step="Ask an administrator.")
        if who != account.name:
            return NotPermitted("An account decides in its own name only.", next_step="Leave --who out.")
        port = self._governance.ports.get(XREF)
        if account.has(*DECIDERS) or (port is not None and Actor.of(account).owns(port)):
            return None
        return NotPermitted(
            "You may not decide who is one person.",
            next_step="The owners of identity.customer_xref, privacy officers and administrators do.",
        )
