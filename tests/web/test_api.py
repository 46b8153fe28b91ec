"""The REST API gives the figures of the semantic model, and says what is wrong as problem details."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from customer360.semantic.extensions import RowPolicy
from customer360.semantic.principal import Principal
from customer360.web.app import create_app

if TYPE_CHECKING:
    from customer360.workspace import Workspace

QUERY = {"metrics": ["revenue"], "dimensions": [{"name": "category"}], "order": [{"by": "revenue", "descending": True}]}
ASK = "/api/v1/metrics/query"


def rows(shop: Workspace, sql: str) -> list[dict[str, Any]]:
    with shop.engine.read() as session:
        found: list[dict[str, Any]] = session.query(sql).to_pylist()
        return found


def test_a_metric_query_answers_what_sql_by_hand_does(client: TestClient, shop: Workspace) -> None:
    body = client.post(ASK, json=QUERY).json()
    by_hand = rows(shop, "SELECT category, sum(net) AS revenue FROM gold.sales GROUP BY 1 ORDER BY 2 DESC")
    assert body["rows"] == [{"category": row["category"], "revenue": float(row["revenue"])} for row in by_hand]
    assert body["as_of"] == "2024-11-18"
    assert body["truncated"] is False
    assert "gold.sales" in body["sql"]
    assert [(c["name"], c["role"], c["unit"]) for c in body["columns"]] == [
        ("category", "dimension", None),
        ("revenue", "metric", "USD"),
    ]


def test_csv_and_arrow_by_the_accept_header(client: TestClient) -> None:
    json_rows = client.post(ASK, json=QUERY).json()["rows"]
    answer = client.post(ASK, json=QUERY, headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    found = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["category"], float(row["revenue"])) for row in found] == [tuple(row.values()) for row in json_rows]
    stream = client.post(ASK, json=QUERY, headers={"Accept": "application/vnd.apache.arrow.stream, */*;q=0.1"})
    table = pa.ipc.open_stream(stream.content).read_all()
    assert table.column("category").to_pylist() == [row["category"] for row in json_rows]
    assert pa.types.is_decimal(table.schema.field("revenue").type)


def test_what_stands_beside_a_figure_comes_along(client: TestClient, shop: Workspace) -> None:
    beside = {
        "time": {"relative": "this month"},
        "compare": {"to": "previous period"},
        "windows": [{"metric": "revenue", "kind": "trailing", "count": 2, "unit": "month"}],
    }
    (row,) = client.post(ASK, json={"metrics": ["revenue"], **beside}).json()["rows"]
    (hand,) = rows(
        shop,
        "SELECT CAST(sum(net) FILTER (day >= DATE '2024-11-01') AS DOUBLE) AS now, "
        "CAST(sum(net) FILTER (day BETWEEN DATE '2024-10-01' AND DATE '2024-10-18') AS DOUBLE) AS before, "
        "CAST(sum(net) FILTER (day >= DATE '2024-10-01') AS DOUBLE) AS two_months "
        "FROM gold.sales JOIN gold.calendar USING (date_key) WHERE day <= DATE '2024-11-18'",
    )
    assert row["revenue"] == pytest.approx(hand["now"])
    assert row["revenue_previous"] == pytest.approx(hand["before"])
    assert row["revenue_change_rate"] == pytest.approx(hand["now"] / hand["before"] - 1)
    assert row["revenue_trailing_2_month"] == pytest.approx(hand["two_months"])


def test_a_limit_pages(client: TestClient) -> None:
    body = client.post(ASK, json={**QUERY, "limit": 2}).json()
    assert len(body["rows"]) == 2


@pytest.mark.parametrize(
    ("query", "status", "hint"),
    [
        ({"metrics": ["revenu"]}, {404, 422}, "revenue"),
        ({"metrics": ["revenue"], "dimensions": [{"name": "categry"}]}, {404, 422}, "category"),
        ({"metrics": ["customers"], "dimensions": [{"name": "category"}]}, {422}, ""),
    ],
)
def test_a_wrong_name_is_a_problem_with_the_right_one(
    client: TestClient, query: Any, status: set[int], hint: str
) -> None:
    answer = client.post(ASK, json=query)
    assert answer.status_code in status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"].startswith("urn:customer360:problem:")
    assert hint in problem["detail"] + problem.get("next_step", "")


@pytest.mark.parametrize(
    ("content", "at"),
    [("{", "body.1"), ('{"metric": []}', "body.metrics"), ('{"metrics": ["revenue"], "limit": 0}', "body.limit")],
)
def test_a_malformed_body_says_where(client: TestClient, content: str, at: str) -> None:
    answer = client.post(ASK, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert at in {wrong["at"] for wrong in answer.json()["errors"]}


def test_a_malformed_query_is_refused_in_words(client: TestClient) -> None:
    problem = client.post(ASK, json={"metrics": "revenue"}).json()
    assert problem["detail"] == '`metrics` must be a list, not "revenue".'
    assert problem["next_step"] == 'Write ["revenue"].'


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_does_not_say_that_it_is_json_is_a_problem(client: TestClient, kind: str) -> None:
    answer = client.post(ASK, content='{"metrics": ["revenue"]}', headers={"Content-Type": kind} if kind else {})
    assert answer.status_code == 415
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["next_step"] == "Send the header Content-Type: application/json."


def test_the_catalogue_says_what_metrics_mean(client: TestClient) -> None:
    metrics = {metric["name"]: metric for metric in client.get("/api/v1/metrics").json()["metrics"]}
    found = metrics["average_order_value"]
    shown = ("name", "label", "description", "formula", "unit", "better", "owner", "status")
    assert {key: found[key] for key in shown} == {
        "name": "average_order_value",
        "label": "Average order value",
        "description": "Revenue divided by the number of orders.",
        "formula": "SUM(sales.net) / COUNT(DISTINCT sales.transaction_id)",
        "unit": "USD",
        "better": "up",
        "owner": None,
        "status": None,
    }
    assert (found["additivity"], found["grain"], found["time"]) == (
        "non_additive",
        "one row per order line",
        "calendar.day",
    )
    assert {"sales.category", "customer.country"} <= set(found["dimensions"])


def test_the_catalogue_can_be_searched_and_lists_dimensions(client: TestClient) -> None:
    body = client.get("/api/v1/metrics", params={"search": "CATEGORY"}).json()
    assert body["metrics"] == []
    (category,) = body["dimensions"]
    assert (category["name"], category["datatype"], category["is_time"]) == ("sales.category", "String", False)


def test_pages_follow_each_other_to_the_last_row(client: TestClient) -> None:
    query = {"metrics": ["revenue"], "dimensions": [{"name": "household"}]}
    whole = client.post(ASK, json=query).json()
    assert whole["next_offset"] is None
    found, offset = [], None
    for _ in range(20):
        body = client.post(ASK, json={**query, "limit": 77, "offset": offset}).json()
        found += body["rows"]
        offset = body["next_offset"]
        if offset is None:
            break
    assert found == whole["rows"]


def test_a_large_arrow_answer_comes_whole(client: TestClient, shop: Workspace) -> None:
    query = {"metrics": ["revenue"], "dimensions": [{"name": "household"}, {"name": "calendar.day", "grain": "day"}]}
    arrow = {"Accept": "application/vnd.apache.arrow.stream"}
    table = pa.ipc.open_stream(client.post(ASK, json=query, headers=arrow).content).read_all()
    assert table.num_rows > 1_000
    (total,) = rows(shop, "SELECT sum(net) AS net FROM gold.sales")
    assert sum(table.column("revenue").to_pylist()) == total["net"]
    nobody = {**query, "where": {"field": "household", "value": "nobody"}}
    assert pa.ipc.open_stream(client.post(ASK, json=nobody, headers=arrow).content).read_all().num_rows == 0


def test_a_query_is_answered_as_who_sent_it_may_see_it(shop: Workspace) -> None:
    only_us = RowPolicy(id="country", dataset="customer", expression="customer.country = user.country")
    app = create_app(
        shop,
        principal_of=lambda request: Principal(
            "ida", attributes={"country": request.headers["X-Country"]}, row_policies=(only_us,), reads_all=True
        ),
    )
    by_hand = rows(
        shop,
        "SELECT c.country, sum(s.net) AS revenue FROM gold.sales s JOIN gold.customer c USING (customer_key) GROUP BY 1",
    )
    with TestClient(app, base_url="http://127.0.0.1") as guarded:
        for row in by_hand:
            body = guarded.post(ASK, json={"metrics": ["revenue"]}, headers={"X-Country": row["country"]}).json()
            assert body["rows"] == [{"revenue": float(row["revenue"])}]


def test_dashboards_are_listed_and_read(client: TestClient) -> None:
    listed = client.get("/api/v1/dashboards").json()["dashboards"]
    assert [board["name"] for board in listed] == ["executive"]
    board = client.get("/api/v1/dashboards/executive", params={"from": "2024-01-01", "to": "2024-03-31"}).json()
    assert [widget["name"] for widget in board["widgets"]] == listed[0]["widgets"]
    satisfaction = next(widget for widget in board["widgets"] if widget["name"] == "customer_satisfaction")
    assert satisfaction["state"] == "no_data_source"
    assert "no source of service contacts" in satisfaction["message"]


def test_every_widget_equals_its_metric_query(client: TestClient, shop: Workspace) -> None:
    for widget in shop.project.dashboards["executive"].widgets:
        shown = client.get(f"/api/v1/dashboards/executive/{widget.name}").json()
        asked = client.post(ASK, json=dict(widget.query)).json()
        assert shown["rows"] == asked["rows"], widget.name
        assert shown["sql"] in asked["sql"]  # a query without a limit gets one: an answer in JSON has an end


def test_a_widget_brings_its_chart_on_demand(client: TestClient) -> None:
    url = "/api/v1/dashboards/executive/category_performance"
    assert client.get(url).json()["spec"] is None
    spec = client.get(url, params={"spec": "dark"}).json()["spec"]
    assert spec["$schema"].endswith("/vega-lite/v6.json")
    assert "@" not in str(spec["layer"])


@pytest.mark.parametrize(
    ("url", "status", "hint"),
    [
        ("/api/v1/dashboards/exekutive", 404, "executive"),
        ("/api/v1/dashboards/executive/custommers", 404, "customers"),
        ("/api/v1/dashboards/executive?from=yesterday", 422, "YYYY-MM-DD"),
        ("/api/v1/dashboards/executive?from=2024-02-01&to=2024-01-01", 422, "Swap"),
        ("/api/v1/dashboards/executive?spec=pink", 422, ""),
        ("/api/v1/nothing", 404, ""),
    ],
)
def test_what_cannot_be_read_is_a_problem(client: TestClient, url: str, status: int, hint: str) -> None:
    answer = client.get(url)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert hint in str(answer.json())


def test_the_wrong_method_is_a_problem_that_names_the_right_one(client: TestClient) -> None:
    answer = client.get(ASK)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("url", ["/", "/dashboards/executive", "/docs/api", "/api/v1/health", "/nothing"])
def test_head_is_answered_like_get_without_the_body(client: TestClient, url: str) -> None:
    get, head = client.get(url), client.head(url)
    assert head.status_code == get.status_code
    assert head.headers == get.headers
    assert head.content == b""


def test_head_is_refused_where_get_is(client: TestClient) -> None:
    assert client.head(ASK).status_code == 405


def test_health_names_the_published_state(client: TestClient, shop: Workspace) -> None:
    health = client.get("/api/v1/health").json()
    assert health["status"] == "ok"
    assert health["snapshot"] == shop.history()[0].id
    assert health["as_of"] == "2024-11-18"


def test_the_description_covers_every_endpoint(client: TestClient) -> None:
    description = client.get("/api/v1/openapi.json").json()
    assert set(description["paths"]) == {
        "/api/v1/ask",
        "/api/v1/privacy/people",
        "/api/v1/privacy/erasures",
        "/api/v1/privacy/erasures/{number}/completion",
        "/api/v1/privacy/erasures/{number}/certificate",
        "/api/v1/privacy/exports",
        "/api/v1/privacy/consent",
        "/api/v1/customers",
        "/api/v1/metrics",
        "/api/v1/metrics/query",
        "/api/v1/dashboards",
        "/api/v1/dashboards/{name}",
        "/api/v1/dashboards/{name}/{widget}",
        "/api/v1/customers/{customer_id}",
        "/api/v1/identity/figures",
        "/api/v1/health",
        "/api/v1/me",
        "/api/v1/sql",
        "/api/v1/access/requests",
        "/api/v1/access/requests/{number}/decision",
        "/api/v1/access/grants",
        "/api/v1/access/grants/{number}",
        "/api/v1/access/grants/{number}/renewal",
        "/api/v1/access/notices",
        "/api/v1/access/notices/seen",
        "/api/v1/access/sights",
        "/api/v1/audit",
        "/api/v1/catalogue",
        "/api/v1/catalogue/{port}",
        "/api/v1/catalogue/{port}/usage",
        "/api/v1/catalogue/glossary",
        "/api/v1/audiences",
        "/api/v1/audiences/preview",
        "/api/v1/audiences/{name}/preview",
        "/api/v1/audiences/{name}/refresh",
        "/api/v1/audiences/{name}/exports",
        "/api/v1/audiences/{name}/diff",
        "/api/v1/audiences/{name}/overlap",
        "/api/v1/audiences/{name}/lift",
    }
    for url in ("/docs", "/redoc", "/openapi.json"):
        assert client.get(url).status_code == 404
