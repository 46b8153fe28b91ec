"""Audiences follow grants and owners through every door, and files say what is wrong with the nearest right word."""

from __future__ import annotations

import csv
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from customer360.audiences.lint import lint_audiences
from customer360.audiences.room import audiences_of
from customer360.cli import app
from customer360.errors import NotPermitted, ProjectErrors
from customer360.governance.asking import asked_by
from customer360.governance.records import Actor
from customer360.project.reader import read_project
from customer360.web.app import create_app
from customer360.workspace import open_project

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.workspace import Workspace

HERE = "http://127.0.0.1"
OPERATOR = Actor("operator:test", is_operator=True)
PORTS = ("crm.customer", "sales.sale", "web.cart")


@pytest.fixture
def keys(shop: Workspace) -> dict[str, str]:
    """Keys of ida, who keeps audiences as one of marketing, and of vera, who does not."""
    found = {}
    for name, groups in (("ida", ["marketing"]), ("vera", [])):
        shop.governance.accounts.create(name, password=None, roles=["member"], groups=groups, attributes={}, by="t")
        found[name] = shop.governance.tickets.create_key(name, label="t", by="t")[1]
    return found


def grant(shop: Workspace, name: str, **more: Any) -> None:
    for port in PORTS:
        shop.governance.access.grant(port, name, by=OPERATOR, **(more if port == "crm.customer" else {}))


def test_sizes_members_and_exports_follow_the_grants(shop: Workspace, keys: dict[str, str]) -> None:
    room = audiences_of(shop)
    everybody = room.preview("offer").members
    ida = shop.governance.key_principal(keys["ida"])
    with asked_by(ida):
        with pytest.raises(NotPermitted, match="may not read"):
            room.preview("offer")
        grant(shop, "ida", row_filter="country = 'US'")
        assert 0 < room.preview("offer").members < everybody
        with pytest.raises(NotPermitted, match="rows are hidden from you"):
            room.refresh("offer")
    room.refresh("offer")
    before = room.export("offer", "printer")[1]
    with asked_by(ida):
        for act in (
            lambda: room.export("offer", "printer"),
            lambda: room.export("offer", "printer", dry_run=True),
            lambda: room.diff("offer", "printer"),
            lambda: room.lift("offer", "revenue", start=date(2024, 9, 1)),
        ):
            with pytest.raises(NotPermitted, match="rows are hidden from you"):
                act()
        assert len(room.book.sent("offer", "printer")) == len(before.rows)
        grant(shop, "ida")
        made, _ = room.refresh("survey")
        assert made.by == "ida"
        with pytest.raises(NotPermitted, match=r"customer\.email.*masked"):
            room.export("offer", "letters")
        room.export("offer", "printer")  # no personal column
        shop.governance.access.grant("crm.customer", "ida", by=OPERATOR, personal=True, days=5)
        room.export("offer", "letters")
    with (shop.project.root / "exports" / "offer.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert all(row["email"].startswith("secretmail") for row in rows)
    actions = [each.action for each in shop.governance.state.history()]
    assert {"audience.refreshed", "audience.exported", "data.read", "data.refused"} <= set(actions)
    assert shop.governance.state.verify()[0] == len(actions)


def test_only_its_owners_refresh_and_send(shop: Workspace, keys: dict[str, str]) -> None:
    room = audiences_of(shop)
    grant(shop, "vera")
    room.refresh("offer")
    with asked_by(shop.governance.key_principal(keys["ida"])):
        room.suppress("C0001", channel="*", reason="asked by lee")
        room.readmit("C0001", channel="*", reason="lee asked again")
        noted = {each.action: dict(each.detail) for each in shop.governance.state.history()}
        assert (noted["audience.suppressed"], noted["audience.readmitted"]) == (
            {},
            {},
        )  # what is written stays erasable
        room.suppress("C0001", channel="*", reason="asked")
    with asked_by(shop.governance.key_principal(keys["vera"])):
        for act in (room.suppress, room.readmit):
            with pytest.raises(NotPermitted, match="audiences and privacy officers"):
                act("C0001", channel="*", reason="-")
        assert room.preview("offer").members == len(room.book.members("offer"))
        for act in (
            lambda: room.refresh("offer"),
            lambda: room.export("offer", "printer"),
            lambda: room.export("offer", "printer", dry_run=True),
            lambda: room.diff("offer"),
        ):
            with pytest.raises(NotPermitted, match="Its owners do: marketing"):
                act()
    assert room.book.exports() == ()


def test_over_rest(shop: Workspace, keys: dict[str, str]) -> None:
    grant(shop, "ida")
    grant(shop, "vera")
    with TestClient(create_app(shop), base_url=HERE) as client:

        def call(who: str, method: str, path: str, body: Any = None) -> Any:
            headers = {"Authorization": f"Bearer {keys[who]}"}
            return client.request(method, f"/api/v1/audiences{path}", json=body, headers=headers)

        assert call("vera", "POST", "/offer/refresh").status_code == 403
        assert call("ida", "GET", "/offer/overlap?other=survey").status_code == 409
        made = call("ida", "POST", "/offer/refresh").json()
        assert made["joined"] == made["members"]
        assert call("ida", "POST", "/survey/refresh").status_code == 200
        listed = {each["name"]: each for each in call("vera", "GET", "").json()}
        assert listed["offer"]["refresh"]["members"] == made["members"]
        assert listed["offer"]["is_fresh"] is True
        sizes = call("vera", "GET", "/offer/preview").json()
        assert sizes["members"] == made["members"] == sizes["steps"][-1]["left"]
        typed = call("vera", "POST", "/preview", {"members": {"event": "cart", "at_least": 3}}).json()
        assert typed["members"] == typed["steps"][0]["left"] < typed["everybody"] == 300
        wrong = call("vera", "POST", "/preview", {"members": {"field": "contry", "value": "US"}})
        assert (wrong.status_code, "Did you mean 'country'" in wrong.text) == (422, True)
        dry = call("ida", "POST", "/offer/exports", {"destination": "printer", "dry_run": True}).json()
        assert (dry["id"], dry["query"]) == (None, None)
        sent = call("ida", "POST", "/offer/exports", {"destination": "printer"})
        assert (sent.status_code, sent.json()["added"]) == (201, dry["added"])
        assert call("ida", "POST", "/offer/exports", {"destination": "letters"}).status_code == 403
        assert call("ida", "POST", "/offer/exports", {"destination": "nowhere"}).status_code == 404
        assert call("ida", "POST", "/offer/exports", {"destination": "shop"}).status_code == 503
        assert [each["outcome"] for each in call("vera", "GET", "/offer/exports").json()] == ["failed", "sent"]
        assert call("ida", "GET", "/offer/diff").json() == {"joined": made["members"], "left": 0}
        both = call("vera", "GET", "/offer/overlap?other=survey").json()
        assert both["first"] == made["members"]
        lift = call("vera", "GET", "/offer/lift?metric=revenue&start=2024-09-01&end=2024-11-18").json()
        assert lift["treated"]["members"] + lift["held_out"]["members"] == made["members"]
        assert call("vera", "GET", "/offer/lift?metric=average_sale").status_code == 422
        assert call("vera", "GET", "/ofer/preview").status_code == 404
        _, narrow = shop.governance.tickets.create_key("ida", label="n", scopes=["metrics"], by="t")
        assert client.get("/api/v1/audiences", headers={"X-API-Key": narrow}).status_code == 403


def test_a_page_without_accounts_sends_nobody_anywhere(shop: Workspace) -> None:
    with TestClient(create_app(shop), base_url=HERE) as client:
        assert client.post("/api/v1/audiences/offer/refresh").status_code == 200
        refused = client.post("/api/v1/audiences/offer/exports", json={"destination": "printer"})
        assert (refused.status_code, "command line" in refused.text) == (403, True)


def test_on_the_command_line(shop: Workspace) -> None:
    run, root = CliRunner(), str(shop.project.root)

    def said(*words: str) -> str:
        done = run.invoke(app, ["audience", *words, "--project", root])
        assert done.exit_code == 0, (words, done.output, done.exception)
        return done.output

    assert "Sales at least 2 in last 90 days" in said("preview", "offer")
    assert "joined" in said("refresh", "offer")
    assert "is fresh" in said("refresh", "offer")
    said("refresh", "survey")
    assert "marketing" not in said("list")
    assert "jaccard" in said("overlap", "offer", "survey")
    assert "Nothing was sent" in said("export", "offer", "--to", "letters", "--dry-run")
    assert "Sent" in said("export", "offer", "--to", "letters")
    assert "Sent" in said("export", "survey")  # its only destination
    assert "0 joined, 0 left" in said("diff", "offer", "--to", "letters")
    assert "95 % between" in said("lift", "offer", "--since", "2024-09-01", "--until", "2024-11-18")
    assert "kept out" in said("suppress", "C0001", "--reason", "asked")
    assert "sent again" in said("suppress", "C0001", "--reason", "asked", "--undo")
    assert "letters" in said("log", "offer")


WRONG: dict[str, tuple[str, str, str]] = {
    "field": ("{field: open_tickets,", "{field: open_tickts,", "No field is named 'open_tickts'"),
    "metric": ("metric: sales", "metric: salles", "Did you mean 'sales'"),
    "channel": ("channel: email", "channel: emial", "Did you mean 'email'"),
    "column": ("customer.segment, revenue", "customer.segmnt, revenue", "Did you mean 'segment'"),
    "own": ("customer.segment, revenue", "customer.customer_id, revenue", "'customer_id' is written beside"),
    "suppress": ("[survey]", "[survy]", "Did you mean 'survey'"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_lint_names_the_line_and_the_nearest_right_word(shop: Workspace, kind: str, tmp_path: Path) -> None:
    old, new, message = WRONG[kind]
    root = changed(shop, tmp_path, old, new)
    workspace = open_project(root)
    model = workspace.semantic_model()
    findings = lint_audiences(workspace.project.audiences.values(), workspace.project.settings, model)
    assert message in "\n".join(map(str, findings))
    line = next(n for n, text in enumerate((root / "audiences/offer.yaml").read_text().splitlines(), 1) if new in text)
    if kind in ("field", "metric"):
        assert f"audiences/offer.yaml:{line}" in str(findings[0].place)


SHAPES: dict[str, tuple[str, str, str]] = {
    "key": ("hold_out:", "hold_uot:", "Did you mean 'hold_out'"),
    "operator": ('op: ">="', 'op: "=>"', "cannot be '=>'"),
    "both": ("{field: open_tickets,", "{field: open_tickets, metric: sales,", "field and metric"),
    "misplaced": ("value: 0}", "value: 0, at_least: 2}", "'at_least' does not belong to 'field'"),
    "destination": ("path: exports/offer.csv", "table: a.b", "lacks 'path'"),
    "secret": (
        "secret: {env: LIGHTHOUSE_HOOK_SECRET}",
        "secret: {env: A, value: hunter2}",
        "'secret' must name a variable",
    ),
    "share": ("hold_out: 0.25", "hold_out: 1.5", "hold_out"),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_a_file_that_cannot_be_read_says_why(shop: Workspace, kind: str, tmp_path: Path) -> None:
    old, new, message = SHAPES[kind]
    with pytest.raises(ProjectErrors) as caught:
        read_project(changed(shop, tmp_path, old, new))
    assert message in str(caught.value)
    assert "hunter2" not in str(caught.value)


def changed(shop: Workspace, folder: Path, old: str, new: str) -> Path:
    """Copy the project's files and change one text of the offer."""
    import shutil

    root = folder / "project"
    shutil.copytree(shop.project.root, root, ignore=shutil.ignore_patterns("warehouse", "state", "exports"))
    path = root / "audiences" / "offer.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return root
