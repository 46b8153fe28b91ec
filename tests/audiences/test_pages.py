"""The pages of audiences: sizes as the room counts them, conditions by a form, what people save, what sending did."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from starlette.testclient import TestClient

from customer360.audiences.room import audiences_of
from customer360.errors import UnknownName
from customer360.project.reader import read_project
from customer360.semantic.principal import OWNER, Principal
from customer360.semantic.segment_query import parse_segment
from customer360.web.app import create_app
from customer360.web.pages.conditions import Chosen, Row, chosen_of, members_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.audiences.conftest import Tables

    from customer360.workspace import Workspace

HERE = "http://127.0.0.1"
VIP = {"what0": "field:customer.segment", "op0": "=", "value0": "VIP"}
TWICE = {"what1": "metric:sales", "op1": ">=", "value1": "2", "period1": "last 90 days"}
KEEP = {"label": "My VIPs", "purpose": "offers", "channel": "email", "hold_out": "25"}


@pytest.fixture
def client(shop: Workspace) -> Iterator[TestClient]:
    with TestClient(create_app(shop, local=OWNER), base_url=HERE) as client:
        yield client


def figure(page: str) -> int:
    found = re.search(r'<p class="figure">([\d,]+)</p>', page)
    assert found is not None, page
    return int(found[1].replace(",", ""))


def test_the_size_is_counted_before_anything_is_kept(client: TestClient, tables: Tables) -> None:
    segments = {row["segment"] for row in tables.customers.values() if row["segment"]}
    wanted = sorted(segments)[0]
    expected = sum(row["segment"] == wanted for row in tables.customers.values())
    page = client.get("/audiences/new", params={**VIP, "value0": wanted}).text
    assert figure(page) == expected
    assert f"of {len(tables.customers):,} customers" in page
    both = client.get("/audiences/new", params={**VIP, "value0": ", ".join(sorted(segments)[:2])}).text
    assert figure(both) == sum(row["segment"] in sorted(segments)[:2] for row in tables.customers.values())


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Choose a condition"),
        ({"what0": "field:customer.segment"}, "has no value"),
        ({"what0": "event:cart", "op0": ">=", "value0": "often"}, "How often is a number"),
        ({"what0": "field:customer.sgment", "value0": "x"}, "customer.segment"),
        ({"what0": "nonsense", "value0": "x"}, "an attribute, a figure or an event"),
    ],
)
def test_what_is_wrong_is_said_where_the_size_would_be(client: TestClient, fields: dict[str, str], says: str) -> None:
    page = client.get("/audiences/new", params=fields)
    assert page.status_code == 200
    assert says in html.unescape(page.text)
    assert '<p class="figure">' not in page.text


@pytest.mark.parametrize(
    "members",
    [
        {"all": [{"field": "customer.segment", "op": "=", "value": "VIP"}]},
        {"any": [{"field": "customer.segment", "op": "in", "value": ["VIP", "New"]}]},
        {"all": [{"metric": "sales", "op": ">=", "value": 2, "time": {"relative": "last 90 days"}}]},
        {"all": [{"event": "cart", "at_most": 0}, {"event": "cart", "at_least": 2}]},
    ],
)
def test_a_condition_goes_through_the_form_unchanged(shop: Workspace, members: dict[str, Any]) -> None:
    chosen = rows_of(members)
    assert chosen is not None
    assert chosen_of(dict(chosen.pairs)) == chosen
    again = members_of(chosen, shop.semantic_model())
    assert parse_segment({"members": again}) == parse_segment({"members": members})


def test_conditions_that_the_form_cannot_show_are_left_to_files() -> None:
    assert rows_of({"not": {"field": "a", "value": 1}}) is None
    assert rows_of({"all": [{"any": [{"field": "a", "value": 1}]}]}) is None
    assert rows_of({"all": [{"event": "cart", "not_followed_by": {"event": "sale"}}]}) is None
    assert Chosen(rows=(Row("field:a", value="1"),)).is_empty is False


def test_an_audience_is_saved_worked_out_compared_and_deleted(client: TestClient, shop: Workspace) -> None:
    saved = client.post("/audiences", data={**VIP, **TWICE, **KEEP}, follow_redirects=False)
    assert saved.headers["location"] == "/audiences/own_my_vips"
    room = audiences_of(shop)
    client.post("/audiences/own_my_vips/refresh")
    client.post("/audiences/offer/refresh")
    last = room.book.last_refresh("own_my_vips")
    assert last is not None
    assert last.members == room.preview("own_my_vips").members > 0
    assert last.held_out == sum(each.held_out for each in room.book.members("own_my_vips"))
    page = client.get("/audiences/own_my_vips").text
    steps = re.findall(r"<li><span>([^<]+)</span>", page.partition('class="narrowing"')[2])
    assert steps[:2] == ["Everybody", "Segment is VIP"]
    assert not [each for each in steps if re.search(r"\w\.\w|_", each)], "names of the model are said by their labels"
    listed = client.get("/audiences").text
    overlap = room.overlap("own_my_vips", "offer")
    assert f'<td class="number">{overlap.both}' in listed.replace(",", "")
    assert client.post("/audiences/own_my_vips/deletion").status_code == 200
    assert "own_my_vips" not in client.get("/audiences").text


def test_a_saved_audience_asks_for_consent_and_is_a_file_of_the_project(
    client: TestClient, shop: Workspace, tables: Tables
) -> None:
    client.post("/audiences", data={**VIP, **KEEP})
    expected = {id_ for id_, row in tables.customers.items() if row["segment"] == "VIP" and row["consent_email"]}
    client.post("/audiences/own_my_vips/refresh")
    assert {each.id for each in audiences_of(shop).book.members("own_my_vips")} == expected
    text = client.get("/audiences/own_my_vips/yaml").text
    assert yaml.safe_load(text)["hold_out"] == 0.25
    path = shop.project.root / "audiences" / "my_vips.yaml"
    path.write_text(text)
    try:
        assert read_project(shop.project.root).audiences["my_vips"].members["all"][0]["value"] == "VIP"
    finally:
        path.unlink()


def test_what_is_not_whole_is_refused_and_nothing_is_kept(client: TestClient, shop: Workspace) -> None:
    for wrong in ({**KEEP}, {**VIP, **KEEP, "label": " "}, {**VIP, **KEEP, "channel": "pigeon"}):
        answer = client.post("/audiences", data=wrong)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
    assert audiences_of(shop).own.all() == {}


def test_only_who_saved_an_audience_changes_it(client: TestClient, shop: Workspace) -> None:
    client.post("/audiences", data={**VIP, **KEEP})
    changed = client.post("/audiences", data={**TWICE, **KEEP, "name": "own_my_vips"}, follow_redirects=False)
    assert changed.headers["location"] == "/audiences/own_my_vips"
    assert "metric" in audiences_of(shop).named("own_my_vips").members["all"][0]
    vera = create_app(shop, principal_of=lambda _: Principal("vera", reads_all=True))
    with TestClient(vera, base_url=HERE) as other:
        assert other.get("/audiences/own_my_vips").status_code == 200
        assert other.post("/audiences", data={**VIP, **KEEP, "name": "own_my_vips"}).status_code == 403
        assert other.post("/audiences/own_my_vips/deletion").status_code == 403


def test_the_page_says_why_nothing_can_be_measured_yet(client: TestClient, shop: Workspace) -> None:
    page = client.get("/audiences/offer").text
    assert "Nobody has worked out yet" in page
    assert page.count('action="/audiences/offer/refresh"') == 3, "a button wherever it says so"
    audiences_of(shop).refresh("offer")
    assert "No day of sales has passed" in client.get("/audiences/offer").text


def test_a_lift_on_the_page_is_the_rooms(client: TestClient, shop: Workspace) -> None:
    room = audiences_of(shop)
    room.refresh("offer", as_of=shop.as_of() - timedelta(days=40))
    found = room.lift("offer", "revenue").lift
    page = html.unescape(client.get("/audiences/offer", params={"metric": "revenue"}).text).replace(
        "\N{MINUS SIGN}", "-"
    )
    assert f"{found.difference:,.2f} a member" in page
    assert f"between {found.low:,.2f} and {found.high:,.2f}" in page
    assert f"p = {found.p_value:.3f}" in page
    refused = html.unescape(client.get("/audiences/offer", params={"metric": "average_sale"}).text)
    assert "is a ratio or mean" in refused


def test_a_channel_of_a_saved_audience_alone_can_be_suppressed(client: TestClient, shop: Workspace) -> None:
    room = audiences_of(shop)
    someone = "C0001"
    with pytest.raises(UnknownName):
        room.suppress(someone, channel="courier", reason="asked")
    document = {"label": "By hand", "purpose": "offers", "channel": "courier", "consent": "not_required"}
    room.own.save("ida", {**document, "members": {"field": "country", "value": "US"}}, shop.project.settings)
    room.suppress(someone, channel="courier", reason="asked")
    assert len(room.book.suppressed("courier")) == 1
    del client


def test_a_condition_offers_the_known_values_and_none_of_masked_columns(client: TestClient, tables: Tables) -> None:
    known = client.get("/values", params={"of": "customer.segment"}).json()
    assert known == sorted({row["segment"] for row in tables.customers.values() if row["segment"]})
    assert client.get("/values", params={"of": "customer.consent_email"}).json() == ["true", "false"]
    assert client.get("/values", params={"of": "customer.sgment"}).status_code == 404


def test_sending_from_the_page_is_confirmed_first(client: TestClient, shop: Workspace) -> None:
    room = audiences_of(shop)
    room.refresh("offer")
    target = next(name for name, each in room.named("offer").destinations.items() if each.kind == "csv")
    form = {"destination": target}
    refused = client.post("/audiences/offer/exports", data=form)
    assert refused.status_code == 422
    assert room.book.exports("offer") == ()
    client.post("/audiences/offer/exports", data={**form, "confirm": "yes"})
    assert [(each.destination, each.outcome) for each in room.book.exports("offer")] == [(target, "sent")]
