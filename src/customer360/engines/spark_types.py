"""Say how a type of our SQL is called in Spark, and which types both write alike into Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from customer360.engines.base import Column
from customer360.names import quoted

Type = exp.DType

PLAIN = frozenset(
    {
        Type.BOOLEAN, Type.TINYINT, Type.SMALLINT, Type.INT, Type.BIGINT, Type.FLOAT, Type.DOUBLE, Type.DECIMAL,
        Type.TEXT, Type.VARCHAR, Type.VARBINARY, Type.DATE, Type.TIMESTAMP, Type.TIMESTAMPTZ, Type.TIMESTAMPNTZ,
        Type.ARRAY, Type.LIST, Type.STRUCT, Type.MAP,
    }
)  # fmt: skip
"""Kinds of types whose values lie in a Parquet file in the same way whoever wrote it."""

NEAREST: Mapping[Type, str] = {
    Type.INT128: "DECIMAL(38,0)",
    Type.UTINYINT: "SMALLINT",
    Type.USMALLINT: "INTEGER",
    Type.UINT: "BIGINT",
    Type.UBIGINT: "DECIMAL(20,0)",
    Type.UUID: "VARCHAR",
    Type.JSON: "VARCHAR",
    Type.ENUM: "VARCHAR",
    Type.TIMESTAMP_S: "TIMESTAMP",
    Type.TIMESTAMP_MS: "TIMESTAMP",
    Type.TIMESTAMP_NS: "TIMESTAMP",
}
"""Types that Spark or Parquet lacks, and the type of ours that carries their values to Spark and back."""


def carried(type_: str) -> str:
    """Return the type of ours in which values of a type travel; the same for a plain one."""
    found = exp.DataType.build(type_, dialect="duckdb").this
    return NEAREST.get(found, type_)


def is_plain(columns: Sequence[Column]) -> bool:
    """Say whether Spark and DuckDB write all these columns alike into Parquet."""
    return all(
        part.this in PLAIN
        for column in columns
        for part in exp.DataType.build(column.type, dialect="duckdb").find_all(exp.DataType)
    )


def spark_type(type_: str) -> str:
    """Return what Spark calls a type of ours: ``TIMESTAMP`` is its ``TIMESTAMP_NTZ``."""
    return exp.DataType.build(carried(type_), dialect="duckdb").sql("spark")


def ddl(columns: Sequence[Column]) -> str:
    """Return the columns as Spark writes a schema."""
    return ", ".join(f"{ticked(column.name)} {spark_type(column.type)}" for column in columns)


def ticked(name: str) -> str:
    """Return a name as Spark quotes it."""
    return "`" + name.replace("`", "``") + "`"


def typed(select: str, columns: Sequence[Column]) -> str:
    """Return Spark's SQL for a query of Spark's whose columns take the names and types that ours says, in order."""
    names = ", ".join(ticked(column.name) for column in columns)
    casts = ", ".join(
        f"CAST({ticked(column.name)} AS {spark_type(column.type)}) AS {ticked(column.name)}" for column in columns
    )
    return f"SELECT {casts} FROM (\n{select}\n) AS made({names})"


def handed_over(columns: Sequence[Column]) -> str:
    """Return the SELECT list (ours) that turns columns into the types in which they travel."""
    return ", ".join(f"CAST({quoted(c.name)} AS {carried(c.type)}) AS {quoted(c.name)}" for c in columns)


def taken_back(columns: Sequence[Column]) -> str:
    """Return the SELECT list (ours) that turns what travelled back into the columns' own types."""
    return ", ".join(f"CAST({quoted(c.name)} AS {c.type}) AS {quoted(c.name)}" for c in columns)
