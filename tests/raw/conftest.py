"""A small project with one source of files, and a real warehouse to load it into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.mongo_server import mongo_url
from tests.postgres_server import postgres

from customer360.engines.base import Engine
from customer360.engines.registry import open_engine
from customer360.errors import Place, WarehouseMissing
from customer360.names import Relation, raw_relation
from customer360.project.spec import (
    Contract,
    ContractColumn,
    Project,
    QualityRule,
    Settings,
    Source,
    SourceTable,
)
from customer360.raw.load import LoadReport, load

__all__ = ["Shop", "column", "contract", "mongo_url", "postgres", "rule"]

PLACE = Place("sources/shop.yaml", 4)


def column(name: str, type_: str, **facts: Any) -> ContractColumn:
    return ContractColumn(name=name, type=type_, place=Place("sources/shop.orders.odcs.yaml", 9), **facts)


def contract(
    *columns: ContractColumn, relation: Relation | None = None, rules: tuple[QualityRule, ...] = ()
) -> Contract:
    return Contract(
        id="c360:shop:orders",
        name="orders",
        version="1.0.0",
        status="active",
        relation=relation or raw_relation("shop", "orders"),
        place=Place("sources/shop.orders.odcs.yaml", 1),
        columns=columns,
        rules=rules,
    )


def rule(column_name: str | None, metric: str, **facts: Any) -> QualityRule:
    place = Place("sources/shop.orders.odcs.yaml", 20)
    return QualityRule(
        id="r1", type="library", place=place, column=column_name, metric=metric, quarantine=True, **facts
    )


class Shop:
    """The project. ``source`` sets its tables; ``load`` loads; ``rows`` reads what landed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.settings = Settings(name="shop", place=Place("c360.yaml"), label="Shop")
        self.project = Project(root=root, settings=self.settings)
        self.engine: Engine = open_engine(self.settings, root)

    def source(
        self, name: str = "shop", *, kind: str = "files", contracts: tuple[Contract, ...] = (), **tables: Any
    ) -> None:
        """Set a source; each table is a location or a dict of SourceTable's fields."""
        place = Place(f"sources/{name}.yaml", 4)
        made = {
            table: SourceTable(name, table, place=place, **(facts if isinstance(facts, dict) else {"location": facts}))
            for table, facts in tables.items()
        }
        connection = {"url": {"env": "C360_TEST_URL"}} if kind == "postgres" else {}
        source = Source(name, kind, place, made, connection=connection)
        self.project = replace(
            self.project,
            sources={**self.project.sources, name: source},
            contracts={**self.project.contracts, **{c.id: c for c in contracts}},
        )

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def load(self, **options: Any) -> LoadReport:
        """Load and raise what failed."""
        report = load(self.engine, self.project, **options)
        report.raise_failures()
        return report

    def query(self, sql: str) -> pa.Table:
        """Ask the published state."""
        with self.engine.read() as session:
            return session.query(sql)

    def rows(
        self, relation: str = "raw_shop.orders", columns: str = "COLUMNS(c -> c <> '_load_id')"
    ) -> list[dict[str, Any]]:
        """Return a table's rows in order of all columns."""
        return self.query(f"SELECT {columns} FROM {relation} ORDER BY ALL").to_pylist()

    def snapshots(self) -> int:
        """Return the newest snapshot's id, 0 before the first publish."""
        try:
            return self.engine.history()[0].id
        except WarehouseMissing:
            return 0


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.engine.close()
