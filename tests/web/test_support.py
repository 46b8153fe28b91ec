"""The support API inside the web app, and what it says of documents, places and moments that are odd."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pymongo
import pytest
from fastapi.testclient import TestClient
from tests.mongo_server import mongo_url
from tests.postgres_server import free_port

from customer360.project.starter import create_project
from customer360.web.app import create_app
from customer360.web.support_api import create_support_app
from customer360.web.tickets import MongoTickets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.workspace import Workspace

__all__ = ["mongo_url"]

KEY = {"X-API-Key": "open sesame"}
HERE = "http://127.0.0.1"
NEW = {
    "customer_id": "CUST000001",
    "issue_type": "Billing Issue",
    "issue_category": "Books",
    "agent_id": "AGT007",
    "description": "Charged twice.",
}


def document(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "ticket_id": f"TKT{number:07d}",
        "customer_id": "CUST000001",
        "customer_segment": None,
        "created_date": datetime(2024, 1, 1 + number, 9),  # noqa: DTZ001 - UTC
        "resolved_date": None,
        "issue_type": "Billing Issue",
        "issue_category": "Books",
        "priority": "Low",
        "status": "Open",
        "resolution_hours": None,
        "satisfaction_score": None,
        "agent_id": "AGT001",
        "description": "Charged twice.",
        "order_id": None,
        "product_id": None,
    } | changes


@pytest.fixture
def rows(mongo_url: str) -> Iterator[Any]:
    """An empty collection of tickets with its unique number."""
    with pymongo.MongoClient(mongo_url) as client:
        client.drop_database("desk")
        found = client["desk"]["support_tickets"]
        found.create_index("ticket_id", unique=True)
        yield found


@pytest.fixture
def desk(rows: Any, mongo_url: str) -> Iterator[TestClient]:
    app = create_support_app(MongoTickets(mongo_url, database="desk"), "open sesame")
    with TestClient(app, headers=KEY, raise_server_exceptions=False) as client:
        yield client


def test_it_stands_under_support_behind_the_guard_of_the_web_app(shop: Workspace, rows: Any, mongo_url: str) -> None:
    rows.insert_one(document(1))
    support = create_support_app(MongoTickets(mongo_url, database="desk"), "open sesame")
    with TestClient(create_app(shop, support=support), base_url=HERE) as client:
        found = client.get("/support/tickets", headers=KEY)
        assert [item["ticket_id"] for item in found.json()["items"]] == ["TKT0000001"]
        assert found.headers["x-content-type-options"] == "nosniff"
        assert client.get("/support/tickets").status_code == 401
        assert client.get("/support/tickets", headers={**KEY, "Host": "elsewhere.example.com"}).status_code == 421
        missing = client.get("/support/tickets/TKT0000009", headers=KEY)
        assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    with TestClient(create_app(shop), base_url=HERE) as without:
        assert without.get("/support/tickets", headers=KEY).status_code == 404


OPEN = {503: "Nothing has been built", 401: ""}
"""With the key, and without it."""


def test_serve_offers_it_closed_without_a_key(tmp_path: Path) -> None:
    create_project(tmp_path / "shop", template="shopflow", systems=["support"])
    clean = {k: v for k, v in os.environ.items() if not k.startswith("C360_")}
    clean["PYTHONPATH"] = str(Path(__file__).parents[2] / "src")
    for key, answers in ((None, {503: "closed until C360_SUPPORT_API_KEY is set"}), (KEY["X-API-Key"], OPEN)):
        port = free_port()
        words = ["serve", "--project", str(tmp_path / "shop"), "--port", str(port)]
        settings = {"C360_SUPPORT_API_KEY": key} if key else {}
        with (tmp_path / "log").open("wb") as log:
            server = subprocess.Popen(
                [sys.executable, "-c", "from customer360.cli import main; main()", *words],
                env=clean | settings,
                stderr=log,
                stdout=log,
            )
        try:
            found = {s: asked(f"{HERE}:{port}/support/tickets", KEY if s == 503 else {}, server) for s in answers}
        finally:
            server.terminate()
            server.wait(timeout=20)
        for status, expected in answers.items():
            assert found[status].status_code == status
            assert expected in found[status].text
            assert found[status].headers["content-type"] == "application/problem+json"


def asked(url: str, headers: dict[str, str], server: subprocess.Popen[bytes]) -> httpx.Response:
    for _ in range(300):
        assert server.poll() is None
        try:
            return httpx.get(url, headers=headers, timeout=20)
        except httpx.ConnectError:
            time.sleep(0.1)
    pytest.fail("the server does not answer after 30 seconds")


def test_a_ticket_without_customer_is_shown_and_one_that_is_broken_is_named(desk: TestClient, rows: Any) -> None:
    lacking = document(1)
    del lacking["customer_id"]
    rows.insert_one(lacking)
    assert [item["customer_id"] for item in desk.get("/tickets").json()["items"]] == [None]
    rows.insert_one(document(2, created_date="a secret", agent_id=None))
    answer = desk.get("/tickets/TKT0000002")
    assert answer.status_code == 502
    assert answer.json()["detail"] == "The ticket TKT0000002 is not as documented: agent_id, created_date."
    assert "a secret" not in answer.text


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"offset": str(2**31 - 1)}, 200),
        ({"offset": str(2**31)}, 422),
        ({"offset": "9" * 30}, 422),
        ({"to_date": "9999-12-31"}, 200),
        ({"to_date": "9999-12-31T23:59:59.999"}, 200),
        ({"from_date": "0001-01-01T00:00:00+14:00"}, 422),
        ({"from_date": "0001-01-01"}, 200),
        ({"cursor": ""}, 422),
        ({"cursor": "4pi6fFRLVA=="}, 422),
        ({"customer_id": '{"$gt": ""}'}, 200),
        ({"status": "' OR 1=1 --"}, 200),
    ],
)
def test_odd_places_and_moments(desk: TestClient, rows: Any, parameters: dict[str, str], status: int) -> None:
    rows.insert_many([document(number) for number in range(3)])
    answer = desk.get("/tickets", params=parameters)
    assert answer.status_code == status, answer.text
    if {"customer_id", "status"} & set(parameters):
        assert answer.json()["total"] == 0


def test_tickets_raised_at_once_get_numbers_of_their_own(desk: TestClient, rows: Any) -> None:
    with ThreadPoolExecutor(6) as callers:
        answers = list(callers.map(lambda _: desk.post("/tickets", json=NEW), range(30)))
    raised = [answer.json()["ticket_id"] for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len(raised) == len(set(raised)) == rows.count_documents({}) >= 25


@pytest.mark.parametrize("change", [{"status": None}, {"priority": None}, {"ticket_id": "TKT0000009"}, {"status": "x"}])
def test_a_malformed_change_changes_nothing(desk: TestClient, rows: Any, change: dict[str, Any]) -> None:
    rows.insert_one(document(1))
    before = rows.find_one()
    assert desk.patch("/tickets/TKT0000001", json=change).status_code == 422
    assert rows.find_one() == before
    assert desk.patch("/tickets/TKT0000009", json={"status": "Closed"}).status_code == 404
