"""Read birth dates however they were written: ISO, day or month first, months as words, with a time behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from customer360.identity import words
from customer360.names import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MONTH_FIRST_COUNTRIES = ("US",)
_NUMBERED = "'^\\s*(\\d{1,2})[/-](\\d{1,2})[/-]\\d{4}'"


def is_month_first(connection: DuckDBPyConnection, columns: Sequence[str]) -> bool:
    """Say whether the dates in columns of ``given`` are written month first: some can be nothing else, none the other.

    Where some of each kind are there, the record's country decides, else the day comes first.
    """
    month_first = day_first = 0
    for column in columns:
        text = quoted(column)
        row = connection.execute(
            f"""
            SELECT count(*) FILTER (TRY_CAST(regexp_extract({text}, {_NUMBERED}, 2) AS INTEGER) > 12),
              count(*) FILTER (TRY_CAST(regexp_extract({text}, {_NUMBERED}, 1) AS INTEGER) > 12)
            FROM given WHERE substr({text}, 2, 2) SIMILAR TO '.?[/-].?'
            """
        ).fetchone() or (0, 0)
        month_first, day_first = month_first + row[0], day_first + row[1]
    return month_first > 0 and day_first == 0


_ODD_DATES = ", ".join(f"'{date}'" for date in words.PLACEHOLDER_DATES)
_DAY = "regexp_replace(trim(date_of_birth), '(T|\\s+)\\d{1,2}:\\d{2}.*$', '')"
_WORDED = (
    "trim(regexp_replace(regexp_replace(lower(" + _DAY + "), '(\\d)(st|nd|rd|th)\\b', '\\1'), '[-/.,\\s]+', ' ', 'g'))"
)
_US = ", ".join(f"'{country}'" for country in MONTH_FIRST_COUNTRIES)

DATED = f"""
read_dates AS (
  SELECT *, coalesce(
    try_strptime(regexp_extract(date_of_birth, '^\\d{{4}}-\\d{{1,2}}-\\d{{1,2}}'), '%Y-%m-%d'),
    CASE WHEN $month_first OR country_code IN ({_US}) THEN try_strptime({_DAY}, ['%m/%d/%Y', '%m-%d-%Y']) END,
    CASE WHEN date_of_birth IS NOT NULL THEN try_strptime({_DAY},
      ['%Y%m%d', '%Y/%m/%d', '%Y.%m.%d', '%d.%m.%Y', '%d/%m/%Y', '%m/%d/%Y', '%d-%m-%Y', '%m-%d-%Y']) END,
    CASE WHEN regexp_matches(date_of_birth, '[A-Za-z]{{3}}') THEN try_strptime({_WORDED},
      ['%d %B %Y', '%d %b %Y', '%B %d %Y', '%b %d %Y', '%Y %B %d', '%Y %b %d']) END
  ) AS day,
  regexp_replace(date_of_birth, '\\D', '', 'g') AS digits
  FROM mailed
), dated AS (
  SELECT *, CASE WHEN written_day NOT IN ({_ODD_DATES}) AND written_day BETWEEN '18800101' AND $latest
    THEN written_day END AS born
  FROM (
    SELECT *, CASE WHEN day IS NOT NULL THEN strftime(day, '%Y%m%d')
      WHEN regexp_matches(digits, '^(18|19|20)\\d{{6}}$') THEN digits END AS written_day
    FROM read_dates
  )
)
"""
"""Parts of a query: from ``mailed`` to ``dated`` with ``born`` (YYYYMMDD), NULL for placeholders and days to come."""
