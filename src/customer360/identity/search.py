"""Find customers by parts of a name, an e-mail address, a phone number, an id or a record, over all their identities.

Whoever asks finds by what they may see: a column that is masked for them is not searched, so that nobody learns by
trying what a mask hides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.errors import QueryError
from customer360.identity.card import PROFILE, RECORD, XREF
from customer360.names import text_literal

if TYPE_CHECKING:
    import pyarrow as pa

    from customer360.engines.base import Session

MOST_WORDS = 6
_LONGEST = 200
_LEAST_DIGITS = 4
"""Digits of a phone number from which a search by it makes sense."""
HASHED = "[0-9a-f]{32}"
"""What a text under the mask ``hash`` looks like (``governance.masks``)."""

_COLUMNS = {
    "first_name": "VARCHAR",
    "last_name": "VARCHAR",
    "email": "VARCHAR",
    "phone_number": "VARCHAR",
    "customer_segment": "VARCHAR",
    "gold_segment": "VARCHAR",
    "status": "VARCHAR",
    "total_lifetime_value": "DECIMAL(18, 2)",
    "total_purchases": "BIGINT",
    "last_purchase_date": "DATE",
    "churn_risk_band": "VARCHAR",
}
"""What is shown beside the id; NULL of this type where a project's customer 360 has no such column."""
_TEXTS = ("first_name", "last_name", "full_name", "email")
"""Columns that are searched for the beginnings of words, where they are there."""
_BEST = """
SELECT {columns}, NULL AS found_by
FROM customer_360.customer_360 AS c
ORDER BY total_lifetime_value DESC, c.customer_id
LIMIT {limit} OFFSET {offset}
"""
_SEARCH = """
WITH identity_hit AS ({hits}),
hit AS (
  SELECT customer_id, MIN(place) AS place, MIN(CASE WHEN place > 0 THEN found_by END) AS found_by
  FROM identity_hit
  GROUP BY customer_id
)
SELECT {columns}, h.found_by
FROM hit AS h
INNER JOIN customer_360.customer_360 AS c ON c.customer_id = h.customer_id
ORDER BY h.place, total_lifetime_value DESC, c.customer_id
LIMIT {limit} OFFSET {offset}
"""
_OF_PROFILE = """
SELECT p.customer_id, {place} AS place, NULL AS found_by
FROM customer_360.customer_360 AS p
WHERE {conditions}
"""
_OF_RECORDS = """
SELECT x.customer_id, {place} AS place, r.system || ':' || r.record_id AS found_by
FROM conformed.person_record AS r
INNER JOIN identity.customer_xref AS x
  ON x.system = r.system AND x.record_id = r.record_id AND x.valid_to IS NULL
WHERE {conditions}
"""


@dataclass(frozen=True)
class Found:
    """A page of customers, and whether there are more."""

    rows: pa.Table
    """customer_id, first_name, last_name, email, phone_number, customer_segment, gold_segment, status,
    total_lifetime_value, total_purchases, last_purchase_date, churn_risk_band; found_by: the record that fits."""
    has_more: bool
    searched_records: bool
    """False where only the golden values were searched, because the records may not be read."""


def search(session: Session, text: str = "", *, limit: int = 20, offset: int = 0) -> Found:
    """Return customers whose identities hold every word of a text, exact ids first; without a text the most valuable.

    Errors: QueryError for a text that is too long.
    """
    words = _words(text)
    if len(words) > MOST_WORDS or len(text) > _LONGEST:
        raise QueryError(f"A search has {MOST_WORDS} words at most.", next_step="Leave some out.")
    searches_records = {RECORD, XREF} <= session.relations()
    profile = {column.name for column in session.columns(PROFILE)}
    record = {column.name for column in session.columns(RECORD)} if words and searches_records else None
    page = {"limit": limit + 1, "offset": offset, "columns": _columns(profile)}
    sql = _SEARCH.format(hits=_hits(words, profile, record), **page) if words else _BEST.format(**page)
    rows = session.query(sql)
    return Found(rows.slice(0, limit), rows.num_rows > limit, searches_records)


def _columns(known: set[str]) -> str:
    parts = (f"c.{name}" if name in known else f"CAST(NULL AS {type_}) AS {name}" for name, type_ in _COLUMNS.items())
    return ", ".join(("c.customer_id", *parts))


def _words(text: str) -> list[str]:
    """Return the words of a search; groups of digits that follow each other are one phone number."""
    joined = re.sub(r"(?<=[0-9)])[\s./-]+(?=[(0-9])", "", text)
    return joined.split()


def _hits(words: list[str], profile: set[str], record: set[str] | None) -> str:
    """Return whose identities hold the words; ``record``: columns of the records, None where they may not be read."""
    parts = [_part(_OF_PROFILE, words, "p", profile, ("p.customer_id",))]
    if record is not None:
        parts.append(_part(_OF_RECORDS, words, "r", record, ("r.record_id", "r.system || ':' || r.record_id")))
    return " UNION ALL ".join(parts)


def _part(template: str, words: list[str], alias: str, known: set[str], ids: tuple[str, ...]) -> str:
    conditions = " AND ".join(f"({_holds(word, alias, known, ids)})" for word in words)
    whole = (*ids, *(f"{alias}.{name}" for name in ("email",) if name in known))
    exact = " OR ".join(f"LOWER({name}) = {text_literal(words[0].lower())}" for name in whole)
    place = f"CASE WHEN {exact} THEN 0 ELSE 1 END"
    return template.format(place=place, conditions=conditions)


def _holds(word: str, alias: str, known: set[str], ids: tuple[str, ...]) -> str:
    """Return the condition that an identity holds a word: at the start of a text or of one of its words."""
    folded = word.lower()
    ways = [f"LOWER({name}) = {text_literal(folded)}" for name in ids]
    for name in (each for each in _TEXTS if each in known):
        column = f"{alias}.{name}"
        starts = f"LOWER({column}) LIKE {_pattern(folded)} ESCAPE '!'"
        within = f"LOWER({column}) LIKE {_pattern(folded, '% ')} ESCAPE '!'"
        ways.append(f"(({starts} OR {within}) AND {column} NOT SIMILAR TO '{HASHED}')")
    digits = "".join(letter for letter in word if letter.isdigit())
    if "phone_number" in known and len(digits) >= _LEAST_DIGITS and len(digits) * 2 > len(word):
        phone = f"REGEXP_REPLACE({alias}.phone_number, '[^0-9]', '', 'g')"
        ways.append(f"{phone} LIKE '%{digits}%'")
    return " OR ".join(ways)


def _pattern(text: str, before: str = "") -> str:
    escaped = text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return text_literal(f"{before}{escaped}%")


__all__ = ["PROFILE", "Found", "search"]
