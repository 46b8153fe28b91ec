"""The support API over a real MongoDB-wire server and over a warehouse: the same answers, closed without a key."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi.testclient import TestClient
from tests.synthetic.conftest import whole

from customer360.engines.duckdb import DuckLakeEngine
from customer360.engines.lake import Lake
from customer360.names import Relation
from customer360.synthetic.shopflow import ShopFlow
from customer360.synthetic.to_mongo import write_mongo
from customer360.web.support_api import create_support_app
from customer360.web.tickets import FIELDS, MongoTickets, WarehouseTickets

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = {"X-API-Key": "open sesame"}


@pytest.fixture(scope="module")
def shop() -> ShopFlow:
    return ShopFlow.of(400)


@pytest.fixture(scope="module")
def rows(shop: ShopFlow) -> list[dict[str, Any]]:
    return whole(shop, "support", "support_tickets").to_pylist()


@pytest.fixture(scope="module", params=["mongodb", "warehouse"])
def api(
    request: pytest.FixtureRequest, shop: ShopFlow, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """The API without a life of its own: tests that write use another one."""
    if request.param == "mongodb":
        url = request.getfixturevalue("mongo_url")
        write_mongo(shop, url, database="api", replace=True)
        tickets: Any = MongoTickets(url, database="api")
    else:
        tickets = WarehouseTickets(warehouse(shop, tmp_path_factory.mktemp("warehouse")))
    with TestClient(create_support_app(tickets, "open sesame"), headers=KEY) as client:
        yield client


def warehouse(shop: ShopFlow, folder: Path) -> DuckLakeEngine:
    engine = DuckLakeEngine(Lake(folder / "warehouse"))
    with engine.publish(note="tickets") as publication:
        publication.create_schema("support")
        publication.register("incoming", whole(shop, "support", "support_tickets"))
        publication.create_table_as(Relation("support", "support_tickets"), "SELECT * FROM incoming")
    return engine


def get(api: TestClient, path: str, **parameters: Any) -> Any:
    answer = api.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def test_health(api: TestClient, rows: list[dict[str, Any]]) -> None:
    assert get(api, "/health") == {"status": "ok", "tickets": len(rows)}


def test_a_page_is_as_documented(api: TestClient, rows: list[dict[str, Any]]) -> None:
    page = get(api, "/tickets")
    assert {"total", "limit", "offset", "items"} <= set(page)
    assert (page["total"], page["limit"], page["offset"]) == (len(rows), 50, 0)
    ordered = sorted(rows, key=lambda row: (row["created_date"], row["ticket_id"]))
    assert page["items"] == [as_json(row) for row in ordered[:50]]
    assert list(page["items"][0]) == list(FIELDS)
    assert get(api, "/tickets", limit=7, offset=20)["items"] == [as_json(row) for row in ordered[20:27]]


@pytest.mark.parametrize(
    ("parameter", "field"),
    [
        ("segment", "customer_segment"),
        ("status", "status"),
        ("priority", "priority"),
        ("issue_type", "issue_type"),
        ("agent_id", "agent_id"),
        ("customer_id", "customer_id"),
        ("order_id", "order_id"),
        ("product_id", "product_id"),
    ],
)
def test_filters(api: TestClient, rows: list[dict[str, Any]], parameter: str, field: str) -> None:
    value = next(row[field] for row in rows if row[field] is not None)
    expected = {row["ticket_id"] for row in rows if row[field] == value}
    page = get(api, "/tickets", limit=500, **{parameter: value})
    assert page["total"] == len(expected)
    assert {item["ticket_id"] for item in page["items"]} == expected


def test_to_date_includes_its_day(api: TestClient, rows: list[dict[str, Any]]) -> None:
    day = rows[len(rows) // 2]["created_date"].date()
    expected = {row["ticket_id"] for row in rows if row["created_date"].date() == day}
    page = get(api, "/tickets", from_date=day.isoformat(), to_date=day.isoformat(), limit=500)
    assert {item["ticket_id"] for item in page["items"]} == expected


def test_moments_with_a_zone_mean_that_moment(api: TestClient, rows: list[dict[str, Any]]) -> None:
    moment = rows[10]["created_date"]
    zoned = moment.replace(hour=moment.hour).isoformat() + "+00:00"
    page = get(api, "/tickets", from_date=zoned, to_date=zoned)
    assert rows[10]["ticket_id"] in {item["ticket_id"] for item in page["items"]}


def test_updated_since_finds_what_was_resolved_later(api: TestClient, rows: list[dict[str, Any]]) -> None:
    since = sorted(row["resolved_date"] for row in rows if row["resolved_date"])[-len(rows) // 2]
    expected = {
        row["ticket_id"]
        for row in rows
        if row["created_date"] >= since or (row["resolved_date"] and row["resolved_date"] >= since)
    }
    page = get(api, "/tickets", updated_since=since.isoformat(), limit=500)
    assert {item["ticket_id"] for item in page["items"]} == expected
    assert any(item["created_date"] < since.isoformat() for item in page["items"])


def test_cursor_visits_every_ticket_once(api: TestClient, rows: list[dict[str, Any]]) -> None:
    seen, cursor = [], None
    while True:
        page = get(api, "/tickets", limit=40, **({"cursor": cursor} if cursor else {}))
        seen += [item["ticket_id"] for item in page["items"]]
        assert page["total"] == len(rows)
        if (cursor := page["next_cursor"]) is None:
            break
    assert len(seen) == len(set(seen)) == len(rows)


def test_tickets_of_a_customer_newest_first(api: TestClient, rows: list[dict[str, Any]]) -> None:
    customers = [row["customer_id"] for row in rows]
    customer = max(customers, key=customers.count)
    page = get(api, f"/customers/{customer}/tickets")
    assert (page["limit"], page["total"]) == (100, customers.count(customer))
    moments = [item["created_date"] for item in page["items"]]
    assert len(moments) > 1
    assert moments == sorted(moments, reverse=True)


def test_one_ticket(api: TestClient, rows: list[dict[str, Any]]) -> None:
    assert get(api, f"/tickets/{rows[3]['ticket_id']}") == as_json(rows[3])
    assert api.get("/tickets/TKT9999999").status_code == 404


@pytest.mark.parametrize(
    "parameters",
    [
        {"from_date": "30.11.2024"},
        {"to_date": "2024-02-30"},
        {"limit": "0"},
        {"limit": "501"},
        {"offset": "-1"},
        {"cursor": "nonsense"},
        {"statsu": "Open"},
    ],
)
def test_what_is_malformed_is_422(api: TestClient, parameters: dict[str, str]) -> None:
    answer = api.get("/tickets", params=parameters)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/tickets", "/tickets/TKT0000001", "/customers/CUST000001/tickets"])
def test_it_is_closed_without_the_key(shop: ShopFlow, tmp_path: Path, path: str) -> None:
    tickets = WarehouseTickets(warehouse(shop, tmp_path))
    with TestClient(create_support_app(tickets, "open sesame")) as guarded:
        assert guarded.get(path).status_code == 401
        assert guarded.get(path, headers={"X-API-Key": "open says me"}).status_code == 401
        assert guarded.get("/health").status_code == 200
    for nothing in (None, ""):
        with TestClient(create_support_app(tickets, nothing)) as closed:
            for headers in ({}, {"X-API-Key": ""}, KEY):
                assert closed.get(path, headers=headers).status_code == 503


NEW = {
    "customer_id": "CUST000001",
    "issue_type": "Billing Issue",
    "issue_category": "Books",
    "agent_id": "AGT007",
    "description": "Charged twice.",
}


@pytest.fixture
def live(mongo_url: str) -> TestClient:
    write_mongo(ShopFlow.of(60), mongo_url, database="live", replace=True)
    return TestClient(create_support_app(MongoTickets(mongo_url, database="live"), "open sesame"), headers=KEY)


def test_raising_resolving_and_opening_again(live: TestClient) -> None:
    total = get(live, "/tickets")["total"]
    raised = live.post("/tickets", json=NEW)
    assert raised.status_code == 201
    ticket = raised.json()
    assert ticket["ticket_id"] == f"TKT{total + 1:07d}"
    assert (ticket["status"], ticket["priority"], ticket["resolved_date"]) == ("Open", "Medium", None)
    path = f"/tickets/{ticket['ticket_id']}"
    assert get(live, path) == ticket
    done = live.patch(path, json={"status": "Resolved", "satisfaction_score": 4}).json()
    taken = datetime.fromisoformat(done["resolved_date"]) - datetime.fromisoformat(done["created_date"])
    assert taken.total_seconds() == done["resolution_hours"] * 3_600 > 0
    assert done["satisfaction_score"] == 4
    again = live.patch(path, json={"status": "In Progress"}).json()
    assert (again["resolved_date"], again["resolution_hours"], again["satisfaction_score"]) == (None, None, None)


def test_a_change_is_found_by_updated_since(live: TestClient) -> None:
    old = get(live, "/tickets", limit=1)["items"][0]
    today = date.today().isoformat()  # noqa: DTZ011 - the server's day
    assert get(live, "/tickets", updated_since=today)["total"] == 0
    assert live.patch(f"/tickets/{old['ticket_id']}", json={"priority": "Critical"}).status_code == 200
    assert [item["ticket_id"] for item in get(live, "/tickets", updated_since=today)["items"]] == [old["ticket_id"]]


def test_a_cursor_stays_right_while_tickets_arrive(live: TestClient) -> None:
    everything = [item["ticket_id"] for item in get(live, "/tickets", limit=500)["items"]]
    first = get(live, "/tickets", limit=5)
    live.post("/tickets", json=NEW)
    second = get(live, "/tickets", limit=5, cursor=first["next_cursor"])
    assert [item["ticket_id"] for item in (*first["items"], *second["items"])] == everything[:10]


@pytest.mark.parametrize(
    "wrong",
    [{"issue_type": "Weather"}, {"customer_id": "1"}, {"description": ""}, {"ticket_id": "TKT0000001"}],
)
def test_a_malformed_ticket_is_refused(live: TestClient, wrong: dict[str, str]) -> None:
    assert live.post("/tickets", json={**NEW, **wrong}).status_code == 422


def test_the_warehouse_is_read_only(shop: ShopFlow, tmp_path: Path) -> None:
    app = create_support_app(WarehouseTickets(warehouse(shop, tmp_path)), "open sesame")
    with TestClient(app, headers=KEY) as copy:
        assert copy.post("/tickets", json=NEW).status_code == 409
        assert copy.patch("/tickets/TKT0000001", json={"priority": "Low"}).status_code == 409


def test_a_server_that_is_down_is_bad_gateway() -> None:
    tickets = MongoTickets("mongodb://shop:s3cret@127.0.0.1:1/?serverSelectionTimeoutMS=200&connectTimeoutMS=200")
    with TestClient(create_support_app(tickets, "open sesame"), headers=KEY) as client:
        answer = client.get("/tickets")
    assert answer.status_code == 502
    assert "s3cret" not in answer.text


def test_the_command_serves_and_wants_a_key(tmp_path: Path, mongo_url: str) -> None:
    write_mongo(ShopFlow.of(30), mongo_url, replace=True)
    sources = str(Path(__file__).parents[2] / "src")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("C360_")} | {"PYTHONPATH": sources}
    command = [sys.executable, "-c", "from customer360.cli import main; main()", "support-api", "--port", "18361"]
    closed = subprocess.run(command, env=clean, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert closed.returncode == 1
    assert "C360_SUPPORT_API_KEY" in closed.stderr
    settings = {"C360_SUPPORT_API_KEY": "open sesame", "C360_MONGO_URL": mongo_url}
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, env=clean | settings, cwd=tmp_path, stderr=log, stdout=log)
    try:
        for _ in range(200):
            try:
                answer = httpx.get("http://127.0.0.1:18361/tickets", headers=KEY, timeout=5)
                break
            except httpx.ConnectError:
                time.sleep(0.1)
        assert answer.json()["total"] > 0
    finally:
        server.terminate()
        server.wait(timeout=20)
