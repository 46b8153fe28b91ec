"""Compare two records column by column: named levels from best to worst, with the probabilities they start from.

``m``: how often two records of one person fall into the level, ``u``: two of different people. The defaults describe
hand-typed customer data (some percent typos, nicknames, moves, second e-mail addresses); training replaces them where
there are enough records. Street, postcode, city and phone are *one* comparison: a household shares all four, and
counting them apart would take one fact for four (measured: precision .68 against .98).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NULL, OTHER = "missing", "different"
ANOTHER_NAME, OTHER_GENERATION = "another name", "other generation"


@dataclass(frozen=True)
class Level:
    """One degree of agreement.

    ``sql`` reads columns with ``_l`` and ``_r``; ``tf`` names a column whose rare values weigh more.
    """

    name: str
    sql: str
    m: float
    u: float
    tf: str | None = None


@dataclass(frozen=True)
class Comparison:
    """What two records say about one trait. Levels in the order they are tried; the last takes what is left."""

    name: str
    columns: tuple[str, ...]
    missing: str
    levels: tuple[Level, ...]

    def number(self, level: str) -> int:
        """Return Splink's number of a level: -1 missing, 0 the worst."""
        if level == NULL:
            return -1
        names = [each.name for each in self.levels]
        return len(names) - 1 - names.index(level)

    def level(self, number: int) -> str:
        """Return the name of Splink's level number."""
        return NULL if number < 0 else self.levels[len(self.levels) - 1 - number].name

    def splink(self, m: Mapping[str, float], u: Mapping[str, float]) -> dict[str, Any]:
        """Return the comparison as Splink settings, with these probabilities by level."""
        levels: list[dict[str, Any]] = [
            {"sql_condition": self.missing, "label_for_charts": NULL, "is_null_level": True}
        ]
        for level in self.levels:
            made: dict[str, Any] = {
                "sql_condition": "ELSE" if level is self.levels[-1] else level.sql,
                "label_for_charts": level.name,
                "m_probability": m[level.name],
                "u_probability": u[level.name],
            }
            if level.tf:
                made |= {"tf_adjustment_column": level.tf, "tf_adjustment_weight": 1.0, "tf_minimum_u_value": 1e-5}
            levels.append(made)
        return {"output_column_name": self.name, "comparison_levels": levels}


def _edit(column: str, length: int) -> str:
    return (
        f"(least(length({column}_l), length({column}_r)) >= {length}"
        f" AND damerau_levenshtein({column}_l, {column}_r) <= 1)"
    )


def _slip(column: str) -> str:
    """Say that two similar names may be one mistyped: not both are established, as Julia and Julian are."""
    low, high = (f"{f}({column}_count_l, {column}_count_r)" for f in ("least", "greatest"))
    return f"({low} <= 2 OR {low} * 8 <= {high})"


def _same(*columns: str) -> str:
    return " AND ".join(f"{c}_l = {c}_r" for c in columns)


def _established(side: str) -> str:
    """Say that a first name is one that people bear, and no slip: a known one, or that of several records."""
    return f"(roots_{side} IS NOT NULL OR first_count_{side} >= 3)"


_OWN_NAME = (
    "mail_name_l = mail_name_r AND NOT regexp_matches(mail_name_l, '[0-9]{3}') AND ("
    + " OR ".join(
        f"(length(mail_name_{s}) <= length(first_{s}) + length(last_{s}) + 2"
        f" AND (contains(mail_name_{s}, first_{s}) OR contains(mail_name_{s}, last_{s})))"
        for s in ("l", "r")
    )
    + ")"
)
_OTHER_PLACE = "(street_l <> street_r OR postcode_l <> postcode_r)"
_SAME_HOME = (
    "(street_l = street_r"
    " AND (postcode_l = postcode_r OR (city_l = city_r AND (postcode_l IS NULL OR postcode_r IS NULL))))"
)
_SAME_PHONE = "(phone_end_l = phone_end_r)"
_NEAR_HOME = (
    "((jaro_winkler_similarity(street_l, street_r) >= 0.88 AND (postcode_l = postcode_r OR city_l = city_r"
    " OR damerau_levenshtein(postcode_l, postcode_r) <= 1 OR jaro_winkler_similarity(city_l, city_r) >= 0.92))"
    " OR street_l = street_r)"
)

FIRST = Comparison(
    "first_name",
    ("first", "last", "given", "suffix", "roots", "first_count"),
    "first_l IS NULL OR first_r IS NULL",
    (
        Level(OTHER_GENERATION, "suffix_l <> suffix_r", 0.0002, 0.01),
        Level("exact", _same("first"), 0.80, 0.005, tf="first"),
        Level("short form", "list_has_any(roots_l, roots_r)", 0.06, 0.0008),
        Level(
            "similar",
            f"(jaro_winkler_similarity(first_l, first_r) >= 0.90 OR {_edit('first', 3)} OR given_l = given_r)"
            f" AND {_slip('first')}",
            0.07,
            0.002,
        ),
        Level(
            "swapped",
            "(jaro_winkler_similarity(given_l, last_r) >= 0.90 AND jaro_winkler_similarity(last_l, given_r) >= 0.90)",
            0.01,
            0.00001,
        ),
        Level(
            "initial",
            "((starts_with(first_l, first_r) OR starts_with(first_r, first_l))"
            f" AND (least(length(first_l), length(first_r)) = 1 OR {_slip('first')}))"
            " OR (length(first_r) >= 3 AND given_l <> first_l AND ends_with(given_l, first_r))"
            " OR (length(first_l) >= 3 AND given_r <> first_r AND ends_with(given_r, first_l))",
            0.01,
            0.003,
        ),
        Level("alike", f"(jaro_winkler_similarity(first_l, first_r) >= 0.80 AND {_slip('first')})", 0.01, 0.003),
        Level(ANOTHER_NAME, f"({_established('l')} AND {_established('r')})", 0.01, 0.80),
        Level(OTHER, "", 0.03, 0.1827),
    ),
)
LAST = Comparison(
    "last_name",
    ("last", "given", "last_count"),
    "last_l IS NULL OR last_r IS NULL",
    (
        Level("exact", _same("last"), 0.85, 0.003, tf="last"),
        Level(
            "similar",
            f"(jaro_winkler_similarity(last_l, last_r) >= 0.90 OR {_edit('last', 4)}) AND {_slip('last')}",
            0.08,
            0.002,
        ),
        Level(
            "swapped",
            "(jaro_winkler_similarity(given_l, last_r) >= 0.90 AND jaro_winkler_similarity(last_l, given_r) >= 0.90)",
            0.01,
            0.01,
        ),
        Level(
            "part",
            "(least(length(last_l), length(last_r)) >= 4 AND (contains(last_l, last_r) OR contains(last_r, last_l)))",
            0.01,
            0.001,
        ),
        Level(OTHER, "", 0.05, 0.984),
    ),
)
BORN = Comparison(
    "date_of_birth",
    ("born",),
    "born_l IS NULL OR born_r IS NULL",
    (
        Level("exact", _same("born"), 0.90, 0.00005),
        Level(
            "day and month swapped",
            "(left(born_l, 4) = left(born_r, 4) AND substr(born_l, 5, 2) = right(born_r, 2)"
            " AND right(born_l, 2) = substr(born_r, 5, 2))",
            0.02,
            0.00003,
        ),
        Level("one digit", "damerau_levenshtein(born_l, born_r) <= 1", 0.05, 0.0008),
        Level("same year", "left(born_l, 4) = left(born_r, 4)", 0.01, 0.015),
        Level(
            "near year", "abs(CAST(left(born_l, 4) AS INTEGER) - CAST(left(born_r, 4) AS INTEGER)) <= 1", 0.005, 0.03
        ),
        Level("two digits", "damerau_levenshtein(born_l, born_r) <= 2", 0.01, 0.01),
        Level(OTHER, "", 0.005, 0.944),
    ),
)
EMAIL = Comparison(
    "email",
    ("mail", "mail_name", "first", "last"),
    "mail_l IS NULL OR mail_r IS NULL",
    (
        Level("exact", _same("mail"), 0.65, 0.0000002),
        Level("own name at another provider", f"({_OWN_NAME})", 0.05, 0.005),
        Level("same name at another provider", _same("mail_name"), 0.10, 0.00002),
        Level(
            "similar",
            f"(jaro_winkler_similarity(mail_l, mail_r) >= 0.95 AND {_edit('mail', 8)}"
            " AND regexp_replace(mail_l, '[0-9]', '', 'g') <> regexp_replace(mail_r, '[0-9]', '', 'g'))",
            0.03,
            0.000005,
        ),
        Level(OTHER, "", 0.17, 0.9949748),
    ),
)
HOME = Comparison(
    "home",
    ("street", "postcode", "city", "phone_end"),
    "NOT ((phone_end_l IS NOT NULL AND phone_end_r IS NOT NULL) OR (postcode_l IS NOT NULL AND postcode_r IS NOT NULL)"
    " OR (city_l IS NOT NULL AND city_r IS NOT NULL) OR (street_l IS NOT NULL AND street_r IS NOT NULL))",
    (
        Level("address and phone", f"({_SAME_HOME} AND {_SAME_PHONE})", 0.45, 0.000002),
        Level("address", _SAME_HOME, 0.20, 0.000002),
        Level("phone", _SAME_PHONE, 0.15, 0.000002),
        Level("nearly the address", _NEAR_HOME, 0.06, 0.00005),
        Level("postcode", f"(postcode_l = postcode_r AND NOT coalesce({_OTHER_PLACE}, false))", 0.03, 0.0005),
        Level("city", f"(city_l = city_r AND NOT coalesce({_OTHER_PLACE}, false))", 0.04, 0.02),
        Level("another street near by", "(postcode_l = postcode_r OR city_l = city_r)", 0.03, 0.02),
        Level(OTHER, "", 0.04, 0.95945),
    ),
)
NATIONAL = Comparison(
    "national_id",
    ("national",),
    "national_l IS NULL OR national_r IS NULL",
    (
        Level("exact", _same("national"), 0.90, 0.0000005),
        Level("one sign", _edit("national", 6), 0.07, 0.00005),
        Level(OTHER, "", 0.03, 0.9999495),
    ),
)
COMPARISONS = (FIRST, LAST, BORN, EMAIL, HOME, NATIONAL)


def usable(filled: set[str]) -> tuple[Comparison, ...]:
    """Return the comparisons that have something to look at, given the columns that are not all empty."""
    return tuple(c for c in COMPARISONS if c.columns[0] in filled or (c is HOME and filled & set(c.columns)))
