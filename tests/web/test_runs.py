"""What changed between two published states, and the drawing of why records belong together."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient
from tests.web.company import unbuilt_company

from customer360.differences import difference
from customer360.errors import SnapshotMissing
from customer360.names import Relation
from customer360.web.app import create_app
from customer360.web.pages.evidence import MOST, ROW, TOP, drawn
from customer360.workspace import open_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from customer360.workspace import Workspace

CUSTOMER, STATE = Relation("gold", "customer"), Relation("gold", "customer_state")


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, int, int]]:
    """A company built with 20 customers, then with 23 and one more column under a new version of the contract."""
    root = tmp_path_factory.mktemp("changed") / "company"
    first = unbuilt_company(root, customers=20)
    before = first.build().snapshot
    first.close()
    _rewritten(root / "c360.yaml", "customers: 20", "customers: 23")
    _rewritten(root / "products/gold/customer.sql", "    n AS customer_key,", "    n AS number, n AS customer_key,")
    contract = root / "products/gold/customer.odcs.yaml"
    text = re.sub(r"version: .*", "version: 1.1.0", contract.read_text(), count=1)
    column = "      - {name: number, logicalType: integer, description: Number of the customer.}\n"
    contract.write_text(text.replace("    properties:\n", "    properties:\n" + column, 1))
    second = open_project(root)
    after = second.build().snapshot
    assert before is not None
    assert after is not None
    yield second, before, after
    second.close()


def _rewritten(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def test_a_difference_tells_rows_columns_and_contracts(changed: tuple[Workspace, int, int]) -> None:
    workspace, before, after = changed
    found = difference(workspace.engine, before, after)
    by_name = {each.relation: each for each in found.changes}
    customers = by_name[CUSTOMER]
    assert customers.before is not None
    assert customers.after is not None
    for state, side in ((before, customers.before), (after, customers.after)):
        with workspace.engine.read(at_snapshot=state) as session:
            counted = session.query(f"SELECT count(*) AS n FROM {CUSTOMER.sql}").to_pylist()[0]["n"]
        assert side.rows == counted
    assert customers.more_rows == 3
    assert [row for row in found.rows() if row["table"] == str(CUSTOMER)] == [
        {
            "table": str(CUSTOMER),
            "rows_before": 20,
            "rows_after": 23,
            "made": "changed",
            "columns_added": "number",
            "columns_removed": "",
            "contract_before": customers.before.contract and customers.before.contract.version,
            "contract_after": "1.1.0",
        }
    ]
    assert customers.is_made_otherwise
    assert (customers.added, customers.removed) == (("number",), ())
    assert customers.after.contract is not None
    assert customers.after.contract.version == "1.1.0"
    assert customers.before.contract != customers.after.contract
    assert not by_name[STATE].is_made_otherwise
    assert by_name[STATE].more_rows == 3
    assert Relation("gold", "calendar") not in by_name
    tables = {*by_name, Relation("gold", "calendar")}
    assert found.same == len([r for r in workspace.project.models if r not in by_name])
    assert tables <= set(workspace.project.models)
    back = {each.relation: each for each in difference(workspace.engine, after, before).changes}
    assert (back[CUSTOMER].more_rows, back[CUSTOMER].removed) == (-3, ("number",))
    assert difference(workspace.engine, after, after).changes == ()
    with pytest.raises(SnapshotMissing):
        difference(workspace.engine, 99_999, after)


def test_the_page_of_runs_compares_two_states(changed: tuple[Workspace, int, int]) -> None:
    workspace, before, after = changed
    with TestClient(create_app(workspace), base_url="http://127.0.0.1") as client:
        plain = client.get("/runs").text
        assert 'name="before"' in plain
        assert "What changed from " in plain
        assert 'id="changed"' not in plain
        page = client.get("/runs", params={"before": before, "after": after}).text
        (row,) = re.findall(r'<tr><td class="mono">gold\.customer</td>.*?</tr>', page, re.DOTALL)
        assert re.findall(r'class="number">([^<]*)<', row) == ["20", "23", "+3"]
        assert "columns added: number" in row
        assert "1.1.0" in row
        assert client.get("/runs", params={"before": "1; DROP", "after": after}).status_code == 422
        assert client.get("/runs", params={"before": 99_999, "after": after}).status_code == 404


# ---- evidence


def record(number: int) -> dict[str, Any]:
    return {"system": "crm", "record_id": str(number)}


def link(one: int, other: int, probability: float = 0.99, *, is_kept: bool = True) -> dict[str, Any]:
    ends = {"system_a": "crm", "record_id_a": str(one), "system_b": "crm", "record_id_b": str(other)}
    return {**ends, "rule": f"rule {one}-{other}", "probability": probability, "is_kept": is_kept}


def test_each_link_is_an_arc_between_its_records_and_no_words_touch() -> None:
    links = [link(1, 4), link(2, 3), link(3, 2, 0.5, is_kept=False), link(1, 2), link(7, 8)]
    found = drawn([record(n) for n in range(1, 5)], links)
    assert found is not None
    assert [box.name for box in found.boxes] == ["crm:1", "crm:2", "crm:3", "crm:4"]
    place = {box.name.removeprefix("crm:"): box.y for box in found.boxes}
    assert {arc.rule for arc in found.arcs} == {"rule 1-4", "rule 2-3", "rule 3-2", "rule 1-2"}
    for arc in found.arcs:
        one, other = sorted(arc.rule.removeprefix("rule ").split("-"))
        numbers = [float(number) for number in re.findall(r"[\d.]+", arc.path)]
        assert (numbers[1], numbers[-1]) == (place[one], place[other])
    heights = [arc.y for arc in found.arcs]
    assert all(later - earlier >= 30 for earlier, later in pairwise(heights))
    assert max(heights) < found.height
    assert [arc.rule for arc in found.arcs if not arc.is_kept] == ["rule 3-2"]
    assert found.says == "4 records and 4 links between them, 3 of which stand."


def test_nothing_is_drawn_without_links_and_many_records_are_cut_short() -> None:
    assert drawn([record(1)], []) is None
    assert drawn([record(1), record(2)], [link(5, 6)]) is None
    many = drawn([record(n) for n in range(30)], [link(n, n + 1) for n in range(29)])
    assert many is not None
    assert len(many.boxes) == MOST
    assert many.boxes[-1].y == TOP + ROW * (MOST - 1)
