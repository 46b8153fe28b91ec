"""Who may see how identity stands and decide who is one person: by role and grant, written down."""

from __future__ import annotations

from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient
from tests.identity.small_project import small_project
from typer.testing import CliRunner

from customer360.cli import app
from customer360.governance.records import Actor
from customer360.web.app import create_app
from customer360.workspace import open_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.workspace import Workspace

OPERATOR = Actor("operator:test", is_operator=True)
ROLES = {
    "vera": ("viewer", ()),
    "ida": ("member", ()),
    "sam": ("product_owner", ("sales-data",)),
    "olga": ("product_owner", ("customer-data",)),
    "dora": ("domain_owner", ("customer-lead",)),
    "pia": ("privacy_officer", ()),
    "ada": ("admin", ()),
}
FIGURES = "/api/v1/identity/figures"


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Workspace]:
    """Two systems' people, resolved; an account of every role. The shipped product names customer-data its owner."""
    root = small_project(tmp_path)
    file = root / "c360.yaml"
    text = file.read_text().replace("{label: Customer}", "{label: Customer, owners: [customer-lead]}")
    file.write_text(text)
    workspace = open_project(root)
    workspace.load()
    workspace.build()
    for name, (role, groups) in ROLES.items():
        workspace.governance.accounts.create(name, password=None, roles=[role], groups=groups, by="test")
    yield workspace
    workspace.close()


def key_of(workspace: Workspace, name: str, *scopes: str) -> str:
    return workspace.governance.tickets.create_key(name, label="t", scopes=list(scopes), by="test")[1]


def c360(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, name: str | None, *words: str) -> str:
    """Run a command with an account's key (None: as the operator); return what it said, or what it was refused with."""
    if name is None:
        monkeypatch.delenv("C360_API_KEY", raising=False)
    else:
        monkeypatch.setenv("C360_API_KEY", key_of(workspace, name))
    command = ["identity", *words, "--project", str(workspace.project.root)]
    done = copy_context().run(CliRunner().invoke, app, command)  # who asks stays in that context
    return done.output + str(done.exception or "")


MERGE = ("merge", "shop:2", "crm:2", "--why", "called us")


def test_figures_need_a_key_a_grant_and_the_scope_and_are_written_down(acme: Workspace) -> None:
    with TestClient(create_app(acme), base_url="http://127.0.0.1") as client:

        def figures(name: str, *scopes: str) -> int:
            return client.get(FIGURES, headers={"X-API-Key": key_of(acme, name, *scopes)}).status_code

        assert client.get(FIGURES).status_code == 401
        for name in ("vera", "ida", "sam", "pia", "ada"):
            assert figures(name) == 403, name
        assert figures("olga") == figures("dora") == 200
        acme.governance.access.grant("identity.identity_figure", "ida", by=OPERATOR)
        assert figures("ida") == 200
        newest = acme.governance.state.history(limit=1)[0]
        assert (newest.actor, newest.action, newest.subject) == ("ida", "data.read", "identity.identity_figure")
        assert figures("ida", "metrics") == 403
        assert figures("ida", "customers") == 200
    some = acme.governance.access.grant("identity.identity_figure", "vera", by=OPERATOR, row_filter="figure = 'people'")
    with TestClient(create_app(acme), base_url="http://127.0.0.1") as client:
        answer = client.get(FIGURES, headers={"X-API-Key": key_of(acme, "vera")})
        assert answer.status_code == 403
        assert "only a part" in answer.json()["detail"]
    acme.governance.access.revoke(some.id, by=OPERATOR)
    newest = acme.governance.state.history(limit=2)[1]
    assert (newest.actor, newest.action) == ("vera", "data.refused")


def test_owners_privacy_officers_and_admins_decide_and_nobody_else(
    acme: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = acme.people()
    assert "You may not read identity.customer_xref" in c360(acme, monkeypatch, "ada", *MERGE)
    acme.governance.access.grant("identity.customer_xref", "everyone", holder_kind="group", by=OPERATOR)
    for name in ("vera", "ida", "sam"):
        assert "You may not decide who is one person" in c360(acme, monkeypatch, name, *MERGE)
        assert "may not decide" in c360(acme, monkeypatch, name, "never", "shop:2", "crm:2", "--why", "twins")
        assert "may not decide" in c360(acme, monkeypatch, name, "split", "shop:1", "--record", "crm:1", "--why", "no")
    assert people.store.all() == ()
    for number, name in enumerate(("olga", "dora", "pia", "ada"), 1):
        assert f"Kept as override {number}" in c360(acme, monkeypatch, name, *MERGE)
        assert "may not decide" in c360(acme, monkeypatch, "ida", "undo", str(number))
        assert "is taken back" in c360(acme, monkeypatch, name, "undo", str(number))
    assert [(each.who, each.undone_by) for each in people.store.all()] == [
        (name, name) for name in ("olga", "dora", "pia", "ada")
    ]
    done = [(e.actor, e.action) for e in acme.governance.state.history() if e.action.startswith("identity.")]
    assert done[:2] == [("ada", "identity.undone"), ("ada", "identity.merge")]
    assert len(done) == 8


def test_an_account_decides_in_its_own_name(acme: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "its own name only" in c360(acme, monkeypatch, "olga", *MERGE, "--who", "dora")
    assert acme.people().store.all() == ()
    assert "Kept as override 1" in c360(acme, monkeypatch, None, *MERGE, "--who", "the care desk")
    [kept] = acme.people().store.all()
    assert kept.who == "the care desk"
    newest = acme.governance.state.history(limit=1)[0]
    assert newest.action == "identity.merge"
    assert newest.actor.startswith("operator:")


def test_what_was_decided_is_shown_to_those_who_see_whose_records_are_whose(
    acme: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    c360(acme, monkeypatch, "olga", *MERGE)
    assert "You may not read identity.customer_xref" in c360(acme, monkeypatch, "ada", "overrides")
    assert "called us" in c360(acme, monkeypatch, "dora", "overrides")


def test_opening_a_page_writes_no_refusal_for_what_was_not_asked_for(acme: Workspace) -> None:
    governance = acme.governance
    for name, port in (("vera", "identity.customer_xref"),):
        governance.access.grant(port, name, by=OPERATOR)
    with TestClient(create_app(acme), base_url="http://127.0.0.1") as client:
        page = client.get("/identity", headers={"X-API-Key": key_of(acme, "vera")})
        assert page.status_code == 200
        assert "You may not read identity.identity_figure" in page.text
        assert not [each for each in governance.state.history() if each.action == "data.refused"]
        assert client.get(FIGURES, headers={"X-API-Key": key_of(acme, "vera")}).status_code == 403
        assert [each.actor for each in governance.state.history() if each.action == "data.refused"] == ["vera"]
