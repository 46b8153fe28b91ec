"""Say in plain words what DuckDB found wrong with a statement, with the nearest right name and no value of any row."""

from __future__ import annotations

import re
from collections.abc import Callable

from customer360.errors import suggestion

VALUE_ERRORS = (
    "Conversion Error",
    "Constraint Error",
    "Invalid Input Error",
    "Out of Range Error",
    "Invalid type Error",
)
"""Beginnings of DuckDB's messages that quote values of rows; a value may be personal."""

Sentence = tuple[str, str | None]
"""What is wrong, and what to do about it."""

_KIND = re.compile(r"^(?:[A-Z][A-Za-z]*(?: [A-Za-z]+)* Error: )+")
_QUOTED = re.compile(r'"([^"]+)"')
_CAST = "Change the type first, with CAST(... AS type)."
_TRY = "TRY_CAST leaves it empty instead."
_TYPES = {"INT8": "TINYINT", "INT16": "SMALLINT", "INT32": "INTEGER", "INT64": "BIGINT", "INT128": "HUGEINT"}
_SHOWN = 300


def explained(text: str) -> Sentence:
    """Return the sentence and the next step for a message of DuckDB."""
    text = text.strip()
    for pattern, sentence in _KNOWN:
        found = re.search(pattern, text, re.DOTALL)
        if found:
            return sentence(found)
    return _other(text), None


def _other(text: str) -> str:
    """Return a message that has no sentence of ours: its first line, without kind, values and excerpt."""
    first = _KIND.sub("", text.splitlines()[0] if text else "The statement failed.").strip()
    if text.startswith(VALUE_ERRORS):
        first = re.sub(r"'[^']*'|\"[^\"]*\"", "<value>", first)
        first = re.sub(r"\bvalue \S+", "value <value>", first)
        first = re.sub(r"\d{3,}\S*", "<value>", first)
    return f"{first[:1].upper()}{first[1:_SHOWN].rstrip('!. ')}."


def _name(kind: str) -> Callable[[re.Match[str]], Sentence]:
    """Return what makes the sentence for a name that nothing carries; DuckDB's candidates come after it."""

    def sentence(found: re.Match[str]) -> Sentence:
        offered = _QUOTED.findall(found["offered"] or "")
        near = suggestion(found["name"], offered)
        if kind == "function" and not (near or "").startswith("Did"):
            near = None  # DuckDB's guess is far off
        return f"No {kind} is named '{found['name']}'.", near

    return sentence


def _no_function_for_types(found: re.Match[str]) -> Sentence:
    name, types = found["name"], found["types"]
    if name.isidentifier():
        return f"The function {name} does not take ({types}).", _CAST
    return f"{types.replace(', ', ' and ')} cannot be combined by {name}.", _CAST


def _not_of_type(found: re.Match[str]) -> Sentence:
    kind = _TYPES.get(found["type"], found["type"].upper())
    of = f" of column {found['column']}" if found["column"] else ""
    return f"A value{of} cannot be read as {kind}.", _TRY


def _ambiguous(found: re.Match[str]) -> Sentence:
    offered = " or ".join(_QUOTED.findall(found["offered"]))
    return f"Several tables have a column '{found['name']}'.", f"Write {offered}." if offered else None


_CONVERT = (
    r"Could not convert string .* to '?(?P<type>[A-Z]\w*(?:\([\d,]+\))?)'?"
    r"(?: when casting from source column (?P<column>\w+))?\s*(?:\n|$)"
)
_OFFERED = r"(?P<offered>(?:\s*(?:Candidate (?:bindings|tables|functions)|Did you mean)[^\n]*)?)"

_KNOWN: tuple[tuple[str, Callable[[re.Match[str]], Sentence]], ...] = (
    (rf'Referenced column "(?P<name>[^"]+)" not found in FROM clause!?{_OFFERED}', _name("column")),
    (rf'does not have a column named "(?P<name>[^"]+)"{_OFFERED}', _name("column")),
    (rf'Referenced table "(?P<name>[^"]+)" not found!?{_OFFERED}', _name("table in FROM")),
    (
        rf"Function with name \"?(?P<name>\w+)\"? does not exist!?{_OFFERED}",
        _name("function"),
    ),
    (rf"Type with name (?P<name>\S+) does not exist!?{_OFFERED}", _name("type")),
    (rf"Table with name (?P<name>\S+) does not exist!?{_OFFERED}", _name("table")),
    (
        r"No function matches the given name and argument types '(?P<name>[^(]+)\((?P<types>[^']*)\)'",
        _no_function_for_types,
    ),
    (_CONVERT, _not_of_type),
    (r"^Conversion Error: .*\b(?P<type>date|timestamp|time) field(?P<column>)", _not_of_type),
    (r'Ambiguous reference to column name "(?P<name>[^"]+)"(?P<offered>[^\n]*)', _ambiguous),
    (
        r'column "(?P<name>[^"]+)" must appear in the GROUP BY clause',
        lambda found: (
            f"The column '{found['name']}' is neither in GROUP BY nor aggregated.",
            "Group by it, or write max() around it.",
        ),
    ),
    (
        r"Cannot compare values of type (?P<left>\S+) and (?:type )?(?P<right>\S+)",
        lambda found: (
            f"{found['left']} and {found['right'].removesuffix('_LITERAL')} cannot be compared.",
            "Change the type of one, with CAST(... AS type).",
        ),
    ),
    (
        r"WHERE clause cannot contain aggregates",
        lambda _: ("WHERE cannot hold an aggregate.", "Put the condition into HAVING."),
    ),
    (
        r"Overflow in ",
        lambda _: ("A number gets too big for its type.", "Change the type first, with CAST(... AS DOUBLE)."),
    ),
    (
        r"More than one row returned by a subquery",
        lambda _: (
            "A subquery that stands for one value returns several rows.",
            "Aggregate it, or add ORDER BY and LIMIT 1.",
        ),
    ),
    (
        r'syntax error at or near "(?P<word>[^\n]*)"',
        lambda found: (f"The SQL cannot be read near '{found['word']}'.", None),
    ),
    (r"syntax error at end of input", lambda _: ("The SQL ends too early.", None)),
)
