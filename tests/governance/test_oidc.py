"""People sign in with an OpenID provider; one that lies signs nobody in."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.testclient import TestClient
from tests.governance.openid_provider import CLIENT, SECRET, Person, Provider

from customer360.project.outside import SignIn
from customer360.web.app import create_app
from customer360.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = "http://127.0.0.1"


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    provider = Provider().start()
    yield provider
    provider.stop()


@pytest.fixture
def provider(server: Provider) -> Provider:
    return honest(server)


def honest(server: Provider) -> Provider:
    """Return the provider, honest again."""
    server.person, server.claims, server.sign, server.description = Person(), {}, "honest", {}
    server.codes.clear()
    server.asked.clear()
    return server


@pytest.fixture
def company(people: Workspace, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("HARBOUR_OIDC_SECRET", SECRET)
    roles = {"analysts": "member", "chiefs": "admin"}
    sign_in = SignIn(provider.issuer, CLIENT, "HARBOUR_OIDC_SECRET", roles=roles)
    project = replace(people.project, settings=replace(people.project.settings, sign_in=sign_in))
    return Workspace(project, people.engine)


@pytest.fixture
def client(company: Workspace) -> Iterator[TestClient]:
    with TestClient(create_app(company), base_url=HERE, follow_redirects=False) as client:
        yield client


def led(client: TestClient, onward: str = "/access") -> str:
    """Go to the provider, sign in there, and return the address that it sends the browser back to."""
    away = client.get(f"/sign-in/oidc?next={onward}")
    assert away.status_code == 303, away.text
    return str(httpx.get(away.headers["location"]).headers["location"])


def came_back(client: TestClient, onward: str = "/access") -> Any:
    return client.get(led(client, onward).removeprefix(HERE))


def test_somebody_new_gets_an_account_with_the_provider_s_groups(client: TestClient, company: Workspace) -> None:
    assert "Sign in with 127.0.0.1" in client.get("/sign-in").text
    answer = came_back(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/access")
    cookie = answer.headers["set-cookie"].casefold()
    assert "httponly" in cookie
    account = company.governance.accounts.named("rosa@harbour.example")
    assert (account.roles, account.groups) == ({"member"}, {"analysts"})
    assert client.get("/api/v1/me").json()["name"] == account.name
    event = next(e for e in company.governance.state.history() if e.action == "sign_in.done")
    assert (event.actor, event.detail["by"]) == (account.name, "127.0.0.1")


def test_the_second_time_it_is_the_same_account_with_the_groups_of_now(
    client: TestClient, company: Workspace, provider: Provider
) -> None:
    came_back(client)
    provider.person = Person(name="renamed@harbour.example", groups=("chiefs",))
    client.cookies.clear()
    assert came_back(client).status_code == 303
    names = [account.name for account in company.governance.accounts.all() if "harbour" in account.name]
    assert names == ["rosa@harbour.example"]
    assert company.governance.accounts.named(names[0]).roles == {"admin"}
    provider.person = Person(groups=())
    assert came_back(client).status_code == 303
    assert company.governance.accounts.named(names[0]).roles == {"viewer"}
    company.governance.accounts.change(names[0], is_active=False, by="test")
    client.cookies.clear()
    assert came_back(client).status_code == 401


def test_nobody_takes_an_account_by_its_name(client: TestClient, provider: Provider) -> None:
    provider.person = Person(name="ada")
    answer = came_back(client)
    assert (answer.status_code, "There is an account named" in answer.text) == (401, True)
    assert client.get("/access").status_code == 303  # still nobody


def test_state_nonce_and_challenge_are_new_each_time(client: TestClient, provider: Provider) -> None:
    for _ in range(2):
        came_back(client)
    one, other = provider.asked
    for name in ("state", "nonce", "code_challenge"):
        assert len(one[name]) >= 32
        assert one[name] != other[name]
    assert "openid" in one["scope"].split()
    assert one["redirect_uri"] == f"{HERE}/sign-in/oidc/callback"


def test_an_attempt_is_finished_once_and_by_the_browser_that_began_it(client: TestClient, company: Workspace) -> None:
    back = led(client).removeprefix(HERE)
    with TestClient(create_app(company), base_url=HERE, follow_redirects=False) as another:
        assert another.get(back).status_code == 401  # somebody else's link
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 401
    state = parse_qs(urlsplit(led(client)).query)["state"][0]
    assert client.get(f"/sign-in/oidc/callback?code=guess&state={state}").status_code == 401
    assert client.get("/sign-in/oidc/callback?code=x&state=y").status_code == 401
    assert client.get("/sign-in/oidc/callback").status_code == 401


NOW = int(time.time())
LIES: dict[str, dict[str, Any]] = {
    "another nonce": {"claims": {"nonce": "guess"}},
    "no nonce": {"claims": {"nonce": None}},
    "expired": {"claims": {"exp": NOW - 600, "iat": NOW - 900}},
    "no end": {"claims": {"exp": None}},
    "from the future": {"claims": {"iat": NOW + 9_000, "exp": NOW + 9_999}},
    "not before later": {"claims": {"nbf": NOW + 9_000}},
    "another audience": {"claims": {"aud": "somebody else"}},
    "no audience": {"claims": {"aud": None}},
    "several audiences": {"claims": {"aud": [CLIENT, "somebody else"]}},
    "for another party": {"claims": {"azp": "somebody else"}},
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "nobody": {"claims": {"sub": None}},
    "not signed": {"sign": "none"},
    "signed by its public key": {"sign": "by its public key as a secret"},
    "signed by another key": {"sign": "by another key"},
    "changed afterwards": {"sign": "changed afterwards"},
    "calls itself otherwise": {"description": {"issuer": "https://evil.example"}},
    "sends secrets in the open": {"description": {"token_endpoint": "http://evil.example/token"}},
}


def test_a_provider_that_lies_signs_nobody_in(client: TestClient, company: Workspace, provider: Provider) -> None:
    accounts = company.governance.accounts.all()
    for lie, changes in LIES.items():
        honest(provider)
        for name, value in changes.items():
            setattr(provider, name, value)
        away = client.get("/sign-in/oidc")
        answer = away
        if away.status_code == 303:
            answer = client.get(str(httpx.get(away.headers["location"]).headers["location"]).removeprefix(HERE))
        assert answer.status_code == 401, lie
        assert "You were not signed in" in answer.text, lie
        assert "c360_session" not in answer.headers.get("set-cookie", ""), lie
        assert company.governance.accounts.all() == accounts, lie
        assert client.get("/access").status_code == 303, lie
    honest(provider)
    assert came_back(client).status_code == 303  # so it was the lies


def test_without_a_provider_there_is_no_such_way(people: Workspace) -> None:
    with TestClient(create_app(people), base_url=HERE, follow_redirects=False) as client:
        assert "Sign in with" not in client.get("/sign-in").text
        assert client.get("/sign-in/oidc").status_code == 404
        assert client.get("/sign-in/oidc/callback?code=x&state=y").status_code == 404


def test_signing_out_leads_on_to_the_provider_where_it_knows_how(client: TestClient, provider: Provider) -> None:
    came_back(client)
    page = client.get("/access").text
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    left = client.post("/sign-out", data={"csrf": csrf}, headers={"Origin": HERE})
    assert left.headers["location"] == "/sign-in?left=yes"
    assert client.get("/access").status_code == 303
    assert 'href="/sign-in/oidc/end"' in client.get("/sign-in?left=yes").text
    assert client.get("/sign-in/oidc/end").headers["location"] == "/sign-in"  # it names no such address
    for end in ("http://evil.example/end", "javascript:alert(1)"):
        provider.description = {"end_session_endpoint": end}
        assert client.get("/sign-in/oidc/end").headers["location"] == "/sign-in"
    provider.description = {"end_session_endpoint": f"{provider.issuer}/end?x=1"}
    url = urlsplit(client.get("/sign-in/oidc/end").headers["location"])
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{provider.issuer}/end"
    assert parse_qs(url.query) == {"x": ["1"], "client_id": [CLIENT], "post_logout_redirect_uri": [f"{HERE}/sign-in"]}
