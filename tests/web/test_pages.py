"""Pages are whole without JavaScript: every figure, table, definition and download is in the HTML."""

from __future__ import annotations

import gzip
import html
import re
import shlex
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient
from tests.web.company import unbuilt_company

from customer360.web.app import create_app
from customer360.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

HERE = "http://127.0.0.1"


class Text(HTMLParser):
    """The texts a person reads, and what the page refers to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._skipped = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self.links += [value for name, value in attrs if name in ("href", "src", "action") and value]
        self._skipped += tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag == "script"

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))


def test_a_page_says_which_filter_it_does_not_know_and_shows_itself(client: TestClient) -> None:
    answer = client.get("/?categry=Meat&utm_source=%3Cb%3Email")
    assert answer.status_code == 200
    said = Text(answer.text).text
    assert "No filter of 'executive' is named 'categry'. Did you mean 'category'?" in said
    assert "named 'utm_source'" in said
    assert "Remove filter" not in answer.text
    plain = client.get("/").text
    assert "No filter of" not in plain
    known = client.get("/?category=Meat&from=2024-01-01&to=").text
    assert "No filter of" not in known
    for path in ("/api/v1/dashboards/executive", "/api/v1/dashboards/executive/customer_segments"):
        refused = client.get(path, params={"categry": "Meat"})
        assert (refused.status_code, refused.json()["next_step"]) == (422, "Did you mean 'category'?")
        assert client.get(path, params={"category": "Meat", "limit": 3, "spec": "dark"}).status_code == 200


@pytest.fixture(scope="module")
def page(client: TestClient) -> Text:
    answer = client.get("/")
    assert answer.status_code == 200
    return Text(answer.text)


def test_every_figure_is_in_the_text(page: Text, client: TestClient) -> None:
    board = client.get("/api/v1/dashboards/executive").json()
    for widget in board["widgets"]:
        assert widget["title"] in page.text
        for metric in widget["metrics"]:
            assert metric["description"] in page.text
    for row in next(w for w in board["widgets"] if w["name"] == "category_performance")["rows"]:
        assert f"${row['revenue']:,.2f}" in page.text
    assert "This project has no source of service contacts, so satisfaction is not measured." in page.text
    assert "Figures as of 18 Nov 2024" in page.text


def test_charts_have_a_sentence_and_a_picture_for_those_without_javascript(page: Text, client: TestClient) -> None:
    figures = [facts for tag, facts in page.tags if tag == "figure"]
    assert len(figures) == 6
    assert all(facts["role"] == "img" and (facts["aria-label"] or "").endswith(".") for facts in figures)
    pictures = [facts["src"] for tag, facts in page.tags if tag == "img" and (facts["src"] or "").endswith(".svg")][1:]
    assert len(pictures) == 6
    for url in pictures:
        answer = client.get(url or "")
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.text.startswith("<svg")


def test_every_link_of_the_page_leads_somewhere(page: Text, client: TestClient) -> None:
    links = {link for link in page.links if link.startswith("/") and link != "/preferences/theme"}
    assert len(links) > 40
    assert [link for link in links if client.get(link).status_code != 200] == []
    assert {link for link in page.links if not link.startswith(("/", "#"))} == set()


def test_no_inline_script_and_no_inline_style(client: TestClient) -> None:
    for url in ("/", "/docs/api", "/nowhere"):
        html = client.get(url).text
        scripts = re.findall(r"<script([^>]*)>", html)
        assert all("src=" in script or 'type="application/json"' in script for script in scripts)
        assert not re.search(r'\s(style|on\w+)="', html)
        assert "<style" not in html


def test_the_example_of_the_api_page_runs(client: TestClient) -> None:
    command = next(text for text in Text(client.get("/docs/api").text).texts if text.startswith("curl "))
    words = shlex.split(command.replace("\\\n", " "))
    headers = dict(words[i + 1].split(": ") for i, word in enumerate(words) if word == "-H")
    answer = client.post(words[2], content=words[words.index("-d") + 1], headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    assert len(answer.text.splitlines()) > 10  # a year of months


def test_filters_live_in_the_address(client: TestClient) -> None:
    page = Text(client.get("/?from=2024-01-01&to=2024-03-31&country=US&country=CA").text)
    for chip in ("1 Jan \N{EN DASH} 31 Mar 2024", "Country: US", "Country: CA"):
        assert chip in page.text
    assert "/?country=US&country=CA" in page.links
    assert "/?from=2024-01-01&to=2024-03-31&country=CA" in page.links
    assert (
        "/dashboards/executive/category_performance.csv?from=2024-01-01&to=2024-03-31&country=US&country=CA"
        in page.links
    )
    assert "Not filtered by date." in page.text
    inputs = {
        facts["name"]: facts["value"] for tag, facts in page.tags if tag == "input" and facts.get("type") == "date"
    }
    assert inputs == {"from": "2024-01-01", "to": "2024-03-31"}


def test_what_a_reader_typed_is_shown_as_text(client: TestClient) -> None:
    html = client.get("/", params={"country": '<script>alert(1)</script>"'}).text
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


@pytest.mark.parametrize(
    ("url", "status", "text"),
    [
        ("/nowhere", 404, "There is nothing at this address."),
        ("/dashboards/exekutive", 404, "Did you mean 'executive'?"),
        ("/dashboards/executive/custommers.csv", 404, "Did you mean 'customers'?"),
        ("/dashboards/executive/top_customers.png", 422, "has no chart to draw"),
        ("/?from=soon", 422, "'soon' is no date. Write 'from' as YYYY-MM-DD"),
        ("/static/app.000000000000.css", 404, "There is nothing at this address."),
    ],
)
def test_a_wrong_address_gets_a_page_that_helps(client: TestClient, url: str, status: int, text: str) -> None:
    answer = client.get(url)
    page = Text(answer.text)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert text in re.sub(r"\s+", " ", page.text)
    assert "/" in page.links


def test_a_failure_of_ours_is_a_page_without_its_insides(shop: object, client: TestClient) -> None:
    class Broken:
        project = shop.project  # type: ignore[attr-defined]
        governance = shop.governance  # type: ignore[attr-defined]
        engine = shop.engine  # type: ignore[attr-defined]

        def history(self) -> None:
            raise ZeroDivisionError("a secret value")

    broken = TestClient(create_app(Broken()), base_url=HERE, raise_server_exceptions=False)  # type: ignore[arg-type]
    answer = broken.get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    problem = broken.get("/api/v1/health")
    assert problem.headers["content-type"] == "application/problem+json"
    assert "secret" not in problem.text


QUIET_PAGES = (
    "/dashboards", "/ask", "/ask/asked", "/audiences", "/audiences/new", "/lineage", "/lineage?of=gold.sales", "/metrics",
    "/metrics/revenue", "/glossary", "/quality", "/admin", "/runs", "/catalogue", "/docs/api",
)  # fmt: skip
"""Pages that a small project without audiences, glossary or accounts has too."""


@pytest.mark.parametrize("path", QUIET_PAGES)
def test_every_page_is_there_and_says_what_to_do_where_it_is_empty(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert "<h1" in answer.text
    assert re.search(r"<form|<code>|<table|href=", answer.text.split("<main")[1])


def test_before_the_first_build_the_page_says_what_to_run(tmp_path: Path) -> None:
    workspace = unbuilt_company(tmp_path / "company")
    with TestClient(create_app(workspace), base_url=HERE) as client:
        for path in QUIET_PAGES:
            page = client.get(path)
            assert page.status_code in (200, 503), path
            assert page.status_code == 200 or "c360 run" in page.text, path
        answer = client.get("/")
        assert answer.status_code == 503
        assert "c360 run" in answer.text
        assert client.get("/api/v1/health").json()["status"] == "nothing_built"
        assert client.get("/api/v1/metrics").status_code == 200, "what can be asked is known from the files"
        question = {"metrics": [client.get("/api/v1/metrics").json()["metrics"][0]["name"]]}
        assert client.post("/api/v1/metrics/query", json=question).status_code == 503
        workspace.build()
        assert client.get("/").status_code == 200


def test_when_tables_are_not_published_the_page_says_what_to_run(tmp_path: Path) -> None:
    workspace = unbuilt_company(tmp_path / "company")
    workspace.build()
    with workspace.engine.publish(note="taken away") as publication:
        for relation in workspace.project.models:
            publication.drop(relation)
    with TestClient(create_app(workspace), base_url=HERE) as client:
        answer = client.get("/")
        assert (answer.status_code, "c360 run" in answer.text) == (503, True)
        question = {"metrics": [client.get("/api/v1/metrics").json()["metrics"][0]["name"]]}
        problem = client.post("/api/v1/metrics/query", json=question)
        assert problem.status_code == 503
        assert "is not in what is published now" in problem.json()["detail"]


def test_light_and_dark_are_remembered_in_a_cookie(shop: object) -> None:
    with TestClient(create_app(shop), base_url=HERE) as client:  # type: ignore[arg-type]
        assert "data-theme" not in client.get("/").text.split("</head>")[0]
        answer = client.post(
            "/preferences/theme", data={"theme": "dark", "back": "/?country=US"}, follow_redirects=False
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/?country=US")
        assert '<html lang="en" data-theme="dark">' in client.get("/").text
        client.post("/preferences/theme", data={"theme": "pink"})
        assert "data-theme" not in client.get("/").text.split("</head>")[0]


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nSet-Cookie: b", ""]
)
def test_the_way_back_stays_on_this_server(client: TestClient, back: str) -> None:
    answer = client.post("/preferences/theme", data={"back": back}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_a_page_weighs_less_than_60_kilobytes(client: TestClient) -> None:
    assert len(gzip.compress(client.get("/").content, 5)) < 60_000


def test_a_project_chooses_how_its_numbers_and_dates_are_written(shop: Workspace) -> None:
    settings = replace(shop.project.settings, locale="de")
    german = Workspace(replace(shop.project, settings=settings), shop.engine)
    with TestClient(create_app(german), base_url="http://127.0.0.1") as client:
        page = html.unescape(client.get("/").text)
    assert "18. Nov. 2024" in page
    value = shop.query(metrics=["average_order_value"])["average_order_value"][0].as_py()
    assert f"{value:,.2f}".translate(str.maketrans(",.", ".,")) + "\N{NO-BREAK SPACE}$" in page
    assert '"decimal": ","' in page
    assert "März" in page
