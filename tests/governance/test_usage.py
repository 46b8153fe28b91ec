"""The history says who reads which port how often; the glossary says what the words mean and where their figures are."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient
from tests.governance.conftest import COMPANY, OPERATOR, Clock, clocked, who
from typer.testing import CliRunner

from customer360.cli import app
from customer360.errors import ProjectErrors
from customer360.governance.usage import usage
from customer360.project.reader import read_project
from customer360.web.app import create_app
from customer360.workspace import open_project

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.workspace import Workspace

HERE = "http://127.0.0.1"
GLOSSARY = """terms:
  client:
    means: Somebody with a number of ours.
    synonyms: [buyer]
    owner: customer-data
    ports: [crm.customer]
  turnover:
    means: What is sold.
    metrics: [revenue]
"""


@pytest.fixture
def read(people: Workspace) -> tuple[Workspace, Clock]:
    """ida reads customers on two days and sales on one of them, vera customers once."""
    clock = Clock()
    shop = clocked(people, clock)
    for name in ("ida", "vera"):
        for port in ("crm.customer", "sales.sale"):
            shop.governance.access.grant(port, name, by=OPERATOR)
    found = {name: shop.governance.principal(shop.governance.accounts.named(name)) for name in ("ida", "vera")}
    shop.sql("SELECT customer_id FROM crm.customer LIMIT 7", principal=found["ida"])
    shop.sql("SELECT customer_id FROM crm.customer LIMIT 5", principal=found["ida"])
    clock.turn(days=1)
    shop.sql(
        "SELECT c.customer_id FROM crm.customer c JOIN sales.sale USING (customer_id) LIMIT 3", principal=found["ida"]
    )
    shop.sql("SELECT customer_id FROM crm.customer LIMIT 2", principal=found["vera"])
    return shop, clock


def lines(found: Any) -> list[tuple[str, str, str, int, int]]:
    return [(str(use.day), use.port, use.consumer, use.queries, use.rows) for use in found]


def test_queries_and_rows_are_counted_per_consumer_and_day(read: tuple[Workspace, Clock]) -> None:
    shop, clock = read
    assert lines(usage(shop.governance.state)) == [
        ("2026-01-06", "crm.customer", "ida", 1, 3),
        ("2026-01-06", "crm.customer", "vera", 1, 2),
        ("2026-01-06", "sales.sale", "ida", 1, 3),
        ("2026-01-05", "crm.customer", "ida", 2, 12),
    ]
    assert lines(usage(shop.governance.state, "sales.sale")) == [("2026-01-06", "sales.sale", "ida", 1, 3)]
    assert {day for day, *_ in lines(usage(shop.governance.state, days=1))} == {"2026-01-06"}
    clock.turn(days=40)
    assert usage(shop.governance.state) == ()


def test_names_of_consumers_are_for_owners_and_readers_of_the_history(read: tuple[Workspace, Clock]) -> None:
    from customer360.governance.usage import seen_by

    shop, _ = read
    ports = {port.id: port for port in shop.governance.ports.values()}
    uses = usage(shop.governance.state, "crm.customer")
    for name in ("olga", "pia", "ada"):  # owns the port, guards privacy, administers
        assert lines(seen_by(uses, who(shop, name), ports)) == lines(uses), name
    assert lines(seen_by(uses, who(shop, "sam"), ports)) == [  # owns other ports
        ("2026-01-06", "crm.customer", "somebody", 2, 5),
        ("2026-01-05", "crm.customer", "somebody", 2, 12),
    ]
    assert ("2026-01-06", "crm.customer", "vera", 1, 2) in lines(seen_by(uses, who(shop, "vera"), ports))


def test_use_is_on_the_page_in_the_api_and_on_the_command_line(read: tuple[Workspace, Clock]) -> None:
    shop, _ = read
    keys = {name: shop.governance.tickets.create_key(name, label="t", by="test")[1] for name in ("olga", "sam")}
    with TestClient(create_app(shop), base_url=HERE) as client:

        def call(name: str, path: str) -> Any:
            return client.get(path, headers={"X-API-Key": keys[name]})

        found = call("olga", "/api/v1/catalogue/crm.customer/usage?days=2").json()
        assert [each["consumer"] for each in found] == ["ida", "vera", "ida"]
        page = call("olga", "/catalogue/crm.customer").text
        assert "Use of the last 30 days" in page
        assert ">vera<" in page
        assert ">vera<" not in call("sam", "/catalogue/crm.customer").text
        assert call("sam", "/api/v1/catalogue/crm.custome/usage").status_code == 404
    done = CliRunner().invoke(app, ["products", "usage", "--days", "3660", "--project", str(shop.project.root)])
    assert done.exit_code == 0
    assert done.stdout.count("crm.customer") == 3


def glossed(tmp_path: Path, text: str = GLOSSARY) -> Path:
    root = tmp_path / "company"
    shutil.copytree(COMPANY, root)
    (root / "glossary.yaml").write_text(text, encoding="utf-8")
    return root


def test_words_stand_beside_the_ports_and_metrics_they_name(tmp_path: Path) -> None:
    shop = open_project(glossed(tmp_path))
    assert [term.word for term in shop.card("crm.customer").terms] == ["client"]
    assert [term.word for term in shop.card("sales.sale").terms] == ["turnover"]
    assert [card.id for card in shop.cards(search="buyer")] == ["crm.customer"]
    with TestClient(create_app(shop), base_url=HERE) as client:
        assert [each["word"] for each in client.get("/api/v1/catalogue/glossary").json()] == ["client", "turnover"]
        assert [each["word"] for each in client.get("/api/v1/catalogue/glossary?search=sold").json()] == ["turnover"]
        assert client.get("/api/v1/catalogue/crm.customer").json()["terms"] == ["client"]
        assert "Somebody with a number of ours." in client.get("/glossary").text
        assert "Somebody with a number of ours." in client.get("/catalogue/crm.customer").text
    done = CliRunner().invoke(app, ["products", "glossary", "-s", "number", "--project", str(shop.project.root)])
    assert "client" in done.stdout
    assert "turnover" not in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[crm.customer]", "[crm.custmer]", "Did you mean 'crm.customer'"),
        ("[revenue]", "[revenu]", "Did you mean 'revenue'"),
        ("synonyms: [buyer]", "synonyms: [turnover]", "'turnover' stands for 'client' and for 'turnover'"),
        ("owner:", "onwer:", "Did you mean 'owner'"),
    ],
)
def test_words_that_lead_nowhere_are_errors(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ProjectErrors) as caught:
        read_project(glossed(tmp_path, GLOSSARY.replace(old, new)))
    assert message in str(caught.value)
    assert "glossary.yaml:" in str(caught.value)
