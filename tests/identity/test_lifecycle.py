"""A project with two systems, from files to people, on the command line: built, explained, merged, undone."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from customer360.cli import app
from customer360.workspace import open_project

PEOPLE = {
    "shop": "record_id,first_name,last_name,email\n1,Elizabeth,Abbott,liz@mail.example.com\n2,Ruth,Moreno,ruth.m@mail.example.com\n",
    "crm": "record_id,first_name,last_name,email\n1,Liz,Abbott,liz@mail.example.com\n2,R,Morena,rm@post.example.org\n",
}
PRODUCT = files("customer360.identity") / "product"
CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: c360:{schema}:{table}
name: {table}
version: "1.0.0"
status: active
schema:
  - name: {table}
    physicalType: table
    properties:
"""
PERSON = ("system", "record_id", "first_name", "last_name", "email")


def contract(schema: str, table: str, columns: dict[str, str], key: tuple[str, ...]) -> str:
    text = CONTRACT.format(schema=schema, table=table)
    for name, kind in columns.items():
        text += f"      - {{name: {name}, logicalType: {kind}"
        text += (
            f", required: true, primaryKey: true, primaryKeyPosition: {key.index(name) + 1}}}\n"
            if name in key
            else "}\n"
        )
    return text


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "c360.yaml").write_text(
        "name: acme\nlabel: Acme\nas_of: 2024-11-30\ndomains: {customer: {label: Customer}}\n"
    )
    (tmp_path / "sources").mkdir()
    for system, text in PEOPLE.items():
        (tmp_path / f"{system}.csv").write_text(text)
        (tmp_path / "sources" / f"{system}.yaml").write_text(
            f"source: {system}\nkind: files\ntables:\n  people: {{location: {system}.csv, format: csv, key: [record_id]}}\n"
        )
    folder = tmp_path / "products" / "conformed"
    folder.mkdir(parents=True)
    parts = " UNION ALL ".join(
        f"SELECT '{s}' AS system, CAST(record_id AS VARCHAR) AS record_id, first_name, last_name, email FROM raw_{s}.people"
        for s in PEOPLE
    )
    (folder / "person_record.sql").write_text(f"-- One row per record of a person.\n{parts}\n")
    person = contract("conformed", "person_record", dict.fromkeys(PERSON, "string"), PERSON[:2])
    (folder / "person_record.odcs.yaml").write_text(person)
    steps = tmp_path / "products" / "identity"
    steps.mkdir()
    for file in PRODUCT.iterdir():
        (steps / file.name).write_text(file.read_text(encoding="utf-8"))
    golden = dict.fromkeys(("customer_id", "first_name", "last_name", "email"), "string")
    golden |= {"identity_confidence": "number", "records": "integer"}
    (steps / "golden_customer.odcs.yaml").write_text(contract("identity", "golden_customer", golden, ("customer_id",)))
    return tmp_path


def c360(project: Path, *words: str) -> str:
    done = CliRunner().invoke(app, [*words, "--project", str(project)])
    assert done.exit_code == 0, (words, done.output, done.exception)
    return done.stdout


def rows(project: Path, *words: str) -> list[dict]:
    return json.loads(c360(project, *words, "--format", "json"))["rows"]


def published(project: Path, sql: str) -> list[dict]:
    workspace = open_project(project)
    with workspace.engine.read() as session:
        found = session.query(sql).to_pylist()
    workspace.close()
    return found


def test_people_are_found_explained_merged_and_unmerged(project):
    c360(project, "load")
    c360(project, "identity", "run")
    assert [r["system"] for r in rows(project, "identity", "customer", "shop:1")] == ["crm", "shop"]
    [edge] = rows(project, "identity", "explain", "shop:1", "crm:1")
    assert edge["rule"] == "e-mail and name"
    ids = {
        r["system"] + r["record_id"]: r["customer_id"]
        for r in published(project, "SELECT * FROM identity.customer_xref")
    }
    assert len(set(ids.values())) == 3

    c360(project, "identity", "merge", "shop:2", "crm:2", "--why", "called us", "--who", "dana")
    c360(project, "build")
    assert len(rows(project, "identity", "customer", "shop:2")) == 2
    gone = {ids["shop2"], ids["crm2"]} - {
        r["customer_id"] for r in published(project, "SELECT * FROM identity.golden_customer")
    }
    assert len(gone) == 1
    assert len(rows(project, "identity", "customer", gone.pop())) == 2

    [kept] = rows(project, "identity", "overrides")
    c360(project, "identity", "undo", kept["number"])
    c360(project, "build")
    now = published(project, "SELECT * FROM identity.customer_xref WHERE valid_to IS NULL")
    assert {r["system"] + r["record_id"]: r["customer_id"] for r in now} == ids

    (project / "labels.csv").write_text("system,record_id,label\nshop,1,a\ncrm,1,a\nshop,2,b\ncrm,2,b\n")
    judged = {r["figure"]: r["value"] for r in rows(project, "identity", "evaluate", str(project / "labels.csv"))}
    assert (judged["precision"], judged["recall"]) == (1.0, 0.5)
    assert {r["figure"] for r in rows(project, "identity", "audit")} >= {"people", "doubts to review"}
    assert rows(project, "identity", "review") == []
