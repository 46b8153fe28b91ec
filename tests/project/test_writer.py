from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer360.project.starter import create_project
from customer360.project.writer import edited, same, write_contract
from customer360.project.yamlfile import parse_yaml, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [
        "yes",
        "no",
        "1.0",
        "1.0.0",
        "2025-01-31",
        "null",
        "",
        " ",
        "a: b",
        "# no",
        "- x",
        "{a}",
        "on",
        "12:30",
        "'",
        '"',
        "a\nb",
        "1_000",
        "\t",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
COLUMNS = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(list("abcdefgh")), "logicalType": st.sampled_from(["string", "date"])},
        optional={"description": TEXTS, "required": st.booleans(), "examples": st.lists(VALUES, max_size=2)},
    ),
    max_size=4,
    unique_by=lambda column: column["name"],
)
CONTRACTS = st.fixed_dictionaries(
    {"apiVersion": st.just("v3.1.0"), "kind": st.just("DataContract"), "id": TEXTS, "version": TEXTS, "status": TEXTS},
    optional={
        "tags": st.lists(TEXTS, max_size=3),
        "schema": COLUMNS.map(lambda columns: [{"name": "t", "properties": columns}]),
        "customProperties": st.lists(st.fixed_dictionaries({"property": TEXTS, "value": VALUES}), max_size=3),
    },
)
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUIET
@given(document=CONTRACTS)
def test_a_new_contract_reads_back_equal(document: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "t.odcs.yaml"
    path.unlink(missing_ok=True)
    write_contract(path, document)
    assert same(read_yaml(path, tmp_path).root, document)


@QUIET
@given(before=CONTRACTS, after=CONTRACTS)
def test_an_edited_contract_reads_back_equal(before: dict[str, Any], after: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "t.odcs.yaml"
    path.unlink(missing_ok=True)
    write_contract(path, before)
    write_contract(path, after)
    assert same(read_yaml(path, tmp_path).root, after)


def test_read_and_write_changes_no_byte(tmp_path: Path) -> None:
    root = tmp_path / "blank"
    create_project(root, template="blank")
    for path in root.rglob("*.odcs.yaml"):
        text = path.read_text(encoding="utf-8")
        write_contract(path, read_yaml(path, root).root)
        assert path.read_text(encoding="utf-8") == text


OLD = """\
# who wrote this and why
apiVersion: v3.1.0   # the standard
kind: DataContract
id: "c360:shop:orders"
version: '1.0.0'
status: active
contractCreatedTs: 2025-01-31T10:00:00Z
customProperties:
  - {property: acmeStuff, value: {deep: [1, 2.50, yes]}}   # not ours
schema:
  - name: orders
    properties:
      # the key
      - name: order_id
        logicalType: integer   # never text
        primaryKey: true
      - name: amount
        logicalType: number
"""


def test_an_edit_keeps_comments_and_quotes_of_the_rest() -> None:
    document = copy.deepcopy(dict(parse_yaml(OLD)))
    document["status"] = "deprecated"
    document["schema"][0]["properties"][1]["description"] = "Price paid."
    text = edited(OLD, document)
    assert text == OLD.replace("status: active", "status: deprecated").replace(
        "logicalType: number\n", "logicalType: number\n        description: Price paid.\n"
    )


def test_a_column_in_the_middle_keeps_its_neighbours() -> None:
    document = copy.deepcopy(dict(parse_yaml(OLD)))
    document["schema"][0]["properties"].insert(1, {"name": "status", "logicalType": "string"})
    text = edited(OLD, document)
    assert same(parse_yaml(text), document)
    for kept in (
        "# who wrote this and why",
        "# the standard",
        "# never text",
        "# not ours",
        '"c360:shop:orders"',
        "2.50, yes",
    ):
        assert kept in text


def test_new_contracts_have_the_order_of_the_standard(tmp_path: Path) -> None:
    path = tmp_path / "t.odcs.yaml"
    write_contract(
        path, {"status": "active", "id": "x", "version": "1.0", "kind": "DataContract", "apiVersion": "v3.1.0"}
    )
    assert path.read_text(encoding="utf-8").splitlines() == [
        "apiVersion: v3.1.0",
        "kind: DataContract",
        "id: x",
        'version: "1.0"',
        "status: active",
    ]


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), ("1", 1), ([1], [True]), ({"a": 0}, {"a": False})])
def test_equal_in_python_is_not_the_same_in_a_file(one: object, other: object) -> None:
    assert not same(one, other)
    assert same(one, copy.deepcopy(one))
