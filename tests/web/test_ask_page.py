"""The page that answers questions: whole without scripts, escaped, with its context in the address."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from customer360.ask.asked import KEPT, Asked
from customer360.cli import app
from customer360.semantic.principal import Principal
from customer360.web.app import create_app

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.workspace import Workspace


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


ANSWER = {"q": "revenue by category last month"}


def reading_of(page: str) -> str:
    found = re.search(r'name="r" value="([^"]+)"', page)
    assert found is not None
    return html.unescape(found[1])


def test_an_answer_is_taken_away_as_csv(client: TestClient) -> None:
    page = client.get("/ask", params=ANSWER).text
    link = re.search(r'href="(/ask\.csv[^"]+)"', page)
    assert link is not None
    lines = client.get(html.unescape(link[1])).text.strip().split("\r\n")
    answered = client.post("/api/v1/ask", json={"text": ANSWER["q"]}).json()
    assert lines[0].split(",")[0] == answered["columns"][0]["name"]
    assert len(lines) == answered["row_count"] + 1
    assert client.get("/ask.csv", params={"q": "the weather tomorrow"}).status_code == 422


def test_a_form_corrects_the_reading(client: TestClient) -> None:
    page = client.get("/ask", params=ANSWER).text
    fields = {**ANSWER, "r": reading_of(page), "metric0": "revenue", "by0": "sales.channel", "period": "last month"}
    corrected = client.get("/ask/reading", params=fields)
    assert "How it was read" in corrected.text
    query = json.loads(reading_of(corrected.text))
    assert query["metrics"] == ["revenue"]
    assert [each["name"] for each in query["dimensions"]] == ["sales.channel"]
    assert query["time"]["relative"] == "last month"
    assert client.get("/ask/reading", params={**fields, "metric0": ""}).status_code == 422


def test_an_answer_is_pinned_to_a_new_dashboard_and_to_a_known_one(client: TestClient) -> None:
    page = client.get("/ask", params=ANSWER).text
    pin = {"q": ANSWER["q"], "r": reading_of(page), "title": "Pinned", "new": "From questions"}
    first = client.post("/ask/pin", data=pin, follow_redirects=False).headers["location"]
    address, _, tile = first.partition("#")
    assert tile == "pinned"
    answered = client.post("/api/v1/ask", json={"text": ANSWER["q"]}).json()
    shown = client.get(f"/api/v1{address}/pinned").json()
    assert shown["rows"] == answered["rows"]
    again = {**pin, "board": address.rpartition("/")[2]}
    assert client.post("/ask/pin", data=again, follow_redirects=False).headers["location"] == f"{address}#pinned_2"
    assert client.post("/ask/pin", data={"q": "x", "r": ""}).status_code == 422


def test_what_people_say_of_answers_reaches_those_who_mend_them(client: TestClient, shop: Workspace) -> None:
    page = client.get("/ask", params=ANSWER).text
    said = {"q": ANSWER["q"], "r": reading_of(page), "status": "answered", "back": "/ask?q=revenue"}
    answer = client.post(
        "/ask/opinions", data={**said, "verdict": "down", "note": "<b>net</b>"}, follow_redirects=False
    )
    assert answer.headers["location"] == "/ask?q=revenue&said=down#said"
    listed = client.get("/ask/asked").text
    assert "&lt;b&gt;net&lt;/b&gt;" in listed
    (opinion,) = Asked(shop.project.root).opinions(verdict="down")
    assert (opinion.text, opinion.reading) == (ANSWER["q"], json.loads(said["r"]))
    reply = CliRunner().invoke(app, ["ask", "review", "--project", str(shop.project.root)])
    assert f"{opinion.id}. wrong" in reply.output
    client.post("/ask/opinions", data={**said, "verdict": "up"})
    assert [each.verdict for each in Asked(shop.project.root).opinions()] == ["up"], "a later word replaces an open one"
    (opinion,) = Asked(shop.project.root).opinions()
    client.post(f"/ask/opinions/{opinion.id}/closing")
    assert Asked(shop.project.root).opinions() == ()
    assert Asked(shop.project.root).opinions(open_only=False)[0].closed_by == "local"
    assert client.post(f"/ask/opinions/{opinion.id}/closing").status_code == 404
    assert client.post("/ask/opinions", data={**said, "verdict": "sideways"}).status_code == 422


def test_others_do_not_see_what_was_asked(shop: Workspace) -> None:
    someone = create_app(shop, principal_of=lambda _: Principal("vera", scopes=frozenset({"metrics"})))
    with TestClient(someone, base_url="http://127.0.0.1") as client:
        assert client.get("/ask/asked").status_code == 403
        assert client.post("/ask/opinions/1/closing").status_code == 403
        assert client.post("/ask/words", data={"word": "x", "decision": "approve"}).status_code == 403


def test_ones_questions_are_offered_again_until_one_clears_them(client: TestClient) -> None:
    for text in ("revenue by channel", "customers by country", "revenue by channel"):
        client.get("/ask", params={"q": text})
    page = client.get("/ask").text
    assert page.count(">revenue by channel</a>") == 1
    assert page.index(">revenue by channel</a>") < page.index(">customers by country</a>")
    client.post("/ask/history/deletion")
    assert ">revenue by channel</a>" not in client.get("/ask").text


def test_only_the_last_questions_of_each_are_kept(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    for number in range(KEPT + 5):
        asked.remember("ida", f"question {number}", "answered")
    asked.remember("vera", "mine", "refused")
    assert [each.text for each in asked.last("ida")] == [f"question {n}" for n in range(KEPT + 4, 4, -1)]
    assert [each.text for each in asked.last("vera")] == ["mine"]


def test_examples_are_questions_that_are_answered(client: TestClient) -> None:
    page = client.get("/ask").text
    links = [html.unescape(found) for found in re.findall(r'<li><a href="(/ask\?q=[^"]+)"', page)]
    assert links
    for link in links[:4]:
        assert "How it was read" in client.get(link).text, link
