"""A contract of somebody else comes into the project as it is, with a model to fill in; or nothing of it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from customer360.cli import app
from customer360.errors import C360Error, ProjectErrors
from customer360.models.lint import lint
from customer360.project.reader import read_project
from customer360.project.starter import create_project
from customer360.project.writer import same
from customer360.project.yamlfile import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

CONTRACT = """# the yard's own contract
apiVersion: v3.1.0
kind: DataContract
id: yard-parts
name: Parts
version: 2.1.0
status: active
tenant: yard
schema:
  - name: part
    dataGranularityDescription: One row per part.
    properties:
      - {name: no, logicalType: integer, physicalType: BIGINT, primaryKey: true, required: true}
      - {name: weight, logicalType: number, physicalType: "DECIMAL(8,3)"}
      - {name: order, logicalType: string}
  - name: box
    properties:
      - {name: no, logicalType: integer, primaryKey: true, required: true}
customProperties: [{property: shelf, value: {row: 7}}]
"""


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    create_project(tmp_path / "acme", template="blank", name="acme")
    return tmp_path / "acme"


def imported(acme: Path, path: Path, *more: str) -> Result:
    words = ["import", "odcs", str(path), "--schema", "yard", "--project", str(acme), *more]
    return CliRunner().invoke(app, words)


def test_the_contract_stays_as_it_is_and_gets_models(acme: Path, tmp_path: Path) -> None:
    given = tmp_path / "their.yaml"
    given.write_text(CONTRACT)
    done = imported(acme, given)
    assert done.exit_code == 0, (done.output, done.exception)
    folder = acme / "products" / "yard"
    assert (folder / "part.odcs.yaml").read_text() == CONTRACT
    project = read_project(acme)
    contract = project.contracts["yard-parts"]
    assert [(c.name, c.type) for c in contract.columns][:2] == [("no", "BIGINT"), ("weight", "DECIMAL(8,3)")]
    assert same(contract.document, read_yaml(given, tmp_path).root)
    assert {str(relation) for relation in project.models} >= {"yard.part", "yard.box"}
    assert [port.name for port in project.products["yard"].output_ports] == ["part", "box"]
    assert lint(project) == []
    out = tmp_path / "out"
    CliRunner().invoke(app, ["export", "odcs", "--project", str(acme), "--out", str(out)])
    exported = out / "products" / "yard" / "part.odcs.yaml"
    assert same(read_yaml(exported, out).root, read_yaml(given, tmp_path).root)


def test_what_is_there_is_kept(acme: Path, tmp_path: Path) -> None:
    given = tmp_path / "their.yaml"
    given.write_text(CONTRACT)
    imported(acme, given)
    model = acme / "products" / "yard" / "part.sql"
    model.write_text(model.read_text().replace("One row per part", "One row per spare part"))
    refused = imported(acme, given)
    assert isinstance(refused.exception, C360Error)
    assert "--replace" in str(refused.exception)
    given.write_text(CONTRACT.replace("2.1.0", "2.2.0"))
    assert imported(acme, given, "--replace").exit_code == 0
    assert "spare part" in model.read_text()
    assert read_project(acme).contracts["yard-parts"].version == "2.2.0"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("physicalType: BIGINT", "physicalType: BIGINTT", "There is no type 'BIGINTT'"),
        ("id: yard-parts", "id: c360:shop:orders", "c360:shop:orders"),
        ("kind: DataContract", "kind: DataContract\nextraKey:: {", ""),
        ("schema:\n  - name: part", "tables:\n  - name: part", "describes no table"),
    ],
)
def test_of_what_cannot_be_read_nothing_stays(acme: Path, tmp_path: Path, old: str, new: str, message: str) -> None:
    before = sorted(acme.rglob("*"))
    given = tmp_path / "their.yaml"
    given.write_text(CONTRACT.replace(old, new))
    done = imported(acme, given)
    assert isinstance(done.exception, C360Error | ProjectErrors), done.output
    assert message in str(done.exception)
    assert [path for path in sorted(acme.rglob("*")) if path.is_file()] == [path for path in before if path.is_file()]
    read_project(acme)


def test_a_folder_is_imported_whole(acme: Path, tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.yaml").write_text(CONTRACT)
    more = CONTRACT.replace("yard-parts", "yard-crates").replace("name: part\n", "name: crate\n")
    (folder / "deep" / "b.yml").write_text(more.replace("name: box", "name: lid"))
    (folder / "notes.yaml").write_text("kind: Notes\n")
    assert imported(acme, folder).exit_code == 0
    assert {"yard-parts", "yard-crates"} <= set(read_project(acme).contracts)
