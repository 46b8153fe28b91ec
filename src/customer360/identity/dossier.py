"""Gather what stands around one customer's card: sources of values, records, chances, tastes, open contacts.

Each part is left out where the project has no such table, or where whoever asks may not read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from customer360.identity.card import RECORD, XREF
from customer360.names import Relation, text_literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.engines.base import Session

Row = dict[str, Any]

GOLDEN, ORIGIN = Relation("identity", "golden_customer"), Relation("identity", "golden_origin")
CHURN = Relation("insights", "churn_risk")
AFFINITY, NEXT = Relation("insights", "product_affinity"), Relation("insights", "recommendations")
PRODUCT, CONTACT = Relation("gold", "gold_product_dim"), Relation("gold", "gold_interaction_fact")

MOST_PRODUCTS = 6
MOST_CONTACTS = 20
_NOT_VALUES = frozenset({"customer_id", "identity_confidence", "records"})

_ORIGINS = "SELECT attribute, system, record_id, rule FROM identity.golden_origin WHERE customer_id = {person}"
_RECORDS = """
SELECT r.*, x.match_rule, x.confidence, x.valid_from
FROM conformed.person_record AS r
INNER JOIN identity.customer_xref AS x ON x.system = r.system AND x.record_id = r.record_id AND x.valid_to IS NULL
WHERE x.customer_id = {person}
ORDER BY r.system, r.record_id
"""
_NAMED = """
SELECT r.*
FROM conformed.person_record AS r
WHERE r.system || ':' || r.record_id IN ({names})
ORDER BY r.system, r.record_id
"""
_CHURN = """
SELECT churn_risk_score, churn_risk_band, horizon_days, band_observed_rate, band_cut_date, band_until_date, why,
  is_reliable
FROM insights.churn_risk
WHERE customer_key = {key}
"""
_PRODUCTS = """
SELECT p.product_name, p.category_level_1 AS category, a.affinity_score, a.purchase_count, a.last_purchase_date, a.why
FROM {table} AS a
INNER JOIN gold.gold_product_dim AS p ON p.product_key = a.product_key
WHERE a.customer_key = {key}
ORDER BY a.affinity_rank
LIMIT {most}
"""
_OPEN = """
SELECT interaction_id, interaction_date, interaction_type, channel, priority, status, source_system
FROM gold.gold_interaction_fact
WHERE customer_key = {key} AND status IN ('open', 'pending', 'escalated')
ORDER BY interaction_date DESC, interaction_id
LIMIT {most}
"""


@dataclass(frozen=True)
class Value:
    """A value of the golden record and the record it came from (None: not told)."""

    name: str
    value: Any
    source: str | None = None
    rule: str | None = None


@dataclass(frozen=True)
class Dossier:
    """What stands around a card. None: the project has no such table, or whoever asks may not read it."""

    golden: tuple[Value, ...] | None = None
    records: tuple[Row, ...] | None = None
    churn: Row | None = None
    affinity: tuple[Row, ...] | None = None
    next_products: tuple[Row, ...] | None = None
    open_contacts: tuple[Row, ...] | None = None


def dossier(session: Session, customer: str, key: int) -> Dossier:
    """Return what stands around a customer (``customer``: the id, ``key``: the key of the star)."""
    readable, person = session.relations(), text_literal(customer)

    def rows(sql: str, *tables: Relation, **parts: Any) -> tuple[Row, ...] | None:
        if not set(tables) <= readable:
            return None
        return tuple(session.query(sql.format(person=person, key=int(key), **parts)).to_pylist())

    churn = rows(_CHURN, CHURN)
    return Dossier(
        golden=_golden(session, person) if {GOLDEN, ORIGIN} <= readable else None,
        records=rows(_RECORDS, RECORD, XREF),
        churn=churn[0] if churn else None,
        affinity=rows(_PRODUCTS, AFFINITY, PRODUCT, table=AFFINITY.sql, most=MOST_PRODUCTS),
        next_products=rows(_PRODUCTS, NEXT, PRODUCT, table=NEXT.sql, most=MOST_PRODUCTS),
        open_contacts=rows(_OPEN, CONTACT, most=MOST_CONTACTS),
    )


def records_named(session: Session, names: Sequence[str]) -> dict[str, Row]:
    """Return records by their names ``system:record_id``; nothing where they may not be read."""
    if RECORD not in session.relations() or not names:
        return {}
    found = session.query(_NAMED.format(names=", ".join(text_literal(name) for name in names)))
    return {f"{row['system']}:{row['record_id']}": row for row in found.to_pylist()}


def _golden(session: Session, person: str) -> tuple[Value, ...]:
    """Return the values of the golden record that somebody knows, each with the record it came from."""
    found = session.query(f"SELECT * FROM {GOLDEN.sql} WHERE customer_id = {person}").to_pylist()
    origins = {row["attribute"]: row for row in session.query(_ORIGINS.format(person=person)).to_pylist()}
    values = []
    for name, value in (found[0] if found else {}).items():
        if value is not None and name not in _NOT_VALUES:
            origin = origins.get(name)
            source = f"{origin['system']}:{origin['record_id']}" if origin else None
            values.append(Value(name, value, source, origin["rule"] if origin else None))
    return tuple(values)
