"""A project with two systems, from files to people, on the command line: built, explained, merged, undone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.identity.small_project import small_project
from typer.testing import CliRunner

from customer360.cli import app
from customer360.web.app import create_app
from customer360.workspace import open_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return small_project(tmp_path)


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


def customers(project: Path) -> dict[str, str]:
    """Return system:record_id -> customer id, now."""
    found = published(project, "SELECT * FROM identity.customer_xref WHERE valid_to IS NULL")
    return {f"{r['system']}:{r['record_id']}": r["customer_id"] for r in found}


def test_people_are_found_explained_merged_and_unmerged(project):
    c360(project, "load")
    c360(project, "identity", "run")
    assert [r["system"] for r in rows(project, "identity", "customer", "shop:1")] == ["crm", "shop"]
    [edge] = rows(project, "identity", "explain", "shop:1", "crm:1")
    assert edge["rule"] == "e-mail and name"
    ids = customers(project)
    assert len(set(ids.values())) == 3

    assert rows(project, "identity", "explain", "shop:1", "shop:2") == []
    for words, why in (
        (("merge", "shop:1", "crm:1", "--why", "x"), "They are one person already"),
        (("split", "shop:1", "--record", "shop:1", "--record", "crm:1", "--why", "x"), "every record of the customer"),
        (("evaluate", str(project / "nothing.csv")), "cannot be read as CSV"),
    ):
        refused = CliRunner().invoke(app, ["identity", *words, "--project", str(project)])
        assert why in str(refused.exception)
    c360(project, "identity", "merge", "shop:2", "crm:2", "--why", "called us", "--who", "dana")
    c360(project, "build")
    assert len(rows(project, "identity", "customer", "shop:2")) == 2
    gone = {ids["shop:2"], ids["crm:2"]} - set(customers(project).values())
    assert len(gone) == 1
    old = gone.pop()
    assert len(rows(project, "identity", "customer", old)) == 2
    moved_with_301(project, old, customers(project)["shop:2"])

    c360(project, "identity", "split", "shop:2", "--record", "crm:2", "--why", "two people after all")
    c360(project, "build", "--full")
    assert customers(project) == ids
    assert published(project, "SELECT * FROM identity.identity_alias") == []

    for kept in rows(project, "identity", "overrides"):
        c360(project, "identity", "undo", kept["number"])
    c360(project, "build")
    assert customers(project) == ids

    (project / "labels.csv").write_text("system,record_id,label\nshop,1,a\ncrm,1,a\nshop,2,b\ncrm,2,b\n")
    judged = {r["figure"]: r["value"] for r in rows(project, "identity", "evaluate", str(project / "labels.csv"))}
    assert (judged["precision"], judged["recall"], judged["recall at 0.95"]) == (1.0, 0.5, 0.5)
    audit = {r["figure"]: r for r in rows(project, "identity", "audit")}
    assert (audit["people"]["value"], audit["people"]["before"]) == (3, 2)
    assert audit["doubts to review"]["value"] == 0
    assert rows(project, "identity", "review") == []
    assert rows(project, "identity", "review", "--gone") == []


def test_what_was_decided_is_said_and_asked_no_more(project):
    (project / "crm.csv").write_text(
        "record_id,first_name,last_name,email\n1,Karl,Abbott,liz@mail.example.com\n2,R,Morena,rm@post.example.org\n"
    )
    c360(project, "load")
    c360(project, "identity", "run")
    said = CliRunner().invoke(app, ["identity", "run", "--project", str(project)]).stderr
    assert "4 records are 4 people; 1 pair is in doubt" in said
    [doubt] = rows(project, "identity", "review")
    assert (doubt["rank"], doubt["valid_from"]) == (1, "2024-11-30")
    assert {doubt["record_id_a"], doubt["record_id_b"]} == {"1"}
    c360(project, "identity", "never", "shop:1", "crm:1", "--why", "father and daughter", "--who", "dana")
    c360(project, "identity", "run")
    assert rows(project, "identity", "review") == []
    [gone] = rows(project, "identity", "review", "--gone")
    assert (gone["valid_to"], gone["outcome"]) == ("2024-11-30", "two people, say people")
    said = CliRunner().invoke(app, ["identity", "explain", "shop:1", "crm:1", "--project", str(project)]).stderr
    assert "Override 1 (never) by dana on " in said
    assert "father and daughter" in said
    assert "They are two people: no rule links them" in said


def moved_with_301(project: Path, old: str, new: str) -> None:
    """The API leads an old id to the customer that has its records, and knows nobody by an invented one."""
    workspace = open_project(project)
    with TestClient(create_app(workspace), base_url="http://127.0.0.1") as client:
        moved = client.get(f"/api/v1/customers/{old}", follow_redirects=False)
        assert (moved.status_code, moved.headers["location"]) == (301, f"/api/v1/customers/{new}")
        found = client.get(f"/api/v1/customers/{old}").json()
        assert found["customer_id"] == new
        assert "email" in {trait["name"] for trait in found["traits"]}
        assert client.get("/api/v1/customers/P0").status_code == 404
        figures = {row["figure"]: row for row in client.get("/api/v1/identity/figures").json()["figures"]}
        assert (figures["people"]["value"], figures["people"]["change"]) == (2, -1)
    workspace.close()


def test_identity_yaml_changes_what_links_and_what_survives(project):
    c360(project, "load")
    (project / "identity.yaml").write_text(
        "rules: [national id and name]\nsource_priority: [shop]\nsurvivorship: {first_name: [completeness]}\n"
    )
    c360(project, "build")
    assert len(set(customers(project).values())) == 4
    (project / "identity.yaml").write_text("source_priority: [shop]\nsurvivorship: {first_name: [completeness]}\n")
    c360(project, "build")
    golden = published(project, "SELECT * FROM identity.golden_customer WHERE records = 2")
    assert [row["first_name"] for row in golden] == ["Elizabeth"]
    [origin] = published(
        project,
        "SELECT o.* FROM identity.golden_origin AS o JOIN identity.golden_customer AS g ON g.customer_id = o.customer_id"
        " WHERE g.records = 2 AND attribute = 'first_name'",
    )
    assert (origin["system"], origin["rule"]) == ("shop", "completeness")


def test_a_kept_model_weighs_every_build(project):
    c360(project, "load")
    c360(project, "build")
    c360(project, "identity", "train")
    path = project / "identity.model.json"
    model = json.loads(path.read_text())
    path.write_text(json.dumps({**model, "prior": 0.05}))
    c360(project, "build")
    [kept] = published(project, "SELECT number FROM identity.identity_model WHERE part = 'fact' AND name = 'prior'")
    assert kept["number"] == 0.05
    path.write_text("{}")
    refused = CliRunner().invoke(app, ["build", "--project", str(project)])
    assert "identity.model.json" in str(refused.exception)


def test_identity_is_added_once(project):
    refused = CliRunner().invoke(app, ["identity", "add", "--project", str(project)])
    assert "has an identity product already" in str(refused.exception)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("link_probabilty: 0.9\n", "link_probability"),
        ("link_probability: 0.4\n", "must rise"),
        ("rules: [e-mail and nam]\n", "e-mail and name"),
        ("rules: [{name: mine, needs: {first_name: [exakt]}}]\n", "exact"),
        ("limits: {fax: {names: 3}}\n", "email"),
        ("survivorship: {email: [newest]}\n", "recency"),
    ],
)
def test_mistakes_in_identity_yaml_are_said_with_their_place(project, text, said):
    (project / "identity.yaml").write_text(text)
    refused = CliRunner().invoke(app, ["build", "--project", str(project)])
    assert "identity.yaml" in str(refused.exception)
    assert said in str(refused.exception)
