"""Show one customer: the row of the customer 360, and what happened in order of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from customer360.errors import C360Error
from customer360.names import Relation

if TYPE_CHECKING:
    from collections.abc import Collection

    import pyarrow as pa

    from customer360.engines.base import Session

PROFILE = Relation("customer_360", "customer_360")
TIMELINE = Relation("customer_360", "customer_timeline")
_ALIAS = Relation("identity", "identity_alias")

_FOUND = """
SELECT DISTINCT customer_id
FROM (
  SELECT customer_id FROM customer_360.customer_360 WHERE customer_id = {key}
  UNION ALL
  SELECT x.customer_id
  FROM conformed.person_record AS r
  INNER JOIN identity.customer_xref AS x
    ON x.system = r.system AND x.record_id = r.record_id AND x.valid_to IS NULL
  WHERE LOWER(TRIM(r.email)) = LOWER(TRIM({key})) OR r.system || ':' || r.record_id = {key}
  {aliases}
) AS found
ORDER BY customer_id
"""
_ALIASES = "UNION ALL SELECT new_id FROM identity.identity_alias WHERE old_id = {key}"
_EVENTS = """
SELECT happened_on, happened_at, kind, what, channel, amount, source_system, source_id
FROM customer_360.customer_timeline
WHERE customer_id = {key}
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
    text = _quoted(key)
    aliases = _ALIASES.format(key=text) if _ALIAS in tables else ""
    found = session.query(_FOUND.format(key=text, aliases=aliases)).column(0).to_pylist()
    if not found:
        raise C360Error(
            "No customer has this id, e-mail address or record.",
            next_step="Check the spelling; records are written as system:id.",
        )
    if len(found) > 1:
        raise C360Error(
            f"{len(found)} customers have this e-mail address: {', '.join(found[:5])}.",
            next_step="Name one of these ids. `c360 identity review` lists pairs in doubt.",
        )
    person = _quoted(found[0])
    (profile,) = session.query(f"SELECT * FROM {PROFILE.sql} WHERE customer_id = {person}").to_pylist()
    limit = "" if last is None else f"LIMIT {last}"
    return CustomerCard(profile, session.query(_EVENTS.format(key=person) + limit))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
