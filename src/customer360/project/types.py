"""Translate the types of a contract into DuckDB's own spelling."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from customer360.errors import nearest
from customer360.names import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES = {
    "VARCHAR": "VARCHAR CHAR BPCHAR TEXT STRING NVARCHAR VARCHAR2 NVARCHAR2 NCHAR CLOB NTEXT LONGTEXT "
    "MEDIUMTEXT TINYTEXT CHARACTER CITEXT NAME OBJECTID ENUM|CHARACTER VARYING",
    "BIGINT": "BIGINT INT8 INT64 LONG BIGSERIAL",
    "INTEGER": "INTEGER INT INT4 INT32 SIGNED SERIAL MEDIUMINT",
    "SMALLINT": "SMALLINT INT2 INT16 SHORT SMALLSERIAL",
    "TINYINT": "TINYINT INT1 BYTEINT",
    "HUGEINT": "HUGEINT INT128",
    "UHUGEINT": "UHUGEINT UINT128",
    "UBIGINT": "UBIGINT UINT64",
    "UINTEGER": "UINTEGER UINT32",
    "USMALLINT": "USMALLINT UINT16",
    "UTINYINT": "UTINYINT UINT8",
    "DECIMAL": "DECIMAL NUMERIC DEC NUMBER",
    "DOUBLE": "DOUBLE FLOAT8 FLOAT64|DOUBLE PRECISION",
    "FLOAT": "FLOAT FLOAT4 REAL FLOAT32",
    "BOOLEAN": "BOOLEAN BOOL BIT LOGICAL",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP DATETIME TIMESTAMP_NTZ DATETIME2 TIMESTAMP_US|TIMESTAMP WITHOUT TIME ZONE",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ TIMESTAMP_TZ TIMESTAMP_LTZ DATETIMEOFFSET|TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP_S": "TIMESTAMP_S",
    "TIMESTAMP_MS": "TIMESTAMP_MS",
    "TIMESTAMP_NS": "TIMESTAMP_NS",
    "TIME": "TIME|TIME WITHOUT TIME ZONE",
    "TIME WITH TIME ZONE": "TIMETZ|TIME WITH TIME ZONE",
    "INTERVAL": "INTERVAL",
    "UUID": "UUID GUID UNIQUEIDENTIFIER",
    "BLOB": "BLOB BYTEA BINARY VARBINARY BYTES RAW",
    "JSON": "JSON JSONB VARIANT",
}
_ALIASES = {
    alias: name
    for name, aliases in _NAMES.items()
    for position, group in enumerate(aliases.split("|"))
    for alias in (group.split() if position == 0 else [group])
}
_SIMPLE = re.compile(
    r"\s*([A-Za-z][\w ]*?)\s*(?:\(\s*([^()]*?)\s*\)\s*((?:WITH|WITHOUT) TIME ZONE)?)?\s*", re.IGNORECASE
)
_ARRAY = re.compile(r"(.*)\[\s*\d*\s*\]\s*", re.DOTALL)
_NESTED = re.compile(r"\s*(STRUCT|ROW|MAP|ARRAY|LIST)\s*[(<](.*)[)>]\s*", re.IGNORECASE | re.DOTALL)
_WORD = re.compile(r'\s*("(?:[^"]|"")+"|[A-Za-z_]\w*)\s*:?\s*(.+)', re.DOTALL)
_MAX_PRECISION = 38
_DECIMAL_ARGUMENTS = 2
_MAP_ARGUMENTS = 2

_RESERVED_WORDS = """
    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
    default deferrable desc describe distinct do else end except false fetch for foreign from group having in
    initially intersect into lambda lateral leading limit not null offset on only or order pivot pivot_longer
    pivot_wider placing primary qualify references returning select show some summarize symmetric table then to
    trailing true union unique unpivot using variadic when where window with
"""
_RESERVED = frozenset(_RESERVED_WORDS.split())
"""Words that DuckDB 1.5 wants in quotes where a name stands."""

_LOGICAL = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "time": "TIME",
    "object": "JSON",
    "array": "JSON",
    "map": "JSON",
    "vector": "FLOAT[]",
}
_FORMATS = {
    "i8": "TINYINT",
    "i16": "SMALLINT",
    "i32": "INTEGER",
    "i64": "BIGINT",
    "i128": "HUGEINT",
    "u8": "UTINYINT",
    "u16": "USMALLINT",
    "u32": "UINTEGER",
    "u64": "UBIGINT",
    "u128": "UHUGEINT",
    "f32": "FLOAT",
    "f64": "DOUBLE",
}


_FAMILIES = (
    frozenset(name for name in _NAMES if "INT" in name and name != "INTERVAL") | {"DECIMAL", "DOUBLE", "FLOAT"},
    frozenset({"VARCHAR", "UUID"}),
    frozenset(name for name in _NAMES if name == "DATE" or name.startswith("TIMESTAMP")),
    frozenset({"BOOLEAN"}),
)
"""DuckDB types whose values can be equal to each other and to none of another family."""


class UnknownType(ValueError):
    """A type that has no DuckDB equivalent; ``nearest`` is the most like one, if any."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.nearest = nearest(text.split("(", maxsplit=1)[0], list(_ALIASES))
        super().__init__(text)


def duckdb_type(text: str) -> str:
    """Return a type as DuckDB's DESCRIBE spells it (``numeric(10, 2)`` gives ``DECIMAL(10,2)``).

    Reads the spellings of DuckDB, PostgreSQL, Spark, Snowflake, SQL Server, MySQL and MongoDB. Raises UnknownType.
    """
    array = _ARRAY.fullmatch(text)
    if array:
        return duckdb_type(array[1]) + "[]"
    nested = _NESTED.fullmatch(text)
    if nested:
        return _nested(nested[1].upper(), nested[2], text)
    simple = _SIMPLE.fullmatch(text)
    if simple is None:
        raise UnknownType(text)
    words = " ".join(simple[1].upper().split())
    if simple[3]:
        words += f" {simple[3].upper()}"
    name = _ALIASES.get(words)
    if name is None:
        raise UnknownType(text)
    return _decimal(simple[2], text) if name == "DECIMAL" else name


def are_comparable(one: str, other: str) -> bool:
    """Say whether values of two DuckDB types can be equal; True when unsure."""
    names = (one.partition("(")[0], other.partition("(")[0])
    families = [next((family for family in _FAMILIES if name in family), None) for name in names]
    return None in families or families[0] == families[1]


def length_limit(text: str | None) -> int | None:
    """Return n of ``VARCHAR(n)`` or ``CHAR(n)``, else None."""
    simple = _SIMPLE.fullmatch(text or "")
    if simple is None or not (simple[2] or "").isdigit():
        return None
    return int(simple[2]) if _ALIASES.get(" ".join(simple[1].upper().split())) == "VARCHAR" else None


def from_logical(logical: str, *, format_: str | None, timezone: bool) -> str:
    """Return the DuckDB type of a logical type that is neither an object with parts nor an array with items."""
    if logical in ("integer", "number") and format_ in _FORMATS:
        return _FORMATS[format_]
    if logical in ("timestamp", "time") and timezone:
        return f"{_LOGICAL[logical]} WITH TIME ZONE"
    return _LOGICAL[logical]


def struct_type(parts: Sequence[tuple[str, str]]) -> str:
    """Return the STRUCT of these names and types."""
    return "STRUCT(" + ", ".join(f"{_bare_or_quoted(name)} {kind}" for name, kind in parts) + ")"


def _bare_or_quoted(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) and name.lower() not in _RESERVED else quoted(name)


def _decimal(arguments: str | None, text: str) -> str:
    if not arguments:
        return "DECIMAL(18,3)"  # what DuckDB makes of a bare DECIMAL
    numbers = [part.strip() for part in arguments.split(",")]
    if len(numbers) > _DECIMAL_ARGUMENTS or not all(part.isdigit() for part in numbers):
        raise UnknownType(text)
    precision, scale = int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 0
    if not 1 <= precision <= _MAX_PRECISION or scale > precision:
        raise UnknownType(text)
    return f"DECIMAL({precision},{scale})"


def _nested(kind: str, inner: str, text: str) -> str:
    parts = _split(inner)
    if kind in ("ARRAY", "LIST"):
        return duckdb_type(inner) + "[]"
    if kind == "MAP":
        if len(parts) != _MAP_ARGUMENTS:
            raise UnknownType(text)
        return f"MAP({duckdb_type(parts[0])}, {duckdb_type(parts[1])})"
    fields = [_WORD.fullmatch(part) for part in parts]
    if not all(fields):
        raise UnknownType(text)
    return struct_type([(f[1].strip('"').replace('""', '"'), duckdb_type(f[2])) for f in fields if f])


def _split(text: str) -> list[str]:
    """Return the parts between commas that stand in no bracket and no quotes."""
    parts, depth, in_quotes, start = [], 0, False, 0
    for position, letter in enumerate(text):
        if letter == '"':
            in_quotes = not in_quotes
        elif not in_quotes and letter in "(<[":
            depth += 1
        elif not in_quotes and letter in ")>]":
            depth -= 1
        elif not in_quotes and letter == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]
