"""Hold what a kind needs to make one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.engines.dialect import transpile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from customer360.engines.base import Publication
    from customer360.models.graph import Node

STAGE = "c360_stage"
"""Name of the temporary table in which a kind lays out the rows it is about to merge."""


@dataclass(frozen=True)
class Work:
    """One table to make.

    ``from_zero``: there is nothing to go on from, or going on was not wanted.
    ``exists``: a table of this name was published before.
    """

    publication: Publication
    dialect: str
    node: Node
    as_of: date
    from_zero: bool
    exists: bool

    @property
    def table(self) -> str:
        """The table's name, quoted for SQL."""
        return self.node.relation.sql

    @property
    def select(self) -> str:
        """The model's own SELECT, in DuckDB's dialect: put it through ``translated`` with what stands around it."""
        return self.node.parts[0].sql("duckdb", self.as_of)

    @property
    def types(self) -> Mapping[str, str]:
        """Types that the contract declares, by column."""
        contract = self.node.contract
        return {column.name: column.type for column in contract.columns} if contract is not None else {}

    @property
    def fresh(self) -> str:
        """The model's own SELECT as a source of rows called ``fresh``, on lines of its own: it may end in a comment."""
        return f"(\n{self.select}\n) AS fresh"

    def translated(self, sql: str) -> str:
        """Return SQL that we wrote in DuckDB's dialect in the engine's."""
        return sql if self.dialect == "duckdb" else transpile(sql, self.dialect, as_of=self.as_of)

    def stage(self, select: str) -> None:
        """Lay a query's rows out in the temporary table."""
        self.publication.execute(f"CREATE TEMP TABLE {STAGE} AS {select}")

    def unstage(self) -> None:
        """Drop the temporary table."""
        self.publication.execute(f"DROP TABLE {STAGE}")

    def count(self) -> int:
        """Return the rows of the table."""
        return int(self.publication.query(f"SELECT COUNT(*) AS n FROM {self.table}").column(0)[0].as_py())
