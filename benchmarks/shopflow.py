"""ShopFlow from raw to customer_360: the checked build against the same SQL by hand, and against its procedure.

C360_BENCH_SIZE chooses the size (default xlarge), C360_BENCH_ROUNDS how often builds are repeated (default 1).

The procedure is the one that `c360 export procedure` writes, called in a PostgreSQL of this machine after the warehouse
was moved there as `c360 migrate` does. It makes and checks every SQL model of the project and takes the methods' tables
as they are; beside it stands `c360 build --full` of the same models in the lake, which makes all of them from zero.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from benchmarks.by_hand import in_a_lake
from benchmarks.complete_journey import by_hand
from benchmarks.postgres_load import started_server
from benchmarks.timing import Pair, seconds, seconds_and_processor
from customer360.engines.registry import open_engine
from customer360.identity.configured import configured
from customer360.models.graph import Graph, Node
from customer360.models.methods import method, method_in_sql
from customer360.models.migration import migrate
from customer360.models.procedure import procedure
from customer360.models.report import BuildReport
from customer360.names import Relation
from customer360.project.spec import EngineSettings
from customer360.project.starter import create_project
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_files import write_files
from customer360.workspace import Workspace, open_project

GOAL = "+customer_360.customer_360,+gold.*,care.agents"
SIZE = "C360_BENCH_SIZE"
ROUNDS = "C360_BENCH_ROUNDS"
SETTINGS = {"work_mem": "256MB", "maintenance_work_mem": "256MB", "max_parallel_workers_per_gather": "2", "jit": "off"}
"""What anybody would set for such a load, beside what the server is started with."""


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


def measure_procedure(root: Path) -> Pair:
    """Return how long the procedure takes, and `c360 build` of the same models, given a project."""
    workspace = open_project(root)
    workspace.build()
    project = workspace.project
    models = [r for r, model in project.models.items() if model.step is None or method_in_sql(model.step.method)]
    server = started_server(Path(tempfile.mkdtemp(prefix="c360-bench-pg-")))
    os.environ["C360_WAREHOUSE_URL"] = server.get_uri()
    target = open_engine(replace(project.settings, engine=EngineSettings("postgres")), root)
    try:
        if differences := migrate(workspace.engine, target, configured(project)).differences:
            raise SystemExit(f"PostgreSQL makes other tables: {differences}")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for setting, value in SETTINGS.items():
                connection.execute(f"SET {setting} = '{value}'")
            connection.execute(procedure(target, project))
            called = seconds(lambda: connection.execute("CALL c360.cdp_procedure()"))
            require_equal(connection, workspace, models)
        built = seconds(lambda: workspace.build(select=",".join(map(str, models)), full_refresh=True))
        return Pair(called, built)
    finally:
        target.close()
        workspace.close()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server.cleanup()


def page() -> str:
    """Return the section of the bench page."""
    size = os.environ.get(SIZE, "xlarge")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "shopflow"
        load = prepare(root, size)
        figures = measure_builds(root, int(os.environ.get(ROUNDS, "1")))
        return section(size, load, figures, measure_procedure(root))


def section(size: str, load: float, figures: dict[str, Pair | float], procedure: Pair) -> str:
    """Return the section of the bench page from its figures."""
    build, processor = figures["build"], figures["build, processor"]
    rows = [
        ("`c360 build`, checked and published", build, "the same SQL by hand in one session, unchecked", 2),
        ("the same, processor time", processor, "the same", 2),
        ("the procedure of `c360 export procedure`, checked", procedure, "`c360 build --full` of the same models", 2),
    ]
    lines = [f"## ShopFlow {size}: raw to customer_360", ""]
    lines += [f"Load: {load:.1f} s. Of the build, methods: {figures['methods']:.1f} s; SQL models alone, from zero:"]
    lines += [f"{figures['SQL models']:.1f} s.", ""]
    lines += ["| case | s | against | s | ratio |", "|---|---|---|---|---|"]
    for case, pair, against, digits in rows:
        lines.append(f"| {case} | {pair.measured:.1f} | {against} | {pair.baseline:.1f} | {pair.ratio:.{digits}f} |")
    return "\n".join(lines)
