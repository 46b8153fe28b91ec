"""Every door has a policy, and who asks is who reads. A route, tool or command without a policy here fails."""

from __future__ import annotations

import asyncio
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main
from fastapi import FastAPI, Request
from mcp import Client
from starlette.testclient import TestClient
from tests.end_to_end.project import c360
from tests.governance.conftest import OPERATOR, PASSWORD

from customer360.cli import app as commands
from customer360.mcp.server import create_server
from customer360.mcp.tools import TOOLS
from customer360.web.app import create_app
from customer360.web.gate import MOST_BYTES

if TYPE_CHECKING:
    from customer360.workspace import Workspace

SRC = Path(__file__).parents[2] / "src"
HERE = "http://127.0.0.1"

OPEN = {
    "/static/{address}", "/sign-in", "/sign-in/oidc", "/sign-in/oidc/callback", "/sign-in/oidc/end", "/api/v1/health",
    "/preferences/theme",
}  # fmt: skip
"""Routes that are answered before anybody signs in."""
DATA_DOORS = {
    "/api/v1/ask", "/api/v1/customers", "/api/v1/customers/{customer_id}", "/customers", "/customers/{customer_id}",
    "/identity", "/identity/decisions", "/identity/decisions/{number}/undo", "/api/v1/identity/figures",
    "/values", "/api/v1/audiences", "/api/v1/audiences/preview", "/api/v1/audiences/{name}/preview",
    "/api/v1/audiences/{name}/refresh", "/api/v1/audiences/{name}/exports", "/api/v1/audiences/{name}/diff",
    "/api/v1/audiences/{name}/overlap", "/api/v1/audiences/{name}/lift",
    "/api/v1/metrics/query", "/api/v1/dashboards/{name}", "/api/v1/dashboards/{name}/{widget}", "/api/v1/sql", "/", "/ask",
    "/dashboards/{name}", "/dashboards/{name}.{kind}", "/dashboards/{name}/{widget}.csv", "/dashboards/{name}/{widget}.{kind}",
    "/dashboards/{name}/edit", "/ask.csv", "/ask/reading", "/ask/pin", "/metrics/{name}",
    "/audiences", "/audiences/new", "/audiences/{name}", "/audiences/{name}/refresh",
}  # fmt: skip
"""Routes that show figures; `test_matrix.py` tries each."""
SIGNED_IN = {
    "/api/v1/metrics", "/api/v1/dashboards", "/api/v1/openapi.json", "/docs/api", "/api/v1/me", "/access", "/sign-out",
    "/api/v1/access/requests", "/api/v1/access/requests/{number}/decision", "/api/v1/access/grants",
    "/api/v1/access/grants/{number}", "/api/v1/access/grants/{number}/renewal", "/api/v1/audit", "/access/requests",
    "/catalogue", "/catalogue/{port}", "/api/v1/catalogue", "/api/v1/catalogue/{port}",
    "/runs", "/runs/rollback", "/dashboards", "/dashboards/{name}/deletion", "/dashboards/{name}/yaml",
    "/audiences/{name}/deletion", "/audiences/{name}/yaml", "/ask/opinions", "/ask/asked",
    "/ask/opinions/{number}/closing", "/ask/history/deletion", "/ask/words",
    "/lineage", "/lineage/products/{schema}", "/audiences/{name}/exports", "/metrics", "/glossary", "/quality", "/admin",
    "/api/v1/catalogue/glossary", "/api/v1/catalogue/{port}/usage",
    "/api/v1/access/notices", "/api/v1/access/notices/seen", "/api/v1/access/sights", "/access/notices", "/access/view-as",
    "/access/requests/{number}", "/access/grants/{number}/revocation", "/api/v1/privacy/erasures",
    "/api/v1/privacy/people", "/api/v1/privacy/erasures/{number}/completion",
    "/api/v1/privacy/erasures/{number}/certificate", "/api/v1/privacy/exports", "/api/v1/privacy/consent",
}  # fmt: skip
"""Routes that show names and decisions, no figures."""
READING_COMMANDS = {"audience", "dashboard", "query", "sql", "ask", "customer", "identity"}
"""Commands that show data: with C360_API_KEY as that account may see them."""
OTHER_COMMANDS = {
    "access", "audit", "build", "cases", "check", "demo", "diff", "doctor", "export", "generate", "history", "init", "lineage",
    "load", "maintain", "mcp", "migrate", "privacy", "products", "rollback", "run", "schema", "serve", "support-api", "users", "version", "import", "semantic",
}  # fmt: skip
"""Commands that work on files of this machine and show no rows of customers."""


@dataclass(frozen=True)
class Route:
    path: str
    methods: frozenset[str]


def routes(workspace: Workspace) -> list[Route]:
    """Every route, also those within included routers."""
    found: list[Route] = []

    def walk(below: Any, prefix: str) -> None:
        for each in below:
            inner = getattr(each, "original_router", None)
            if inner is not None:
                walk(inner.routes, prefix + each.include_context.prefix)
            else:
                found.append(Route(prefix + each.path, frozenset(each.methods)))

    walk(create_app(workspace).routes, "")
    return found


def test_every_route_has_a_policy(shop: Workspace) -> None:
    assert {route.path for route in routes(shop)} == OPEN | DATA_DOORS | SIGNED_IN


def test_every_tool_and_command_has_a_policy() -> None:
    assert {tool.make.__name__ for tool in TOOLS} == {
        "list_metrics_for",
        "explain_metric_for",
        "query_metrics_for",
        "customer_for",
        "ask_for",
    }
    assert set(typer.main.get_command(commands).commands) <= READING_COMMANDS | OTHER_COMMANDS  # type: ignore[attr-defined]


def test_no_door_opens_the_warehouse_by_itself() -> None:
    """Pages, API and tools read through the workspace, where grants bind; none takes a session of its own."""
    found = [
        str(path.relative_to(SRC))
        for folder in ("web", "mcp", "dashboards", "audiences")
        for path in (SRC / "customer360" / folder).rglob("*.py")
        if path.name not in {"tickets.py"} and ".engine.read" in path.read_text(encoding="utf-8")
    ]
    assert not found


def test_without_signing_in_every_route_is_closed(people: Workspace) -> None:
    with TestClient(create_app(people), base_url=HERE, follow_redirects=False) as client:
        for route in routes(people):
            path = route.path.format(
                number=1,
                name="executive",
                widget="revenue",
                kind="svg",
                address="app.css",
                port="crm.customer",
                customer_id="3",
                schema="crm",
            )
            for method in route.methods - {"HEAD"}:
                answer = client.request(method, path)
                if route.path in OPEN:
                    assert answer.status_code < 500
                elif path.startswith("/api/"):
                    assert answer.status_code == 401, path
                    assert answer.headers["www-authenticate"].startswith("Bearer")
                    assert answer.headers["content-type"] == "application/problem+json"
                elif method == "GET":
                    assert answer.status_code == 303, path
                    assert answer.headers["location"].startswith("/sign-in?next=")
                else:
                    assert answer.status_code == 401, path


# ---- the matrix -------------------------------------------------------------------------------------------------

COUNT = {"metrics": ["customers"]}
MAILS = {"metrics": ["customers"], "dimensions": [{"name": "email"}]}
SQL = "SELECT customer_id, email FROM crm.customer"


def through_api(workspace: Workspace, key: str, method: str, path: str, body: Any = None, accept: str = "*/*") -> Any:
    with TestClient(create_app(workspace), base_url=HERE) as client:
        headers = {"Authorization": f"Bearer {key}", "Accept": accept}
        return client.request(method, path, json=body, headers=headers)


def metrics_json(workspace: Workspace, key: str) -> list[str] | None:
    answer = through_api(workspace, key, "POST", "/api/v1/metrics/query", MAILS)
    return [row["email"] for row in answer.json()["rows"]] if answer.status_code == 200 else refused(answer)


def sql_api(workspace: Workspace, key: str) -> list[str] | None:
    answer = through_api(workspace, key, "POST", "/api/v1/sql", {"sql": SQL})
    return [row["email"] for row in answer.json()["rows"]] if answer.status_code == 200 else refused(answer)


def python(workspace: Workspace, key: str) -> list[str] | None:
    from customer360.errors import NotPermitted

    try:
        return workspace.query(MAILS, principal=workspace.governance.key_principal(key))["email"].to_pylist()
    except NotPermitted:
        return None


async def tool(workspace: Workspace, key: str, name: str, arguments: dict[str, Any]) -> Any:
    async with Client(create_server(workspace, workspace.governance.key_principal(key))) as client:
        return (await client.call_tool(name, arguments)).structured_content


def refused(answer: Any) -> None:
    assert answer.status_code == 403, answer.text
    assert "may not read crm.customer" in answer.json()["detail"]


def test_a_profile_follows_the_same_grants(people: Workspace) -> None:
    _, key = people.governance.tickets.create_key("ida", label="t", by="test")
    ask = {"customer_id": "3"}
    assert asyncio.run(tool(people, key, "customer", ask))["status"] == "not_permitted"
    people.governance.access.grant("crm.customer", "ida", by=OPERATOR, row_filter="country = 'US'")
    traits = {t["name"]: t["value"] for t in asyncio.run(tool(people, key, "customer", ask))["traits"]}
    assert traits["country"] == "US"
    assert traits["full_name"] is None
    assert len(traits["email"]) == 32
    hidden = asyncio.run(tool(people, key, "customer", {"customer_id": "4"}))
    assert hidden["status"] == "refused"
    assert "whom you may see" in hidden["message"]


def test_a_key_reaches_no_further_than_its_scopes(people: Workspace) -> None:
    people.governance.access.grant("crm.customer", "ida", by=OPERATOR)
    tickets = people.governance.tickets
    _, metrics = tickets.create_key("ida", label="t", scopes=["metrics"], by="test")
    _, calendar = tickets.create_key("ida", label="t", scopes=["port:sales.calendar"], by="test")
    assert metrics_json(people, metrics)
    assert through_api(people, metrics, "POST", "/api/v1/sql", {"sql": SQL}).status_code == 403
    assert through_api(people, metrics, "GET", "/access").status_code == 403
    with pytest.raises(Exception, match="may not be used for sql"):
        people.sql(SQL, principal=people.governance.key_principal(metrics))
    assert python(people, calendar) is None
    days = people.sql("SELECT * FROM sales.calendar", principal=people.governance.key_principal(calendar))
    assert days.num_rows == 366


def test_pages_say_not_permitted_and_never_zero(people: Workspace) -> None:
    _, key = people.governance.tickets.create_key("ida", label="t", by="test")
    page = through_api(people, key, "GET", "/")
    assert page.status_code == 200
    assert page.text.count("You may not read") >= 3
    assert "secretmail" not in page.text
    assert through_api(people, key, "GET", "/dashboards/executive/mails.csv").status_code == 403


def test_one_visitors_page_is_not_shown_to_another(people: Workspace) -> None:
    """The app keeps filled dashboards; what may be seen is part of the key."""
    people.governance.access.grant("crm.customer", "everyone", holder_kind="group", by=OPERATOR)
    clear = people.governance.access.grant("crm.customer", "ida", by=OPERATOR, personal=True)
    keys = {name: people.governance.tickets.create_key(name, label="t", by="test")[1] for name in ("ida", "vera")}
    with TestClient(create_app(people), base_url=HERE) as client:

        def page(name: str) -> str:
            return str(client.get("/", headers={"X-API-Key": keys[name]}).text)

        assert "secretmail" in page("ida")
        assert "secretmail" not in page("vera")
        assert "secretmail" in page("ida")
        people.governance.access.revoke(clear.id, by=OPERATOR)
        assert "secretmail" not in page("ida")  # at the very next request


def test_the_command_line_asks_as_the_key_says(people: Workspace) -> None:
    _, key = people.governance.tickets.create_key("ida", label="t", by="test")

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return c360(*words, cwd=people.project.root, variables=more)

    refused_ = run("sql", SQL, C360_API_KEY=key)
    assert refused_.returncode == 1
    assert "may not read crm.customer" in refused_.stderr
    people.governance.access.grant("crm.customer", "ida", by=OPERATOR)
    table = json.loads(run("sql", SQL, "--format", "json", C360_API_KEY=key).stdout)
    assert len(table["rows"]) == 90
    assert all(len(row["email"]) == 32 for row in table["rows"])
    assert "Nobody is signed in" not in run("query", "customers", C360_API_KEY=key).stderr
    assert run("query", "customers", C360_API_KEY=key + "x").returncode == 1
    assistant = run("mcp")
    assert assistant.returncode == 1
    assert "API key" in assistant.stderr


def test_who_read_what_is_written_down_without_the_text(people: Workspace) -> None:
    _, key = people.governance.tickets.create_key("ida", label="t", by="test")
    people.governance.access.grant("crm.customer", "ida", by=OPERATOR)
    sql_api(people, key)
    with pytest.raises(Exception, match="may not read"):
        people.sql("SELECT * FROM sales.sale", principal=people.governance.key_principal(key))
    refusal, reading = people.governance.state.history(limit=2)
    assert (reading.actor, reading.action, reading.subject) == ("ida", "data.read", "crm.customer")
    assert reading.detail["rows"] == 90
    assert reading.detail["door"] == "sql"
    assert (refusal.action, refusal.detail["door"]) == ("data.refused", "sql")
    assert "SELECT" not in str([dict(event.detail) for event in (reading, refusal)])


def test_a_machine_without_accounts_needs_no_password_and_masks(shop: Workspace) -> None:
    with TestClient(create_app(shop), base_url=HERE) as client:
        assert client.get("/").status_code == 200
        assert client.get("/sign-in", follow_redirects=False).status_code == 303
        assert client.get("/api/v1/me").json()["signs_in"] is False
        rows = client.post("/api/v1/metrics/query", json=MAILS).json()["rows"]
        assert len(rows) == 90
        assert all(len(row["email"]) == 32 for row in rows)
        table = client.post("/api/v1/sql", json={"sql": "SELECT email FROM sales.working"})
        assert table.status_code == 200
        assert client.post("/api/v1/sql", json={"sql": "SELECT * FROM c360.build_log"}).status_code == 403
    assert shop.sql(SQL)["email"][0].as_py().startswith("secretmail")  # Python and the command line are the owner's


def test_the_first_account_closes_a_running_server(shop: Workspace) -> None:
    with TestClient(create_app(shop), base_url=HERE, follow_redirects=False) as client:
        assert client.get("/").status_code == 200
        shop.governance.accounts.create("ada", password=PASSWORD, roles=["admin"], by="test")
        assert client.get("/").status_code == 303
        assert client.get("/api/v1/metrics").status_code == 401


def test_administrators_and_owners_see_what_is_for_them(people: Workspace) -> None:
    keys = {name: people.governance.tickets.create_key(name, label="t", by="t")[1] for name in ("ida", "olga", "ada")}

    def status(name: str, path: str) -> int:
        return int(through_api(people, keys[name], "GET", path).status_code)

    assert [status(name, "/admin") for name in ("ida", "olga", "ada")] == [403, 403, 200]
    assert [status(name, "/ask/asked") for name in ("ida", "olga", "ada")] == [403, 200, 200]
    page = through_api(people, keys["ada"], "GET", "/admin").text
    assert all(f">{account.name}</th>" in page for account in people.governance.accounts.all())
    assert not any(key in page for key in keys.values())


def test_rows_of_a_port_are_shown_as_they_may_be_seen(people: Workspace) -> None:
    _, key = people.governance.tickets.create_key("ida", label="t", by="t")

    def page() -> str:
        return str(through_api(people, key, "GET", "/catalogue/crm.customer?rows=10").text)

    assert "Ten rows" not in page()
    people.governance.access.grant("crm.customer", "ida", by=OPERATOR)
    assert "secretmail" not in page()
    assert page().count("hidden</span>") >= 10
    people.governance.access.grant("crm.customer", "ida", by=OPERATOR, days=5, personal=True)
    assert page().count("secretmail") == 10
    assert people.governance.state.history(limit=1)[0].subject == "crm.customer", "that rows were read is written down"


def test_nobody_sends_more_than_a_form_can_hold(people: Workspace) -> None:
    _, key = people.governance.tickets.create_key("ida", label="t", by="test")
    body = b'{"sql": "' + b"x" * MOST_BYTES + b'"}'
    support = FastAPI()

    @support.post("/tickets")
    async def take(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    with TestClient(create_app(people, support=support), base_url=HERE) as client:
        for path, headers in (("/api/v1/sql", {"X-API-Key": key}), ("/sign-in", {}), ("/support/tickets", {})):
            answer = client.post(path, content=body, headers={"Content-Type": "application/json", **headers})
            assert (answer.status_code, "too large" in answer.text) == (403, True)
        small = client.post("/support/tickets", content=b"{}", headers={"Content-Type": "application/json"})
        assert (small.status_code, small.json()) == (200, {"bytes": 2})
