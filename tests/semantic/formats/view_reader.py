"""Read a metric view as Databricks does, on DuckDB: an engine of its own to try what was exported."""

from __future__ import annotations

from typing import Any

import duckdb
import sqlglot
import yaml
from sqlglot import exp


def duck(text: str) -> exp.Expr:
    """Read Databricks SQL. Its percentile() lies between two values; DuckDB's quantile would be one of them."""

    def continuous(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Quantile):
            return exp.PercentileCont(this=node.this, expression=node.args["quantile"])
        return node

    return sqlglot.parse_one(text, dialect="databricks").transform(continuous)


def alias_of(path: tuple[str, ...]) -> str:
    return "__".join(("source", *path))


def flat(tree: exp.Expr, here: tuple[str, ...] = ()) -> exp.Expr:
    """Turn a.b.column into the alias of a.b, and a bare column into the fact's."""

    def renamed(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Column):
            return node
        parts = tuple(part.name for part in node.parts[:-1])
        if parts[:1] == ("source",):
            return exp.column(node.name, "source")
        if parts and parts[0] in here:  # an `on` names its parent by its last name
            return exp.column(node.name, alias_of(here[: here.index(parts[0]) + 1]))
        return exp.column(node.name, alias_of(parts))

    return tree.transform(renamed)


def relation(source: str) -> str:
    """Return a table, or a query as a table of its own; the catalogue is left out."""
    if not source.upper().startswith(("SELECT", "WITH")):
        return source.removeprefix("main.")
    tree = duck(source)
    for table in tree.find_all(exp.Table):
        table.set("catalog", None)
    return f"({tree.sql(dialect='duckdb')})"


def joins_of(view: dict[str, Any], path: tuple[str, ...] = ()) -> list[str]:
    found = []
    for join in view.get("joins", ()):
        here = (*path, join["name"])
        table = relation(join["source"])
        on = flat(duck(join["on"]), here).sql(dialect="duckdb")
        found.append(f"LEFT JOIN {table} AS {alias_of(here)} ON {on}")
        found += joins_of(join, here)
    return found


class MetricView:
    def __init__(self, text: str) -> None:
        self.document = yaml.safe_load(text)
        self.columns = {c["name"]: c for kind in ("dimensions", "measures") for c in self.document.get(kind, ())}

    def sql(self, measures: list[str], dimensions: list[str]) -> str:
        outputs = [
            f"{flat(duck(self.columns[name]['expr'])).sql(dialect='duckdb')} AS {name}"
            for name in dimensions + measures
        ]
        table = relation(self.document["source"])
        where = self.document.get("filter")
        lines = [f"SELECT {', '.join(outputs)}", f"FROM {table} AS source", *joins_of(self.document)]
        if where:
            lines.append(f"WHERE {flat(duck(where)).sql(dialect='duckdb')}")
        if dimensions:
            lines.append(f"GROUP BY {', '.join(str(n + 1) for n in range(len(dimensions)))}")
        return "\n".join(lines)

    def query(
        self, connection: duckdb.DuckDBPyConnection, measures: list[str], dimensions: list[str]
    ) -> list[tuple[Any, ...]]:
        return connection.execute(self.sql(measures, dimensions)).fetchall()
