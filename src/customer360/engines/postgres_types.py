"""Match three families of types: our SQL's (DuckDB's names), PostgreSQL's and Arrow's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa
from sqlglot import exp
from sqlglot.errors import SqlglotError

from customer360.errors import StatementFailed

Type = exp.DType

NUMERIC = 1700
TEXTS = frozenset({25, 1043, 1042, 19, 18, 705, 114, 3802})
"""OIDs of what arrives as text: text, varchar, char, name, "char", unknown, json, jsonb."""

_BY_OID: dict[int, tuple[str, pa.DataType]] = {
    16: ("BOOLEAN", pa.bool_()),
    21: ("SMALLINT", pa.int16()),
    23: ("INTEGER", pa.int32()),
    20: ("BIGINT", pa.int64()),
    700: ("FLOAT", pa.float32()),
    701: ("DOUBLE", pa.float64()),
    1082: ("DATE", pa.date32()),
    1083: ("TIME", pa.time64("us")),
    1114: ("TIMESTAMP", pa.timestamp("us")),
    1184: ("TIMESTAMP WITH TIME ZONE", pa.timestamp("us", tz="UTC")),
    2950: ("UUID", pa.string()),
    1186: ("INTERVAL", pa.string()),
    17: ("BLOB", pa.string()),
    2278: ("VARCHAR", pa.string()),
    **{oid: ("VARCHAR", pa.string()) for oid in TEXTS},
}
_ELEMENTS = {1000: 16, 1005: 21, 1007: 23, 1016: 20, 1021: 700, 1022: 701, 1182: 1082, 1115: 1114, 1009: 25, 1015: 1043}
_NARROWED: dict[exp.DType, str] = {
    Type.TINYINT: "SMALLINT",
    Type.UTINYINT: "SMALLINT",
    Type.USMALLINT: "INTEGER",
    Type.UINT: "BIGINT",
    Type.UBIGINT: "DECIMAL(20, 0)",
    Type.INT128: "DECIMAL(38, 0)",
    Type.UINT128: "DECIMAL(39, 0)",
    Type.JSON: "TEXT",
    Type.TIMESTAMP_S: "TIMESTAMP",
    Type.TIMESTAMP_MS: "TIMESTAMP",
    Type.TIMESTAMP_NS: "TIMESTAMP",
}
"""Types that PostgreSQL does not have, and what holds all of their values. JSON is text: it has to be comparable."""
_PLAIN = frozenset(
    {
        Type.BOOLEAN, Type.SMALLINT, Type.INT, Type.BIGINT, Type.FLOAT, Type.DOUBLE, Type.DECIMAL, Type.DATE,
        Type.TIME, Type.TIMESTAMP, Type.TIMESTAMPNTZ, Type.TIMESTAMPTZ, Type.UUID, Type.INTERVAL, Type.BINARY,
        Type.VARBINARY,
    }
)  # fmt: skip
_KINDS = {
    "number": frozenset({21, 23, 20, 700, 701, NUMERIC}),
    "day": frozenset({1082, 1114}),
}


@dataclass(frozen=True)
class Field:
    """A column of a result as PostgreSQL describes it."""

    name: str
    oid: int
    modifier: int

    @property
    def type(self) -> str:
        """Our SQL's name of the type; a NUMERIC without a scale is ``DECIMAL``."""
        if self.oid in _ELEMENTS:
            return f"{_BY_OID[_ELEMENTS[self.oid]][0]}[]"
        if self.oid == NUMERIC:
            precision, scale = self.precision
            return "DECIMAL" if precision is None else f"DECIMAL({precision},{scale})"
        return _known(self)[0]

    @property
    def arrow(self) -> pa.DataType | None:
        """The Arrow type of its values; None for a NUMERIC without a scale, whose values decide."""
        if self.oid in _ELEMENTS:
            return pa.list_(_BY_OID[_ELEMENTS[self.oid]][1])
        if self.oid == NUMERIC:
            precision, scale = self.precision
            return None if precision is None or precision > 38 else pa.decimal128(precision, scale)  # noqa: PLR2004
        return _known(self)[1]

    @property
    def is_list(self) -> bool:
        """Say whether its values are lists."""
        return self.oid in _ELEMENTS

    @property
    def precision(self) -> tuple[int | None, int]:
        """Digits and scale of a NUMERIC; None digits when it has none."""
        if self.modifier < 0:
            return None, 0
        packed = self.modifier - 4
        return packed >> 16, packed & 0x7FF

    def is_like(self, type_: str) -> bool:
        """Say whether a type of our SQL is of the same family: another width of number, a day with or without time."""
        target = _OID_OF.get(_tree(type_).this)
        return any(self.oid in kind and target in kind for kind in _KINDS.values())


def _known(field: Field) -> tuple[str, pa.DataType]:
    if field.oid not in _BY_OID:
        raise StatementFailed(
            f"The column {field.name} has a type of PostgreSQL that has no counterpart here.",
            next_step="Change its type, with CAST(... AS VARCHAR) for example.",
        )
    return _BY_OID[field.oid]


_OID_OF: dict[exp.DType, int] = {
    Type.TINYINT: 21, Type.SMALLINT: 21, Type.INT: 23, Type.BIGINT: 20, Type.INT128: NUMERIC, Type.DECIMAL: NUMERIC,
    Type.FLOAT: 700, Type.DOUBLE: 701, Type.DATE: 1082, Type.TIMESTAMP: 1114, Type.TIMESTAMPNTZ: 1114,
}  # fmt: skip


@lru_cache(maxsize=1024)
def _tree(type_: str) -> exp.DataType:
    try:
        return exp.DataType.build(type_, dialect="duckdb")
    except SqlglotError as error:
        raise StatementFailed(f"'{type_}' is no type that PostgreSQL could have.") from error


@lru_cache(maxsize=1024)
def postgres_type(type_: str) -> str:
    """Return how PostgreSQL keeps a type of our SQL; StatementFailed when it cannot (STRUCT, MAP, UNION)."""
    tree = _tree(type_)
    if tree.this == Type.ARRAY and len(tree.expressions) == 1:
        return postgres_type(tree.expressions[0].sql("duckdb")) + "[]"
    if tree.this in _NARROWED:
        return _NARROWED[tree.this]
    if tree.this in exp.DataType.TEXT_TYPES:
        return "TEXT"  # lengths are the contract's to check: a cast to VARCHAR(20) would cut silently
    if tree.this not in _PLAIN:
        raise StatementFailed(
            f"The type {type_} has no counterpart in PostgreSQL.",
            next_step="Take the parts that are needed out of it where it is loaded, or keep it as JSON.",
        )
    if tree.this == Type.DECIMAL and not tree.expressions:
        return "DECIMAL(18, 3)"  # what DuckDB means by DECIMAL alone
    return tree.sql("postgres")


def column_sql(name: str, type_: str) -> str:
    """Return a column of CREATE TABLE; texts compare byte by byte, as they do in the other engines."""
    kept = postgres_type(type_)
    return f"{name} {kept}" + (' COLLATE "C"' if kept in {"TEXT", "TEXT[]"} else "")


def our_type(type_: pa.DataType) -> str:
    """Return our SQL's name of an Arrow type."""
    for check, name in _ARROW:
        if check(type_):
            return name
    if pa.types.is_decimal(type_):
        return f"DECIMAL({type_.precision},{type_.scale})"
    if pa.types.is_timestamp(type_):
        return "TIMESTAMP WITH TIME ZONE" if type_.tz else "TIMESTAMP"
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return f"{our_type(type_.value_type)}[]"
    if pa.types.is_dictionary(type_):
        return our_type(type_.value_type)
    raise StatementFailed(f"Values of Arrow type {type_} cannot be brought into PostgreSQL.")


_ARROW = (
    (pa.types.is_boolean, "BOOLEAN"),
    (pa.types.is_int8, "SMALLINT"),
    (pa.types.is_uint8, "SMALLINT"),
    (pa.types.is_int16, "SMALLINT"),
    (pa.types.is_uint16, "INTEGER"),
    (pa.types.is_int32, "INTEGER"),
    (pa.types.is_uint32, "BIGINT"),
    (pa.types.is_int64, "BIGINT"),
    (pa.types.is_uint64, "UBIGINT"),
    (pa.types.is_float16, "FLOAT"),
    (pa.types.is_float32, "FLOAT"),
    (pa.types.is_float64, "DOUBLE"),
    (pa.types.is_string, "VARCHAR"),
    (pa.types.is_large_string, "VARCHAR"),
    (pa.types.is_string_view, "VARCHAR"),
    (pa.types.is_null, "VARCHAR"),
    (pa.types.is_date, "DATE"),
    (pa.types.is_time, "TIME"),
)
