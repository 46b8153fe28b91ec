"""Give clusters the ids that their records had before: the largest overlap keeps its id, the others become aliases.

An id that nothing claims any more is retired, not reused, unless its own records come back (a merge undone). New
clusters get an id from their smallest record id, so that equal input gives equal ids whatever its order.
"""

from __future__ import annotations

import hashlib

import pyarrow as pa

PREFIX = "P"
DIGITS = 16

_ASSIGN = """
WITH cluster AS (SELECT record_id, min(record_id) OVER (PARTITION BY label) AS first_record FROM people),
overlap AS (
  SELECT c.first_record, k.person_id, bool_or(k.is_current) AS is_current, count(*) AS records
  FROM cluster AS c JOIN known AS k USING (record_id) GROUP BY ALL
)
SELECT first_record, person_id, is_current, records FROM overlap
ORDER BY is_current DESC, records DESC, person_id, first_record
"""


def assign(people: pa.Table, known: pa.Table | None) -> tuple[dict[str, str], dict[str, str]]:
    """Return smallest record id of a cluster -> person id, and old person id -> the id that took over.

    ``people`` has record_id and label (equal in a cluster); ``known`` has record_id, person_id and is_current: what
    was published before, history included.
    """
    import duckdb

    with duckdb.connect() as connection:
        connection.register("people", people)
        first = connection.execute("SELECT min(record_id) FROM people GROUP BY label ORDER BY 1").fetchall()
        claims: list[tuple[str, str, bool, int]] = []
        if known is not None and known.num_rows:
            connection.register("known", known)
            claims = connection.execute(_ASSIGN).fetchall()
    taken: set[str] = set()
    given: dict[str, str] = {}
    wished: dict[str, str] = {}
    for first_record, person_id, is_current, _ in claims:
        if is_current:
            wished.setdefault(person_id, first_record)
        if first_record in given or person_id in taken:
            continue
        given[first_record] = person_id
        taken.add(person_id)
    used = taken | {claim[1] for claim in claims}
    for (first_record,) in first:
        if first_record not in given:
            given[first_record] = _new_id(first_record, used)
            used.add(given[first_record])
    return given, {old: given[heir] for old, heir in wished.items() if old not in taken}


def _new_id(first_record: str, used: set[str]) -> str:
    """Return a fresh id made from a record id."""
    attempt = 0
    while True:
        text = first_record if attempt == 0 else f"{first_record}#{attempt}"
        made = PREFIX + hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
        if made not in used:
            return made
        attempt += 1
