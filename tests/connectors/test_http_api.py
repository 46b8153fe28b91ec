"""Lists come whole from an API, whatever its paging; a busy one is asked again, a refusal is one sentence."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.postgres_server import free_port

from customer360.clock import now, stopwatch
from customer360.connectors.base import Extract
from customer360.connectors.http_api import HttpApiConnector
from customer360.errors import (
    C360Error,
    Place,
    ProjectError,
    SettingMissing,
    SourceMalformed,
    SourceUnreachable,
    UnknownName,
)
from customer360.project.spec import Source, SourceTable

PLACE = Place("sources/helpdesk.yaml", 5)
KEY = "hunter2"


class HelpDesk:
    """A small API of 25 tickets behind a key, with every kind of paging and ways to be unwell."""

    def __init__(self) -> None:
        self.tickets = [
            {"id": n, "fee": n + 0.1, "at": f"2024-01-{n:02d}T10:00:00Z", "by": {"name": f"a{n}"}} for n in range(1, 26)
        ]
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.moments: list[float] = []
        self.sick: list[tuple[int, dict[str, str]]] = []
        """Answers to give first: status and headers."""
        self.largest_page = 10

    def answer(self, path: str, asked: dict[str, str], key: str | None) -> tuple[int, dict[str, str], Any]:
        self.asked.append((path, asked))
        self.moments.append(stopwatch())
        if self.sick:
            status, headers = self.sick.pop(0)
            return status, headers, {"error": KEY}
        if key != KEY:
            return 401, {}, {"error": "no"}
        found = [t for t in self.tickets if t["at"] >= asked.get("updated_since", "")]
        limit = min(int(asked.get("limit", 10)), self.largest_page)
        return self.pages(path, asked, found, limit)

    def pages(self, path: str, asked: dict[str, str], found: list[Any], limit: int) -> tuple[int, dict[str, str], Any]:
        start = int(asked.get("offset", 0))
        if path == "/tickets":
            return 200, {}, {"total": len(found), "items": found[start : start + limit]}
        if path == "/bare":
            return 200, {}, found[start : start + limit]
        if path == "/numbered":
            start = (int(asked["page"]) - 1) * limit
            return 200, {}, {"data": {"rows": found[start : start + limit]}}
        if path == "/keyset":
            start = int(asked.get("after") or 0)
            more = str(start + limit) if start + limit < len(found) else None
            return 200, {}, {"items": found[start : start + limit], "next": more}
        if path == "/linked":
            more = f"http://{self.host}/linked?offset={start + limit}&limit={limit}"
            headers = {"Link": f'<{more}>; rel="next"'} if start + limit < len(found) else {}
            return 200, headers, {"items": found[start : start + limit]}
        if path == "/circle":
            return 200, {}, {"items": found[:1], "next": "same"}
        if path == "/elsewhere":
            return 200, {"Link": '<http://other.example.com/steal>; rel="next"'}, {"items": found[:1]}
        if path == "/text":
            return 200, {}, "hunter2 is no object"
        return 404, {}, {}

    host = ""


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[HelpDesk]:
    made = HelpDesk()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {k: v[0] for k, v in parse_qs(parts.query).items()}
            status, headers, body = made.answer(parts.path, asked, self.headers.get("X-API-Key"))
            content = (b"<html>" if parts.path == "/html" else json.dumps(body).encode()) if status else b""
            self.send_response(200 if parts.path == "/html" else status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.host = f"127.0.0.1:{server.server_port}"
    monkeypatch.setenv("HELPDESK_KEY", KEY)
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def source(desk: HelpDesk, **options: Any) -> Source:
    connection = {"url": f"http://{desk.host}", "headers": {"X-API-Key": {"env": "HELPDESK_KEY"}}}
    fast = {"first_pause_seconds": 0.01, "requests_per_second": 1000, "retries": 2}
    return Source("helpdesk", "http_api", PLACE, {}, connection=connection, options={**fast, **options})


def read(
    desk: HelpDesk, location: str, *fields: str, since: Any = None, cursor: str | None = None, **options: Any
) -> list[Any]:
    api = {name: options.pop(name) for name in ("retries", "requests_per_second", "timeout_seconds") if name in options}
    table = SourceTable("helpdesk", "tickets", location, PLACE, cursor=cursor, options=options)
    connector = HttpApiConnector(source(desk, **api), Path())
    try:
        schema = connector.schema(table, fields or ("id",))
        return connector.read(Extract(table, since, tuple(schema.names))).read_all().to_pylist()
    finally:
        connector.close()


PAGINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "offset with a total": ("/tickets", {}),
    "offset without a total": ("/bare", {"items": ""}),
    "page numbers": ("/numbered", {"paging": "page", "items": "data.rows", "limit": 10}),
    "cursor": ("/keyset", {"paging": "cursor", "cursor_parameter": "after", "limit": 7}),
    "link": ("/linked", {"paging": "link", "limit": 4}),
}


@pytest.mark.parametrize("case", PAGINGS, ids=[name.replace(" ", "_") for name in PAGINGS])
@pytest.mark.parametrize("largest_page", [3, 10, 100])
def test_every_object_comes_once_even_where_the_api_shortens_pages(
    desk: HelpDesk, case: str, largest_page: int
) -> None:
    location, options = PAGINGS[case]
    desk.largest_page = largest_page
    assert [int(row["id"]) for row in read(desk, location, **options)] == list(range(1, 26))


def test_fields_come_by_name_and_path_with_exact_decimals(desk: HelpDesk) -> None:
    rows = read(desk, "/tickets", "id", "fee", "by", "gone", fields={"agent": "by.name"})
    assert rows[0] == {"id": "1", "fee": "1.1", "by": '{"name":"a1"}', "gone": None, "agent": "a1"}


def test_since_is_the_apis_work_where_it_has_a_parameter(desk: HelpDesk) -> None:
    since = datetime(2024, 1, 24, 10)  # noqa: DTZ001 - UTC, as cursors are kept
    rows = read(desk, "/tickets", "id", "at", since=since, cursor="at", since_parameter="updated_since")
    assert [row["id"] for row in rows] == ["24", "25"]
    assert desk.asked == [("/tickets", {"limit": "500", "offset": "0", "updated_since": "2024-01-24T10:00:00Z"})]
    assert [row["id"] for row in read(desk, "/tickets", "id", "at", since=since, cursor="at")] == ["24", "25"]


def test_a_busy_api_is_asked_again(desk: HelpDesk) -> None:
    desk.sick = [(503, {}), (429, {"Retry-After": "0"})]
    assert len(read(desk, "/tickets")) == 25
    desk.sick = [(429, {"Retry-After": format_datetime(now(), usegmt=True)}), (500, {"Retry-After": "soon"})]
    assert len(read(desk, "/tickets")) == 25


def test_retry_after_is_obeyed(desk: HelpDesk) -> None:
    desk.sick = [(429, {"Retry-After": "1"})]
    read(desk, "/tickets")
    assert desk.moments[1] - desk.moments[0] >= 1.0


def test_requests_keep_their_distance(desk: HelpDesk) -> None:
    read(desk, "/tickets", limit=5, requests_per_second=20)
    assert len(desk.moments) == 5
    assert desk.moments[-1] - desk.moments[0] >= 0.15  # 4 gaps of 0.05 s, less what the first arrived late


REFUSALS: dict[str, tuple[str, dict[str, Any], list[tuple[int, dict[str, str]]], type[C360Error], str]] = {
    "wrong key": ("/tickets", {}, [(401, {})], SourceUnreachable,
        ("The API at {host} refused the key (401): /tickets for helpdesk.tickets. In sources/helpdesk.yaml:5. "
        "Correct the environment variable in the source's headers.")),
    "not allowed": ("/tickets", {}, [(403, {})], SourceUnreachable,
        ("The API at {host} does not allow this key to read it (403): /tickets for helpdesk.tickets. "
        "In sources/helpdesk.yaml:5. Ask its administrator for the right to read.")),
    "no such path": ("/ticket", {}, [], SourceMalformed,
        ("The API at {host} knows no such path (404): /ticket for helpdesk.tickets. In sources/helpdesk.yaml:5. "
        "Correct the location of the table.")),
    "still busy": ("/tickets", {}, [(429, {"Retry-After": "0"})] * 3, SourceUnreachable,
        ("The API at {host} was still busy after 3 attempts (429): /tickets for helpdesk.tickets. "
        "In sources/helpdesk.yaml:5. Lower `requests_per_second`.")),
    "broken": ("/tickets", {}, [(500, {})] * 3, SourceUnreachable,
        ("The API at {host} answered with status 500: /tickets for helpdesk.tickets. In sources/helpdesk.yaml:5. "
        "The API's log says why; run it again later.")),
    "sent away": ("/tickets", {}, [(302, {"Location": "http://other.example.com/"})], SourceUnreachable,
        ("The API at {host} answered with status 302: /tickets for helpdesk.tickets. In sources/helpdesk.yaml:5. "
        "The API's log says why; run it again later.")),
    "not JSON": ("/html", {}, [], SourceMalformed,
        ("The API at {host} answered helpdesk.tickets with something that is not JSON. In sources/helpdesk.yaml:5. "
        "Check the path of the table and that the API speaks JSON.")),
    "no list": ("/tickets", {"items": "data"}, [], SourceMalformed,
        ("The API at {host} did not answer helpdesk.tickets with a list of objects at 'data'. "
        "In sources/helpdesk.yaml:5. Say where it lies: `options: {items: path.to.list}` (empty: the answer itself).")),
    "text": ("/text", {"items": ""}, [], SourceMalformed,
        ("The API at {host} did not answer helpdesk.tickets with a list of objects. "
        "In sources/helpdesk.yaml:5. Say where it lies: `options: {items: path.to.list}` (empty: the answer itself).")),
    "a circle": ("/circle", {"paging": "cursor"}, [], SourceMalformed,
        ("The API at {host} leads in a circle: a page of helpdesk.tickets names one before it as the next. "
        "In sources/helpdesk.yaml:5. Correct the table's paging options.")),
    "another host": ("/elsewhere", {"paging": "link"}, [], SourceMalformed,
        ("The API at {host} sent helpdesk.tickets on to another host, other.example.com. In sources/helpdesk.yaml:5. "
        "The key is for this host only. If the other one is right, make it the source's url.")),
    "unknown paging": ("/tickets", {"paging": "ofset"}, [], UnknownName,
        "No paging is named 'ofset'. In sources/helpdesk.yaml:5. Did you mean 'offset'?"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS, ids=[name.replace(" ", "_") for name in REFUSALS])
def test_a_refusal_is_one_sentence_without_the_key(desk: HelpDesk, case: str) -> None:
    location, options, sick, kind, sentence = REFUSALS[case]
    desk.sick = list(sick)
    with pytest.raises(kind) as caught:
        read(desk, location, **options)
    assert str(caught.value) == sentence.replace("{host}", desk.host)
    assert KEY not in str(caught.value)


def test_an_api_that_is_down(desk: HelpDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.host = f"127.0.0.1:{free_port()}"
    with pytest.raises(
        SourceUnreachable, match=rf"The API at {desk.host} did not answer helpdesk\.tickets in 3 attempts"
    ):
        read(desk, "/tickets")


def test_keys_come_from_the_environment_only(desk: HelpDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    literal = {"url": f"http://{desk.host}", "headers": {"X-API-Key": KEY}}
    with pytest.raises(ProjectError, match="The header X-API-Key of source helpdesk must come from the environment"):
        HttpApiConnector(Source("helpdesk", "http_api", PLACE, {}, connection=literal), Path())
    with pytest.raises(ProjectError, match="has no base URL") as caught:
        HttpApiConnector(Source("helpdesk", "http_api", PLACE, {}, connection={"url": f"http://ann:{KEY}@x"}), Path())
    assert KEY not in str(caught.value)
    monkeypatch.delenv("HELPDESK_KEY")
    with pytest.raises(SettingMissing, match="HELPDESK_KEY is not set; it holds the header X-API-Key"):
        HttpApiConnector(source(desk), Path())


def test_something_must_name_the_fields(desk: HelpDesk) -> None:
    table = SourceTable("helpdesk", "tickets", "/tickets", PLACE)
    connector = HttpApiConnector(source(desk), Path())
    with pytest.raises(ProjectError, match=r"Nothing says which fields helpdesk\.tickets has"):
        connector.schema(table)
    connector.close()
