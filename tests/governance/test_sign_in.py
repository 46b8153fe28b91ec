"""Signing in: cookies a script cannot read, forms only from our own pages, an end to every session."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient
from tests.governance.conftest import OPERATOR, PASSWORD

from customer360.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.workspace import Workspace

HERE = "http://127.0.0.1"


@pytest.fixture
def client(people: Workspace) -> Iterator[TestClient]:
    for name in ("ida", "olga"):
        people.governance.accounts.set_password(name, PASSWORD, by="test")
    with TestClient(create_app(people), base_url=HERE, follow_redirects=False) as client:
        yield client


def sign_in(client: TestClient, name: str, password: str = PASSWORD, onward: str = "/access") -> object:
    client.cookies.clear()
    return client.post("/sign-in", data={"name": name, "password": password, "next": onward})


def token(client: TestClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/access").text)
    assert found
    return found[1]


def test_a_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client: TestClient) -> None:
    answer = sign_in(client, "ida")
    assert answer.status_code == 303  # type: ignore[attr-defined]
    cookie = answer.headers["set-cookie"].casefold()  # type: ignore[attr-defined]
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert client.get("/access").status_code == 200


def test_over_tls_the_cookie_is_secure_and_bound_to_the_host(people: Workspace) -> None:
    people.governance.accounts.set_password("ida", PASSWORD, by="test")
    app = create_app(people, hosts={"figures.example"})
    with TestClient(app, base_url="https://figures.example", follow_redirects=False) as client:
        cookie = sign_in(client, "ida").headers["set-cookie"]  # type: ignore[attr-defined]
        assert cookie.startswith("__Host-c360_session=")
        assert "Secure" in cookie
        assert client.get("/access").status_code == 200
    with TestClient(app, base_url="http://figures.example", follow_redirects=False) as client:
        answer = sign_in(client, "ida")
        assert answer.status_code == 401  # type: ignore[attr-defined]  # no password over an open line
        assert "set-cookie" not in answer.headers  # type: ignore[attr-defined]


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", ""])
def test_signing_in_leads_nowhere_else(client: TestClient, onward: str) -> None:
    assert sign_in(client, "ida", onward=onward).headers["location"] == "/"  # type: ignore[attr-defined]


def test_a_wrong_password_says_nothing_about_the_name(client: TestClient) -> None:
    wrong = [sign_in(client, name, "not the password").text for name in ("ida", "nobody")]  # type: ignore[attr-defined]
    assert wrong[0] == wrong[1]
    assert "The name or the password is wrong." in wrong[0]
    for _ in range(6):
        last = sign_in(client, "ida", "not the password")
    assert last.status_code == 429  # type: ignore[attr-defined]
    assert sign_in(client, "ida").status_code == 429  # type: ignore[attr-defined]


def test_a_form_without_the_sessions_token_changes_nothing(client: TestClient, people: Workspace) -> None:
    sign_in(client, "ida")
    form = {"port": "crm.customer", "purpose": "spring"}
    for sent in ({}, {"csrf": "guess"}):
        assert client.post("/access/requests", data={**form, **sent}).status_code == 403
    assert client.post("/sign-out").status_code == 403
    text = '{"port": "crm.customer", "purpose": "spring"}'
    for headers in (
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json", "Origin": "http://evil.example"},
    ):
        assert client.post("/api/v1/access/requests", content=text, headers=headers).status_code == 403
    assert people.governance.access.requests() == ()
    own = {"Content-Type": "application/json", "Origin": HERE}
    assert client.post("/api/v1/access/requests", content=text, headers=own).status_code == 201


def test_forms_of_dashboards_and_questions_carry_the_sessions_token(client: TestClient) -> None:
    sign_in(client, "ida")
    refused = {"/dashboards": {"title": "Mine"}, "/ask/opinions": {"q": "revenue", "verdict": "up"}}
    for path, form in refused.items():
        assert client.post(path, data=form).status_code == 403, path
    made = client.post("/dashboards", data={"title": "Mine", "csrf": token(client)})
    assert made.status_code == 303
    page = client.get(made.headers["location"]).text
    forms = re.findall(r'<form [^>]*method="post".*?</form>', page, re.DOTALL)
    assert forms
    assert all('name="csrf" value="' in form for form in forms)


def test_a_request_is_asked_and_approved_on_the_pages(client: TestClient, people: Workspace) -> None:
    sign_in(client, "ida")
    form = {"csrf": token(client), "port": "crm.customer", "purpose": "spring campaign", "days": "30"}
    assert client.post("/access/requests", data=form).status_code == 303
    assert "spring campaign" in client.get("/access").text
    assert client.post("/access/requests/1", data={"csrf": token(client), "decision": "approve"}).status_code == 409
    sign_in(client, "olga")
    page = client.get("/access").text
    assert "Waiting for your decision" in page
    decision = {"csrf": token(client), "decision": "approve", "row_filter": "country = 'US'", "note": "fine"}
    assert client.post("/access/requests/1", data=decision).status_code == 303
    (grant,) = people.governance.access.grants()
    assert (grant.holder, grant.row_filter) == ("ida", "country = 'US'")
    sign_in(client, "ida")
    rows = client.post(
        "/api/v1/sql", json={"sql": "SELECT count(*) AS n FROM crm.customer"}, headers={"Origin": HERE}
    ).json()["rows"]
    assert rows == [{"n": 30}]


def test_signing_out_ends_the_session_on_the_server(client: TestClient) -> None:
    sign_in(client, "ida")
    kept = dict(client.cookies)
    assert client.post("/sign-out", data={"csrf": token(client)}).status_code == 303
    client.cookies.update(kept)
    assert client.get("/access").status_code == 303


def test_the_api_asks_and_decides_too(people: Workspace) -> None:
    keys = {
        name: people.governance.tickets.create_key(name, label="t", by="test")[1] for name in ("ida", "olga", "ada")
    }
    with TestClient(create_app(people), base_url=HERE) as client:

        def call(name: str, method: str, path: str, body: object = None) -> object:
            return client.request(method, f"/api/v1{path}", json=body, headers={"X-API-Key": keys[name]})

        asked = call("ida", "POST", "/access/requests", {"port": "crm.customer", "purpose": "spring"})
        assert asked.status_code == 201  # type: ignore[attr-defined]
        number = asked.json()["id"]  # type: ignore[attr-defined]
        own = call("ida", "POST", f"/access/requests/{number}/decision", {"decision": "approve"})
        assert (own.status_code, "himself" in own.text or "own request" in own.text) == (409, True)  # type: ignore[attr-defined]
        done = call("olga", "POST", f"/access/requests/{number}/decision", {"decision": "approve", "days": 7})
        assert done.json()["status"] == "approved"  # type: ignore[attr-defined]
        assert call("ida", "GET", "/me").json()["ports"] == ["crm.customer", "sales.calendar"]  # type: ignore[attr-defined]
        (grant,) = call("ida", "GET", "/access/grants").json()  # type: ignore[attr-defined]
        assert call("ida", "GET", "/audit").status_code == 403  # type: ignore[attr-defined]
        assert call("ada", "GET", "/audit").json()[0]["action"] == "access.granted"  # type: ignore[attr-defined]
        ended = call("olga", "DELETE", f"/access/grants/{grant['id']}")
        assert ended.json()["status"] == "revoked"  # type: ignore[attr-defined]
        assert call("ida", "POST", "/access/requests", {"port": "crm.custome", "purpose": "x"}).status_code == 404  # type: ignore[attr-defined]
        assert OPERATOR.is_operator
