"""Keep who may sign in: names, argon2 passwords, roles, groups and attributes that row filters compare with."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from threading import Semaphore
from typing import TYPE_CHECKING, Any

from customer360.errors import UnknownName
from customer360.governance.failures import AccountRefused, NotSignedIn, TooManyAttempts
from customer360.governance.four_eyes import hands
from customer360.governance.state import State, Writing, moment_of, stamp

if TYPE_CHECKING:
    import sqlite3

    from argon2 import PasswordHasher

ROLES = ("viewer", "member", "product_owner", "domain_owner", "privacy_officer", "admin")
NAME = re.compile(r"[a-z][a-z0-9_.@-]{0,63}")
ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,62}")
SHORTEST = 12
"""Characters of a password at least (NIST SP 800-63B-4 asks for 15 where it is the only factor, 8 otherwise)."""
LONGEST = 256

ATTEMPTS, WINDOW = 5, timedelta(minutes=15)
"""After so many wrong passwords for one name (ten times as many from one address) nobody tries for so long."""
ADDRESS_ATTEMPTS = 10 * ATTEMPTS


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in."""

    name: str
    roles: frozenset[str]
    groups: frozenset[str] = frozenset()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    is_active: bool = True

    def has(self, *roles: str) -> bool:
        """Say whether the account has one of these roles."""
        return bool(self.roles.intersection(roles))


class Accounts:
    """The accounts of one project."""

    def __init__(self, state: State) -> None:
        self._state = state

    @property
    def any(self) -> bool:
        """Whether the project has an account at all: from then on everybody signs in."""
        return bool(self._state.rows("SELECT 1 FROM account LIMIT 1"))

    def all(self) -> tuple[Account, ...]:
        """Return every account by name."""
        return tuple(_account(row) for row in self._state.rows("SELECT * FROM account ORDER BY name"))

    def find(self, name: str) -> Account | None:
        """Return an account, None when there is none."""
        found = self._state.rows("SELECT * FROM account WHERE name = ?", (name,))
        return _account(found[0]) if found else None

    def named(self, name: str) -> Account:
        """Return an account. Errors: UnknownName."""
        found = self.find(name)
        if found is None:
            raise UnknownName("account", name, [account.name for account in self.all()])
        return found

    def is_group(self, name: str) -> bool:
        """Say whether accounts are in a group of this name, or a grant was given to one."""
        return bool(self._state.rows(_IS_GROUP, (name, name)))

    def create(
        self,
        name: str,
        *,
        password: str | None,
        roles: Iterable[str] = ("member",),
        groups: Iterable[str] = (),
        attributes: Mapping[str, Any] | None = None,
        by: str,
    ) -> Account:
        """Keep a new account; without a password it can only use API keys. Errors: AccountRefused, UnknownName."""
        if not NAME.fullmatch(name) or name in RESERVED:
            raise AccountRefused(
                f"An account cannot be named '{name}'.",
                next_step="Use small letters, digits and . _ - @, beginning with a letter.",
            )
        account = Account(name, _roles(roles), _groups(groups), _attributes(attributes or {}))
        hashed = None if password is None else _hashed(name, password)
        with self._state.writing() as writing:
            if writing.run("SELECT 1 FROM account WHERE name = ?", (name,)).fetchone():
                raise AccountRefused(f"There is an account named '{name}' already.", next_step="Choose another name.")
            _check_apart(writing, account, account.groups)
            writing.run(
                "INSERT INTO account VALUES (?, ?, ?, ?, ?, 1, ?)", (name, hashed, *_kept(account), stamp(writing.at))
            )
            writing.note(by, "account.created", name, roles=sorted(account.roles), groups=sorted(account.groups))
        return account

    def change(
        self,
        name: str,
        *,
        by: str,
        roles: Iterable[str] | None = None,
        groups: Iterable[str] | None = None,
        attributes: Mapping[str, Any] | None = None,
        is_active: bool | None = None,
    ) -> Account:
        """Change what is given and keep the rest; a disabled account loses its sessions. Errors: UnknownName."""
        before = self.named(name)
        if not (roles is None and groups is None and attributes is None) and name in hands(self._state, by):
            raise AccountRefused(
                "Nobody changes his own roles, groups or attributes, and not by an account that he made.",
                next_step="Ask another administrator.",
            )
        after = Account(
            name,
            before.roles if roles is None else _roles(roles),
            before.groups if groups is None else _groups(groups),
            before.attributes if attributes is None else _attributes(attributes),
            before.is_active if is_active is None else is_active,
        )
        with self._state.writing() as writing:
            _check_apart(writing, None, after.groups - before.groups)
            writing.run(
                "UPDATE account SET roles = ?, groups = ?, attributes = ?, is_active = ? WHERE name = ?",
                (*_kept(after), after.is_active, name),
            )
            if not after.is_active:
                _end_sessions(writing, name)
            facts = {"roles": sorted(after.roles), "groups": sorted(after.groups), "is_active": after.is_active}
            writing.note(by, "account.changed", name, attributes=sorted(after.attributes), **facts)
        return after

    def set_password(self, name: str, password: str, *, by: str) -> None:
        """Replace a password and end the account's sessions. Errors: UnknownName, AccountRefused."""
        self.named(name)
        hashed = _hashed(name, password)
        with self._state.writing() as writing:
            writing.run("UPDATE account SET password_hash = ? WHERE name = ?", (hashed, name))
            _end_sessions(writing, name)
            writing.note(by, "account.password", name)

    def check(self, name: str, password: str, *, address: str = "") -> Account:
        """Return the account whose password this is. Errors: NotSignedIn, TooManyAttempts.

        Right and wrong names take equally long and are refused in the same words. An attempt counts before it is
        compared, so many at once are no more than one after the other; it is taken back when the password is right.
        """
        keys = [_key("name", name.casefold())] + ([_key("address", address)] if address else [])
        attempts = self._attempt(keys)
        row = next(iter(self._state.rows("SELECT * FROM account WHERE name = ?", (name,))), None)
        known = row is not None and row["password_hash"] is not None and bool(row["is_active"])
        is_right = _verified(row["password_hash"] if row is not None and known else _dummy(), password) and known
        with self._state.writing() as writing:
            if is_right:
                writing.run("DELETE FROM failure WHERE who = ?", (keys[0],))
                for attempt in attempts[1:]:
                    writing.run("DELETE FROM failure WHERE rowid = ?", (attempt,))
            actor = name if row is not None else "unknown"
            writing.note(actor, "sign_in.done" if is_right else "sign_in.refused", actor)
        if row is None or not is_right:
            raise NotSignedIn("The name or the password is wrong.")
        return _account(row)

    def _attempt(self, keys: list[str]) -> list[int]:
        """Write an attempt down as failed, unless its name or address failed too often. Errors: TooManyAttempts."""
        with self._state.writing() as writing:
            since = stamp(writing.at - WINDOW)
            for key, most in zip(keys, (ATTEMPTS, ADDRESS_ATTEMPTS), strict=False):
                found = "SELECT at FROM failure WHERE who = ? AND at > ? ORDER BY at DESC"
                failed = writing.run(found, (key, since)).fetchall()
                if len(failed) >= most:
                    over = moment_of(failed[most - 1]["at"])
                    raise TooManyAttempts(int((over + WINDOW - writing.at).total_seconds()) if over else 0)
            writing.run("DELETE FROM failure WHERE at < ?", (since,))
            rows = [writing.run("INSERT INTO failure VALUES (?, ?)", (key, stamp(writing.at))) for key in keys]
            return [int(row.lastrowid or 0) for row in rows]


RESERVED = frozenset({"local", "owner", "operator", "unknown", "everyone", "oidc", "customer360"})
_IS_GROUP = (
    "SELECT 1 FROM account, json_each(account.groups) AS each WHERE each.value = ?"
    " UNION ALL SELECT 1 FROM access_grant WHERE holder_kind = 'group' AND holder = ? LIMIT 1"
)


def _check_apart(writing: Writing, new: Account | None, groups: Iterable[str]) -> None:
    """Raise AccountRefused for an account that is named like a group, and for a group that is named like an account."""
    if new is not None and (new.name in new.groups or writing.run(_IS_GROUP, (new.name, new.name)).fetchone()):
        raise AccountRefused(f"A group is named '{new.name}'.", next_step="Choose another name.")
    for group in groups:
        if writing.run("SELECT 1 FROM account WHERE name = ?", (group,)).fetchone():
            raise AccountRefused(f"An account is named '{group}'.", next_step="Give the group another name.")


def _account(row: sqlite3.Row) -> Account:
    return Account(
        row["name"],
        frozenset(json.loads(row["roles"])),
        frozenset(json.loads(row["groups"])),
        json.loads(row["attributes"]),
        bool(row["is_active"]),
    )


def _kept(account: Account) -> tuple[str, str, str]:
    return (
        json.dumps(sorted(account.roles)),
        json.dumps(sorted(account.groups)),
        json.dumps(dict(account.attributes), sort_keys=True),
    )


def _roles(roles: Iterable[str]) -> frozenset[str]:
    for role in roles:
        if role not in ROLES:
            raise UnknownName("role", role, ROLES)
    return frozenset(roles)


def _groups(groups: Iterable[str]) -> frozenset[str]:
    for group in groups:
        if not NAME.fullmatch(group):
            raise AccountRefused(f"A group cannot be named '{group}'.", next_step="Use small letters, digits and . _ -")
    return frozenset(groups)


def _attributes(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    for name, value in attributes.items():
        values = value if isinstance(value, list) else [value]
        if not ATTRIBUTE.fullmatch(name) or not all(isinstance(each, str | int | bool) for each in values):
            raise AccountRefused(f"The attribute '{name}' cannot be kept.", next_step="Write country=US.")
    return dict(attributes)


_HASHING = Semaphore(2)
"""Passwords that are compared at once: each takes 64 MB, and a queue is no slower than as many threads on few cores."""


def _end_sessions(writing: Writing, name: str) -> None:
    writing.run("UPDATE session SET ended_at = ? WHERE account = ? AND ended_at IS NULL", (stamp(writing.at), name))


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _dummy() -> str:
    return _hasher().hash("nobody has this password")


def _hashed(name: str, password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccountRefused(
            f"A password has {SHORTEST} to {LONGEST} characters.", next_step="A sentence that nobody else says is good."
        )
    if name in password.casefold() or len(set(password)) < SHORTEST // 3:
        raise AccountRefused("This password is too easy to guess.", next_step="Leave out the name and repetitions.")
    return _hasher().hash(password)


def _verified(hashed: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > LONGEST:
        return False
    try:
        with _HASHING:
            return _hasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _key(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}:{text}".encode()).hexdigest()[:32]
