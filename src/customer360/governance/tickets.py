"""Prove who asks: sessions of browsers and API keys of programs, kept as digests only."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from customer360.errors import UnknownName
from customer360.governance.accounts import Account, Accounts
from customer360.governance.failures import AccountRefused, NotSignedIn
from customer360.governance.state import State, moment_of, stamp

if TYPE_CHECKING:
    import sqlite3

IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)
"""A session ends after so long without a request, and after so long in any case."""
_SEEN_EVERY = timedelta(minutes=1)

SCOPES = ("metrics", "sql", "customers", "catalogue", "access", "privacy", "audit", "audiences")
"""What a key may be limited to; ``port:<schema>.<table>`` limits it to those tables as well."""
PREFIX = "c360_"


@dataclass(frozen=True)
class SessionTicket:
    """An open session: who, and the token that forms must send back."""

    account: Account
    csrf: str


@dataclass(frozen=True)
class ApiKey:
    """What is known of a key; the key itself was shown once."""

    id: str
    account: str
    label: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class Tickets:
    """Sessions and API keys of one project."""

    def __init__(self, state: State, accounts: Accounts) -> None:
        self._state = state
        self._accounts = accounts

    def open_session(self, account: Account) -> str:
        """Open a session and return its token, which is kept nowhere."""
        token = secrets.token_urlsafe(32)
        with self._state.writing() as writing:
            at = stamp(writing.at)
            writing.run(
                "INSERT INTO session VALUES (?, ?, ?, ?, ?, NULL)",
                (_digest(token), account.name, secrets.token_urlsafe(24), at, at),
            )
            writing.run("DELETE FROM session WHERE created_at < ?", (stamp(writing.at - 2 * ABSOLUTE),))
        return token

    def session(self, token: str) -> SessionTicket | None:
        """Return the open session of a token, None when there is none, or it was idle or open for too long."""
        found = self._state.rows("SELECT * FROM session WHERE token_hash = ? AND ended_at IS NULL", (_digest(token),))
        if not found:
            return None
        now, row = self._state.clock(), found[0]
        created, seen = datetime.fromisoformat(row["created_at"]), datetime.fromisoformat(row["seen_at"])
        account = self._accounts.find(row["account"])
        if now - seen > IDLE or now - created > ABSOLUTE or account is None or not account.is_active:
            self.close_session(token)
            return None
        if now - seen > _SEEN_EVERY:
            with self._state.writing() as writing:
                writing.run("UPDATE session SET seen_at = ? WHERE token_hash = ?", (stamp(now), row["token_hash"]))
        return SessionTicket(account, row["csrf"])

    def close_session(self, token: str) -> None:
        """End a session."""
        with self._state.writing() as writing:
            writing.run(
                "UPDATE session SET ended_at = ? WHERE token_hash = ? AND ended_at IS NULL",
                (stamp(writing.at), _digest(token)),
            )

    def create_key(
        self, account: str, *, label: str, scopes: Iterable[str] = (), days: int | None = 90, by: str
    ) -> tuple[ApiKey, str]:
        """Keep a new key and return it with its text, to be shown once. Errors: UnknownName, AccountRefused."""
        if not self._accounts.named(account).is_active:
            raise AccountRefused(f"The account '{account}' is disabled.")
        wanted = frozenset(scopes)
        for scope in wanted:
            if scope not in SCOPES and not scope.startswith("port:"):
                raise UnknownName("scope", scope, [*SCOPES, "port:schema.table"])
        number, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        with self._state.writing() as writing:
            ends = None if days is None else stamp(writing.at + timedelta(days=days))
            row = (number, _digest(secret), account, label, json.dumps(sorted(wanted)), stamp(writing.at), ends)
            writing.run("INSERT INTO api_key VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", row)
            writing.note(by, "key.created", number, account=account, label=label, scopes=sorted(wanted), until=ends)
        return self.keys(account, number)[0], f"{PREFIX}{number}_{secret}"

    def keys(self, account: str | None = None, number: str | None = None) -> tuple[ApiKey, ...]:
        """Return keys, of one account if named."""
        found = self._state.rows(
            "SELECT * FROM api_key WHERE account = coalesce(?, account) AND id = coalesce(?, id) ORDER BY created_at",
            (account, number),
        )
        return tuple(_key(row) for row in found)

    def revoke_key(self, number: str, *, by: str) -> ApiKey:
        """End a key at once. Errors: UnknownName."""
        found = self.keys(number=number)
        if not found:
            raise UnknownName("key", number, [key.id for key in self.keys()])
        with self._state.writing() as writing:
            at = stamp(writing.at)
            writing.run("UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (at, number))
            writing.note(by, "key.revoked", number, account=found[0].account)
        return self.keys(number=number)[0]

    def is_live(self, number: str) -> bool:
        """Say whether a key has neither ended nor been revoked."""
        found = self.keys(number=number)
        return bool(found) and self._lives(found[0])

    def _lives(self, key: ApiKey) -> bool:
        return key.revoked_at is None and (key.expires_at is None or key.expires_at > self._state.clock())

    def holder(self, text: str) -> tuple[Account, ApiKey]:
        """Return whose key a text is. Errors: NotSignedIn, the same for unknown, ended and revoked keys."""
        prefix, number, secret = [*text.split("_", 2), "", ""][:3]
        rows = self._state.rows("SELECT * FROM api_key WHERE id = ?", (number,)) if prefix == PREFIX[:-1] else []
        kept = rows[0]["key_hash"] if rows else _digest("")
        is_right = secrets.compare_digest(kept, _digest(secret)) and bool(rows)
        key = _key(rows[0]) if rows else None
        account = self._accounts.find(key.account) if key else None
        if not is_right or key is None or not self._lives(key) or account is None or not account.is_active:
            raise NotSignedIn("This API key is not known, has ended or was revoked.")
        return account, key


def _digest(secret: str) -> str:
    """Return what is kept of a random token: a plain digest is enough where nobody can guess the input."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: sqlite3.Row) -> ApiKey:
    return ApiKey(
        row["id"],
        row["account"],
        row["label"],
        frozenset(json.loads(row["scopes"])),
        datetime.fromisoformat(row["created_at"]),
        moment_of(row["expires_at"]),
        moment_of(row["revoked_at"]),
    )
