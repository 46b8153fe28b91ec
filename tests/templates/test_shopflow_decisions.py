"""Identity and runs in the browser's pages: who sees what, who decides, what is kept, and the way back."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from customer360.governance.records import Actor
from customer360.web.app import create_app
from customer360.web.pages.identity import compared
from customer360.workspace import Workspace, open_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.templates.conftest import Built

HERE = "http://127.0.0.1"
WORD = "correct horse battery"
OPERATOR = Actor("operator:test", is_operator=True)
OPEN = (
    "identity.customer_xref", "identity.identity_review", "identity.identity_figure", "identity.identity_edge",
    "conformed.person_record", "customer_360.customer_360", "customer_360.customer_timeline",
)  # fmt: skip


@pytest.fixture(scope="module")
def house(shopflow: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A copy of the built project with accounts: ada administers, ida is a member; both may read of identity."""
    root = tmp_path_factory.mktemp("decisions") / "project"
    shutil.copytree(shopflow.root, root)
    workspace = open_project(root)
    governance = workspace.governance
    for name, role in (("ada", "admin"), ("ida", "member"), ("eve", "member")):
        account = governance.accounts.create(name, password=WORD, roles=[role], groups=[], attributes={}, by="test")
        for port in OPEN if name != "eve" else ():
            asked = governance.access.request(account, port, purpose="test", days=9, personal=False)
            governance.access.approve(asked.id, by=OPERATOR)
    yield workspace
    workspace.close()


def signed_in(house: Workspace, name: str) -> TestClient:
    client = TestClient(create_app(house), base_url=HERE)
    answer = client.post("/sign-in", data={"name": name, "password": WORD}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return client


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


def test_evidence_stands_beside_both_values() -> None:
    evidence = (
        "first_name: exact (+7.6); last_name: different (-4.2); email: exact (+20.1); national_id: missing (+0.0)"
    )
    lines, rest = compared(
        evidence,
        {"first_name": "Ann", "last_name": "Lee", "email": "a@x.org", "city": None},
        {"first_name": "Ann", "last_name": "Ray", "email": "a@x.org", "city": "Bonn"},
    )
    assert [(line.name, line.one, line.other, line.level, line.bits) for line in lines] == [
        ("first_name", "Ann", "Ann", "exact", 7.6),
        ("last_name", "Lee", "Ray", "different", -4.2),
        ("email", "a@x.org", "a@x.org", "exact", 20.1),
        ("city", None, "Bonn", None, None),
    ]
    assert [(line.name, line.level) for line in rest] == [("national_id", "missing")]


def test_an_administrator_decides_and_takes_it_back(house: Workspace) -> None:
    client = signed_in(house, "ada")
    page = client.get("/identity").text
    figures = {row["figure"]: row["value"] for row in house.people().figures().to_pylist()}
    assert f"{int(figures['people']):,}" in page
    doubt = house.people().doubts(1).to_pylist()[0]
    one, other = (f"{doubt[f'system_{side}']}:{doubt[f'record_id_{side}']}" for side in "ab")
    assert one in page
    assert other in page
    form = {"csrf": csrf(page), "one": one, "other": other, "kind": "never", "why": "asked both"}
    answer = client.post("/identity/decisions", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/identity")
    kept = house.people().store.all()[-1]
    assert (kept.kind, kept.who, kept.why) == ("never", "ada", "asked both")
    assert {*kept.records_a, *kept.records_b} == {one, other}
    page = client.get("/identity").text
    assert "Two people, from the next build on" in page
    client.post(f"/identity/decisions/{kept.number}/undo", data={"csrf": csrf(page)})
    assert house.people().store.all()[-1].undone_by == "ada"
    assert "Two people, from the next build on" not in client.get("/identity").text
    actions = [event.action for event in house.governance.state.history(limit=20)]
    assert {"identity.never", "identity.undone"} <= set(actions)


def test_a_record_is_taken_out_of_a_customer_on_its_page(house: Workspace) -> None:
    client = signed_in(house, "ada")
    several = "SELECT customer_id FROM identity.customer_xref WHERE valid_to IS NULL GROUP BY 1 HAVING count(*) > 2"
    with house.engine.read() as session:
        customer = session.query(f"{several} ORDER BY 1 LIMIT 1")["customer_id"][0].as_py()
    page = client.get(f"/customers/{customer}").text
    names = [f"{row['system']}:{row['record_id']}" for row in house.people().records(customer).to_pylist()]
    assert all(f'value="{name}"' in page for name in names)
    form = {"csrf": csrf(page), "one": customer, "kind": "split", "why": "father and son", "record": names[:2]}
    assert client.post("/identity/decisions", data=form, follow_redirects=False).status_code == 303
    kept = house.people().store.all()[-1]
    assert (kept.kind, set(kept.records_a), set(kept.records_b)) == ("split", set(names[:2]), set(names[2:]))
    assert 'name="record"' not in signed_in(house, "ida").get(f"/customers/{customer}").text


def test_a_decision_needs_a_reason(house: Workspace) -> None:
    client = signed_in(house, "ada")
    before = len(house.people().store.all())
    form = {"csrf": csrf(client.get("/identity").text), "one": "a:1", "other": "b:2", "kind": "merge", "why": " "}
    assert client.post("/identity/decisions", data=form).status_code >= 400
    assert len(house.people().store.all()) == before


def test_a_member_sees_doubts_and_decides_nothing(house: Workspace) -> None:
    client = signed_in(house, "ida")
    page = client.get("/identity").text
    doubt = house.people().doubts(1).to_pylist()[0]
    one, other = (f"{doubt[f'system_{side}']}:{doubt[f'record_id_{side}']}" for side in "ab")
    assert one in page
    assert "data-key" not in page
    form = {"csrf": csrf(page), "one": one, "other": other, "kind": "merge", "why": "I think so"}
    before = len(house.people().store.all())
    assert client.post("/identity/decisions", data=form).status_code == 403
    assert len(house.people().store.all()) == before


def test_who_was_granted_nothing_sees_nothing_of_identity(house: Workspace) -> None:
    client = signed_in(house, "eve")
    page = client.get("/identity").text
    doubt = house.people().doubts(1).to_pylist()[0]
    assert str(doubt["record_id_a"]) not in page
    assert "You may not read identity.identity_review." in page
    assert client.get("/customers").status_code == 403
    assert client.get("/api/v1/customers").status_code == 403


def test_administrators_publish_an_earlier_state_and_others_do_not(house: Workspace) -> None:
    newest, earlier = house.history()[:2]
    member = signed_in(house, "ida")
    page = member.get("/runs").text
    assert "Publish again" not in page
    form = {"csrf": csrf(page), "snapshot": str(earlier.id), "confirm": str(earlier.id)}
    assert member.post("/runs/rollback", data=form).status_code == 403
    admin = signed_in(house, "ada")
    form["csrf"] = csrf(admin.get("/runs").text)
    assert admin.post("/runs/rollback", data={**form, "confirm": ""}).status_code == 422
    assert house.history()[0].id == newest.id
    assert admin.post("/runs/rollback", data=form, follow_redirects=False).status_code == 303
    assert house.history()[0].note == f"rollback to {earlier.id}"
    event = next(e for e in house.governance.state.history(limit=20) if e.action == "warehouse.rollback")
    assert (event.actor, event.subject) == ("ada", f"snapshot {earlier.id}")
    form = {"csrf": form["csrf"], "snapshot": str(newest.id), "confirm": str(newest.id)}
    admin.post("/runs/rollback", data=form)
    assert admin.get("/customers").status_code == 200
