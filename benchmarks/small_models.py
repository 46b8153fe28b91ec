"""Sixty models of 1,000 rows: a checked, published build against the same SQL by hand in one transaction."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import duckdb

from benchmarks.by_hand import in_a_file, in_a_lake
from benchmarks.timing import Pair, paired, seconds
from customer360.workspace import Workspace, open_project

MODELS = 60
ROWS = 1_000
CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: c360:bench:{name}
name: {name}
version: "1.0.0"
status: active
schema:
  - name: {name}
    physicalType: table
    properties:
      - {{name: id, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 1}}
      - {{name: amount, logicalType: integer, required: true, logicalTypeOptions: {{minimum: 0}}}}
      - {{name: label, logicalType: string, required: true, logicalTypeOptions: {{maxLength: 20}}}}
    quality:
      - {{id: filled, metric: rowCount, mustBeGreaterThan: 0}}
"""
PRODUCT = """apiVersion: v1.0.0
kind: DataProduct
id: c360.bench
name: Bench
version: "1.0.0"
status: active
domain: bench
outputPorts:
{ports}
team: {{members: [{{username: bench@example.org, role: owner}}]}}
"""


def sql_of(number: int) -> str:
    """Return model ``number``: the first makes rows, the others join two before them."""
    if number < 6:
        return f"SELECT i AS id, i * {number + 1} AS amount, 'row ' || i::VARCHAR AS label FROM range({ROWS}) AS r(i)"
    one, two = number - 6, number - 5
    return (
        "SELECT a.id, a.amount + b.amount AS amount, b.label "
        f"FROM bench.m{one} AS a JOIN bench.m{two} AS b ON b.id = a.id"
    )


def write_project(root: Path) -> None:
    """Write the project of sixty models with their contracts."""
    folder = root / "products" / "bench"
    folder.mkdir(parents=True)
    (root / "c360.yaml").write_text(
        "name: bench\nlabel: Bench\nas_of: 2024-01-01\ndomains: {bench: {label: Bench}}\n", encoding="utf-8"
    )
    ports = "\n".join(f'  - {{name: m{n}, version: "1.0.0", contractId: "c360:bench:m{n}"}}' for n in range(MODELS))
    (folder / "product.odps.yaml").write_text(PRODUCT.format(ports=ports), encoding="utf-8")
    for number in range(MODELS):
        (folder / f"m{number}.odcs.yaml").write_text(CONTRACT.format(name=f"m{number}"), encoding="utf-8")
        (folder / f"m{number}.sql").write_text(f"-- One row per id.\n{sql_of(number)}\n", encoding="utf-8")


def by_hand(connection: duckdb.DuckDBPyConnection) -> None:
    """Run the same SQL without checks."""
    connection.execute("CREATE SCHEMA bench")
    for number in range(MODELS):
        connection.execute(f"CREATE TABLE bench.m{number} AS {sql_of(number)}")


def in_a_fresh_lake(folder: Path) -> None:
    """Run the same SQL in one transaction into a fresh lake."""
    shutil.rmtree(folder, ignore_errors=True)
    in_a_lake(folder, by_hand)


def build_all(workspace: Workspace) -> None:
    """Build everything, unchanged or not."""
    workspace.build(full_refresh=True)


def measure() -> dict[str, Pair | float]:
    """Return the build against by-hand SQL, fresh and after 100 builds, and by hand in a native file."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        write_project(root / "project")

        def fresh() -> None:
            shutil.rmtree(root / "project" / "warehouse", ignore_errors=True)
            workspace = open_project(root / "project")
            build_all(workspace)
            workspace.close()

        first = paired(fresh, lambda: in_a_fresh_lake(root / "lake"))
        workspace = open_project(root / "project")
        for _ in range(100):
            build_all(workspace)
        later = paired(lambda: build_all(workspace), lambda: in_a_fresh_lake(root / "lake"))
        native = min(seconds(lambda: in_a_file(root / "native.duckdb", by_hand)) for _ in range(3))
        idle = min(seconds(workspace.build) for _ in range(3))
        workspace.close()
    return {"fresh": first, "after 100 builds": later, "native file by hand": native, "nothing changed": idle}


def page() -> str:
    """Return the section of the bench page."""
    lines = [
        "## Sixty models of 1,000 rows, checks included",
        "",
        "| case | build s | by hand s | ratio |",
        "|---|---|---|---|",
    ]
    for case, figure in measure().items():
        if isinstance(figure, Pair):
            lines.append(f"| {case} | {figure.measured:.3f} | {figure.baseline:.3f} | {figure.ratio:.2f} |")
        else:
            lines.append(f"| {case} | {figure:.3f} | | |")
    return "\n".join(lines)
