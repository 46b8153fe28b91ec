"""Dashboards of somebody whose account was disabled stop nothing, and an administrator may delete them."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING

import pytest
from tests.governance.conftest import OPERATOR
from typer.testing import CliRunner

from customer360.cli import app
from customer360.dashboards import editing
from customer360.errors import NotPermitted
from customer360.web.filing import Filing, Skipped

if TYPE_CHECKING:
    from customer360.dashboards.own import OwnBoard
    from customer360.workspace import Workspace

TILE = {"title": "Customers", "chart": "kpi", "query": {"metrics": ["customers"]}, "options": {}}


def made(people: Workspace, owner: str) -> OwnBoard:
    document = editing.added({"title": "Mine", "widgets": []}, TILE) | {"exports": [{"every": "day", "kind": "csv"}]}
    return Filing(people).boards.own.create(owner, document)


def test_files_of_who_is_gone_are_skipped_with_a_note(people: Workspace) -> None:
    for name in ("vera", "ida"):
        people.governance.access.grant("crm.customer", name, by=OPERATOR)
    hers, nobodys, idas = made(people, "vera"), made(people, "local"), made(people, "ida")
    people.governance.accounts.change("vera", is_active=False, by="test")
    done = {each.board: each for each in Filing(people).write_due()}
    assert done[hers.name] == Skipped(hers.name, "vera")
    assert done[nobodys.name] == Skipped(nobodys.name, "local")
    assert not isinstance(done[idas.name], Skipped)
    said = CliRunner().invoke(app, ["dashboard", "due", "--project", str(people.project.root)])
    assert said.exit_code == 0, said.output
    assert f"Skipped: {hers.name}" in said.output


def test_an_administrator_deletes_a_dashboard_of_somebody(people: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    own, board = Filing(people).boards.own, made(people, "vera")

    def deleted(name: str) -> int:
        key = people.governance.tickets.create_key(name, label="t", by="test")[1]
        words = ["dashboard", "delete", board.name, "--project", str(people.project.root)]
        with monkeypatch.context() as environment:
            environment.setenv("C360_API_KEY", key)
            return copy_context().run(CliRunner().invoke, app, words).exit_code

    with pytest.raises(NotPermitted):
        own.delete(board, by="ida")
    assert deleted("ida") != 0
    assert own.find(board.name) is not None
    assert deleted("ada") == 0
    assert own.find(board.name) is None
    event = people.governance.state.history(limit=1)[0]
    assert (event.actor, event.action, event.detail["owner"]) == ("ada", "dashboard.deleted", "vera")
    board = made(people, "ida")
    assert deleted("ida") == 0, "her own"
