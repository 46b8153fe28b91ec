"""The page that answers questions: whole without scripts, escaped, with its context in the address."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def test_the_page_asks_and_answers(client: TestClient) -> None:
    assert 'name="q"' in client.get("/ask").text
    page = client.get("/ask", params={"q": "what metrics are there?"}).text
    assert "There are" in page
    assert "<table>" in page


def test_a_question_is_never_markup(client: TestClient) -> None:
    page = client.get("/ask", params={"q": "<script>alert(1)</script> revenue"}).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page


def test_too_long_questions_are_refused(client: TestClient) -> None:
    assert client.get("/ask", params={"q": "x" * 3_000}).status_code == 422


def test_a_part_of_the_reading_is_left_out_by_its_link(client: TestClient) -> None:
    page = client.get("/ask", params={"q": "revenue by segment last month"}).text
    links = [html.unescape(found) for found in re.findall(r'href="(/ask[^"]*)" aria-label="Answer without', page)]
    assert len(links) == 2
    without_time = client.get(links[1]).text
    assert "all time" in without_time
    assert "last month (" not in without_time


def test_an_ambiguous_question_is_answered_by_the_link_of_a_choice(client: TestClient) -> None:
    page = client.get("/ask", params={"q": "average revenue"}).text
    links = [html.unescape(found) for found in re.findall(r'<li><a href="(/ask[^"]*)"', page)]
    assert len(links) > 1
    assert any("How it was read" in client.get(link).text for link in links)


@pytest.mark.parametrize(
    "reading", ["{", "[]", '{"metrics": ["salaries"]}', '{"metrics": ["revenue"], "sql": "x"}', "x" * 9_000]
)
def test_a_made_up_reading_is_refused(client: TestClient, reading: str) -> None:
    answer = client.get("/ask", params={"q": "revenue", "r": reading})
    assert answer.status_code in (200, 400, 422)
    assert "How it was read" not in answer.text


def test_programs_send_the_query_of_a_chip_back(client: TestClient) -> None:
    first = client.post("/api/v1/ask", json={"text": "revenue by segment last month"}).json()
    left = next(chip["without"] for chip in first["chips"] if chip["kind"] == "time")
    second = client.post("/api/v1/ask", json={"text": first["question"], "query": left}).json()
    assert second["query"] == left
    assert second["rows"] != first["rows"]
    wrong = client.post("/api/v1/ask", json={"text": "revenue", "query": {"metric": "revenue"}})
    assert wrong.status_code in (400, 422)
