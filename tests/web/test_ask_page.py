"""The page that answers questions: whole without scripts, escaped, with its context in the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
