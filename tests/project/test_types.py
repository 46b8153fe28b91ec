"""The types of contracts in DuckDB's spelling: DuckDB itself is the judge."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer360.project.types import UnknownType, duckdb_type, from_logical, length_limit, struct_type

CONNECTION = duckdb.connect()
SIMPLE = [
    "INTEGER",
    "int",
    "bigint",
    "SMALLINT",
    "tinyint",
    "HUGEINT",
    "ubigint",
    "DOUBLE",
    "float8",
    "REAL",
    "boolean",
    "VARCHAR(20)",
    "text",
    "DATE",
    "TIMESTAMP",
    "datetime",
    "TIMESTAMP WITH TIME ZONE",
    "timestamptz",
    "TIME",
    "UUID",
    "BLOB",
    "DECIMAL(10, 2)",
    "numeric(5)",
    "DECIMAL",
    "INTERVAL",
    "TIMESTAMP_NS",
    "JSON",
    "INTEGER[]",
]
NAMES = st.sampled_from(["a", "street", "Zip", "select", "order", "with space", 'qu"ote'])
TYPES = st.recursive(
    st.sampled_from(SIMPLE),
    lambda inner: (
        inner.map(lambda t: f"{t}[]")
        | st.tuples(st.sampled_from(["VARCHAR", "INTEGER"]), inner).map(lambda t: f"MAP({t[0]}, {t[1]})")
        | st.dictionaries(NAMES.map(str.lower), inner, min_size=1, max_size=3).map(
            lambda d: "STRUCT(" + ", ".join(f'"{k.replace(chr(34), chr(34) * 2)}" {v}' for k, v in d.items()) + ")"
        )
    ),
    max_leaves=4,
)


def described(text: str) -> str:
    row = CONNECTION.execute(f"DESCRIBE SELECT CAST(NULL AS {text}) AS x").fetchone()
    assert row is not None
    return str(row[1])


@pytest.mark.parametrize("text", SIMPLE)
def test_a_type_is_spelled_as_duckdb_describes_it(text: str) -> None:
    assert duckdb_type(text) == described(text)


@settings(deadline=None)
@given(TYPES)
def test_nested_types_too(text: str) -> None:
    assert duckdb_type(text) == described(text)
    assert duckdb_type(duckdb_type(text)) == duckdb_type(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NUMBER(10,2)", "DECIMAL(10,2)"),
        ("nvarchar(50)", "VARCHAR"),
        ("character varying(20)", "VARCHAR"),
        ("double precision", "DOUBLE"),
        ("timestamp(6) with time zone", "TIMESTAMP WITH TIME ZONE"),
        ("timestamp without time zone", "TIMESTAMP"),
        ("timestamp_ntz", "TIMESTAMP"),
        ("jsonb", "JSON"),
        ("objectId", "VARCHAR"),
        ("array<string>", "VARCHAR[]"),
        ("struct<a: int, b: array<double>>", "STRUCT(a INTEGER, b DOUBLE[])"),
        ("map<string,bigint>", "MAP(VARCHAR, BIGINT)"),
        ("int4[]", "INTEGER[]"),
    ],
)
def test_other_systems_words_are_understood(text: str, expected: str) -> None:
    assert duckdb_type(text) == expected
    assert described(expected) == expected


@pytest.mark.parametrize(
    "text", ["VARCHR", "DECIMAL(50,2)", "DECIMAL(4,8)", "DECIMAL(a)", "STRUCT(a)", "MAP(INT)", "", "a b"]
)
def test_an_unknown_type_is_refused(text: str) -> None:
    with pytest.raises(UnknownType):
        duckdb_type(text)


def test_the_nearest_type_is_offered() -> None:
    with pytest.raises(UnknownType) as caught:
        duckdb_type("VARCHR(20)")
    assert caught.value.nearest == "VARCHAR"


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("VARCHAR(20)", 20),
        ("char(3)", 3),
        ("character varying(5)", 5),
        ("VARCHAR", None),
        ("DECIMAL(10,2)", None),
        ("DECIMAL(10)", None),
        (None, None),
    ],
)
def test_length_limits(text: str | None, limit: int | None) -> None:
    assert length_limit(text) == limit


@pytest.mark.parametrize(
    ("logical", "format_", "timezone", "expected"),
    [
        ("string", None, False, "VARCHAR"),
        ("integer", None, False, "BIGINT"),
        ("integer", "i32", False, "INTEGER"),
        ("integer", "u8", False, "UTINYINT"),
        ("number", None, False, "DOUBLE"),
        ("number", "f32", False, "FLOAT"),
        ("boolean", None, False, "BOOLEAN"),
        ("date", "yyyy-MM-dd", False, "DATE"),
        ("timestamp", None, False, "TIMESTAMP"),
        ("timestamp", None, True, "TIMESTAMP WITH TIME ZONE"),
        ("time", None, False, "TIME"),
        ("object", None, False, "JSON"),
    ],
)
def test_logical_types(logical: str, format_: str | None, timezone: bool, expected: str) -> None:
    assert from_logical(logical, format_=format_, timezone=timezone) == expected
    assert described(expected) == expected


def test_every_reserved_word_of_duckdb_is_quoted() -> None:
    rows = CONNECTION.execute(
        "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'"
    ).fetchall()
    for (word,) in rows:
        assert struct_type([(word, "INTEGER")]) == described(f'STRUCT("{word}" INTEGER)')
