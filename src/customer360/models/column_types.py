"""Compare the types of a contract with those an engine describes, whatever alias either uses."""

from __future__ import annotations

from functools import lru_cache

from sqlglot import exp
from sqlglot.errors import SqlglotError


@lru_cache(maxsize=4096)
def normalised(type_: str, dialect: str = "duckdb") -> str:
    """Return one spelling per type, in DuckDB's words without text lengths: ``INT4`` and ``INTEGER`` are the same."""
    try:
        tree = exp.DataType.build(type_, dialect=dialect)
    except SqlglotError:
        return type_.upper()
    for part in tree.find_all(exp.DataType):
        if part.this in exp.DataType.TEXT_TYPES:
            part.set("this", exp.DataType.Type.TEXT)
            part.set("expressions", [])
    return tree.sql("duckdb").replace("INT128", "HUGEINT")


def is_number(type_: str) -> bool:
    """Say whether a DuckDB type is a number."""
    tree = exp.DataType.build(type_, dialect="duckdb")
    return tree.this in exp.DataType.NUMERIC_TYPES


def is_integer(type_: str) -> bool:
    """Say whether a DuckDB type is a whole number."""
    tree = exp.DataType.build(type_, dialect="duckdb")
    return tree.this in exp.DataType.INTEGER_TYPES


def is_list(type_: str) -> bool:
    """Say whether a DuckDB type is a list."""
    tree = exp.DataType.build(type_, dialect="duckdb")
    return tree.this in {exp.DataType.Type.ARRAY, exp.DataType.Type.LIST}
