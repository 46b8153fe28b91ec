"""Say what a request, a grant and a decider are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from customer360.governance.state import moment_of

if TYPE_CHECKING:
    import sqlite3

    from customer360.governance.accounts import Account
    from customer360.governance.ports import Port

HolderKind = Literal["account", "group"]
EVERYONE = "everyone"
"""A group that every account is in."""


@dataclass(frozen=True)
class Actor:
    """Who decides. The operator sits at the machine itself, on the command line, and holds every role."""

    name: str
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    is_operator: bool = False

    @classmethod
    def of(cls, account: Account) -> Actor:
        """Return an account as one who decides."""
        return cls(account.name, account.roles, account.groups)

    def holds(self, kind: HolderKind, holder: str) -> bool:
        """Say whether what this account or group holds is this person's: it is theirs, or they are in the group."""
        if kind == "account":
            return holder == self.name
        return holder == EVERYONE or holder in self.groups

    def owns(self, port: Port) -> bool:
        """Say whether product and domain files name this person (or a group of theirs) as owner."""
        names = {self.name, *self.groups}
        of_product = "product_owner" in self.roles and names.intersection(port.product.owners)
        of_domain = "domain_owner" in self.roles and names.intersection(port.domain_owners)
        return bool(of_product or of_domain)

    def decides(self, port: Port, *, personal: bool) -> bool:
        """Say whether this person may decide who has a port; personal data in the clear take the privacy officer."""
        if self.is_operator:
            return True
        if personal:
            return "privacy_officer" in self.roles
        return self.owns(port) or "admin" in self.roles


@dataclass(frozen=True)
class Request:
    """Somebody asked for a port. ``days`` is None for ever; ``personal`` asks for personal columns in the clear."""

    id: int
    account: str
    port: str
    purpose: str
    days: int | None
    personal: bool
    status: str
    at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None
    figures_only: bool = False


@dataclass(frozen=True)
class Grant:
    """Somebody, or a group, may read a port."""

    id: int
    request_id: int | None
    holder_kind: HolderKind
    holder: str
    port: str
    personal: bool
    row_filter: str | None
    granted_by: str
    starts_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None
    figures_only: bool = False
    """It shows figures of metrics that enough people stand behind, and no rows."""
    note: str | None = None
    """Why it was revoked, as somebody wrote."""

    def status(self, at: datetime) -> str:
        """Return active, expired or revoked."""
        if self.revoked_at is not None and self.revoked_at <= at:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= at else "active"


def request_in(row: sqlite3.Row) -> Request:
    """Return a request as it is kept."""
    return Request(
        row["id"],
        row["account"],
        row["port"],
        row["purpose"],
        row["days"],
        bool(row["personal"]),
        row["status"],
        datetime.fromisoformat(row["at"]),
        row["decided_by"],
        moment_of(row["decided_at"]),
        row["note"],
        bool(row["figures_only"]),
    )


def grant_in(row: sqlite3.Row) -> Grant:
    """Return a grant as it is kept."""
    return Grant(
        row["id"],
        row["request_id"],
        row["holder_kind"],
        row["holder"],
        row["port"],
        bool(row["personal"]),
        row["row_filter"],
        row["granted_by"],
        datetime.fromisoformat(row["starts_at"]),
        moment_of(row["expires_at"]),
        moment_of(row["revoked_at"]),
        row["revoked_by"],
        bool(row["figures_only"]),
        row["note"],
    )
