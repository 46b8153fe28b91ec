"""Choose the pairs worth comparing: records that agree on one of a few keys, in groups of limited size.

Makes ``pair(l, r)`` from ``rep``. A key whose group is too large makes no pairs: more specific keys find its members.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.identity.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BIRTH = "left(born, 4) || least(substr(born, 5, 2), right(born, 2)) || greatest(substr(born, 5, 2), right(born, 2))"
_NAMES = "least(first, last) || ' ' || greatest(first, last)"

KEYS: dict[str, str] = {
    "same e-mail": "mail",
    "same e-mail name": "mail_name",
    "same phone": "phone_end",
    "same national id": "national",
    "birth date": "birth",
    "street": "CASE WHEN length(street) >= 6 THEN street END",
    "birth date and first name": "birth || left(first, 2)",
    "birth date and last name": "birth || left(last, 2)",
    "birth date and postcode": "birth || postcode",
    "both names and birth year": "names || left(born, 4)",
    "both names and birthday": "names || right(born, 4)",
    "both names and city": "names || city",
    "both names and postcode": "names || postcode",
    "both names": "names",
    "first name and street": "left(first, 3) || street",
    "last name and street": "left(last, 3) || street",
    "street and postcode": "street || postcode",
    "first name and postcode": "first || postcode",
    "last name and postcode": "last || postcode",
}
"""Name of a key -> SQL over the columns of ``rep``, birth and names; NULL makes no pairs."""


BROAD = {"birth date": 8, "street": 8, "both names": 8}
"""Keys that many strangers share, with the largest group that is compared.

Groups of 40 made most of the pairs of 200,000 records (1.5 of 1.8 million). Smaller ones left precision and recall of a
million records as they were to four digits, and took four of 1,934 pairs of FEBRL 2 without the national id.
"""


HASHES = tuple(f"CASE WHEN ({key}) IS NOT NULL THEN hash({key}) END" for key in KEYS.values())
"""SQL of what stands for each key's value, by number of the key."""
WHOLE = f"{_BIRTH} AS birth, {_NAMES} AS names"
"""SQL of what keys read beside the columns of ``rep``."""


def largest(key: str, settings: Settings) -> int:
    """Return how many records may agree on a key and still be compared."""
    return min(settings.records_per_block, BROAD.get(key, settings.records_per_block))


def look(connection: DuckDBPyConnection) -> None:
    """Make ``looked_at``: the records (``rid``) that ``known_pair`` pairs with themselves."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE looked_at AS SELECT rid FROM rep"
        " SEMI JOIN (SELECT record_a FROM known_pair WHERE record_a = record_b) ON record_a = fingerprint"
    )


def block(connection: DuckDBPyConnection, settings: Settings) -> None:
    """Make ``pair``: each pair once, lower number left.

    Records that were looked at before (``known_pair`` pairs them with themselves) are paired with others only.
    """
    look(connection)
    some = connection.execute("SELECT count(*) FROM looked_at").fetchone() != (0,)
    hashes = ", ".join(f"{key} AS k{number}" for number, key in enumerate(HASHES))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE keyed AS SELECT r.rid, l.rid IS NULL AS is_new, {hashes}"
        f" FROM (SELECT *, {WHOLE} FROM rep) AS r LEFT JOIN looked_at AS l USING (rid)"
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE key_of (k UTINYINT, h UBIGINT, rid INTEGER, is_new BOOLEAN)")
    for number, name in enumerate(KEYS):
        rows = f"SELECT k{number} AS h, rid, is_new FROM keyed WHERE k{number} IS NOT NULL"
        touched = f"SEMI JOIN (SELECT k{number} AS h FROM keyed WHERE is_new) USING (h)" if some else ""
        connection.execute(
            f"INSERT INTO key_of SELECT {number}, h, rid, is_new"
            f" FROM (SELECT *, count(*) OVER (PARTITION BY h) AS n FROM ({rows}) {touched})"
            f" WHERE n BETWEEN 2 AND {largest(name, settings)}"
        )
    connection.execute(
        "CREATE OR REPLACE TABLE pair AS SELECT DISTINCT a.rid AS l, b.rid AS r FROM key_of AS a"
        " JOIN key_of AS b ON a.k = b.k AND a.h = b.h AND a.rid < b.rid AND (a.is_new OR b.is_new)"
    )
    for table in ("key_of", "keyed", "looked_at"):
        connection.execute(f"DROP TABLE {table}")
