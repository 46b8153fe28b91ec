"""Write the query behind a dataset as other tools read it: their dialect, their names of tables, today for as_of()."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from sqlglot import exp, parse_one

from customer360.engines.dialect import transpile

if TYPE_CHECKING:
    from collections.abc import Callable

    from customer360.semantic.elements import Dataset

_MARK = "table_behind_"
_DAY = date(1, 1, 1)
"""Stands for the as-of date while a query is translated; no data is that old."""


def tables_of(dataset: Dataset) -> list[tuple[str, str]]:
    """Return schema and name of the tables that a dataset reads."""
    if not dataset.is_query:
        parts = dataset.source.split(".")
        return [(parts[-2] if len(parts) > 1 else "main", parts[-1])]
    found = {(table.db, table.name): None for table in _tree(dataset).find_all(exp.Table) if table.db}
    return list(found)


def uses_as_of(dataset: Dataset) -> bool:
    """Say whether a dataset is a query up to the as-of date, for which other tools have today."""
    return dataset.is_query and any(_is_as_of(node) for node in _parsed(dataset).walk())


def under_catalog(dataset: Dataset, catalog: str | None) -> str:
    """Return the table of a dataset under a catalogue, or its query with its tables under it."""
    if catalog is None:
        return dataset.source
    if not dataset.is_query:
        is_whole = len(dataset.source.split(".")) > 2  # noqa: PLR2004 -- catalogue, schema, table
        return dataset.source if is_whole else f"{catalog}.{dataset.source}"
    tree = _parsed(dataset)
    for table in tree.find_all(exp.Table):
        if table.db and not table.catalog:
            table.set("catalog", exp.to_identifier(catalog))
    return tree.sql(dialect="duckdb")


def spark_source(dataset: Dataset, catalog: str | None) -> str:
    """Return the table of a dataset under a catalogue, or its query as Databricks reads it."""
    source = under_catalog(dataset, catalog)
    if not dataset.is_query:
        return source
    text = transpile(source, "spark", as_of=_DAY)
    return text.replace(f"CAST('{_DAY}' AS DATE)", "CURRENT_DATE()").replace(f"DATE '{_DAY}'", "CURRENT_DATE()")


def marked_source(dataset: Dataset, written: Callable[[str, str], str]) -> str:
    """Return the query of a dataset with each table as ``written`` says it, which need not be SQL."""
    tree = _tree(dataset)
    places: list[str] = []
    for table in [table for table in tree.find_all(exp.Table) if table.db]:
        places.append(written(table.db, table.name))
        table.set("db", None)
        table.set("this", exp.to_identifier(f"{_MARK}{len(places) - 1}"))
    return re.sub(rf"{_MARK}(\d+)", lambda found: places[int(found.group(1))], tree.sql(dialect="duckdb"))


def _tree(dataset: Dataset) -> exp.Expr:
    return _parsed(dataset).transform(lambda node: exp.CurrentDate() if _is_as_of(node) else node)


def _parsed(dataset: Dataset) -> exp.Expr:
    return parse_one(dataset.source, dialect="duckdb")


def _is_as_of(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() == "as_of"
