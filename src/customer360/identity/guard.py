"""Keep what belongs to nobody from linking people: shared values are dropped, repeated records are read once.

Makes from ``record``: ``rep`` (the different records, identifiers carried by too many emptied, with a ``fingerprint``
of what they say), ``repeat`` (each record's representative) and ``dropped`` (what was emptied, never the value).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from customer360.identity.overrides import NO_OVERRIDES, Overrides
from customer360.identity.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

IDENTIFIERS = {"mail": "email", "mail_name": "email", "phone_end": "phone", "national": "national_id"}
"""Column -> kind of identifier."""
_EVIDENCE = (
    "first",
    "given",
    "last",
    "suffix",
    "born",
    "mail",
    "phone",
    "street",
    "city",
    "region",
    "postcode",
    "national",
)
_PARTNERS = {"phone_end": ("phone",), "mail": ()}
ODD_BIRTHDAY = 8.0
"""A birth date this many times as frequent as its neighbours' median is a default of some form."""


def guard(connection: DuckDBPyConnection, settings: Settings, overrides: Overrides = NO_OVERRIDES) -> None:
    """Make ``rep``, ``repeat`` and ``dropped``. Records that people keep apart from others stand for themselves."""
    connection.execute(
        "CREATE OR REPLACE TABLE dropped (kind VARCHAR, reason VARCHAR, identifiers BIGINT, records BIGINT)"
    )
    crowded = []
    for column, kind in IDENTIFIERS.items():
        names, records = settings.limit(kind, "names"), settings.limit(kind, "records")
        _find_shared(connection, "record", column, min(names, records))
        if connection.execute(f"SELECT count(*) FROM shared WHERE n > {records}").fetchone() != (0,):
            crowded.append(column)
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE shared AS SELECT v, n FROM ("
            f"SELECT s.v, s.n, count(DISTINCT (first, last)) AS names FROM record JOIN shared AS s ON {column} = s.v"
            f" WHERE s.n > {names} GROUP BY ALL) WHERE names > {names}"
        )
        _empty_shared(connection, "record", column, "names")
    _empty_odd_birthdays(connection)
    _collapse(connection, overrides)
    for column in crowded:  # of fewer records there are not more representatives
        _find_shared(connection, "rep", column, settings.limit(IDENTIFIERS[column], "records"))
        _empty_shared(connection, "rep", column, "records")


def _find_shared(connection: DuckDBPyConnection, table: str, column: str, limit: int) -> None:
    """Make ``shared``: values that more rows than the limit carry, and how many do. Numbers are counted faster."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE crowd AS SELECT hash({column}) AS h FROM {table}"
        f" WHERE {column} IS NOT NULL GROUP BY ALL HAVING count(*) > {limit}"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE shared AS SELECT {column} AS v, count(*) AS n FROM {table}"
        f" SEMI JOIN crowd ON h = hash({column}) WHERE {column} IS NOT NULL GROUP BY {column} HAVING count(*) > {limit}"
    )


def _empty_shared(connection: DuckDBPyConnection, table: str, column: str, reason: str) -> None:
    """Empty the values in ``shared``, and note how many there were."""
    found = connection.execute("SELECT count(*), sum(n) FROM shared").fetchone()
    if found and found[0]:
        emptied = ", ".join(f"{name} = NULL" for name in (column, *_PARTNERS.get(column, ())))
        if table == "rep":
            emptied += f", fingerprint = CAST(hash(fingerprint, '{column}') >> 1 AS BIGINT)"
        connection.execute(f"UPDATE {table} SET {emptied} FROM shared WHERE {column} = v")
        connection.execute("INSERT INTO dropped VALUES (?, ?, ?, ?)", [column, reason, found[0], found[1]])


def _empty_odd_birthdays(connection: DuckDBPyConnection) -> None:
    """Empty birth dates on the first of January that are far more frequent than other days of their year."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE odd_day AS
        WITH days AS (SELECT born, count(*) AS n FROM record WHERE born IS NOT NULL GROUP BY born),
        usual AS (SELECT median(n) AS n FROM days)
        SELECT days.born AS v, days.n FROM days, usual
        WHERE right(days.born, 4) = '0101' AND days.n > 15 AND days.n > {ODD_BIRTHDAY} * usual.n
        """
    )
    found = connection.execute("SELECT count(*), sum(n) FROM odd_day").fetchone()
    if found and found[0]:
        connection.execute("UPDATE record SET born = NULL FROM odd_day WHERE born = v")
        connection.execute("INSERT INTO dropped VALUES ('born', 'default date', ?, ?)", [found[0], found[1]])


def _collapse(connection: DuckDBPyConnection, overrides: Overrides) -> None:
    """Let records that agree in everything, and in enough to tell a person, stand for each other.

    ``fingerprint`` differs between any two representatives, and depends on the record's id only where values do not
    tell.
    """
    evidence = ", ".join(_EVIDENCE)
    alone = sorted({one for one, _ in overrides.apart})
    connection.register("given_alone", pa.table({"record_id": pa.array(alone, pa.string())}))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE printed AS
        WITH judged AS (
          SELECT *, record_id NOT IN (FROM given_alone) AND first IS NOT NULL
            AND (mail IS NOT NULL OR national IS NOT NULL
              OR (last IS NOT NULL AND (born IS NOT NULL OR phone IS NOT NULL OR street IS NOT NULL))) AS is_telling
          FROM record
        )
        SELECT rid, is_telling,
          CAST(hash(CASE WHEN NOT is_telling THEN record_id END, mail_name, {evidence}) >> 1 AS BIGINT) AS fingerprint
        FROM judged
        """
    )
    connection.unregister("given_alone")
    connection.execute(
        "CREATE OR REPLACE TABLE repeat AS SELECT p.rid, is_telling, coalesce(first.rep, p.rid) AS rep, p.fingerprint"
        " FROM printed AS p LEFT JOIN (SELECT fingerprint, min(rid) AS rep FROM printed WHERE is_telling"
        " GROUP BY fingerprint HAVING count(*) > 1) AS first"
        " ON first.fingerprint = CASE WHEN is_telling THEN p.fingerprint END"
    )
    connection.execute("DROP TABLE printed")
    connection.execute(
        "CREATE OR REPLACE TABLE rep AS SELECT r.*, fingerprint"
        " FROM record AS r JOIN repeat USING (rid) WHERE repeat.rep = r.rid"
    )
