"""A grant, a key or an account that ends, ends at the next query of every process: within a second."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.governance.conftest import OPERATOR
from tests.governance.test_doors import SQL

from customer360.errors import NotPermitted
from customer360.governance.asking import asked_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.workspace import Workspace

SRC = Path(__file__).parents[2] / "src"
ASKING = """
import sys, time
from customer360.errors import NotPermitted
from customer360.workspace import open_project
workspace = open_project(sys.argv[1])
who = workspace.governance.key_principal(sys.argv[2])
print("ready", flush=True)
for line in sys.stdin:
    try:
        rows = workspace.query({"metrics": ["customers"]}, principal=who).num_rows
        print(f"answered {rows} {time.time()}", flush=True)
    except NotPermitted as error:
        print(f"refused {time.time()} {error.what}", flush=True)
"""


class Asking:
    """Another process that asks with a key as often as it is told to, and keeps its workspace open."""

    def __init__(self, workspace: Workspace, key: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", ASKING, str(workspace.project.root), key],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(SRC)},
        )
        assert self._said() == "ready"

    def ask(self) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write("again\n")
        self._process.stdin.flush()
        return self._said()

    def end(self) -> None:
        self._process.communicate(timeout=30)

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def others(people: Workspace) -> Iterator[list[Asking]]:
    started: list[Asking] = []
    yield started
    for each in started:
        each.end()


def test_what_ends_ends_in_every_process_at_once(people: Workspace, others: list[Asking]) -> None:
    governance = people.governance
    made, key = governance.tickets.create_key("ida", label="t", by="test")
    grant = governance.access.grant("crm.customer", "ida", by=OPERATOR)
    others += [Asking(people, key) for _ in range(2)]
    for other in others:
        assert other.ask().startswith("answered 1")

    def at_once() -> None:
        began = time.time()
        for other in others:
            said = other.ask()
            assert said.startswith("refused"), said
            assert float(said.split()[1]) - began < len(others)  # a second each, they are asked in turn

    governance.access.revoke(grant.id, by=OPERATOR)
    at_once()
    governance.access.grant("crm.customer", "ida", by=OPERATOR)
    assert others[0].ask().startswith("answered")
    governance.accounts.change("ida", is_active=False, by="test")
    at_once()
    governance.accounts.change("ida", is_active=True, by="test")
    assert others[1].ask().startswith("answered")
    governance.tickets.revoke_key(made.id, by="test")
    at_once()


def test_attributes_and_roles_are_those_of_now(people: Workspace) -> None:
    """An assistant that was started yesterday asks as its account stands today."""
    governance = people.governance
    governance.access.grant("sales.by_country", "ida", by=OPERATOR)
    _, key = governance.tickets.create_key("ida", label="t", by="test")
    then = governance.key_principal(key)
    mine = "SELECT country FROM sales.by_country"
    assert people.sql(mine, principal=then)["country"].to_pylist() == ["US"]
    governance.accounts.change("ida", attributes={"country": "CA"}, by="test")
    assert people.sql(mine, principal=then)["country"].to_pylist() == ["CA"]
    governance.accounts.change("ida", attributes={}, by="test")
    with pytest.raises(NotPermitted), asked_by(then):
        people.sql(mine)
    with pytest.raises(NotPermitted):
        people.sql(SQL, principal=then)
