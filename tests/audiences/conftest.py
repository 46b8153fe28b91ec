"""A small company with consents, sales and carts, whose customers are chosen, held out, sent and measured."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.postgres_server import postgres

from customer360.audiences.room import Audiences, audiences_of
from customer360.governance.office import Governance
from customer360.workspace import Workspace, open_project

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["postgres"]

COMPANY = Path(__file__).parent / "company"
AS_OF = date(2024, 11, 18)
PASSWORD = "correct horse battery"


@dataclass
class Clock:
    """A clock that tests turn."""

    at: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **parts: float) -> None:
        self.at += timedelta(**parts)


def company(folder: Path) -> Workspace:
    """Build the company in a folder."""
    shutil.copytree(COMPANY, folder)
    workspace = open_project(folder)
    workspace.build()
    return workspace


def rebuilt(workspace: Workspace, **policies: int) -> Workspace:
    """Change policies of a project, build it, and open it anew."""
    path = workspace.project.root / "c360.yaml"
    text = path.read_text()
    for name, value in policies.items():
        old = next(line for line in text.splitlines() if line.strip().startswith(f"{name}:"))
        text = text.replace(old, f"  {name}: {value}")
    path.write_text(text)
    workspace.close()
    other = open_project(workspace.project.root)
    other.build()
    return other


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = company(tmp_path_factory.mktemp("audiences") / "company")
    yield workspace
    workspace.close()


@pytest.fixture
def shop(built: Workspace) -> Iterator[Workspace]:
    """The built company, opened anew, with a known secret and nothing kept about audiences."""
    root = built.project.root
    for folder in ("state", "exports"):
        shutil.rmtree(root / folder, ignore_errors=True)
    workspace = Workspace(built.project, built.engine)
    workspace._governance = Governance(built.project, clock=Clock())
    with workspace.governance.state.writing() as writing:
        writing.run("INSERT INTO setting VALUES ('salt', 'a secret of this test')")
    yield workspace
    for folder in ("state", "exports"):
        shutil.rmtree(root / folder, ignore_errors=True)


@pytest.fixture
def room(shop: Workspace) -> Audiences:
    return audiences_of(shop)


@dataclass(frozen=True)
class Tables:
    """The company's rows, to count for oneself."""

    customers: dict[str, dict[str, Any]]
    sales: list[dict[str, Any]]
    carts: list[dict[str, Any]]


@pytest.fixture(scope="session")
def tables(built: Workspace) -> Tables:
    def rows(name: str) -> list[dict[str, Any]]:
        return list(built.sql(f"SELECT * FROM {name}").to_pylist())

    return Tables({row["customer_id"]: row for row in rows("crm.customer")}, rows("sales.sale"), rows("web.cart"))
