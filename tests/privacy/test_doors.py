"""Privacy over REST and on the command line: for privacy officers, and what it answers."""

from __future__ import annotations

import io
import zipfile
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient
from tests.privacy.conftest import Company
from typer.testing import CliRunner

from customer360.cli import app
from customer360.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HERE = "http://127.0.0.1"


@pytest.fixture(scope="module")
def company(shopflow_copy: Callable[[Path], Company], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    made = shopflow_copy(tmp_path_factory.mktemp("doors") / "project")
    accounts = made.workspace.governance.accounts
    accounts.create("pia", password=None, roles=["privacy_officer"], by="test")
    accounts.create("ada", password=None, roles=["admin"], by="test")
    yield made
    made.workspace.close()


def sent(company: Company, who: str, method: str, path: str, body: Any = None) -> Any:
    _, key = company.workspace.governance.tickets.create_key(who, label="t", by="test")
    with TestClient(create_app(company.workspace), base_url=HERE) as client:
        return client.request(method, f"/api/v1/privacy{path}", json=body, headers={"Authorization": f"Bearer {key}"})


def test_an_officer_finds_exports_and_keeps_consent(company: Company) -> None:
    person = {"person": company.person}
    found = sent(company, "pia", "POST", "/people", person).json()
    assert sum(found["records"].values()) == len(company.records)
    assert found["tables"]["customer_360.customer_360"] == 1
    answer = sent(company, "pia", "POST", "/exports", person)
    assert answer.headers["content-type"] == "application/zip"
    assert "index.html" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    kept = sent(company, "pia", "PUT", "/consent", {**person, "channel": "phone", "allowed": False}).json()
    assert [(row["channel"], row["is_allowed"]) for row in kept if row["channel"] == "phone"] == [("phone", False)]
    assert sent(company, "pia", "POST", "/consent", person).json() == kept
    assert sent(company, "pia", "GET", "/erasures").json() == []


def test_nobody_else_does(company: Company) -> None:
    person = {"person": company.person}
    for method, path, body in (
        ("POST", "/people", person),
        ("POST", "/exports", person),
        ("POST", "/consent", person),
        ("PUT", "/consent", {**person, "channel": "phone", "allowed": True}),
        ("GET", "/erasures", None),
        ("POST", "/erasures", person),
        ("POST", "/erasures/1/completion", None),
        ("GET", "/erasures/1/certificate", None),
    ):
        answer = sent(company, "ada", method, path, body)
        assert answer.status_code == 403, path
        assert company.person not in answer.text


def test_a_key_does_on_the_command_line_what_its_scopes_say(company: Company) -> None:
    def listed(*scopes: str) -> Any:
        _, key = company.workspace.governance.tickets.create_key("pia", label="t", scopes=scopes, by="test")
        command = ["privacy", "list", "--project", str(company.root)]
        return copy_context().run(CliRunner().invoke, app, command, env={"C360_API_KEY": key})

    for scope in ("metrics", "port:customer_360.customer_360"):
        done = listed(scope)
        assert (done.exit_code, "may not be used for privacy" in str(done.exception)) == (1, True), done.output
    assert listed("privacy").exit_code == 0
    assert listed().exit_code == 0


def test_what_is_not_there_is_said(company: Company) -> None:
    assert sent(company, "pia", "POST", "/people", {"person": "nobody@example.org"}).status_code == 404
    assert sent(company, "pia", "POST", "/erasures/7/completion").status_code == 409
    assert sent(company, "pia", "POST", "/erasures", {"person": "x", "mode": "burn"}).status_code == 422


def test_a_dry_run_changes_nothing(company: Company) -> None:
    before = len(company.workspace.history())
    command = ["privacy", "erase", company.person, "--dry-run", "--format", "csv", "--project", str(company.root)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "raw_shop.orders,raw," in done.output.replace('"', "")
    assert len(company.workspace.history()) == before
    assert not (company.root / "state" / "certificates").exists()
