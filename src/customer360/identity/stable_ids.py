"""Give clusters the ids that their records had before: the largest overlap keeps its id, the others become aliases.

An id that nothing claims any more is retired, not reused, unless its own records come back (a merge undone). New
clusters get an id from their smallest record id, so that equal input gives equal ids whatever its order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PREFIX = "P"
DIGITS = 16
Claim = tuple[str, str, bool]
"""Smallest record id of a cluster, an id that some of its records had, whether they have it still."""

KNOWN_SCHEMA = pa.schema([("record_id", pa.string()), ("person_id", pa.string()), ("is_current", pa.bool_())])

_CLAIMS = """
CREATE TABLE claim AS
WITH overlap AS (
  SELECT c.first_record, k.person_id, bool_or(k.is_current) AS is_current, count(*) AS records
  FROM member AS c JOIN known AS k USING (record_id) GROUP BY ALL
)
SELECT *, count(*) OVER (PARTITION BY first_record) = 1 AND count(*) OVER (PARTITION BY person_id) = 1 AS is_alone
FROM overlap
"""


def assign(people: pa.Table, known: pa.Table | None) -> tuple[pa.Table, dict[str, str]]:
    """Return first_record (smallest of a cluster) and person_id, and old person id -> the id that took over.

    ``people`` has record_id and label (equal in a cluster); ``known`` has record_id, person_id and is_current: what
    was published before, history included.
    """
    import duckdb

    with duckdb.connect() as connection:
        connection.register("people", people)
        connection.register("known", known if known is not None else KNOWN_SCHEMA.empty_table())
        connection.execute(
            "CREATE TABLE member AS SELECT p.record_id, f.first_record FROM people AS p"
            " JOIN (SELECT label, min(record_id) AS first_record FROM people GROUP BY label) AS f USING (label)"
        )
        connection.execute(_CLAIMS)
        given, heirs = _settle(
            connection.execute(
                "SELECT first_record, person_id, is_current FROM claim WHERE NOT is_alone"
                " ORDER BY is_current DESC, records DESC, person_id, first_record"
            ).fetchall()
        )
        connection.register(
            "settled",
            pa.table(
                {"first_record": pa.array(given, pa.string()), "person_id": pa.array(given.values(), pa.string())}
            ),
        )
        connection.execute(
            "CREATE TABLE owner AS SELECT first_record, person_id FROM claim WHERE is_alone"
            " UNION ALL SELECT first_record, person_id FROM settled"
        )
        _name_the_others(connection)
        owners = connection.execute("FROM owner ORDER BY first_record").to_arrow_table()
        aliases = _aliases(connection, heirs)
    return owners, aliases


def _settle(claims: Sequence[Claim]) -> tuple[dict[str, str], dict[str, str]]:
    """Return first record -> id by the best claims first, and each id that lost -> the first record of its heir."""
    taken: set[str] = set()
    given: dict[str, str] = {}
    wished: dict[str, str] = {}
    for first_record, person_id, is_current in claims:
        if is_current:
            wished.setdefault(person_id, first_record)
        if first_record not in given and person_id not in taken:
            given[first_record] = person_id
            taken.add(person_id)
    return given, {old: heir for old, heir in wished.items() if old not in taken}


def _name_the_others(connection: DuckDBPyConnection) -> None:
    """Give an id to every cluster that has none."""
    connection.execute(
        f"""
        CREATE TABLE fresh AS
        SELECT first_record, '{PREFIX}' || left(sha256(first_record), {DIGITS}) AS person_id
        FROM (SELECT DISTINCT first_record FROM member) ANTI JOIN owner USING (first_record)
        """
    )
    connection.execute("INSERT INTO owner FROM fresh ANTI JOIN claim USING (person_id)")
    again = connection.execute("SELECT first_record FROM fresh SEMI JOIN claim USING (person_id) ORDER BY 1").fetchall()
    used: set[str] = set()
    if again:
        used = {row[0] for row in connection.execute("SELECT DISTINCT person_id FROM claim").fetchall()}
    for (first_record,) in again:
        made = _another_id(first_record, used)
        used.add(made)
        connection.execute("INSERT INTO owner VALUES (?, ?)", [first_record, made])


def _another_id(first_record: str, used: set[str]) -> str:
    """Return a fresh id made from a record id whose own id is in use."""
    attempt = 0
    while True:
        attempt += 1
        made = PREFIX + hashlib.sha256(f"{first_record}#{attempt}".encode()).hexdigest()[:DIGITS]
        if made not in used:
            return made


def _aliases(connection: DuckDBPyConnection, heirs: dict[str, str]) -> dict[str, str]:
    connection.register(
        "heir",
        pa.table({"old": pa.array(heirs, pa.string()), "first_record": pa.array(heirs.values(), pa.string())}),
    )
    rows = connection.execute("SELECT old, person_id FROM heir JOIN owner USING (first_record) ORDER BY old").fetchall()
    return dict(rows)
