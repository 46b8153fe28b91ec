"""The catalogue says what there is, how sound it is and what it feeds; a change of a contract says whom it breaks."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient
from tests.governance.conftest import OPERATOR

from customer360.catalog.changes import Release, releases
from customer360.dashboards.made import made_by_people
from customer360.dashboards.own import OwnBoards
from customer360.errors import UnknownName
from customer360.semantic.model import SemanticModel
from customer360.web.app import create_app
from customer360.workspace import open_project

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.workspace import Workspace

HERE = "http://127.0.0.1"


def test_a_card_tells_owner_access_quality_and_what_it_feeds(shop: Workspace) -> None:
    card = shop.card("crm.customer")
    assert (card.domain and card.domain.label, card.port.product.owners) == ("Customer", ("customer-data",))
    assert (card.port.access, card.port.most_days, card.has_personal) == ("restricted", 180, True)
    assert card.built.rows == 90
    assert card.read_by == ("sales.by_country", "sales.sale", "sales.working")
    assert card.metrics == ("customers", "first_mail")
    assert card.dashboards == ("executive",)
    passed = shop.sql(
        "SELECT count(DISTINCT rule_id || coalesce(column_name, '')) AS n FROM c360.check_log"
        " WHERE table_name = 'customer' AND outcome = 'passed'"
    )["n"][0].as_py()
    assert sum(each.held for each in card.quality) == passed > 3
    assert card.is_sound
    assert shop.card("sales.sale").reads == ("crm.customer",)
    with pytest.raises(UnknownName, match=r"crm\.customer"):
        shop.card("crm.custome")
    with pytest.raises(UnknownName):
        shop.card("sales.working")  # nobody offers it


@pytest.mark.parametrize(
    ("search", "ports"),
    [
        ("e mail", ["crm.customer"]),
        ("birth_date", ["crm.customer"]),
        ("revenue", ["sales.sale"]),
        ("pay office", ["hr.pay"]),
        ("PAY", ["hr.pay"]),
        ("customer number", ["crm.customer"]),
        ("nothing like it", []),
    ],
)
def test_search_finds_names_columns_metrics_and_meanings(shop: Workspace, search: str, ports: list[str]) -> None:
    assert [card.id for card in shop.cards(search=search)] == ports


LEVELS = """slaProperties:
  - {property: latency, value: 2, unit: d, element: sale.day}
  - {property: availability, value: 99}
"""
ASKED = "questions:\n  - {ask: [how much did we sell], query: {metrics: [revenue]}}\n"


def test_a_card_tells_its_kind_its_service_levels_and_verified_questions(shop: Workspace, tmp_path: Path) -> None:
    kinds = {card.id: card.kind for card in shop.cards()}
    assert (kinds["crm.customer"], kinds["sales.sale"]) == ("aggregate", "consumer-aligned")
    folder = tmp_path / "levels"
    shutil.copytree(shop.project.root, folder, ignore=shutil.ignore_patterns("warehouse", "state"))
    contract = folder / "products" / "sales" / "sale.odcs.yaml"
    contract.write_text(contract.read_text() + LEVELS)
    (folder / "questions").mkdir()
    (folder / "questions" / "shop.yaml").write_text(ASKED)
    workspace = open_project(folder)
    workspace.build()
    newest = workspace.sql("SELECT max(day) AS d, DATE '2024-11-16' AS least FROM sales.sale").to_pylist()[0]
    (promise,) = workspace.card("sales.sale").promises
    assert (promise.property, promise.column, promise.held) == ("latency", "day", newest["d"] >= newest["least"])
    assert (promise.found, promise.promised) == (str(newest["d"]), str(newest["least"]))
    assert workspace.card("sales.sale").questions == ("How much did we sell?",)
    assert workspace.card("crm.customer").questions == ()
    with TestClient(create_app(workspace), base_url=HERE) as client:
        page = client.get("/catalogue/sales.sale").text
        assert f"promised {promise.promised} or later" in page
        assert "/ask?q=How%20much%20did%20we%20sell%3F" in page
        assert client.get("/api/v1/catalogue/sales.sale").json()["kind"] == "consumer-aligned"
    workspace.close()


def test_pages_and_api_show_the_same_catalogue(people: Workspace) -> None:
    _, key = people.governance.tickets.create_key("ida", label="t", by="test")
    with TestClient(create_app(people), base_url=HERE, headers={"X-API-Key": key}) as client:
        listed = client.get("/api/v1/catalogue").json()
        assert [each["id"] for each in listed] == [card.id for card in people.cards()]
        page = client.get("/catalogue").text
        assert all(each["id"] in page for each in listed)
        port = client.get("/api/v1/catalogue/crm.customer").json()
        assert port["metrics"] == ["customers", "first_mail"]
        assert {column["name"]: column["mask"] for column in port["columns"]}["email"] == "hash"
        assert "You may not read it yet" in client.get("/catalogue/crm.customer").text
        people.governance.access.grant("crm.customer", "ida", by=OPERATOR)
        assert "You may read it." in client.get("/catalogue/crm.customer").text
        assert "It is private" in client.get("/catalogue/hr.pay").text
        assert client.get("/catalogue/hr.pa").status_code == client.get("/api/v1/catalogue/hr.pa").status_code == 404
        assert "secret" not in page + client.get("/catalogue/crm.customer").text  # names and counts, never rows


@pytest.fixture
def changed(shop: Workspace, tmp_path: Path) -> Any:
    """Return what changes when one text in a contract is replaced by another."""

    def change(file: str, old: str, new: str) -> tuple[Release, ...]:
        folder = tmp_path / "changed"
        shutil.copytree(shop.project.root, folder, ignore=shutil.ignore_patterns("warehouse", "state"))
        path = folder / "products" / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        (document,) = shop.project.semantics.values()
        return releases(shop.project, open_project(folder).project, SemanticModel.from_document(document))

    return change


def test_what_people_made_and_what_they_ask_breaks_too(shop: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "asked"
    shutil.copytree(shop.project.root, folder, ignore=shutil.ignore_patterns("warehouse", "state"))
    (folder / "questions").mkdir()
    (folder / "questions" / "verified.yaml").write_text(
        "questions:\n  - {ask: which address comes first, query: {metrics: [first_mail]}}\n"
        "  - {ask: how much was sold, query: {metrics: [revenue]}}\n"
    )
    before = open_project(folder)
    tile = {"name": "first", "title": "First", "chart": "kpi", "query": {"metrics": ["first_mail"]}}
    boards = OwnBoards(folder)
    mine = boards.create("ida", {"title": "Mails", "widgets": [tile]})
    boards.create("olga", {"title": "Sales", "widgets": [{**tile, "query": {"metrics": ["revenue"]}}]})
    contract = folder / "products/crm/customer.odcs.yaml"
    contract.write_text(contract.read_text().replace(EMAIL, ""))
    made = made_by_people(folder)
    (release,) = releases(before.project, open_project(folder).project, before.semantic_model(), own=made)
    assert release.changes[0].breaks == (
        "sales.working",
        "metric first_mail",
        "own dashboard 'Mails' of ida",
        "question 'Which address comes first?'",
    )
    graph = before.catalogue.graph.joined_by(made_by_people(folder, owner="ida"))
    assert {b for a, b in graph.links if a == "metric:first_mail"} == {
        f"dashboard:{mine.name}",
        "question:which_address_comes_first",
    }
    assert not [each for each in graph.nodes.values() if each.label == "Sales"], "of others only who mends data is told"
    assert not [each for each in before.catalogue.graph.nodes if each.startswith("dashboard:own_")]


def test_metrics_of_one_name_in_two_models_are_two(shop: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "twins"
    shutil.copytree(shop.project.root, folder, ignore=shutil.ignore_patterns("warehouse", "state"))
    first = folder / "semantic/harbour.yaml"
    text = first.read_text()
    other = text.replace("name: revenue", "name: turnover").replace("name: first_mail", "name: revenue")
    (folder / "semantic/quay.yaml").write_text(other.replace("name: harbour", "name: quay"))
    first.write_text(text.replace("name: first_mail", "name: own_brand_sales"))
    tile = "{name: one, title: One, chart: kpi, model: quay, query: {metrics: [revenue]}}"
    (folder / "dashboards/quay.yaml").write_text(f"title: Quay\nwidgets:\n  - {tile}\n")
    before = open_project(folder)
    graph = before.catalogue.graph
    assert {a for a, b in graph.links if b == "dashboard:quay"} == {"metric:quay/revenue"}
    assert {a for a, b in graph.links if b == "metric:quay/revenue"} == {"crm.customer"}
    assert {a for a, b in graph.links if b == "metric:revenue"} == {"sales.sale"}
    assert (before.card("sales.sale").dashboards, before.card("crm.customer").dashboards) == (
        ("executive",),
        ("executive", "quay"),
    )
    contract = folder / "products/crm/customer.odcs.yaml"
    contract.write_text(contract.read_text().replace(EMAIL, ""))
    models = [before.semantic_model(name) for name in before.project.semantics]
    (release,) = releases(before.project, open_project(folder).project, *models)
    assert "dashboard quay" in release.changes[0].breaks
    assert "dashboard executive" not in release.changes[0].breaks
    made = OwnBoards(folder).create("ida", {"title": "Mine", "widgets": [{
        "name": "one", "title": "One", "chart": "kpi", "model": "quay", "query": {"metrics": ["revenue"]}
    }]})  # fmt: skip
    with TestClient(create_app(before), base_url=HERE) as client:
        page, away = (client.get(f"/catalogue/{port}") for port in ("crm.customer", "sales.sale"))
        assert (page.status_code, away.status_code) == (200, 200), "a metric may be called own_something"
        assert f'href="/dashboards/{made.name}"' in page.text
        assert made.name not in away.text
        assert client.get("/lineage?of=metric:quay/revenue").status_code == 200


EMAIL = "      - {name: email, logicalType: string, physicalType: VARCHAR, classification: confidential, tags: [pii], customProperties: [{property: c360Mask, value: hash}]}\n"


def test_a_column_that_goes_breaks_those_who_use_it(changed: Any) -> None:
    (release,) = changed("crm/customer.odcs.yaml", EMAIL, "")
    (change,) = release.changes
    assert (release.port, release.needs, release.is_declared) == ("crm.customer", "major", False)
    assert change.what == "The column email is gone."
    assert change.breaks == ("sales.working", "metric first_mail")


@pytest.mark.parametrize(
    ("file", "old", "new", "needs"),
    [
        ("crm/customer.odcs.yaml", "name: income, logicalType: integer, physicalType: INTEGER", "name: income, logicalType: integer, physicalType: BIGINT", "minor"),
        ("crm/customer.odcs.yaml", "name: phone, logicalType: string, physicalType: VARCHAR", "name: phone, logicalType: integer, physicalType: INTEGER", "major"),
        ("crm/customer.odcs.yaml", EMAIL, EMAIL + "      - {name: town, logicalType: string, physicalType: VARCHAR}\n", "minor"),
        ("crm/customer.odcs.yaml", "value: last4", "value: hash", "minor"),
        ("crm/customer.odcs.yaml", "Number of the customer.", "The number.", "patch"),
        ("sales/sale.odcs.yaml", "primaryKeyPosition: 1, required: true", "primaryKeyPosition: 1, required: false", "major"),
        ("sales/product.odps.yaml", "c360Access, value: unrestricted", "c360Access, value: restricted", "major"),
        ("hr/product.odps.yaml", "c360Access, value: private", "c360Access, value: restricted", "minor"),
    ],
)  # fmt: skip
def test_each_change_takes_its_version(changed: Any, file: str, old: str, new: str, needs: str) -> None:
    (release,) = changed(file, old, new)
    assert release.needs == needs
    assert not release.is_declared  # the version stayed


def test_two_commits_are_compared_on_the_command_line(shop: Workspace, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from customer360.cli import app

    folder = tmp_path / "repository"
    shutil.copytree(shop.project.root, folder, ignore=shutil.ignore_patterns("warehouse", "state"))
    git = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.com"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "before"]):
        subprocess.run([*git, *words], check=True)
    contract = folder / "products/crm/customer.odcs.yaml"
    contract.write_text(contract.read_text().replace(EMAIL, ""))
    run = CliRunner().invoke(app, ["products", "changes", "HEAD", "--project", str(folder), "--format", "csv"])
    assert "metric first_mail" in run.stdout
    assert "does not say how much changed" in str(run.exception)
    contract.write_text(contract.read_text().replace('version: "1.0.0"', 'version: "2.0.0"', 1))
    for product, port in (
        ("crm", 'name: customer\n    version: "1.0.0"'),
        ("sales", 'name: customer, version: "1.0.0"'),
    ):
        path = folder / "products" / product / "product.odps.yaml"
        assert port in path.read_text()
        path.write_text(path.read_text().replace(port, port.replace("1.0.0", "2.0.0")))
    run = CliRunner().invoke(app, ["products", "changes", "HEAD", "--project", str(folder), "--format", "csv"])
    assert run.exit_code == 0, run.exception
    run = CliRunner().invoke(app, ["products", "changes", "--output=x", "--project", str(folder)])
    assert run.exit_code != 0
    run = CliRunner().invoke(app, ["products", "changes", "nosuch", "--project", str(folder)])
    assert "cannot be read as it was in 'nosuch'" in str(run.exception)
