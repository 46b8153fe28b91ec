"""Show one customer: the row of the customer 360, and what happened in order of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from customer360.errors import C360Error, CustomerMissing, QueryError
from customer360.names import Relation, text_literal

if TYPE_CHECKING:
    from collections.abc import Collection

    import pyarrow as pa

    from customer360.engines.base import Session

PROFILE = Relation("customer_360", "customer_360")
TIMELINE = Relation("customer_360", "customer_timeline")
RECORD = Relation("conformed", "person_record")
XREF = Relation("identity", "customer_xref")
_ALIAS = Relation("identity", "identity_alias")

_BY_RECORD = """
SELECT x.customer_id
FROM conformed.person_record AS r
INNER JOIN identity.customer_xref AS x
  ON x.system = r.system AND x.record_id = r.record_id AND x.valid_to IS NULL
WHERE LOWER(TRIM(r.email)) = LOWER(TRIM({key})) OR r.system || ':' || r.record_id = {key}
"""
_BY_ALIAS = "SELECT new_id FROM identity.identity_alias WHERE old_id = {key}"
_FOUND = "SELECT DISTINCT customer_id FROM ({parts}) AS found ORDER BY customer_id"
_EVENTS = """
SELECT happened_on, happened_at, kind, what, channel, amount, source_system, source_id
FROM customer_360.customer_timeline
WHERE customer_key = {key}
ORDER BY happened_on DESC, happened_at DESC NULLS LAST, kind, source_id
"""


@dataclass(frozen=True)
class CustomerCard:
    """One customer."""

    profile: dict[str, Any]
    """Columns of customer_360.customer_360, in their order."""
    timeline: pa.Table
    """One row per thing that happened, newest first: happened_on, happened_at, kind, what, channel, amount, source."""


def card(session: Session, key: str, *, tables: Collection[Relation], last: int | None = None) -> CustomerCard:
    """Return the customer whose id, former id, e-mail address or record (``shop:CUST000042``) this is.

    ``tables``: what the project builds; ``last``: so many events of the timeline at most. Raises C360Error when the
    project has no customer 360, when nobody is found, or when several customers share the address.
    """
    if missing := {PROFILE, TIMELINE} - set(tables):
        raise C360Error(
            f"This project has no table {min(missing)}, so it shows no customers.",
            next_step="See how a template with a customer 360 does it: c360 init shop --template shopflow.",
        )
    profile = _profile(session, key) or _profile(session, _named(session, key, tables)) or _nobody()
    limit = "" if last is None else f"LIMIT {last}"
    return CustomerCard(profile, session.query(_EVENTS.format(key=int(profile["customer_key"])) + limit))


def _profile(session: Session, customer: str) -> dict[str, Any] | None:
    found = session.query(f"SELECT * FROM {PROFILE.sql} WHERE customer_id = {text_literal(customer)}").to_pylist()
    return found[0] if found else None


def _named(session: Session, key: str, tables: Collection[Relation]) -> str:
    """Return the id of the customer meant by anything but the id, looking only where whoever asks may."""
    text, readable = text_literal(key), session.relations()
    parts = []
    if {RECORD, XREF} <= readable:
        parts.append(_BY_RECORD.format(key=text))
    if _ALIAS in tables and _ALIAS in readable:
        parts.append(_BY_ALIAS.format(key=text))
    found: list[str] = []
    if parts:
        found = session.query(_FOUND.format(parts=" UNION ALL ".join(parts))).column(0).to_pylist()
    if not found:
        _nobody()
    if len(found) > 1:
        raise QueryError(
            f"{len(found)} customers have this e-mail address: {', '.join(found[:5])}.",
            next_step="Name one of these ids. `c360 identity review` lists pairs in doubt.",
        )
    return found[0]


def _nobody() -> NoReturn:
    raise CustomerMissing(
        "No customer has this id, e-mail address or record.",
        next_step="Check the spelling; records are written as system:id.",
    )
