"""A person is shown everything, says what is allowed, and rows that outlived their time go."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient
from tests.privacy.conftest import OPERATOR, Company

from customer360.errors import NotPermitted, WarehouseError
from customer360.governance.records import Actor
from customer360.privacy import consent
from customer360.privacy.desk import PrivacyDesk
from customer360.privacy.failures import PrivacyError
from customer360.privacy.office import PrivacyOffice
from customer360.project.starter import create_project
from customer360.semantic.principal import LOCAL, OWNER, Principal
from customer360.web.app import create_app
from customer360.workspace import open_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


HERE = "http://127.0.0.1"


@pytest.fixture(scope="module")
def company(shopflow_copy: Callable[[Path], Company], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    made = shopflow_copy(tmp_path_factory.mktemp("desk") / "project")
    yield made
    made.workspace.close()


def desk(company: Company) -> PrivacyDesk:
    return PrivacyDesk(company.workspace.engine, company.workspace.project, company.workspace.governance)


def test_everything_about_a_person_is_in_one_zip(company: Company, tmp_path: Path) -> None:
    path = tmp_path / "answer.zip"
    tables = desk(company).export(company.person, path, by=OPERATOR)
    with zipfile.ZipFile(path) as archive:
        listing = json.loads(archive.read("tables.json"))["tables"]
        assert len(listing) >= tables
        data = {each["table"]: json.loads(archive.read(each["file"])) for each in listing}
        page = archive.read("index.html").decode()
    person = dict(company.records)["shop"]
    orders = company.rows(f"SELECT order_id FROM raw_shop.orders WHERE customer_id = '{person}'")
    assert {row["order_id"] for row in data["raw_shop.orders"]} == {row["order_id"] for row in orders}
    assert {row["customer_id"] for row in data["raw_shop.orders"]} == {person}
    sources = {system for system, _ in company.records}
    assert all(any(name.startswith(f"raw_{system}.") for name in data) for system in sources)
    assert data["customer_360.customer_360"][0]["customer_id"] == company.person
    assert all(text in page for text in company.telling if "@" in text)
    assert path.stat().st_mode & 0o077 == 0


def test_export_holds_nobody_else(company: Company, tmp_path: Path) -> None:
    path = tmp_path / "answer.zip"
    desk(company).export(company.person, path, by=OPERATOR)
    others = company.rows(
        f"SELECT email FROM raw_shop.customers WHERE customer_id <> '{dict(company.records)['shop']}'"
    )
    with zipfile.ZipFile(path) as archive:
        text = "".join(archive.read(name).decode() for name in archive.namelist())
    assert not [row["email"] for row in others if row["email"] in text]


def test_unsubscribes_count_until_the_person_says_otherwise(company: Company) -> None:
    left = company.one(
        "SELECT min(x.customer_id) AS id FROM conformed.campaign_contact AS c JOIN identity.customer_xref AS x"
        " ON x.system = c.system AND x.record_id = c.record_id AND x.valid_to IS NULL"
        " WHERE c.response_type = 'unsubscribe' AND c.channel = 'Email'"
    )["id"]
    with company.workspace.engine.read() as session:
        project = company.workspace.project
        everybody = {row["customer_id"] for row in company.rows("SELECT customer_id FROM customer_360.customer_360")}
        may = {
            row["customer_id"] for row in session.query(consent.allowed(session, project, channel="Email")).to_pylist()
        }
    shown = company.rows("SELECT customer_id FROM customer_360.customer_360 WHERE consent_email")
    assert left not in may
    assert may == {row["customer_id"] for row in shown}  # the table's own column, computed another way
    assert may < everybody
    desk(company).decide(left, purpose="marketing", channel="email", is_allowed=True, by=OPERATOR)
    desk(company).decide(company.person, purpose="*", channel="*", is_allowed=False, by=OPERATOR)
    with company.workspace.engine.read() as session:
        asked = [left, company.person]
        assert consent.permitted(session, project, asked, channel="email") == {left}
        assert consent.permitted(session, project, asked, channel="phone", purpose="service") == {left}
    events = desk(company).consent(left, by=OPERATOR, events=True).to_pylist()
    assert next(row["is_allowed"] for row in events if row["channel"] == "email") is True
    assert {row["is_allowed"] for row in events if row["channel"] == "email"} == {True, False}


def test_of_two_decisions_the_later_holds(company: Company) -> None:
    key = "shop:" + dict(company.records)["shop"]
    store = consent.ConsentStore(company.root)
    for day, is_allowed in ((3, True), (2, False)):
        made = consent.Decision(*key.split(":"), "news", "sms", is_allowed, datetime(2024, 1, day, tzinfo=UTC), "t")
        store.add([made])
    rows = desk(company).consent(key, by=OPERATOR).to_pylist()
    (held,) = [row for row in rows if row["purpose"] == "news"]
    assert (held["is_allowed"], held["decided_on"]) == (True, date(2024, 1, 3))
    with company.workspace.engine.read() as session:
        back = consent.status(session, company.workspace.project, as_of=date(2024, 1, 2))
        then = session.query(f"SELECT is_allowed FROM ({back}) WHERE purpose = 'news'")["is_allowed"].to_pylist()
    assert then == [False]


def test_without_accounts_only_a_machine_that_is_shown_everything_acts_over_rest(company: Company) -> None:
    asked = {"person": company.person}
    for local, status in ((LOCAL, 403), (OWNER, 200)):
        with TestClient(create_app(company.workspace, local=local), base_url=HERE) as client:
            for path in ("people", "consent"):
                answer = client.post(f"/api/v1/privacy/{path}", json=asked)
                assert answer.status_code == status, (local, path)
            if local is LOCAL:
                assert client.post("/api/v1/privacy/erasures", json=asked).status_code == 403
                assert client.post("/api/v1/privacy/exports", json=asked).status_code == 403
                assert client.get("/api/v1/privacy/erasures").status_code == 403
    somebody = Principal("kai", roles=frozenset({"viewer"}))
    with TestClient(create_app(company.workspace, principal_of=lambda _: somebody), base_url=HERE) as client:
        assert client.post("/api/v1/privacy/people", json=asked).status_code == 403
        assert client.get("/api/v1/audit").status_code == 403


def test_only_privacy_officers_use_the_desk(company: Company, tmp_path: Path) -> None:
    ada = Actor("ada", frozenset({"admin"}))
    with pytest.raises(NotPermitted):
        desk(company).export(company.person, tmp_path / "no.zip", by=ada)
    with pytest.raises(NotPermitted):
        desk(company).retain(by=ada)
    assert not (tmp_path / "no.zip").exists()


def test_rows_go_when_their_contract_keeps_them_no_longer(tmp_path: Path) -> None:
    root = tmp_path / "acme"
    create_project(root, template="blank", name="acme")
    contract = root / "sources" / "shop.orders.odcs.yaml"
    promise = "slaProperties:\n  - {property: retention, value: 30, unit: d, element: orders.order_date}\n"
    contract.write_text(contract.read_text(encoding="utf-8") + promise, encoding="utf-8")
    workspace = open_project(root)
    workspace.run()
    made = PrivacyDesk(workspace.engine, workspace.project, workspace.governance)

    def days() -> list[date]:
        with workspace.engine.read() as session:
            return list(session.query("SELECT order_date AS d FROM raw_shop.orders ORDER BY d")["d"].to_pylist())

    before = days()
    kept = [day for day in before if (before[-1] - day).days <= 30]
    assert 0 < len(kept) < len(before)
    dry = made.retain(by=OPERATOR, dry_run=True)
    assert sum(dry.rows.values()) == len(before) - len(kept)
    assert days() == before
    with workspace.engine.read(), pytest.raises(WarehouseError):  # older states are being read
        made.retain(by=OPERATOR)
    assert days() == kept
    assert len(workspace.history()) > 1
    late = made.retain(by=OPERATOR)
    assert (late.gone, dict(late.rows)) == (True, {})
    with workspace.engine.read() as session:
        assert session.query("SELECT min(order_date) AS d FROM shop.orders")["d"][0].as_py() >= kept[0]
    assert len(workspace.history()) == 1
    assert not made.retain(by=OPERATOR).rows
    office = PrivacyOffice(workspace.engine, workspace.project, workspace.governance)
    with pytest.raises(PrivacyError, match="does not say who a person is"):
        office.find("dana", by=OPERATOR)
    workspace.close()
