"""Keep what belongs to nobody from linking people: shared values are dropped, repeated records are read once.

Makes from ``record``: ``rep`` (the different records, identifiers carried by too many emptied), ``repeat`` (each
record's representative) and ``dropped`` (what was emptied, by kind, never the value).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.identity.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

IDENTIFIERS = ("mail", "mail_name", "phone_end", "national")
_EVIDENCE = ("first", "given", "last", "born", "mail", "phone", "street", "city", "region", "postcode", "national")
_PARTNERS = {"phone_end": ("phone",), "mail": ()}
ODD_BIRTHDAY = 8.0
"""A birth date this many times as frequent as its neighbours' median is a default of some form."""


def guard(connection: DuckDBPyConnection, settings: Settings) -> None:
    """Make ``rep``, ``repeat`` and ``dropped``."""
    connection.execute(
        "CREATE OR REPLACE TABLE dropped (kind VARCHAR, reason VARCHAR, identifiers BIGINT, records BIGINT)"
    )
    for column in IDENTIFIERS:
        _empty_shared(
            connection, "record", column, "count(DISTINCT (first, last))", settings.names_per_identifier, "names"
        )
    _empty_odd_birthdays(connection)
    _collapse(connection)
    for column in IDENTIFIERS:
        _empty_shared(connection, "rep", column, "count(*)", settings.records_per_identifier, "records")


def _empty_shared(
    connection: DuckDBPyConnection, table: str, column: str, measure: str, limit: int, reason: str
) -> None:
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE shared AS SELECT {column} AS v, count(*) AS n FROM {table}"
        f" WHERE {column} IS NOT NULL GROUP BY {column} HAVING count(*) > {limit} AND {measure} > {limit}"
    )
    found = connection.execute("SELECT count(*), sum(n) FROM shared").fetchone()
    if found and found[0]:
        emptied = ", ".join(f"{name} = NULL" for name in (column, *_PARTNERS.get(column, ())))
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


def _collapse(connection: DuckDBPyConnection) -> None:
    """Let records that agree in everything, and in enough to tell a person, stand for each other."""
    evidence = ", ".join(_EVIDENCE)
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE repeat AS
        SELECT rid, CASE
          WHEN first IS NOT NULL AND (mail IS NOT NULL OR national IS NOT NULL
            OR (last IS NOT NULL AND (born IS NOT NULL OR phone IS NOT NULL OR street IS NOT NULL)))
          THEN min(rid) OVER (PARTITION BY {evidence}) ELSE rid END AS rep
        FROM record
        """
    )
    connection.execute(
        "CREATE OR REPLACE TABLE rep AS SELECT r.*, r.rid AS unique_id FROM record AS r"
        " WHERE r.rid IN (SELECT rep FROM repeat) ORDER BY r.rid"
    )
