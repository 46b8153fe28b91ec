"""Give clusters the ids that their records had before: the largest overlap keeps its id, the others become aliases.

An id that nothing claims any more is retired, not reused, unless its own records come back (a merge undone). New
clusters get an id from their smallest record id, so that equal input gives equal ids whatever its order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PREFIX = "P"
DIGITS = 16
Claim = tuple[str, str, bool]
"""Smallest record id of a cluster, an id that some of its records had, whether they have it still."""

KNOWN_SCHEMA = pa.schema([("record_id", pa.string()), ("person_id", pa.string()), ("is_current", pa.bool_())])

_CLAIMS = """
CREATE TABLE overlap AS
SELECT label, person, bool_or(is_current) AS is_current, count(*) AS records FROM held GROUP BY ALL;
CREATE TABLE claim AS
SELECT overlap.*, l.label IS NULL AND p.person IS NULL AS is_alone FROM overlap
LEFT JOIN (SELECT label FROM overlap GROUP BY label HAVING count(*) > 1) AS l USING (label)
LEFT JOIN (SELECT person FROM overlap GROUP BY person HAVING count(*) > 1) AS p USING (person)
"""

_FIRST = """
CREATE TABLE first_of AS
SELECT label, min(record_id) AS first_record
FROM people ANTI JOIN (SELECT label FROM claim WHERE is_alone) USING (label) GROUP BY label
"""
"""Only of clusters that no id claims undisputed: texts of all records would cost more than all else here."""


def assign(people: pa.Table, known: pa.Table | None) -> tuple[pa.Table, dict[str, str]]:
    """Return label and person_id of every cluster, and old person id -> the id that took over.

    ``people`` has record_id and label (equal in a cluster); ``known`` has record_id, person_id and is_current: what
    was published before, history included.
    """
    import duckdb

    held, persons = _held(people, known if known is not None else KNOWN_SCHEMA.empty_table())
    with duckdb.connect() as connection:
        for name, table in (("people", people), ("held", held), ("known_person", persons)):
            connection.register(name, table)
        connection.execute(_CLAIMS)
        connection.execute(_FIRST)
        given, heirs = _settle(
            connection.execute(
                "SELECT first_record, person_id, is_current FROM claim JOIN first_of USING (label)"
                " JOIN known_person USING (person) WHERE NOT is_alone"
                " ORDER BY is_current DESC, records DESC, person_id, first_record"
            ).fetchall()
        )
        connection.register("settled", _pairs("first_record", "person_id", given))
        connection.execute(
            "CREATE TABLE owner AS SELECT label, person_id FROM claim JOIN known_person USING (person) WHERE is_alone"
            " UNION ALL SELECT label, person_id FROM settled JOIN first_of USING (first_record)"
        )
        _name_the_others(connection)
        owners = connection.execute("FROM owner").to_arrow_table()
        aliases = _aliases(connection, heirs)
    return owners, aliases


def _held(people: pa.Table, known: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Return which clusters hold records of which persons (numbered), and the persons' ids by number."""
    place = pc.index_in(known["record_id"].cast(pa.string()), value_set=people["record_id"].cast(pa.string()))
    there = pc.is_valid(place)
    person = pa.chunked_array(known["person_id"]).combine_chunks().dictionary_encode()
    held = pa.table(
        {
            "label": pc.take(people["label"], place.filter(there)),
            "person": pc.filter(person.indices, there.combine_chunks()),
            "is_current": known["is_current"].filter(there),
        }
    )
    numbers = pa.array(range(len(person.dictionary)), pa.int32())
    return held, pa.table({"person": numbers, "person_id": person.dictionary.cast(pa.string())})


def _pairs(one: str, other: str, pairs: dict[str, str]) -> pa.Table:
    return pa.table({one: pa.array(pairs, pa.string()), other: pa.array(pairs.values(), pa.string())})


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
    connection.execute("CREATE TABLE claimed AS SELECT person_id FROM known_person SEMI JOIN claim USING (person)")
    connection.execute(
        f"""
        CREATE TABLE fresh AS
        SELECT label, first_record, '{PREFIX}' || left(sha256(first_record), {DIGITS}) AS person_id
        FROM first_of ANTI JOIN owner USING (label)
        """
    )
    connection.execute("INSERT INTO owner SELECT label, person_id FROM fresh ANTI JOIN claimed USING (person_id)")
    again = connection.execute(
        "SELECT first_record, label FROM fresh SEMI JOIN claimed USING (person_id) ORDER BY 1"
    ).fetchall()
    used: set[str] = set()
    if again:
        used = {row[0] for row in connection.execute("FROM claimed").fetchall()}
    for first_record, label in again:
        made = _another_id(first_record, used)
        used.add(made)
        connection.execute("INSERT INTO owner VALUES (?, ?)", [label, made])


def _another_id(first_record: str, used: set[str]) -> str:
    """Return a fresh id made from a record id whose own id is in use."""
    attempt = 0
    while True:
        attempt += 1
        made = PREFIX + hashlib.sha256(f"{first_record}#{attempt}".encode()).hexdigest()[:DIGITS]
        if made not in used:
            return made


def _aliases(connection: DuckDBPyConnection, heirs: dict[str, str]) -> dict[str, str]:
    connection.register("heir", _pairs("old", "first_record", heirs))
    rows = connection.execute(
        "SELECT old, person_id FROM heir JOIN first_of USING (first_record) JOIN owner USING (label) ORDER BY old"
    ).fetchall()
    return dict(rows)
