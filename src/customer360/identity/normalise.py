"""Bring what systems wrote into one form, so that equal things are equal: in SQL, the rest on distinct values.

Makes the table ``record``: one row per record, ``rid`` numbering them by ``record_id``, so that nothing depends on the
order of the input.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from customer360.identity import given, words
from customer360.identity.dates import DATED, is_month_first
from customer360.identity.failures import RecordsMalformed
from customer360.identity.phones import add_phones
from customer360.identity.roles import ROLES
from customer360.identity.settings import Settings
from customer360.names import quoted, text_literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ħ": "h",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    }
)
_NEVER = "21001231"
_TITLES = "|".join(words.TITLES)
_STREET = "|".join(words.STREET_WORDS)


FIELDS = (
    "first",
    "given",
    "last",
    "suffix",
    "born",
    "mail",
    "mail_name",
    "phone",
    "phone_end",
    "street",
    "city",
    "region",
    "postcode",
    "national",
)
"""Columns of ``record`` beside ``rid``, ``record_id`` and ``digest`` (of what was given, to know it next time)."""
RECORDS_SCHEMA = pa.schema(
    [("record_id", pa.string()), ("digest", pa.int64()), *((name, pa.string()) for name in FIELDS)]
)
_VERSION = 3
"""Raise when the same record would be normalised differently."""


def normalise(
    connection: DuckDBPyConnection,
    records: pa.Table,
    roles: Mapping[str, Sequence[str]],
    settings: Settings,
    known: pa.Table | None = None,
) -> None:
    """Make table ``record`` from the records. Errors: RecordsMalformed for an absent or repeated id.

    ``known``: rows of an earlier ``normalised``; records that say what they said then are taken over.
    """
    connection.register("given", given.texts(records, roles))
    connection.register("given_known", known if known is not None else RECORDS_SCHEMA.empty_table())
    columns = given.column_names(roles)
    month_first = is_month_first(connection, columns.get("date_of_birth", ()))
    salt = repr((_VERSION, sorted(roles.items()), settings.default_country, settings.junk, month_first))
    texts = ", ".join(quoted(name) for used in columns.values() for name in used)
    _number(connection, f"SELECT record_id, CAST(hash($1, {texts}) >> 1 AS BIGINT) AS c360_digest FROM given", salt)
    _take_over(connection, "given_known", settings)
    connection.execute(
        "CREATE OR REPLACE TABLE digested AS SELECT given.*, s.rid, s.c360_digest FROM given JOIN ("
        "FROM numbered ANTI JOIN record USING (rid)) AS s USING (record_id)"
    )
    connection.unregister("given")
    connection.unregister("given_known")
    _read(connection, columns, settings, month_first=month_first)
    connection.execute("DROP TABLE digested")
    connection.execute("DROP TABLE numbered")


def number_records(connection: DuckDBPyConnection, normalised: str, settings: Settings) -> None:
    """Make table ``record`` of normalised rows: numbered by id, birth dates after the as-of date left out."""
    _number(connection, f"SELECT record_id, digest AS c360_digest FROM {normalised} WHERE $1 = ''", "")
    _take_over(connection, normalised, settings)
    connection.execute("DROP TABLE numbered")


def _number(connection: DuckDBPyConnection, ids: str, parameter: str) -> None:
    """Make ``numbered`` of ids and digests alone: whole rows are never sorted. Errors: RecordsMalformed."""
    connection.execute(
        "CREATE OR REPLACE TABLE numbered AS"
        " SELECT record_id, c360_digest, CAST(row_number() OVER by_id - 1 AS INTEGER) AS rid,"
        f" record_id = lag(record_id) OVER by_id AS is_repeated FROM ({ids}) WINDOW by_id AS (ORDER BY record_id)",
        [parameter],
    )
    repeated = connection.execute("SELECT count(*) FROM numbered WHERE is_repeated").fetchone() or (0,)
    if repeated[0]:
        raise RecordsMalformed(
            f"record_id repeats: {repeated[0]:,} rows carry one that another row has.",
            next_step="Make it unique, with the system's name in front when there are several.",
        )


def _take_over(connection: DuckDBPyConnection, normalised: str, settings: Settings) -> None:
    """Make ``record`` of those normalised rows that are ``numbered`` with the digest they have."""
    fields = ", ".join(f"k.{field}" for field in FIELDS).replace(
        "k.born", f"CASE WHEN k.born <= '{_latest(settings)}' THEN k.born END AS born"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE record AS SELECT n.rid, k.record_id, k.digest, {fields} FROM {normalised} AS k"
        " JOIN numbered AS n ON n.record_id = k.record_id AND n.c360_digest = k.digest"
    )


def _latest(settings: Settings) -> str:
    """Return the last day that may be a birth date."""
    return f"{settings.as_of:%Y%m%d}" if settings.as_of else _NEVER


def normalised(connection: DuckDBPyConnection) -> pa.Table:
    """Return ``record`` as it is kept (before the guard empties anything), in no order."""
    return connection.execute(f"SELECT {', '.join(RECORDS_SCHEMA.names)} FROM record").to_arrow_table()


def _read(
    connection: DuckDBPyConnection, columns: Mapping[str, Sequence[str]], settings: Settings, *, month_first: bool
) -> None:
    """Add what ``digested`` holds to ``record``."""
    folded = [role for role in ROLES if role in columns and role not in {"phone", "date_of_birth", "other"}]
    plain = ", ".join(_plain(role, columns, settings) for role in ROLES)
    connection.execute(
        f"CREATE OR REPLACE TABLE plain AS SELECT rid, record_id, c360_digest AS digest, {plain} FROM digested"
    )
    for role in folded:
        _fold(connection, role)
    connection.execute(
        "CREATE OR REPLACE MACRO letters(t) AS nullif(regexp_replace(t, '[^\\p{L}\\p{M}]', '', 'g'), '')"
    )
    connection.execute(
        "CREATE OR REPLACE MACRO signs(t) AS nullif(regexp_replace(t, '[^\\p{L}\\p{M}\\p{N}]', '', 'g'), '')"
    )
    connection.execute(_NAMES)
    add_phones(connection, settings)
    connection.execute(
        _RECORD,
        {
            "latest": _latest(settings),
            "month_first": month_first,
            "names": [*words.JUNK_MAIL_NAMES, *(each for each in settings.junk_emails if "@" not in each)],
            "addresses": [each for each in settings.junk_emails if "@" in each] or [""],
            "digits": [*words.JUNK_DIGITS, *settings.junk_phones],
        },
    )
    connection.execute("DROP TABLE plain")
    connection.execute("DROP TABLE named")


def fold(text: str) -> str:
    """Return text in lower case without accents: ``Müller`` becomes ``muller``.

    Other scripts keep their letters, and the marks that make other letters of them (voiced kana, Indic signs).
    """
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return unicodedata.normalize("NFC", "".join(sign for sign in apart if unicodedata.combining(sign) in _KEPT_MARKS))


_KEPT_MARKS = (0, 7, 8, 9)
"""Combining classes: none, nukta, voicing of kana, virama."""


_ONE_VALUE = ("email", "phone", "postcode", "country", "national_id")
"""Roles of which a record has one value: the first column that says something. Others are read as one text."""
_NUMBERS = ("phone", "postcode", "national_id")
"""Roles whose values a spreadsheet may have written as ``4030.0``."""
LONGEST = 256
"""Letters of a value that are read."""


def _plain(role: str, columns: Mapping[str, Sequence[str]], settings: Settings) -> str:
    """Return SQL for a role: trimmed text of its columns, NULL for blanks and for words that say nothing."""
    if role not in columns:
        return f"CAST(NULL AS VARCHAR) AS {role}"
    texts = [f"trim({quoted(name)})" for name in columns[role]]
    if role not in _ONE_VALUE:
        texts = [f"trim(concat_ws(' ', {', '.join(texts)}))"]
    junk = literals((*words.JUNK_TEXT, *settings.junk_texts))
    cases = []
    for text in texts:
        short = f"left({text}, {LONGEST})"
        if role in _NUMBERS:
            short = f"CASE WHEN ends_with({short}, '.0') THEN left({short}, -2) ELSE {short} END"
        bare = f"regexp_replace(lower({short}), '[\\s._-]', '', 'g')"
        cases.append(f"CASE WHEN {bare} NOT IN ({junk}) AND {bare} <> '' THEN {short} END")
    return f"coalesce({', '.join(cases)}) AS {role}"


def literals(texts: Sequence[str]) -> str:
    """Return texts as SQL literals with commas between."""
    return ", ".join(text_literal(text) for text in texts)


def _fold(connection: DuckDBPyConnection, role: str) -> None:
    """Lower the case of one column; distinct values that are not plain ASCII go through Unicode's NFKD."""
    connection.execute(f"UPDATE plain SET {role} = lower({role}) WHERE {role} <> lower({role})")
    odd = connection.execute(
        f"SELECT DISTINCT {role} AS v FROM plain WHERE regexp_matches({role}, '[^\\x00-\\x7F]')"
    ).to_arrow_table()["v"]
    if len(odd):
        folded = pa.array([fold(value) for value in odd.to_pylist()], pa.string())
        connection.register("fold_map", pa.table({"v": odd, "folded": folded}))
        connection.execute(f"UPDATE plain SET {role} = folded FROM fold_map WHERE {role} = v")
        connection.unregister("fold_map")


_EAST_ASIAN = "\\p{Han}\\p{Hangul}\\p{Hiragana}\\p{Katakana}"
_FAMILY_FIRST = f"regexp_matches(whole, '^[{_EAST_ASIAN}]+ [{_EAST_ASIAN} ]+$')"
_UNSPACED = "regexp_matches(whole, '^[\\p{Han}\\p{Hangul}]{2,4}$')"
"""Chinese, Japanese and Korean full names have the family name in front, and often no space behind it."""
_GENERATION = "'[\\s.,]+(jr|junior|sr|senior|2nd|ii|3rd|iii|iv)[.]?\\s*(,|$)'"
_NAMES = f"""
CREATE OR REPLACE TABLE named AS
WITH bare AS (
  SELECT *,
    CASE WHEN first_name IS NULL AND last_name IS NULL THEN regexp_extract(full_name, {_GENERATION}, 1)
      ELSE coalesce(nullif(regexp_extract(last_name, {_GENERATION}, 1), ''),
        regexp_extract(first_name, {_GENERATION}, 1)) END AS written_suffix,
    trim(regexp_replace(regexp_replace(full_name, '[.]', ' ', 'g'), '(^|\\s)({_TITLES})(\\s|$)', ' ', 'g')) AS whole
  FROM plain
), parts AS (
  SELECT * REPLACE (
    CASE WHEN first_name IS NULL AND last_name IS NULL AND whole IS NOT NULL THEN
      CASE WHEN contains(whole, ',') THEN split_part(whole, ',', 2)
           WHEN {_FAMILY_FIRST} THEN regexp_replace(whole, '^\\S+ ', '')
           WHEN {_UNSPACED} THEN substr(whole, 2)
           ELSE split_part(whole, ' ', 1) END
    ELSE first_name END AS first_name,
    CASE WHEN first_name IS NULL AND last_name IS NULL AND whole IS NOT NULL THEN
      CASE WHEN contains(whole, ',') THEN split_part(whole, ',', 1)
           WHEN {_FAMILY_FIRST} THEN split_part(whole, ' ', 1)
           WHEN {_UNSPACED} THEN left(whole, 1)
           WHEN contains(whole, ' ') THEN regexp_extract(whole, '(\\S+)$', 1) END
    ELSE last_name END AS last_name
  ) FROM bare
)
SELECT * EXCLUDE (whole, written_suffix),
  CASE WHEN written_suffix IN ('sr', 'senior') THEN '1' WHEN written_suffix IN ('jr', 'junior', '2nd', 'ii') THEN '2'
    WHEN written_suffix IN ('3rd', 'iii') THEN '3' WHEN written_suffix = 'iv' THEN '4' END AS suffix,
  coalesce(letters(split_part(trim(regexp_replace(regexp_replace(first_name, '[''`-]', '', 'g'),
    '(^|[\\s.]+)({_TITLES})([\\s.]+|$)|[.]', ' ', 'g')), ' ', 1)), letters(first_name)) AS first,
  letters(first_name) AS given,
  coalesce(letters(regexp_replace(last_name, '(^|[\\s.,]+)({_TITLES})([\\s.,]+|$)', ' ', 'g')), letters(last_name))
    AS last
FROM parts
"""

_NOBODYS = literals(words.JUNK_DOMAINS)
_DOTLESS = literals(words.PROVIDERS_IGNORING_DOTS)

_RECORD = f"""
INSERT INTO record BY NAME
WITH mail AS (
  SELECT *,
    CASE WHEN regexp_matches(e, '^[^@\\s]+@[^@\\s]+[.][a-z]{{2,}}$') AND NOT list_contains($addresses, e) THEN
      split_part(split_part(e, '@', 1), '+', 1) END AS box,
    replace(split_part(e, '@', 2), 'googlemail.com', 'gmail.com') AS domain
  FROM (SELECT *, regexp_replace(regexp_replace(email, '\\s', '', 'g'), '^mailto:', '') AS e FROM named)
), mailed AS (
  SELECT *,
    CASE WHEN NOT (list_contains($names, signs(box)) OR split_part(domain, '.', 1) IN ({_NOBODYS})
        OR (length(box) <= 3 AND starts_with(domain, box || '.'))) THEN
      (CASE WHEN domain IN ({_DOTLESS}) THEN replace(box, '.', '') ELSE box END)
        || '@' || domain END AS mail,
    CASE WHEN NOT list_contains($names, signs(box)) AND length(signs(box)) >= 6 THEN signs(box) END AS mail_name
  FROM mail
), {DATED}
SELECT
  rid,
  record_id,
  digest,
  first,
  last,
  given,
  suffix,
  born,
  mail,
  mail_name,
  phone_number AS phone,
  right(regexp_replace(phone_number, '\\D', '', 'g'), 9) AS phone_end,
  signs(regexp_replace(regexp_replace(street, '[.,''#/-]', ' ', 'g'), '\\b({_STREET})\\b', ' ', 'g')) AS street,
  letters(city) AS city,
  letters(region) AS region,
  signs(postcode) AS postcode,
  CASE WHEN length(signs(national_id)) >= 5 AND NOT regexp_matches(signs(national_id), '^(0+|1+|9+|x+)$')
    AND NOT list_contains($digits, signs(national_id)) THEN signs(national_id) END AS national
FROM dated
"""
