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
    "birth date": _BIRTH,
    "street": "CASE WHEN length(street) >= 6 THEN street END",
    "birth date and first name": f"{_BIRTH} || left(first, 2)",
    "birth date and last name": f"{_BIRTH} || left(last, 2)",
    "birth date and postcode": f"{_BIRTH} || postcode",
    "both names and birth year": f"{_NAMES} || left(born, 4)",
    "both names and birthday": f"{_NAMES} || right(born, 4)",
    "both names and city": f"{_NAMES} || city",
    "both names and postcode": f"{_NAMES} || postcode",
    "both names": _NAMES,
    "first name and street": "left(first, 3) || street",
    "last name and street": "left(last, 3) || street",
    "street and postcode": "street || postcode",
    "first name and postcode": "first || postcode",
    "last name and postcode": "last || postcode",
}
"""Name of a key -> SQL over the columns of ``rep``; NULL makes no pairs."""


BROAD = {"birth date": 8, "street": 8, "both names": 8}
"""Keys that many strangers share, with the largest group that is compared.

Groups of 40 made most of the pairs of 200,000 records (1.5 of 1.8 million). Smaller ones left precision and recall of a
million records as they were to four digits, and took four of 1,934 pairs of FEBRL 2 without the national id.
"""


def block(connection: DuckDBPyConnection, settings: Settings) -> None:
    """Make ``pair``: each pair once, lower number left."""
    connection.execute("CREATE OR REPLACE TEMP TABLE key_of (k UTINYINT, h UBIGINT, rid INTEGER)")
    for number, (name, expression) in enumerate(KEYS.items()):
        most = min(settings.records_per_block, BROAD.get(name, settings.records_per_block))
        connection.execute(
            f"""
            INSERT INTO key_of SELECT {number}, h, rid FROM (
              SELECT hash({expression}) AS h, rid, count(*) OVER (PARTITION BY hash({expression})) AS n
              FROM rep WHERE ({expression}) IS NOT NULL
            ) WHERE n BETWEEN 2 AND {most}
            """
        )
    connection.execute(
        "CREATE OR REPLACE TABLE pair AS SELECT DISTINCT a.rid AS l, b.rid AS r"
        " FROM key_of AS a JOIN key_of AS b ON a.k = b.k AND a.h = b.h AND a.rid < b.rid"
    )
    connection.execute("DROP TABLE key_of")
