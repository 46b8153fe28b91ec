"""The catalogue knows which audiences stand on a port, and a change of a contract says which it breaks."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from tests.audiences.conftest import COMPANY

from customer360.catalog.changes import releases
from customer360.workspace import open_project

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.workspace import Workspace


def test_a_card_names_the_audiences_that_stand_on_it(built: Workspace) -> None:
    found = {port: built.card(port).audiences for port in ("crm.customer", "sales.sale", "web.cart")}
    assert found == {
        "crm.customer": ("abandoned", "offer", "survey"),  # their ids and consents, at least
        "sales.sale": ("abandoned", "offer"),  # what did not follow a cart, and metrics
        "web.cart": ("abandoned",),
    }


@pytest.mark.parametrize(
    ("column", "broken"),
    [
        ("segment", {"audience offer"}),
        ("country", {"audience offer", "audience survey"}),
        ("expected_value", {"audience offer", "audience survey"}),
        ("open_tickets", {"audience offer"}),
        ("consent_post", {"audience offer"}),
    ],
)
def test_a_column_that_goes_names_the_audiences_it_breaks(tmp_path: Path, column: str, broken: set[str]) -> None:
    for name in ("before", "after"):
        shutil.copytree(COMPANY, tmp_path / name)
    contract = tmp_path / "after" / "products" / "crm" / "customer.odcs.yaml"
    lines = [line for line in contract.read_text().splitlines() if f"name: {column}," not in line]
    contract.write_text("\n".join(lines) + "\n")
    before, after = (open_project(tmp_path / name) for name in ("before", "after"))
    (release,) = releases(before.project, after.project, before.semantic_model())
    (change,) = release.changes
    assert {each for each in change.breaks if each.startswith("audience")} == broken
    assert not release.is_declared
