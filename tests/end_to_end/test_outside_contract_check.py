"""What a tool that is not ours says of our contracts: datacontract-cli, in an environment of its own.

It asks for an older typer than ours, so it is installed beside us and not with us.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from customer360.project.starter import create_project
from customer360.project.writer import write_contract
from customer360.workspace import open_project

if TYPE_CHECKING:
    from customer360.workspace import Workspace

pytestmark = pytest.mark.full
TOOL = "datacontract-cli[duckdb]==1.2.8"
TEMPLATES = Path(__file__).parents[2] / "src" / "customer360" / "templates"
LINT = """
import json, sys
from datacontract.data_contract import DataContract
wrong = {}
for path in json.load(sys.stdin):
    run = DataContract(data_contract_file=path).lint()
    if run.result.value != "passed":
        wrong[path] = [check.reason for check in run.checks]
print(json.dumps(wrong))
"""
TEST = """
import json, sys
from datacontract.data_contract import DataContract
run = DataContract(data_contract_file=sys.argv[1]).test()
print(json.dumps({"result": run.result.value, "checks": [[c.name, c.result.value, c.reason] for c in run.checks]}))
"""


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the tool."""
    folder = tmp_path_factory.mktemp("outside") / "env"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", TOOL], check=True, timeout=900)
    return python


def said(python: Path, script: str, *words: str, text: str = "") -> object:
    done = subprocess.run(
        [str(python), "-c", script, *words], input=text, capture_output=True, text=True, check=True, timeout=900
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_every_shipped_contract_is_valid(outside: Path) -> None:
    paths = sorted(map(str, TEMPLATES.rglob("*.odcs.yaml")))
    assert len(paths) > 150
    assert said(outside, LINT, text=json.dumps(paths)) == {}


def built(root: Path) -> Workspace:
    create_project(root, template="blank", name="acme")
    workspace = open_project(root)
    workspace.run()
    return workspace


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_built_table_keeps_its_contract_in_the_eyes_of_others(outside: Path, tmp_path: Path, is_broken: bool) -> None:
    workspace = built(tmp_path / "acme")
    table = workspace.sql("SELECT * FROM gold.customer_orders")
    contract = workspace.project.contracts["c360:gold:customer_orders"]
    workspace.close()
    kept = table.drop_columns([table.column_names[-1]]) if is_broken else table
    pq.write_table(kept, tmp_path / "customer_orders.parquet")
    path = tmp_path / "customer_orders.odcs.yaml"
    write_contract(path, outward(dict(contract.document), tmp_path / "customer_orders.parquet"))
    run = said(outside, TEST, str(path))
    assert isinstance(run, dict)
    failed = [check for check in run["checks"] if check[1] in ("failed", "error")]
    assert bool(failed) is is_broken, failed
    assert len(run["checks"]) > len(contract.columns)


def outward(document: dict[str, object], data: Path) -> dict[str, object]:
    """Return a contract whose table is one file, without rules that ask the rest of the warehouse."""
    (table,) = document["schema"]  # type: ignore[misc]
    plain = {key: value for key, value in table.items() if key not in ("physicalName", "quality")}
    server = {"server": "file", "type": "local", "path": str(data), "format": "parquet"}
    return {**document, "servers": [server], "schema": [plain]}
