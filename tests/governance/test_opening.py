"""Opening dashboards: one command for a group, one request for all that a dashboard stands on."""

from __future__ import annotations

import html
import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient
from tests.governance.conftest import OPERATOR, PASSWORD, who
from typer.testing import CliRunner

from customer360.cli import app as commands
from customer360.dashboards.standing import tables_of
from customer360.governance.failures import AccessRefused
from customer360.governance.opening import open_ports
from customer360.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.workspace import Workspace

HOW_TO = Path(__file__).parents[2] / "docs/how-to/govern-access.md"


@pytest.fixture
def ida(people: Workspace) -> Iterator[TestClient]:
    """The pages as ida, who may read nothing that is restricted."""
    people.governance.accounts.set_password("ida", PASSWORD, by="test")
    with TestClient(create_app(people), base_url="http://127.0.0.1") as client:
        client.post("/sign-in", data={"name": "ida", "password": PASSWORD})
        yield client


def closed(client: TestClient) -> int:
    return client.get("/").text.count("You may not read")


def test_the_commands_of_the_guide_open_the_dashboards(people: Workspace, ida: TestClient) -> None:
    section = HOW_TO.read_text().partition("closes every dashboard")[2]
    lines = section.partition("```\n")[2].partition("```")[0].splitlines()
    assert len(lines) == 2
    assert closed(ida) > 0
    for line in lines:
        _, *words = line.split()
        run = CliRunner().invoke(commands, [*words, "--project", str(people.project.root)])
        assert run.exit_code == 0, (line, run.output, run.exception)
    assert closed(ida) == 0
    page = ida.get("/dashboards/executive").text
    assert "@" not in page.partition("<main")[2], "personal columns stay masked"
    held = [(g.port, g.holder, g.figures_only) for g in people.governance.access.grants()]
    assert sorted({port for port, *_ in held}) == ["crm.customer", "sales.sale"]
    again = open_ports(
        people.governance,
        tables_of(people.project.dashboards["executive"], people.semantic_model),
        "everyone",
        by=OPERATOR,
    )
    assert {each.outcome for each in again} == {"held already"}


def test_who_decides_about_less_opens_nothing(people: Workspace) -> None:
    tables = tables_of(people.project.dashboards["executive"], people.semantic_model)
    with pytest.raises(AccessRefused, match="sam does not decide about crm"):
        open_ports(people.governance, tables, "marketing", by=who(people, "sam"))
    assert people.governance.access.grants() == ()


def test_a_private_port_is_not_opened_with_a_dashboard(people: Workspace) -> None:
    ports = people.governance.ports.values()
    tables = [port.relation for port in ports if port.id in ("crm.customer", "hr.pay", "sales.sale")]
    for name in (None, "ada"):
        with pytest.raises(AccessRefused, match=r"hr\.pay is private"):
            open_ports(people.governance, tables, "marketing", by=who(people, name) if name else OPERATOR)
        assert people.governance.access.grants() == (), "also not those before it"
        assert people.governance.state.history(subject="crm.customer") == ()


def test_an_administrator_opens_to_groups_that_he_is_not_in(people: Workspace) -> None:
    tables = tables_of(people.project.dashboards["executive"], people.semantic_model)
    with pytest.raises(AccessRefused, match="nobody grants himself") as told:
        open_ports(people.governance, tables, "everyone", by=who(people, "ada"))
    assert "operator" in str(told.value.next_step)
    assert people.governance.access.grants() == ()
    found = open_ports(people.governance, tables, "marketing", by=who(people, "ada"))
    assert [each.outcome for each in found] == ["granted", "granted"]


def test_a_failure_midway_leaves_no_grant(people: Workspace) -> None:
    tables = tables_of(people.project.dashboards["executive"], people.semantic_model)
    with people.governance.state.writing() as writing:
        writing.run(
            "CREATE TRIGGER full BEFORE INSERT ON access_grant WHEN NEW.port = 'sales.sale'"
            " BEGIN SELECT RAISE(ABORT, 'no more room'); END"
        )
    before = people.governance.state.history()
    with pytest.raises(sqlite3.IntegrityError, match="no more room"):
        open_ports(people.governance, tables, "marketing", by=OPERATOR)
    assert people.governance.access.grants() == ()
    assert people.governance.state.history() == before


def test_a_closed_tile_leads_to_the_request_and_back(people: Workspace, ida: TestClient) -> None:
    page = ida.get("/?country=US").text
    doors = [html.unescape(each) for each in re.findall(r'href="(/access\?[^"]+)"', page)]
    one = next(each for each in doors if "port=" in each)
    whole = next(each for each in doors if "dashboard=executive" in each)
    form = ida.get(one).text
    assert "<option selected>crm.customer</option>" in form
    assert 'name="back" value="/?country=US"' in form
    assert "will decide" in form
    form = ida.get(whole).text
    asked = re.findall(r"<li><code>([\w.]+)</code></li>", form.partition('id="ask"')[2].partition("</section>")[0])
    assert asked == ["crm.customer", "sales.sale"]
    csrf = re.search(r'name="csrf" value="([^"]+)"', form)
    assert csrf
    sent = {"csrf": csrf[1], "dashboard": "executive", "purpose": "the weekly look", "back": "/?country=US"}
    after = ida.post("/access/requests", data=sent).text
    assert '<a href="/?country=US">Back to where you were</a>' in after
    assert sorted(each.port for each in people.governance.access.requests()) == asked
    assert "or have asked for it already" in ida.get(whole).text


def test_requests_for_one_dashboard_are_decided_at_once(people: Workspace) -> None:
    access, accounts = people.governance.access, people.governance.accounts
    for port, purpose in (("crm.customer", "look"), ("sales.sale", "look"), ("sales.by_country", "other")):
        if next(p for p in people.governance.ports.values() if p.id == port).access == "restricted":
            access.request(accounts.named("ida"), port, purpose=purpose)
    accounts.set_password("ada", PASSWORD, by="test")
    with TestClient(create_app(people), base_url="http://127.0.0.1") as client:
        page = client.post("/sign-in", data={"name": "ada", "password": PASSWORD, "next": "/access"}).text
        boxes = dict(
            re.findall(r'name="also" type="checkbox" value="([^"]+)"> and for the same: <span[^>]*>([^<]+)', page)
        )
        assert sorted(boxes.values()) == ["crm.customer", "sales.sale"], "what is decided with it is named"
        csrf = re.search(r'name="csrf" value="([^"]+)"', page)
        assert csrf
        first = access.requests(status="open")[-1].id
        (also,) = [ids for ids, port in boxes.items() if port != access.request_of(first).port]
        access.request(accounts.named("ida"), "crm.customer", purpose="look", figures_only=True)
        sent = {"csrf": csrf[1], "decision": "approve", "also": also}
        assert (
            client.post(f"/access/requests/{first}", data={**sent, "row_filter": "country = 'US'"}).status_code == 409
        )
        assert access.grants() == ()
        for of in ("77", "one", f"{also} 77"):
            assert client.post(f"/access/requests/{first}", data={**sent, "also": of}).status_code == 409
        assert access.grants() == ()
        client.post(f"/access/requests/{first}", data=sent)
    assert sorted(each.port for each in access.grants()) == ["crm.customer", "sales.sale"]
    assert any(each.figures_only for each in access.requests(status="open", account="ida")), "nobody saw that one"


def test_who_is_signed_out_is_shown_no_menu(people: Workspace) -> None:
    with TestClient(create_app(people), base_url="http://127.0.0.1") as client:
        page = client.get("/sign-in").text
        frame = page.partition("<body>")[2].partition("<main")[0]
        assert set(re.findall(r'href="([^"]+)"', frame)) == {"#content", "/"}
        assert 'id="theme"' in frame


def test_values_are_offered_as_granted(people: Workspace, ida: TestClient) -> None:
    def offered(field: str) -> list[str]:
        return ida.get("/values", params={"of": field}).json()  # type: ignore[no-any-return]

    assert offered("customer.country") == [], "who may not read the table is told none of its values"
    people.governance.access.grant("crm.customer", "ida", by=OPERATOR, row_filter="country = 'US'")
    assert offered("customer.country") == ["US"]
    assert offered("customer.email") == offered("customer.full_name") == []
