"""Complete Journey from raw to customer_360: the checked build against the same SQL by hand in one transaction."""

from __future__ import annotations

import resource
import shutil
import tempfile
from pathlib import Path

from benchmarks.timing import Pair, paired, seconds

from customer360.models.graph import Graph
from customer360.project.starter import create_project
from customer360.workspace import Workspace, open_project


def by_hand(workspace: Workspace, statements: list[tuple[str, str]]) -> None:
    """Run the compiled SQL of every SQL model in order, in one transaction of the same lake, then roll back."""
    engine = workspace.engine

    class Enough(Exception):
        """Leaves the transaction without publishing."""

    try:
        with engine.publish(note="by hand") as publication:
            for relation, select in statements:
                publication.execute(f"CREATE OR REPLACE TABLE {relation} AS {select}")
            raise Enough
    except Enough:
        return


def measure() -> dict[str, Pair | float]:
    """Return load seconds, the build against by-hand SQL, and the peak memory of this process in MB."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "journey"
        create_project(root, template="complete_journey", name="journey")
        workspace = open_project(root)
        load = seconds(workspace.load)
        first = seconds(workspace.build)
        statements = [
            (node.relation.sql, node.sql)
            for node in Graph.from_project(workspace.project).rendered(as_of=workspace.as_of())
            if node.sql is not None
        ]
        pair = paired(lambda: workspace.build(full_refresh=True), lambda: by_hand(workspace, statements), rounds=3)
        idle = seconds(workspace.run)
        workspace.close()
        shutil.rmtree(root)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"load": load, "first build": first, "rebuild": pair, "run without new data": idle, "peak MB": peak}


def page() -> str:
    """Return the section of the bench page."""
    lines = ["## Complete Journey (1,469,307 lines)", "", "| case | figure | by hand s | ratio |", "|---|---|---|---|"]
    for case, figure in measure().items():
        if isinstance(figure, Pair):
            lines.append(f"| {case} | {figure.measured:.2f} s | {figure.baseline:.2f} | {figure.ratio:.2f} |")
        else:
            lines.append(f"| {case} | {figure:,.2f} | | |")
    return "\n".join(lines)
