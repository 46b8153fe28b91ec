"""A small company with open, restricted, filtered and private ports, and people with every role."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from customer360.governance.office import Governance
from customer360.governance.records import Actor
from customer360.workspace import Workspace, open_project

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPANY = Path(__file__).parent / "company"
PASSWORD = "correct horse battery"
OPERATOR = Actor("operator:test", is_operator=True)


@dataclass
class Clock:
    """A clock that tests turn."""

    at: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **parts: float) -> None:
        self.at += timedelta(**parts)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("governed") / "company"
    shutil.copytree(COMPANY, folder)
    workspace = open_project(folder)
    workspace.build()
    yield workspace
    workspace.close()


@pytest.fixture
def shop(built: Workspace) -> Iterator[Workspace]:
    """The built company, opened anew, before anybody has an account."""
    shutil.rmtree(built.project.root / "state", ignore_errors=True)
    yield Workspace(built.project, built.engine)
    shutil.rmtree(built.project.root / "state", ignore_errors=True)


@pytest.fixture
def people(shop: Workspace) -> Workspace:
    """The company with an account for every role: ida asks, olga and dora own, pia guards privacy, ada administers."""
    accounts = shop.governance.accounts
    for name, roles, groups, attributes in (
        ("vera", ["viewer"], [], {}),
        ("ida", ["member"], ["marketing"], {"country": "US"}),
        ("olga", ["member", "product_owner"], ["customer-data"], {}),
        ("sam", ["member", "product_owner"], ["sales-data"], {}),
        ("dora", ["domain_owner"], ["customer-lead"], {}),
        ("pia", ["privacy_officer"], [], {}),
        ("ada", ["admin"], [], {}),
    ):
        accounts.create(name, password=None, roles=roles, groups=groups, attributes=attributes, by="test")
    return shop


def clocked(workspace: Workspace, clock: Clock) -> Workspace:
    """Return the workspace with governance on a clock of the test's."""
    other = Workspace(workspace.project, workspace.engine)
    other._governance = Governance(workspace.project, clock=clock)
    return other


def who(workspace: Workspace, name: str) -> Actor:
    return Actor.of(workspace.governance.accounts.named(name))
