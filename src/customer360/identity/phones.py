"""Write phone numbers in the international form, reading each distinct number once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from customer360.identity import words
from customer360.identity.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NORTH_AMERICA = ("US", "CA")
SHORTEST, LONGEST = 7, 15


def add_phones(connection: DuckDBPyConnection, settings: Settings) -> None:
    """Add ``phone_number`` and ``country_code`` to table ``named``.

    ``+`` and the digits where the country is known (from the number, the record or the setting), else the bare digits.
    """
    codes = {**words.COUNTRIES, **{code.lower(): code for code in _codes()}}
    connection.register("country_map", pa.table({"written": list(codes), "code": list(codes.values())}))
    connection.execute(
        "CREATE OR REPLACE TABLE dialled AS SELECT n.*, coalesce(c.code, $1) AS country_code,"
        " regexp_replace(n.phone, '\\D', '', 'g') AS digits, regexp_matches(trim(n.phone), '^[+]') AS is_international"
        " FROM named AS n LEFT JOIN country_map AS c ON c.written = letters(n.country)",
        [settings.default_country],
    )
    connection.unregister("country_map")
    _read_the_rest(connection)
    same = ", ".join(f"'{str(digit) * SHORTEST}'" for digit in range(10))
    junk = [*words.JUNK_DIGITS, *settings.junk_phones]
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE named AS
        SELECT d.* EXCLUDE (digits, is_international), CASE
          WHEN length(d.digits) NOT BETWEEN {SHORTEST} AND {LONGEST} THEN NULL
          WHEN right(d.digits, 7) IN ({same}) OR list_contains($junk, d.digits) THEN NULL
          WHEN {_PLAIN_INTERNATIONAL} THEN '+' || d.digits
          WHEN {_PLAIN_AMERICAN} THEN '+1' || d.digits
          ELSE coalesce(p.number, d.digits) END AS phone_number
        FROM dialled AS d
        LEFT JOIN phone_map AS p ON p.phone = d.phone AND p.country_code IS NOT DISTINCT FROM d.country_code
        """,
        {"junk": junk},
    )
    connection.execute("DROP TABLE dialled")
    connection.execute("DROP TABLE phone_map")


_PLAIN_INTERNATIONAL = f"is_international AND length(digits) >= {SHORTEST + 1} AND NOT contains(d.phone, '(0)')"
_PLAIN_AMERICAN = f"d.country_code IN {NORTH_AMERICA} AND length(digits) = 10 AND NOT is_international"


def _codes() -> list[str]:
    import phonenumbers

    return sorted(phonenumbers.SUPPORTED_REGIONS)


def _read_the_rest(connection: DuckDBPyConnection) -> None:
    """Let ``phonenumbers`` read the distinct numbers that are not plain; those it cannot read stay digits."""
    import phonenumbers

    rest = connection.execute(
        f"SELECT DISTINCT phone, country_code FROM dialled AS d WHERE phone IS NOT NULL"
        f" AND length(digits) BETWEEN {SHORTEST} AND {LONGEST} AND NOT ({_PLAIN_INTERNATIONAL})"
        f" AND NOT coalesce({_PLAIN_AMERICAN}, false)"
        " AND (country_code IS NOT NULL OR is_international OR starts_with(trim(phone), '00'))"
    ).to_arrow_table()
    numbers: list[str | None] = []
    for phone, code in zip(rest["phone"].to_pylist(), rest["country_code"].to_pylist(), strict=True):
        written = "+" + phone.strip()[2:] if phone.strip().startswith("00") else phone
        try:
            read = phonenumbers.parse(written, code)
        except phonenumbers.NumberParseException:
            numbers.append(None)
            continue
        numbers.append(phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164))
    table = pa.table(
        {"phone": rest["phone"], "country_code": rest["country_code"], "number": pa.array(numbers, pa.string())}
    )
    connection.register("phone_arrow", table)
    connection.execute("CREATE OR REPLACE TABLE phone_map AS SELECT * FROM phone_arrow")
    connection.unregister("phone_arrow")
