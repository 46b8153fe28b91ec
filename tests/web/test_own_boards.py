"""Dashboards that people make: kept in versions, changed in place by forms, seen by whoever has the link."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest
import yaml
from starlette.testclient import TestClient

from customer360.dashboards import editing
from customer360.dashboards.own import BoardChanged, OwnBoards
from customer360.errors import C360Error, NotPermitted, UnknownName
from customer360.project.dashboards import read_dashboard
from customer360.project.outside import FileExport
from customer360.project.problems import Problems
from customer360.semantic.principal import Principal
from customer360.web.app import create_app

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.workspace import Workspace

BLANK = {"title": "Mine", "filters": ["date"], "widgets": []}
TILE = {"title": "Revenue", "chart": "kpi", "query": {"metrics": ["revenue"]}, "options": {}}


def made(client: TestClient, title: str = "Weekly look") -> str:
    """Make a dashboard on the page and return its address."""
    answer = client.post("/dashboards", data={"title": title}, follow_redirects=False)
    assert answer.status_code == 303
    return str(answer.headers["location"]).removesuffix("/edit")


def change(client: TestClient, address: str, **fields: str) -> str:
    """Change a dashboard as its newest page would, and return the page that follows."""
    version = re.search(r'name="version" value="(\d+)"', client.get(f"{address}/edit").text)
    assert version is not None
    return client.post(f"{address}/edit", data={"version": version[1], **fields}).text


def tiles(client: TestClient, address: str) -> list[str]:
    return re.findall(r'<article class="card [^"]*" id="([^"]+)"', client.get(address).text)


# ---- what is kept


def test_every_change_is_a_version_that_can_be_taken_back(tmp_path: Path) -> None:
    own = OwnBoards(tmp_path)
    first = own.create("ida", BLANK)
    second = own.save(first, editing.added(first.document, TILE), by="ida")
    third = own.save(second, editing.removed(second.document, "revenue"), by="ida")
    assert [len(each.document["widgets"]) for each in (first, second, third)] == [0, 1, 0]
    assert own.undo(third, by="ida").document == second.document
    assert own.undo(own.named(first.name), by="ida").document["widgets"] == []
    with pytest.raises(C360Error, match="nothing to undo"):
        own.undo(own.named(first.name), by="ida")


def test_two_windows_do_not_overwrite_each_other(tmp_path: Path) -> None:
    own = OwnBoards(tmp_path)
    seen = own.create("ida", BLANK)
    own.save(seen, {**BLANK, "title": "Other"}, by="ida")
    with pytest.raises(BoardChanged):
        own.save(seen, {**BLANK, "title": "Lost"}, by="ida")
    assert own.named(seen.name).title == "Other"


def test_only_the_owner_changes_and_lists_a_dashboard(tmp_path: Path) -> None:
    own = OwnBoards(tmp_path)
    board = own.create("ida", BLANK)
    assert own.of("vera") == ()
    assert own.find(board.name) == board
    for act in (lambda: own.save(board, BLANK, by="vera"), lambda: own.delete(board, by="vera")):
        with pytest.raises(NotPermitted, match="ida's dashboard"):
            act()
    own.delete(board, by="ida")
    with pytest.raises(UnknownName):
        own.named(board.name)


def test_tiles_are_moved_resized_and_named_apart() -> None:
    document = BLANK
    for title in ("Revenue", "Revenue", "9 lives"):
        document = editing.added(document, {**TILE, "title": title})
    names = [each["name"] for each in document["widgets"]]
    assert names == ["revenue", "revenue_2", "tile_9_lives"]
    moved = editing.moved(document, "revenue", 5)
    assert [each["name"] for each in moved["widgets"]] == ["revenue_2", "tile_9_lives", "revenue"]
    assert editing.moved(moved, "revenue_2", -1) == moved
    assert [each["name"] for each in editing.placed(moved, "revenue", 1)["widgets"]] == [
        "revenue_2",
        "revenue",
        "tile_9_lives",
    ]
    assert editing.tile_of(editing.resized(document, "revenue", 8), "revenue")["options"] == {"span": 8}
    assert document["widgets"][0]["options"] == {}, "what is given stays as it is"
    assert [editing.wider(6), editing.narrower(6), editing.wider(12), editing.narrower(2)] == [7, 5, 12, 2]


def test_its_yaml_is_a_file_of_the_project(tmp_path: Path) -> None:
    own = OwnBoards(tmp_path)
    board = own.create("ida", editing.added(BLANK, TILE) | {"exports": [{"every": "day", "kind": "csv"}]})
    (tmp_path / "mine.yaml").write_text(board.yaml)
    problems = Problems()
    read = read_dashboard(tmp_path / "mine.yaml", tmp_path, problems)
    assert read is not None
    assert not problems.errors
    assert (read.title, [w.name for w in read.widgets], read.filters) == ("Mine", ["revenue"], ("date",))
    assert read.exports == (FileExport("day", "csv"),)


# ---- on the page


def test_a_dashboard_is_made_changed_and_deleted_without_scripts(client: TestClient) -> None:
    address = made(client)
    assert "This dashboard is empty." in client.get(address).text
    change(client, address, do="tile", metric0="revenue", by0="category")
    change(client, address, do="tile", metric0="revenue", by0="time", grain0="quarter", title="By quarter")
    first = "revenue_by_category"
    assert tiles(client, address) == [first, "by_quarter"]
    page = client.get(f"/api/v1{address}").json()
    assert [(w["name"], w["chart"]) for w in page["widgets"]] == [(first, "bar"), ("by_quarter", "line")]
    change(client, address, do="on", tile=first)
    assert tiles(client, address) == ["by_quarter", first]
    change(client, address, do="undo")
    assert tiles(client, address) == [first, "by_quarter"]
    change(client, address, do="tile", tile=first, metric0="revenue", by0="channel", chart="pie", title="Channels")
    changed = client.get(f"/api/v1{address}/{first}").json()
    assert (changed["title"], changed["chart"]) == ("Channels", "pie")
    change(client, address, do="remove", tile="by_quarter")
    assert tiles(client, address) == [first]
    assert address in client.get("/dashboards").text
    assert client.post(f"{address}/deletion", data={"confirm": "yes"}).status_code == 200
    assert client.get(address).status_code == 404


def test_its_figures_are_those_of_the_metric_query(client: TestClient, shop: Workspace) -> None:
    address = made(client)
    change(client, address, do="tile", metric0="revenue", by0="category", top="2", field="channel", value="Online")
    tile = f"{address}/revenue_by_category"
    shown = client.get(f"/api/v1{tile}").json()["rows"]
    hand = shop.sql(
        "SELECT category, CAST(sum(net) AS DOUBLE) AS revenue FROM gold.sales WHERE channel = 'Online'"
        " GROUP BY 1 ORDER BY 2 DESC LIMIT 2"
    ).to_pylist()
    assert [(row["category"], row["revenue"]) for row in shown] == [
        (r["category"], pytest.approx(r["revenue"])) for r in hand
    ]
    assert client.get(f"{tile}.csv").text.count("\r\n") == len(hand) + 1


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "No metric is chosen."),
        ({"metric0": "revenu"}, "revenu"),
        ({"metric0": "revenue", "top": "many"}, "no number of rows"),
        ({"metric0": "revenue", "field": "category"}, "The condition has no value."),
        ({"metric0": "revenue", "chart": "<script>"}, "no chart kind"),
        (
            {"metric0": "lifetime_value", "by0": "sales.channel"},
            "value cannot be split or filtered by Channel: it counts",
        ),
    ],
)
def test_a_wrong_tile_is_refused_with_what_was_entered(client: TestClient, fields: dict[str, str], says: str) -> None:
    address = made(client)
    page = change(client, address, do="tile", title="My words", **fields)
    assert 'role="alert"' in page
    assert says in html.unescape(page)
    assert 'value="My words"' in page
    assert "<script>" not in page.replace('<script type="application/json"', "")
    assert tiles(client, address) == []


def test_a_form_of_an_older_version_is_refused(client: TestClient) -> None:
    address = made(client)
    change(client, address, do="tile", metric0="revenue")
    answer = client.post(f"{address}/edit", data={"do": "remove", "tile": "revenue", "version": "1"})
    assert answer.status_code >= 400
    assert "changed in another window" in html.unescape(answer.text)


def test_a_copy_of_the_companys_dashboard_shows_the_same(client: TestClient) -> None:
    answer = client.post("/dashboards", data={"copy_of": "executive"}, follow_redirects=False)
    address = answer.headers["location"].removesuffix("/edit")
    original = client.get("/api/v1/dashboards/executive").json()
    copy = client.get(f"/api/v1{address}").json()
    assert copy["title"].endswith("(copy)")
    for one, other in zip(original["widgets"], copy["widgets"], strict=True):
        assert (one["name"], one["chart"], one["rows"]) == (other["name"], other["chart"], other["rows"])
    text = client.get(f"{address}/yaml")
    assert [each["name"] for each in yaml.safe_load(text.text)["widgets"]] == [w["name"] for w in original["widgets"]]


def test_title_and_filters_are_set_by_a_form(client: TestClient) -> None:
    address = made(client)
    change(client, address, do="tile", metric0="revenue")
    change(client, address, do="settings", title="Renamed", description="Why", filter0="sales.category", days="yes")
    page = client.get(address).text
    assert "<h1>Renamed</h1>" in page
    assert 'name="sales.category"' in page
    change(client, address, do="settings", title="Renamed", every="week", kind="pdf")
    assert yaml.safe_load(client.get(f"{address}/yaml").text)["exports"] == [{"every": "week", "kind": "pdf"}]
    assert "PDF each week" in client.get(address).text
    change(client, address, do="settings", title="Renamed", description="Why", filter0="sales.category", days="yes")
    page = client.get(address).text
    assert 'name="from"' in page


def test_whoever_has_the_link_looks_and_only_the_owner_edits(shop: Workspace, client: TestClient) -> None:
    address = made(client)
    change(client, address, do="tile", metric0="revenue")
    vera = create_app(shop, principal_of=lambda _: Principal("vera", reads_all=True))
    with TestClient(vera, base_url="http://127.0.0.1") as other:
        page = other.get(address)
        assert page.status_code == 200
        assert f"{address}/edit" not in page.text
        assert other.get(f"{address}/edit").status_code == 403
        assert (
            other.post(f"{address}/edit", data={"do": "remove", "tile": "revenue", "version": "2"}).status_code == 403
        )
        assert address not in other.get("/dashboards").text
    assert tiles(client, address) == ["revenue"]
