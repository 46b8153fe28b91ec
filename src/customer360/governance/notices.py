"""Tell people what waits for them and what was decided: a list for each account, and one address for all of it.

Entries are only added. What an account has seen is a mark beside them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from customer360.connectors.http_post import UNREACHED, post
from customer360.errors import SettingMissing
from customer360.governance.state import State, Writing, stamp

if TYPE_CHECKING:
    import sqlite3

    from customer360.project.outside import NoticeAddress

PATIENCE = 5.0
"""Seconds that an address may take; nobody's request waits longer for it."""
_BIGGEST = 2**62


@dataclass(frozen=True)
class Notice:
    """Something an account was told. It names ports, requests and accounts, and nothing of customers."""

    id: int
    at: datetime
    account: str
    kind: str
    text: str
    port: str
    request: int | None
    is_new: bool = True


class Notices:
    """The notices of one project."""

    def __init__(self, state: State, address: NoticeAddress | None = None) -> None:
        self._state = state
        self._address = address

    def add(self, writing: Writing, accounts: Iterable[str], kind: str, text: str, *, port: str, request: int) -> None:
        """Write a notice for each account, in the transaction of what happened."""
        for account in sorted(set(accounts)):
            writing.run(
                "INSERT INTO notice (at, account, kind, text, port, request) VALUES (?, ?, ?, ?, ?, ?)",
                (stamp(writing.at), account, kind, text, port, request or None),
            )

    def of(self, account: str, *, limit: int = 100) -> tuple[Notice, ...]:
        """Return what an account was told, newest first."""
        seen = self._seen(account)
        rows = self._state.rows("SELECT * FROM notice WHERE account = ? ORDER BY id DESC LIMIT ?", (account, limit))
        return tuple(_notice(row, seen) for row in rows)

    def count_new(self, account: str) -> int:
        """Return how many notices an account has not seen."""
        rows = self._state.rows(
            "SELECT count(*) FROM notice WHERE account = ? AND id > ?", (account, self._seen(account))
        )
        return int(rows[0][0]) if rows else 0

    def mark_seen(self, account: str, up_to: int) -> None:
        """Remember that an account has seen its notices up to a number; it never goes back."""
        with self._state.writing() as writing:
            writing.run(
                "INSERT INTO notice_seen VALUES (?, ?) ON CONFLICT (account)"
                " DO UPDATE SET up_to = max(up_to, excluded.up_to)",
                (account, min(max(up_to, 0), _BIGGEST)),
            )

    def send(self, since: int) -> None:
        """Send notices after a number to the project's address, signed; what fails is written down."""
        if self._address is None:
            return
        rows = self._state.rows("SELECT * FROM notice WHERE id > ? ORDER BY id", (since,))
        if not rows:
            return
        told = [_told(_notice(row, 0)) for row in rows]
        failure = _posted(self._address, {"project": self._state.path.parents[1].name, "notices": told})
        if failure is not None:
            with self._state.writing() as writing:
                writing.note("customer360", "notices.failed", "notices", count=len(told), reason=failure)

    @property
    def last(self) -> int:
        """The number of the newest notice."""
        rows = self._state.rows("SELECT coalesce(max(id), 0) FROM notice")
        return int(rows[0][0]) if rows else 0

    def _seen(self, account: str) -> int:
        rows = self._state.rows("SELECT up_to FROM notice_seen WHERE account = ?", (account,))
        return int(rows[0][0]) if rows else 0


def signature(secret: str, moment: str, body: bytes) -> str:
    """Return what a receiver computes too: HMAC-SHA256 of the moment, a dot and the body."""
    return hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()


def _posted(address: NoticeAddress, document: Mapping[str, object]) -> str | None:
    """Send a document; return why it was not taken, None when it was."""
    try:
        url = _variable(address.url, "the address that notices go to")
        secret = address.secret and _variable(address.secret, "the secret that signs notices")
    except SettingMissing as error:
        return error.what
    if not url.startswith(("https://", "http://")):
        return "the address is not https://..."
    body = json.dumps(document, default=str, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json"}
    if secret:
        moment = str(document["notices"][0]["at"])  # type: ignore[index]
        headers["X-C360-Signature"] = f"t={moment},v1={signature(secret, moment, body)}"
    return _sent(url, body, headers)


def _sent(url: str, body: bytes, headers: Mapping[str, str]) -> str | None:
    try:
        status, _ = post(urlsplit(url), body, headers, seconds=PATIENCE)
    except UNREACHED as error:
        return type(error).__name__
    return None if status < 300 else f"status {status}"  # noqa: PLR2004 - HTTP


def _variable(name: str, purpose: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SettingMissing(name, purpose=purpose)
    return value


def _notice(row: sqlite3.Row, seen: int) -> Notice:
    facts = {name: row[name] for name in ("id", "account", "kind", "text", "port", "request")}
    return Notice(at=datetime.fromisoformat(row["at"]), is_new=row["id"] > seen, **facts)


def _told(notice: Notice) -> dict[str, object]:
    facts = {name: getattr(notice, name) for name in ("id", "account", "kind", "text", "port", "request")}
    return {**facts, "at": notice.at.isoformat()}


Told = Callable[[], None]
"""Is called after requests and grants changed."""
