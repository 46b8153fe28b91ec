from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from customer360.names import Relation

if TYPE_CHECKING:
    from tests.project.conftest import Folder


def test_columns_keep_what_the_contract_says(folder: Folder) -> None:
    folder.table(
        "shop.orders",
        [
            "{name: order_id, physicalType: INTEGER, required: true, primaryKey: true, primaryKeyPosition: 2}",
            "{name: line_no, physicalType: INTEGER, primaryKey: true, primaryKeyPosition: 1}",
            "{name: note, physicalType: VARCHAR(20), logicalTypeOptions: {maxLength: 12}, unique: true}",
            "{name: code, logicalType: string, logicalTypeOptions: {maxLength: 8, pattern: '^[A-Z]+$'}}",
            (
                "{name: email, logicalType: string, classification: confidential, tags: [pii], "
                "customProperties: [{property: c360Mask, value: null}, {property: c360Purpose, value: [marketing]}]}"
            ),
            "{name: Amount, physicalName: amount, physicalType: 'decimal(10, 2)', description: Price paid.}",
        ],
    )
    contract = folder.contract("shop.orders")
    assert contract.relation == Relation("shop", "orders")
    assert contract.key == ("line_no", "order_id")
    by_name = {column.name: column for column in contract.columns}
    assert list(by_name) == ["order_id", "line_no", "note", "code", "email", "amount"]
    assert by_name["order_id"].required
    assert not by_name["line_no"].required
    assert by_name["note"].max_length == 12
    assert by_name["note"].unique
    assert by_name["code"].max_length == 8
    assert by_name["code"].options["pattern"] == "^[A-Z]+$"
    assert (by_name["email"].mask, by_name["email"].tags, by_name["email"].classification) == (
        "null",
        ("pii",),
        "confidential",
    )
    assert by_name["email"].properties["c360Purpose"] == ["marketing"]
    assert by_name["amount"].type == "DECIMAL(10,2)"
    assert by_name["amount"].place.line == 14
    assert str(by_name["amount"].place) == "products/shop/orders.odcs.yaml:14"


def test_a_key_without_positions_has_the_order_of_the_columns(folder: Folder) -> None:
    column = "{{name: {0}, logicalType: string, primaryKey: true}}"
    folder.table("shop.orders", [column.format("b"), "{name: x, logicalType: string}", column.format("a")])
    assert folder.contract("shop.orders").key == ("b", "a")


def test_objects_and_arrays_become_structs_and_lists(folder: Folder) -> None:
    folder.table(
        "shop.orders",
        [
            (
                "{name: address, logicalType: object, properties: [{name: street, logicalType: string}, "
                "{name: floor, logicalType: integer, logicalTypeOptions: {format: i16}}]}"
            ),
            "{name: tags, logicalType: array, items: {logicalType: string}}",
            (
                "{name: lines, logicalType: array, "
                "items: {logicalType: object, properties: [{name: sku, logicalType: string}]}}"
            ),
            "{name: anything, logicalType: object}",
            "{name: moment, logicalType: timestamp, logicalTypeOptions: {timezone: true}}",
        ],
    )
    assert [column.type for column in folder.contract("shop.orders").columns] == [
        "STRUCT(street VARCHAR, floor SMALLINT)",
        "VARCHAR[]",
        "STRUCT(sku VARCHAR)[]",
        "JSON",
        "TIMESTAMP WITH TIME ZONE",
    ]


RULES = """
quality:
  - {id: enough, metric: rowCount, mustBeGreaterOrEqualTo: 10, mustBeLessThan: 99, dimension: coverage}
  - {rule: duplicateValues, arguments: {properties: [a, b]}, mustBe: 0, severity: warning}
  - {type: text, description: Somebody looks at it.}
  - {type: custom, engine: c360, implementation: {what: ever}}
  - {query: "SELECT count(*) FROM {object} WHERE a = ';' -- all; of them", mustBe: 0}
"""


def test_rules_of_every_type_and_both_levels(folder: Folder) -> None:
    folder.table(
        "shop.orders",
        [
            (
                "{name: a, logicalType: string, quality: [{metric: nullValues, mustBeLessThan: 5, unit: percent}, "
                "{type: library, metric: missingValues, arguments: {missingValues: ['', null, n/a]}, mustBe: 0}, "
                "{metric: nullValues, mustNotBe: 3, customProperties: [{property: c360Quarantine, value: true}]}]}"
            ),
            (
                "{name: b, logicalType: string, quality: [{metric: invalidValues, arguments: {validValues: [x]}, "
                "mustBeBetween: [0, 2], severity: info}]}"
            ),
        ],
        extra=RULES,
    )
    rules = folder.contract("shop.orders").rules
    assert [(r.id, r.type, r.column, r.metric, r.operators, r.unit, r.severity) for r in rules] == [
        ("a_nullValues", "library", "a", "nullValues", (("mustBeLessThan", 5),), "percent", "error"),
        ("a_missingValues", "library", "a", "missingValues", (("mustBe", 0),), "rows", "error"),
        ("a_nullValues_2", "library", "a", "nullValues", (("mustNotBe", 3),), "rows", "error"),
        ("b_invalidValues", "library", "b", "invalidValues", (("mustBeBetween", [0, 2]),), "rows", "info"),
        (
            "enough",
            "library",
            None,
            "rowCount",
            (("mustBeGreaterOrEqualTo", 10), ("mustBeLessThan", 99)),
            "rows",
            "error",
        ),
        ("orders_duplicateValues", "library", None, "duplicateValues", (("mustBe", 0),), "rows", "warning"),
        ("orders_text", "text", None, None, (), "rows", "error"),
        ("orders_custom", "custom", None, None, (), "rows", "error"),
        ("orders_sql", "sql", None, None, (("mustBe", 0),), "rows", "error"),
    ]
    assert [r.quarantine for r in rules] == [False, False, True, *[False] * 6]
    assert rules[1].arguments == {"missingValues": ["", None, "n/a"]}
    assert rules[5].arguments == {"properties": ["a", "b"]}


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("SELECT 1", None),
        ("  (SELECT 1)  ", None),
        ("WITH a AS (SELECT 1 AS deleted) SELECT count(*) FROM a;", None),
        ("SELECT count(*) FROM {object} WHERE note = 'insert; drop' AND \"into\" > 1 /* ; */", None),
        ("SELECT updated_at, set, load FROM {object}", None),
        ("DELETE FROM x", "it begins with DELETE"),
        ("SELECT 1; SELECT 2", "it holds several statements"),
        ("WITH a AS (INSERT INTO x VALUES (1) RETURNING *) SELECT 1 FROM a", "it holds INSERT"),
        ("WITH a AS (SELECT 1) UPDATE x SET y = 1", "it holds UPDATE"),
        ("SELECT 1 INTO x", "it holds INTO"),
        ("SELECT (1", "its brackets do not match"),
        ("SELECT 1)", "its brackets do not match"),
        ("COPY x TO 'y'", "it begins with COPY"),
        ("", "it is empty"),
        ("-- only words", "it is empty"),
    ],
)
def test_sql_rules_are_one_select(query: str, fault: str | None) -> None:
    from customer360.project.rules import select_fault

    assert select_fault(query) == fault


def test_the_old_boolean_bounds_mean_the_bound(folder: Folder) -> None:
    folder.table(
        "shop.orders",
        [
            (
                "{name: a, logicalType: integer, logicalTypeOptions: "
                "{minimum: 1, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false}}"
            ),
            "{name: b, logicalType: integer, logicalTypeOptions: {exclusiveMinimum: 0}}",
        ],
        api="v3.0.2",
    )
    first, second = folder.contract("shop.orders").columns
    assert first.options == {"exclusiveMinimum": 1, "maximum": 9}
    assert second.options == {"exclusiveMinimum": 0}


@pytest.mark.parametrize("version", ["v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0", "v3.2.0"])
def test_versions_that_are_read(folder: Folder, version: str) -> None:
    folder.table("shop.orders", api=version)
    assert folder.contract("shop.orders").document["apiVersion"] == version


def test_the_team_may_be_a_list_as_in_3_0(folder: Folder) -> None:
    folder.table("shop.orders", api="v3.0.2")
    path = folder.root / "products/shop/orders.odcs.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text + "team:\n  - {username: ann@example.org, role: owner, dateIn: 2024-01-01}\n", encoding="utf-8"
    )
    assert folder.contract("shop.orders").document["team"][0]["dateIn"] == "2024-01-01"
    path.write_text(text + "team:\n  - {username: ann@example.org, rol: owner}\n", encoding="utf-8")
    assert folder.errors() == ["There is no key 'rol' here. In products/shop/orders.odcs.yaml:11. Did you mean 'role'?"]


REFERENCES = """
relationships:
  - {from: [lines.order_id, lines.shop], to: [orders.id, orders.shop]}
  - {from: lines.sku, to: stock.items.sku}
"""


def test_references_are_found_in_every_spelling(folder: Folder) -> None:
    folder.table("shop.orders", ["{name: id, id: the_id, logicalType: integer}", "{name: shop, logicalType: string}"])
    folder.table("stock.items", ["{name: sku, physicalName: item_sku, logicalType: integer}"])
    folder.table(
        "shop.lines",
        [
            (
                "{name: order_id, logicalType: integer, relationships: [{to: orders.id}, {to: orders.the_id}, "
                "{to: 'orders.odcs.yaml#/schema/orders/properties/the_id'}, "
                "{to: '../stock/items.odcs.yaml#/schema/items/properties/sku'}]}"
            ),
            "{name: shop, logicalType: string}",
            "{name: sku, logicalType: integer}",
        ],
        extra=REFERENCES,
    )
    references = folder.contract("shop.lines").references
    orders, items = Relation("shop", "orders"), Relation("stock", "items")
    assert [(r.columns, r.to, r.to_columns) for r in references] == [
        (("order_id",), orders, ("id",)),
        (("order_id",), orders, ("id",)),
        (("order_id",), orders, ("id",)),
        (("order_id",), items, ("item_sku",)),
        (("order_id", "shop"), orders, ("id", "shop")),
        (("sku",), items, ("item_sku",)),
    ]


def test_a_reference_into_another_system_may_be_a_warning(folder: Folder) -> None:
    folder.table("shop.orders", ["{name: id, logicalType: integer}"])
    link = "{to: orders.id, customProperties: [{property: c360Severity, value: %s}]}"
    column = "{name: order_id, logicalType: integer, relationships: [{to: orders.id}, %s]}"
    folder.table("shop.lines", [column % (link % "warning")])
    assert [r.severity for r in folder.contract("shop.lines").references] == ["error", "warning"]
    folder.table("shop.lines", [column % (link % "warnign")])
    assert folder.errors() == [
        "No severity is named 'warnign'. In products/shop/lines.odcs.yaml:9. Did you mean 'warning'?"
    ]


def test_a_reference_that_may_mean_two_tables_is_refused(folder: Folder) -> None:
    folder.table("a.orders").table("b.orders")
    folder.table("c.lines", ["{name: order_id, logicalType: integer, relationships: [{to: orders.id}]}"])
    assert folder.errors() == [
        (
            "'orders.id' could mean several tables: a.orders, b.orders. [ODCS-REF] In products/c/lines.odcs.yaml:9. "
            "Write a.orders.id."
        )
    ]


def test_a_file_may_hold_several_tables(folder: Folder) -> None:
    folder.table("shop.orders").table("shop.lines")
    (folder.root / "products/shop/lines.odcs.yaml").unlink()
    path = folder.root / "products/shop/orders.odcs.yaml"
    more = (
        "  - name: lines\n    properties:\n      - {name: id, logicalType: integer, relationships: [{to: orders.id}]}\n"
    )
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    contracts = folder.read().contracts
    assert {name: str(c.relation) for name, c in contracts.items()} == {
        "c360:shop:orders": "shop.orders",
        "c360:shop:orders#lines": "shop.lines",
    }
    assert contracts["c360:shop:orders#lines"].references[0].to == Relation("shop", "orders")


def test_strangers_properties_are_kept(folder: Folder) -> None:
    folder.table("shop.orders")
    path = folder.root / "products/shop/orders.odcs.yaml"
    more = "customProperties: [{property: acmeRating, value: {stars: [1, 2]}}]\ndescription: {purpose: P, acme: kept}\n"
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    contract = folder.contract("shop.orders")
    assert contract.properties["acmeRating"] == {"stars": [1, 2]}
    assert contract.document["description"]["acme"] == "kept"
    assert contract.description == "P"
