"""Only this machine, under its own names, gets an answer; pages load nothing from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from customer360.web.security import host_name
from customer360.web.server import NotServed, bound, check_host

if TYPE_CHECKING:
    from starlette.testclient import TestClient


@pytest.mark.parametrize("url", ["/", "/nowhere", "/api/v1/health", "/docs/api", "/dashboards/executive/customers.csv"])
def test_every_answer_carries_the_headers(client: TestClient, url: str) -> None:
    headers = client.get(url).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8360",
        "",
        "192.168.1.5:8360",
        "127.0.0.1:8360/sign-in?",
        "localhost/static/",
        "127.0.0.1:@evil.example",
        "[::1]evil",
    ],
)
def test_a_foreign_host_name_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8360", "LOCALHOST:1", "[::1]:8360"])
def test_names_of_this_machine_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/api/v1/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_write(client: TestClient, site: str) -> None:
    query = {"metrics": ["revenue"]}
    assert client.post("/api/v1/metrics/query", json=query, headers={"Sec-Fetch-Site": site}).status_code == 403
    assert (
        client.post("/api/v1/metrics/query", json=query, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    )
    assert client.get("/api/v1/health", headers={"Sec-Fetch-Site": site}).status_code == 200


@pytest.mark.parametrize(
    ("header", "name"),
    [("a:1", "a"), ("A", "a"), ("[::1]:8360", "[::1]"), ("[::1]", "[::1]"), ("", ""), ("[", "[]"), (" a ", "a")],
)
def test_a_host_header_loses_its_port(header: str, name: str) -> None:
    assert host_name(header) == name


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]"])
def test_this_machine_may_be_served(host: str) -> None:
    check_host(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com", ""])
def test_listening_where_others_reach_is_refused(host: str) -> None:
    with pytest.raises(NotServed, match="no accounts"):
        check_host(host)


def test_a_taken_port_says_so() -> None:
    first = bound("127.0.0.1", 0)
    first.listen()
    try:
        with pytest.raises(NotServed, match="cannot be used"):
            bound("127.0.0.1", first.getsockname()[1])
    finally:
        first.close()
