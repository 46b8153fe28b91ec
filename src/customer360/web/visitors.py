"""Say who sent a request: an account by session or key, or whoever sits at a machine without accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.semantic.principal import LOCAL, Principal

if TYPE_CHECKING:
    from starlette.requests import Request

    from customer360.governance.accounts import Account
    from customer360.governance.records import Actor


REVIEWERS = frozenset({"admin", "product_owner", "domain_owner"})


@dataclass(frozen=True)
class Visitor:
    """Who sent a request. ``csrf`` is what forms of a session send back; ``signs_in``: the project has accounts."""

    principal: Principal
    account: Account | None = None
    csrf: str = ""
    token: str | None = None
    signs_in: bool = False
    views: str | None = None
    """Whom the visitor looks as; the principal is theirs, and nothing can be changed meanwhile."""

    @property
    def actor(self) -> Actor:
        """Return who decides: the account, else the person at a machine without accounts."""
        from customer360.governance.office import operator
        from customer360.governance.records import Actor

        if self.account is None:
            return Actor("nobody") if self.signs_in else operator()
        return Actor.of(self.account)


def visitor_of(request: Request) -> Visitor:
    """Return who sent a request, as the gate found out."""
    found = request.scope.get("visitor")
    return found if isinstance(found, Visitor) else Visitor(LOCAL)


def decider(visitor: Visitor) -> Actor:
    """Return who decides with rights: the account, or the operator where the pages show everything to this machine."""
    from customer360.governance.office import operator
    from customer360.governance.records import Actor

    if visitor.account is not None:
        return Actor.of(visitor.account)
    return operator() if visitor.principal.owns_everything else Actor("nobody")


def may_review(visitor: Visitor) -> bool:
    """Say whether somebody mends what questions are understood as: owners of data, or who sits at this machine."""
    return _has(visitor, REVIEWERS)


def may_administer(visitor: Visitor) -> bool:
    """Say whether somebody sees accounts, keys and settings: administrators, or who sits at this machine."""
    return _has(visitor, frozenset({"admin"}))


def _has(visitor: Visitor, roles: frozenset[str]) -> bool:
    if visitor.account is not None:
        return bool(roles & visitor.account.roles)
    return visitor.principal.reads_all or visitor.principal.owns_everything
