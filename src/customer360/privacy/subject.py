"""Find the person a request is about: every record of theirs, every id they went by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from customer360.errors import CustomerMissing, QueryError, WarehouseMissing
from customer360.names import Relation, quoted, text_literal
from customer360.privacy.places import PERSON_RECORD, XREF, Places

if TYPE_CHECKING:
    from customer360.engines.base import Session

ALIAS = Relation("identity", "identity_alias")
TELLING = ("email", "phone_number")
"""Columns of a person record whose values stand for one person wherever they appear, unless others share them."""

LEAST = 6
"""Letters and digits that an id needs to be told from other words."""


@dataclass(frozen=True)
class Subject:
    """One person. ``customers``: the customer id first, then former ones that lead to it."""

    customers: tuple[str, ...]
    records: tuple[tuple[str, str], ...]
    """(system, record_id), sorted."""
    keys: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Keys that stand for the person in tables, by the name of their column."""
    values: tuple[str, ...] = ()
    """E-mail addresses and telephone numbers that nobody else has."""

    @property
    def customer(self) -> str:
        """Return the id the person goes by now."""
        return self.customers[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the records as ``system:record_id``."""
        return tuple(f"{system}:{record}" for system, record in self.records)

    @property
    def telling(self) -> tuple[str, ...]:
        """Return texts that are the person's wherever they stand: a record numbered 7 is not, an agent may be 7 too."""
        own = [(system, record) for system, record in self.records if len(record) >= LEAST and not record.isdigit()]
        ids = [text for system, record in own for text in (record, f"{system}:{record}")]
        return tuple(sorted({*self.customers, *self.values, *ids}))

    def ids(self, systems: Iterable[str]) -> tuple[str, ...]:
        """Return the record ids in some systems."""
        wanted = frozenset(systems)
        return tuple(sorted({record for system, record in self.records if system in wanted}))


def find(session: Session, places: Places, key: str) -> Subject:
    """Return the person with a customer id (also a former one), a record ``system:record_id`` or an e-mail address.

    Errors: CustomerMissing, QueryError when several people have the address, WarehouseMissing, PrivacyError.
    """
    places.check()
    there = session.relations()
    if XREF not in there or PERSON_RECORD not in there:
        raise WarehouseMissing("Nothing has been built in this project yet.", next_step="Run `c360 run` first.")
    customer = _customer(session, there, key if key.isprintable() else "")
    where = f"customer_id = {text_literal(customer)} AND valid_to IS NULL"
    found = session.query(f"SELECT DISTINCT system, record_id FROM {XREF.sql} WHERE {where} ORDER BY 1, 2").to_pylist()
    records = tuple((row["system"], row["record_id"]) for row in found)
    customers = (customer, *_former(session, there, customer, records))
    return Subject(
        customers, records, keys=_keys(session, there, places, customers), values=_values(session, there, records)
    )


def _customer(session: Session, there: frozenset[Relation], key: str) -> str:
    text = text_literal(key.strip())
    asked = [
        (
            f"SELECT customer_id FROM {XREF.sql} WHERE valid_to IS NULL"
            f" AND (customer_id = {text} OR system || ':' || record_id = {text})"
        ),
        (
            f"SELECT x.customer_id FROM {PERSON_RECORD.sql} AS r JOIN {XREF.sql} AS x ON x.system = r.system"
            f" AND x.record_id = r.record_id AND x.valid_to IS NULL WHERE lower(trim(r.email)) = lower({text})"
        ),
    ]
    if ALIAS in there:
        asked.append(f"SELECT new_id FROM {ALIAS.sql} WHERE old_id = {text}")
    found = session.query(f"{' UNION '.join(asked)} LIMIT 100").column(0).to_pylist()
    if not found:
        raise CustomerMissing(
            "Nobody has this customer id, record or e-mail address.",
            next_step="Write a customer id, system:record_id, or the address as a system has it.",
        )
    if len(found) > 1:
        raise QueryError(
            f"{len(found)} people have this address.",
            next_step="Name one of them by customer id or system:record_id; `c360 customer` lists them.",
        )
    return str(found[0])


def _former(
    session: Session, there: frozenset[Relation], customer: str, records: tuple[tuple[str, str], ...]
) -> tuple[str, ...]:
    """Return ids that are nobody's any more: aliases of the person's, and ids that only their records had."""
    asked = [
        (
            f"SELECT customer_id FROM {XREF.sql} WHERE (system, record_id) IN ({pairs(records)})"
            f" AND customer_id NOT IN (SELECT customer_id FROM {XREF.sql} WHERE valid_to IS NULL)"
        )
    ]
    if ALIAS in there:
        asked.append(f"SELECT old_id FROM {ALIAS.sql} WHERE new_id = {text_literal(customer)}")
    found = session.query(f"{' UNION '.join(asked)} ORDER BY 1").column(0).to_pylist()
    return tuple(str(each) for each in found if each != customer)


def _keys(
    session: Session, there: frozenset[Relation], places: Places, customers: tuple[str, ...]
) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for table, _, business, key in places.keys:
        if business == "customer_id" and table in there:
            sql = f"SELECT {quoted(key)} FROM {table.sql} WHERE {quoted(business)} IN ({listed(customers)})"
            found[key] = tuple(sorted(session.query(sql).column(0).to_pylist()))
    return found


def _values(session: Session, there: frozenset[Relation], records: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    columns = {column.name for column in session.columns(PERSON_RECORD)} if PERSON_RECORD in there else set()
    mine = f"(system, record_id) IN ({pairs(records)})"
    found: set[str] = set()
    for column in TELLING:
        if column in columns:
            theirs = f"SELECT {column} FROM {PERSON_RECORD.sql} WHERE {mine} AND length({column}) > 4"
            others = f"SELECT {column} FROM {PERSON_RECORD.sql} WHERE NOT {mine} AND {column} IN ({theirs})"
            found.update(session.query(f"{theirs} EXCEPT {others}").column(0).to_pylist())
    return tuple(sorted(found))


def listed(texts: Iterable[str]) -> str:
    """Return texts for an IN list, one that nothing equals when there are none."""
    return ", ".join(map(text_literal, texts)) or "NULL"


def pairs(records: Iterable[tuple[str, str]]) -> str:
    """Return records for an IN list of pairs."""
    return ", ".join(f"({listed(record)})" for record in records) or "(NULL, NULL)"
