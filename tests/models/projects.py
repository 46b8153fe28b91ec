"""Small projects as frozen facts, and rows landed the way a load leaves them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer360.errors import Place
from customer360.names import Relation
from customer360.project.spec import (
    Case,
    Contract,
    ContractColumn,
    Model,
    ModelPart,
    Product,
    Project,
    QualityRule,
    Reference,
    Settings,
    Source,
    SourceTable,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from customer360.engines.base import Engine

AS_OF = date(2024, 3, 31)


def place(relation: str, ending: str = "sql") -> Place:
    schema, table = relation.split(".")
    return Place(f"products/{schema}/{table}.{ending}", 1)


def model(relation: str, sql: str, **config: str) -> Model:
    first = sql.strip().splitlines()[0]
    grain = first.removeprefix("--").strip() if first.startswith("--") else ""
    part = ModelPart(relation, sql, place(relation))
    return Model(Relation.parse(relation), grain, place(relation), (part,), config=config)


def union(relation: str, **parts: str) -> Model:
    schema, table = relation.split(".")
    made = tuple(ModelPart(name, sql, Place(f"products/{schema}/{table}/{name}.sql", 1)) for name, sql in parts.items())
    return Model(
        Relation(schema, table), "One row per record.", Place(f"products/{schema}/{table}"), made, is_union=True
    )


def step(relation: str, method: str, inputs: Mapping[str, str], **parameters: Any) -> Model:
    where = place(relation, "step.yaml")
    read = {name: Relation.parse(text) for name, text in inputs.items()}
    return Model(Relation.parse(relation), "One row per result.", where, step=Step(method, read, parameters, where))


def column(name: str, type_: str, **more: Any) -> ContractColumn:
    return ContractColumn(name, type_, Place("contract.odcs.yaml", 10), **more)


def contract(
    relation: str,
    columns: Sequence[ContractColumn],
    rules: Sequence[QualityRule] = (),
    references: Sequence[Reference] = (),
    sla: Sequence[Mapping[str, Any]] = (),
) -> Contract:
    schema, table = relation.split(".")
    return Contract(
        id=f"c360:{schema}:{table}",
        name=table,
        version="1.0.0",
        status="active",
        relation=Relation(schema, table),
        place=place(relation, "odcs.yaml"),
        columns=tuple(columns),
        rules=tuple(rules),
        references=tuple(references),
        sla=tuple(sla),
    )


def rule(id_: str, type_: Any = "library", **more: Any) -> QualityRule:
    operators = tuple((name, more.pop(name)) for name in list(more) if name.startswith("must"))
    return QualityRule(id_, type_, Place("contract.odcs.yaml", 30), operators=operators, **more)


def reference(columns: str, to: str, to_columns: str) -> Reference:
    return Reference(
        tuple(columns.split(",")), Relation.parse(to), tuple(to_columns.split(",")), Place("contract.odcs.yaml", 20)
    )


def source(name: str, *tables: str) -> Source:
    where = Place(f"sources/{name}.yaml", 1)
    return Source(name, "files", where, {table: SourceTable(name, table, f"{table}.csv", where) for table in tables})


def project(
    *models: Model,
    contracts: Sequence[Contract] = (),
    sources: Sequence[Source] = (),
    products: Sequence[Product] = (),
    cases: Sequence[Case] = (),
    **settings: Any,
) -> Project:
    settings.setdefault("as_of", AS_OF)
    return Project(
        root=Path(),
        settings=Settings(name="acme", label="Acme", place=Place("c360.yaml", 1), **settings),
        sources={s.name: s for s in sources or (source("shop", "customers", "orders"),)},
        products={p.schema: p for p in products},
        models={m.relation: m for m in models},
        contracts={c.id: c for c in contracts},
        cases=tuple(cases),
    )


def land(engine: Engine, relation: str, select: str, *, load: int, replace: bool = False) -> None:
    """Put rows into a raw table as one load does: every row carries the load that brought it."""
    target = Relation.parse(relation)
    with engine.publish(note=f"load {relation}") as publication:
        publication.create_schema(target.schema)
        text = f"SELECT *, {load}::BIGINT AS _load_id FROM ({select})"
        if replace or target not in publication.relations():
            publication.create_table_as(target, text)
        else:
            publication.insert_select(target, text)
