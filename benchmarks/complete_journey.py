"""Complete Journey from raw to customer_360: the checked build against the same SQL by hand in one transaction."""

from __future__ import annotations

import resource
import shutil
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from statistics import median

import duckdb

from benchmarks.by_hand import in_a_lake
from benchmarks.timing import Pair, seconds, seconds_and_processor
from customer360.engines.base import Column
from customer360.models.graph import Graph, Node
from customer360.models.kinds import Work
from customer360.models.kinds.scd2 import beginning
from customer360.models.kinds.union import select_of
from customer360.models.methods import method
from customer360.project.starter import create_project
from customer360.workspace import open_project


def by_hand(connection: duckdb.DuckDBPyConnection, nodes: Sequence[Node], as_of: date) -> None:
    """Run every model in order without checks: CREATE TABLE or VIEW AS; steps as plain calls of their method."""
    for schema in sorted({node.relation.schema for node in nodes}):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for node in nodes:
        if node.model.step is not None:
            step = node.model.step
            readable = {name: r for name, r in step.inputs.items() if r != node.relation}
            inputs = {name: connection.execute(f"FROM {r.sql}").to_arrow_table() for name, r in readable.items()}
            made = method(step.method, place=step.place)(inputs, step.parameters, as_of=as_of)
            connection.register("made", made)
            connection.execute(f"CREATE TABLE {node.relation.sql} AS FROM made")
        elif node.model.is_union:
            select = select_of(
                node, as_of, lambda sql: [row[0] for row in connection.execute(f"DESCRIBE {sql}").fetchall()]
            )
            if select:
                connection.execute(f"CREATE TABLE {node.relation.sql} AS {select}")
            else:
                columns = ", ".join(f"{c.name} {c.type}" for c in node.contract.columns) if node.contract else "x INT"
                connection.execute(f"CREATE TABLE {node.relation.sql} ({columns})")
        elif node.config.kind == "scd2":
            connection.execute(f"CREATE TABLE {node.relation.sql} AS {first_versions(connection, node, as_of)}")
        else:
            made_as = "VIEW" if node.config.kind == "view" else "TABLE"
            connection.execute(f"CREATE {made_as} {node.relation.sql} AS {node.parts[0].sql('duckdb', as_of)}")


def first_versions(connection: duckdb.DuckDBPyConnection, node: Node, as_of: date) -> str:
    """Return the SELECT that a first build makes a history from; tables before it must be there."""
    work = Work(None, "duckdb", node, as_of, from_zero=True, exists=False)  # nothing is published by hand
    columns = connection.execute(f"DESCRIBE SELECT * FROM {work.fresh}").fetchall()
    return beginning(work, [Column(row[0], row[1]) for row in columns])


def measure() -> dict[str, Pair | float]:
    """Return load seconds, the build against by-hand SQL into a fresh lake, and this process's peak memory in MB."""
    with tempfile.TemporaryDirectory() as name:
        root, loaded, copy = Path(name) / "journey", Path(name) / "loaded", Path(name) / "copy"
        create_project(root, template="complete_journey", name="journey")
        workspace = open_project(root)
        load = seconds(workspace.load)
        as_of = workspace.as_of()
        workspace.close()
        shutil.copytree(root / "warehouse", loaded)
        graph = Graph.from_project(workspace.project)
        nodes = [graph.nodes[relation] for relation in graph.order]

        def build() -> tuple[float, float]:
            shutil.rmtree(root / "warehouse")
            shutil.copytree(loaded, root / "warehouse")
            return seconds_and_processor(workspace.build)

        def hand() -> tuple[float, float]:
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(loaded, copy)
            return seconds_and_processor(lambda: in_a_lake(copy, lambda connection: by_hand(connection, nodes, as_of)))

        taken = []
        for _ in range(4):
            taken.append((*build(), *hand()))
            workspace.close()
        wall, processor, hand_wall, hand_processor = (median(column) for column in zip(*taken[1:], strict=True))
        workspace.run()
        idle = seconds(workspace.run)
        workspace.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "load (s)": load,
        "build": Pair(wall, hand_wall),
        "build, processor time": Pair(processor, hand_processor),
        "run without new data (s)": idle,
        "peak memory (MB)": peak,
    }


def page() -> str:
    """Return the section of the bench page."""
    lines = ["## Complete Journey (1,469,307 lines)", "", "| case | figure | by hand s | ratio |", "|---|---|---|---|"]
    for case, figure in measure().items():
        if isinstance(figure, Pair):
            lines.append(f"| {case} | {figure.measured:.2f} s | {figure.baseline:.2f} | {figure.ratio:.2f} |")
        else:
            lines.append(f"| {case} | {figure:,.2f} | | |")
    return "\n".join(lines)
