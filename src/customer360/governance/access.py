"""Keep requests for access, the decisions about them and the grants they end in. Nobody approves himself."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from customer360.errors import UnknownName
from customer360.governance.accounts import Account, Accounts
from customer360.governance.failures import AccessRefused
from customer360.governance.four_eyes import check_apart, made_by
from customer360.governance.ports import Port
from customer360.governance.records import EVERYONE, Actor, Grant, HolderKind, Request, grant_in, request_in
from customer360.governance.rules import asked_for, check_days, check_filter, check_kind, deciders_of, filtered_by
from customer360.governance.state import State, Writing, stamp
from customer360.names import Relation

if TYPE_CHECKING:
    from customer360.governance.notices import Notices

_BIGGEST = 2**62
ASKING = ("member", "product_owner", "domain_owner", "privacy_officer", "admin")
"""Roles that may ask for access."""


class Access:
    """Requests and grants of one project."""

    def __init__(
        self,
        state: State,
        accounts: Accounts,
        ports: Callable[[], Mapping[Relation, Port]],
        *,
        notices: Notices,
        after: Callable[[int], None],
    ) -> None:
        self._state = state
        self._accounts = accounts
        self._ports = ports
        self._notices = notices
        self._after = after

    @contextmanager
    def together(self) -> Iterator[Writing]:
        """Open a transaction for one change or several; once it is kept, others are told (``after``) of all of them."""
        last, joins = self._notices.last, self._state.is_writing
        with self._state.writing() as writing:
            yield writing
        if not joins:
            self._after(last)

    def port(self, name: str) -> Port:
        """Return a port by its table's name. Errors: UnknownName."""
        found = {port.id: port for port in self._ports().values()}
        if name not in found:
            raise UnknownName("port", name, list(found))
        return found[name]

    def decides(self, actor: Actor, port: str, *, personal: bool) -> bool:
        """Say whether somebody decides who has a port; about one that is gone, operator and administrators do."""
        found = next((each for each in self._ports().values() if each.id == port), None)
        if found is None:
            return actor.is_operator or "admin" in actor.roles
        return actor.decides(found, personal=personal)

    # ---- asking -----------------------------------------------------------------------------------------------

    def request(
        self,
        account: Account,
        port: str,
        *,
        purpose: str,
        days: int | None = 90,
        personal: bool = False,
        figures_only: bool = False,
    ) -> Request:
        """Ask for a port, or for figures of it and no rows. Errors: UnknownName, AccessRefused."""
        wanted = self.port(port)
        check_kind(personal=personal, figures_only=figures_only)
        self._check_asker(account, wanted, purpose, personal=personal)
        check_days(wanted, days)
        with self.together() as writing:
            try:
                row = writing.run(
                    "INSERT INTO access_request (account, port, purpose, days, personal, status, at, figures_only)"
                    " VALUES (?, ?, ?, ?, ?, 'open', ?, ?)",
                    (account.name, wanted.id, purpose.strip(), days, personal, stamp(writing.at), figures_only),
                )
            except sqlite3.IntegrityError as error:
                raise AccessRefused("The same request is open already.", next_step="Wait for the decision.") from error
            number = int(row.lastrowid or 0)
            writing.note(account.name, "access.requested", wanted.id, request=number, days=days, personal=personal)
            deciders = [
                each.name
                for each in self._accounts.all()
                if each.is_active and each.name != account.name and Actor.of(each).decides(wanted, personal=personal)
            ]
            text = f"{account.name} asks for {wanted.id}{asked_for(personal=personal, figures_only=figures_only)}."
            self._notices.add(writing, deciders, "requested", text, port=wanted.id, request=number)
        return self.request_of(number)

    def _check_asker(self, account: Account, wanted: Port, purpose: str, *, personal: bool) -> None:
        """Raise AccessRefused for what an account cannot ask for."""
        if not account.has(*ASKING):
            raise AccessRefused("A viewer cannot ask for access.", next_step="The role member can; ask for it.")
        if wanted.access == "private":
            raise AccessRefused(f"{wanted.id} is private: only its owners have it.")
        if wanted.access == "unrestricted" and not personal:
            raise AccessRefused(f"{wanted.id} is open to everybody who signs in.", next_step="Just read it.")
        if personal and not self._opens(account, wanted):
            raise AccessRefused(
                f"You may not read {wanted.id} yet, so nothing of it can be shown in the clear.",
                next_step="Ask for the port itself first; its owners decide.",
            )
        if not purpose.strip():
            raise AccessRefused("A request says what the data are for.", next_step="Write the purpose.")

    def withdraw(self, number: int, *, by: Actor) -> Request:
        """Take one's own open request back. Errors: UnknownName, AccessRefused."""
        request = self._open(number)
        if request.account != by.name:
            raise AccessRefused("Only who asked can take a request back.")
        return self._decided(request, "withdrawn", by, None)

    # ---- deciding ---------------------------------------------------------------------------------------------

    def approve(
        self,
        number: int,
        *,
        by: Actor,
        note: str | None = None,
        row_filter: str | None = None,
        days: int | None = None,
        figures_only: bool = False,
    ) -> Grant:
        """Approve a request: its account may read the port from now on. Errors: UnknownName, AccessRefused.

        ``row_filter`` narrows the rows, ``days`` shortens the time, ``figures_only`` shows no rows; so it is too where
        figures were asked for.
        """
        request = self._open(number)
        port = self.port(request.port)
        self._check_decider(request, port, by)
        given = days if days is not None else request.days
        check_days(port, given)
        if days is not None and request.days is not None and days > request.days:
            raise AccessRefused("A decision can shorten the time that was asked for, not lengthen it.")
        with self.together() as writing:
            self._mark(writing, request, "approved", by, note)
            grant = self._grant(
                writing,
                port,
                "account",
                request.account,
                days=given,
                personal=request.personal,
                row_filter=row_filter,
                figures_only=figures_only or request.figures_only,
                by=by,
                request=number,
            )
        return self.grant_of(grant)

    def deny(self, number: int, *, by: Actor, note: str) -> Request:
        """Deny a request and say why. Errors: UnknownName, AccessRefused."""
        request = self._open(number)
        self._check_decider(request, self.port(request.port), by)
        if not note.strip():
            raise AccessRefused("A denial says why.", next_step="Write a note.")
        return self._decided(request, "denied", by, note)

    def grant(
        self,
        port: str,
        holder: str,
        *,
        by: Actor,
        holder_kind: HolderKind = "account",
        days: int | None = 90,
        personal: bool = False,
        row_filter: str | None = None,
        figures_only: bool = False,
    ) -> Grant:
        """Grant without a request: to a group, or by the operator. Errors: UnknownName, AccessRefused."""
        wanted = self.port(port)
        deciders = deciders_of(wanted, personal)
        if not by.decides(wanted, personal=personal):  # before a name is looked up: names are not for everybody
            raise AccessRefused(f"{by.name} does not decide about {wanted.id}.", next_step=deciders)
        if holder_kind == "account":
            self._accounts.named(holder)
        elif self._accounts.find(holder) is not None:
            raise AccessRefused(f"'{holder}' is an account, no group.", next_step="Grant it to the account.")
        if by.holds(holder_kind, holder) and not by.is_operator:
            raise AccessRefused("Nobody grants himself access.", next_step="Ask for it; somebody else decides.")
        if holder_kind == "account":
            check_apart(self._state, holder, by, deciders)
        if wanted.access == "private" and not by.is_operator:
            raise AccessRefused(f"{wanted.id} is private: only its owners have it.")
        check_days(wanted, days)
        with self.together() as writing:
            number = self._grant(
                writing,
                wanted,
                holder_kind,
                holder,
                days=days,
                personal=personal,
                row_filter=row_filter,
                figures_only=figures_only,
                by=by,
            )
        return self.grant_of(number)

    def renew(self, number: int, *, by: Actor, days: int) -> Grant:
        """Let an active grant last ``days`` from now. Errors: UnknownName, AccessRefused."""
        grant = self.grant_of(number)
        port = self.port(grant.port)
        self._check_active(grant)
        is_own = by.holds(grant.holder_kind, grant.holder) and not by.is_operator
        if is_own or not by.decides(port, personal=grant.personal):
            raise AccessRefused("Somebody else renews a grant.", next_step=deciders_of(port, grant.personal))
        if grant.holder_kind == "account":
            check_apart(self._state, grant.holder, by, deciders_of(port, grant.personal))
        check_days(port, days)
        with self.together() as writing:
            until = stamp(writing.at + timedelta(days=days))
            writing.run("UPDATE access_grant SET expires_at = ? WHERE id = ?", (until, number))
            writing.note(by.name, "access.renewed", grant.port, grant=number, holder=grant.holder, until=until)
        return self.grant_of(number)

    def revoke(self, number: int, *, by: Actor, note: str | None = None) -> Grant:
        """End a grant at once; its holder may, too, and who decides about one in the clear.

        Errors: UnknownName, AccessRefused.
        """
        grant = self.grant_of(number)
        self._check_active(grant)
        is_own = grant.holder_kind == "account" and by.name == grant.holder
        kinds = {False, grant.personal}
        if not is_own and not any(self.decides(by, grant.port, personal=each) for each in kinds):
            raise AccessRefused(f"{by.name} does not decide about {grant.port}.")
        with self.together() as writing:
            writing.run(
                "UPDATE access_grant SET revoked_at = ?, revoked_by = ?, note = ? WHERE id = ?",
                (stamp(writing.at), by.name, note, number),
            )
            facts = {"grant": number, "holder": grant.holder, "has_note": bool(note)}
            writing.note(by.name, "access.revoked", grant.port, **facts)
            self._tell(writing, grant.holder_kind, grant.holder, by, "revoked", grant.port)
        return self.grant_of(number)

    # ---- reading ----------------------------------------------------------------------------------------------

    def requests(self, *, status: str | None = None, account: str | None = None) -> tuple[Request, ...]:
        """Return requests, newest first."""
        found = self._state.rows(
            "SELECT * FROM access_request WHERE status = coalesce(?, status) AND account = coalesce(?, account)"
            " ORDER BY id DESC",
            (status, account),
        )
        return tuple(request_in(row) for row in found)

    def to_decide(self, actor: Actor) -> tuple[Request, ...]:
        """Return the open requests that wait for this person."""
        ports = {port.id: port for port in self._ports().values()}
        return tuple(
            request
            for request in self.requests(status="open")
            if request.account != actor.name
            and request.port in ports
            and actor.decides(ports[request.port], personal=request.personal)
        )

    def request_of(self, number: int) -> Request:
        """Return a request. Errors: UnknownName."""
        found = self._state.rows("SELECT * FROM access_request WHERE id = ?", (min(number, _BIGGEST),))
        if not found:
            raise UnknownName("request", str(number), [str(request.id) for request in self.requests(status="open")])
        return request_in(found[0])

    def grant_of(self, number: int) -> Grant:
        """Return a grant. Errors: UnknownName."""
        found = self._state.rows("SELECT * FROM access_grant WHERE id = ?", (min(number, _BIGGEST),))
        if not found:
            raise UnknownName("grant", str(number), [])
        return grant_in(found[0])

    def grants(self, *, port: str | None = None, holder: str | None = None) -> tuple[Grant, ...]:
        """Return grants of every state, newest first."""
        found = self._state.rows(
            "SELECT * FROM access_grant WHERE port = coalesce(?, port) AND holder = coalesce(?, holder)"
            " ORDER BY id DESC",
            (port, holder),
        )
        return tuple(grant_in(row) for row in found)

    def held(self, account: Account) -> Iterator[Grant]:
        """Yield the grants that an account, or a group of it, has now."""
        now = stamp(self._state.clock())
        groups = [*sorted(account.groups), EVERYONE]
        marks = ", ".join("?" * len(groups))
        found = self._state.rows(
            "SELECT * FROM access_grant WHERE revoked_at IS NULL AND starts_at <= ?"
            " AND (expires_at IS NULL OR expires_at > ?)"
            f" AND ((holder_kind = 'account' AND holder = ?) OR (holder_kind = 'group' AND holder IN ({marks})))",
            (now, now, account.name, *groups),
        )
        yield from map(grant_in, found)

    def _opens(self, account: Account, port: Port) -> bool:
        """Say whether somebody may read a port, masked."""
        is_held = any(
            grant.port == port.id and not grant.personal and not grant.figures_only for grant in self.held(account)
        )
        return is_held or port.access == "unrestricted" or Actor.of(account).owns(port)

    def _open(self, number: int) -> Request:
        request = self.request_of(number)
        if request.status != "open":
            raise AccessRefused(f"Request {number} is {request.status} already.")
        return request

    def _check_decider(self, request: Request, port: Port, by: Actor) -> None:
        if request.account == by.name:
            raise AccessRefused("Nobody decides his own request.", next_step=deciders_of(port, request.personal))
        check_apart(self._state, request.account, by, deciders_of(port, request.personal))
        if not by.decides(port, personal=request.personal):
            raise AccessRefused(
                f"{by.name} does not decide about {port.id}.", next_step=deciders_of(port, request.personal)
            )

    def _check_active(self, grant: Grant) -> None:
        status = grant.status(self._state.clock())
        if status != "active":
            raise AccessRefused(f"Grant {grant.id} is {status} already.")

    def _decided(self, request: Request, status: str, by: Actor, note: str | None) -> Request:
        with self.together() as writing:
            self._mark(writing, request, status, by, note)
        return self.request_of(request.id)

    def _mark(self, writing: Writing, request: Request, status: str, by: Actor, note: str | None) -> None:
        changed = writing.run(
            "UPDATE access_request SET status = ?, decided_by = ?, decided_at = ?, note = ?"
            " WHERE id = ? AND status = 'open'",
            (status, by.name, stamp(writing.at), note, request.id),
        )
        if changed.rowcount != 1:
            raise AccessRefused(f"Request {request.id} was decided meanwhile.")
        facts = {"request": request.id, "account": request.account, "has_note": bool(note)}
        writing.note(by.name, f"access.{status}", request.port, **facts)
        if by.name != request.account:
            text = f"{by.name} {status} your request for {request.port}{f': {note}' if note else ''}."
            self._notices.add(writing, [request.account], status, text, port=request.port, request=request.id)

    def _grant(
        self,
        writing: Writing,
        port: Port,
        kind: HolderKind,
        holder: str,
        *,
        days: int | None,
        personal: bool,
        row_filter: str | None,
        figures_only: bool,
        by: Actor,
        request: int | None = None,
    ) -> int:
        check_kind(personal=personal, figures_only=figures_only)
        if row_filter is not None:
            check_filter(row_filter, port)
        until = None if days is None else stamp(writing.at + timedelta(days=days))
        row = writing.run(
            "INSERT INTO access_grant (request_id, holder_kind, holder, port, personal, row_filter, granted_by,"
            " starts_at, expires_at, figures_only) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (request, kind, holder, port.id, personal, row_filter, by.name, stamp(writing.at), until, figures_only),
        )
        number = int(row.lastrowid or 0)
        facts: dict[str, Any] = {"request": request, "holder": f"{kind}:{holder}", "until": until, "personal": personal}
        facts |= {"filtered_by": filtered_by(row_filter), "figures_only": figures_only}
        if made_by(self._state, kind, holder, by):
            facts["to_own_account"] = True
        writing.note(by.name, "access.granted", port.id, grant=number, **facts)
        if request is None:
            self._tell(writing, kind, holder, by, "granted", port.id)
        return number

    def _tell(self, writing: Writing, kind: HolderKind, holder: str, by: Actor, what: str, port: str) -> None:
        """Tell an account that somebody gave it a port or took it away; groups are not told."""
        if kind == "account" and holder != by.name:
            text = f"{by.name} {'gave you' if what == 'granted' else 'took from you'} {port}."
            self._notices.add(writing, [holder], what, text, port=port, request=0)
