from __future__ import annotations

import time
from datetime import date
from typing import TYPE_CHECKING

import pytest

from customer360.errors import UnknownName
from customer360.names import Relation

if TYPE_CHECKING:
    from tests.project.conftest import Folder

PRODUCT = """
apiVersion: v1.0.0
kind: DataProduct
id: shop_orders
status: active
version: "1.0.0"
domain: sales
outputPorts:
  - name: orders
    version: "1.0.0"
    contractId: c360:shop:orders
    customProperties: [{property: AccessType, value: public}, {property: c360Approvers, value: [ann@example.org]}]
  - {name: orders, version: "1.1.0", contractId: "c360:shop:orders"}
team:
  members:
    - {username: ann@example.org, role: owner}
    - {username: bob@example.org, role: owner, dateOut: "2024-01-31"}
    - {username: eve@example.org, role: reader}
customProperties: [{property: c360Type, value: consumer}]
"""


def test_a_product_says_who_owns_and_who_may_have_it(folder: Folder) -> None:
    folder.table("shop.orders")
    folder.write("products/shop/product.odps.yaml", PRODUCT)
    project = folder.read()
    product = project.products["shop"]
    assert (product.id, product.type, product.domain, product.owners) == (
        "shop_orders",
        "consumer",
        "sales",
        ("ann@example.org",),
    )
    assert [(p.name, p.version, p.access) for p in product.output_ports] == [
        ("orders", "1.0.0", "unrestricted"),
        ("orders", "1.1.0", "restricted"),
    ]
    assert product.output_ports[0].properties["c360Approvers"] == ["ann@example.org"]
    assert [str(w) for w in project.warnings] == [
        (
            "The port 'orders' says version 1.1.0, its contract 1.0.0. [ODPS-VERSION] "
            "In products/shop/product.odps.yaml:13. "
            'Write version: "1.0.0".'
        )
    ]


def test_a_folder_without_a_product_is_only_doubtful(folder: Folder) -> None:
    project = folder.table("shop.orders").read()
    assert [str(w) for w in project.warnings] == [
        (
            "The folder has no product.odps.yaml, so nobody owns its tables. In products/shop. "
            "Write one: id, domain, owner, ports."
        )
    ]


ENTITY = """\
apiVersion: v3.1.0
kind: DataContract
id: c360:conformed:{0}
version: "1.0.0"
status: active
schema:
  - name: {0}
    dataGranularityDescription: One row per {0}.
    properties:
      - {{name: id, logicalType: integer, primaryKey: true}}
"""


def test_a_conformed_entity_is_the_union_of_its_systems(folder: Folder) -> None:
    folder.write("products/conformed/sale_line.odcs.yaml", ENTITY.format("sale_line"))
    folder.write("products/conformed/cart.odcs.yaml", ENTITY.format("cart"))
    folder.write("products/conformed/sale_line/shop.sql", "-- One row per order of the shop.\nSELECT 1 AS id\n")
    folder.write("products/conformed/sale_line/erp.sql", "-- One row per ERP order.\nSELECT 2 AS id\n")
    models = folder.read().models
    lines, cart = models[Relation("conformed", "sale_line")], models[Relation("conformed", "cart")]
    assert lines.is_union
    assert [part.name for part in lines.parts] == ["erp", "shop"]
    assert str(lines.parts[1].place) == "products/conformed/sale_line/shop.sql:1"
    assert (lines.grain, cart.grain) == ("One row per sale_line.", "One row per cart.")
    assert cart.is_union
    assert cart.parts == ()
    assert cart.step is None


def test_folders_of_sql_belong_to_conformed_only(folder: Folder) -> None:
    folder.write("products/gold/sale_line/shop.sql", "-- One row per order.\nSELECT 1 AS id\n")
    assert folder.errors() == [
        (
            "Tables in folders belong to products/conformed only. In products/gold/sale_line. "
            "Move the .sql files to products/gold."
        )
    ]


def test_a_header_is_read_and_prose_left_alone(folder: Folder) -> None:
    folder.table("shop.orders")
    sql = (
        "-- One row per order. Returns are flagged.\n-- Note: amounts are net.\n-- kind: incremental\n"
        "-- time_column: ordered_at\n--\n-- lookback: 3 days\n\n-- key: order_id\nSELECT 1 AS id\n-- track: not_this\n"
    )
    folder.write("products/shop/orders.sql", sql)
    model = folder.read().models[Relation("shop", "orders")]
    assert model.grain == "One row per order. Returns are flagged."
    assert model.config == {
        "kind": "incremental",
        "time_column": "ordered_at",
        "lookback": "3 days",
        "key": "order_id",
    }
    assert model.parts[0].sql == sql


def test_a_step_names_its_inputs(folder: Folder) -> None:
    folder.table("gold.purchases").table("gold.value")
    (folder.root / "products/gold/value.sql").unlink()
    folder.write(
        "products/gold/value.step.yaml",
        "grain: One row per customer.\nmethod: lifetime_value\ninputs: {purchases: gold.purchases}\n"
        "parameters: {months: 12, grid: [1, 2]}\n",
    )
    model = folder.read().models[Relation("gold", "value")]
    assert model.grain == "One row per customer."
    assert model.step is not None
    assert model.step.method == "lifetime_value"
    assert model.step.inputs == {"purchases": Relation("gold", "purchases")}
    assert model.step.parameters == {"months": 12, "grid": [1, 2]}
    assert str(model.step.place) == "products/gold/value.step.yaml:2"


def test_settings_and_policies(folder: Folder) -> None:
    folder.write(
        "c360.yaml",
        """
        name: acme
        as_of: 2024-11-30
        engine: {name: postgres, url: {env: C360_WAREHOUSE_URL}}
        policies:
          value_tier: {high: 1000, medium: 500}
          sla_hours: {critical: 4}
          countries: {US: North America}
        """,
    )
    settings = folder.read().settings
    assert settings.as_of == date(2024, 11, 30)
    assert settings.label == "acme"
    assert settings.engine.name == "postgres"
    assert settings.engine.options == {"url": {"env": "C360_WAREHOUSE_URL"}}
    assert settings.policy("value_tier.high") == 1000
    assert settings.policy("countries") == {"US": "North America"}
    with pytest.raises(UnknownName, match=r"No policy is named 'value_tier.hihg'.*x.sql:3.*'value_tier.high'"):
        settings.policy("value_tier.hihg", place="x.sql:3")
    with pytest.raises(UnknownName):
        settings.policy("value_tier.high.more")


def test_a_source_and_its_tables(folder: Folder) -> None:
    folder.write(
        "sources/shop.yaml",
        """
        source: shop
        kind: postgres
        connection: {url: {env: SHOP_URL}, application: c360}
        tables:
          orders: {location: public.orders, cursor: id, overlap: 100, on_schema_change: evolve, on_bad_rows: fail}
          events: {location: public.events, key: [id, at], cursor: at, overlap: 2 hours}
        """,
    )
    source = folder.read().sources["shop"]
    assert source.connection == {"url": {"env": "SHOP_URL"}, "application": "c360"}
    assert [(t.source, t.name, t.location, t.overlap, t.key) for t in source.tables.values()] == [
        ("shop", "orders", "public.orders", "100", ()),
        ("shop", "events", "public.events", "2 hours", ("id", "at")),
    ]
    assert source.tables["events"].place.line == 7
    assert (source.tables["orders"].on_schema_change, source.tables["orders"].on_bad_rows) == ("evolve", "fail")


def test_semantic_elements_know_their_lines(folder: Folder) -> None:
    folder.table("shop.orders")
    folder.write(
        "semantic/sales.yaml",
        """\
        semantic_model:
          - name: sales
            datasets:
              - name: orders
                source: shop.orders
                fields:
                  - name: id
                    expression: {dialects: [{dialect: ANSI_SQL, expression: id}]}
            metrics:
              - name: order_count
                expression: {dialects: [{dialect: ANSI_SQL, expression: COUNT(orders.id)}]}
        """,
    )
    document = folder.read().semantics["sales"]
    assert document.lines == {"": 2, "datasets/orders": 4, "datasets/orders/fields/id": 7, "metrics/order_count": 10}
    assert document.document["semantic_model"][0]["name"] == "sales"


def test_cases_hold_rows_as_written(folder: Folder) -> None:
    folder.table("shop.orders", ["{name: id, logicalType: integer}", "{name: day, logicalType: date}"])
    folder.write(
        "tests/orders.yaml",
        """
        cases:
          - name: one in, one out
            model: shop.orders
            as_of: 2024-02-29
            given: {shop.orders: [{id: 1, day: 2024-02-28}, {id: null}]}
            expect: [{id: 1}]
            ordered: true
        """,
    )
    (case,) = folder.read().cases
    assert case.given == {Relation("shop", "orders"): ({"id": 1, "day": "2024-02-28"}, {"id": None})}
    assert case.expect == ({"id": 1},)
    assert (case.as_of, case.ordered) == (date(2024, 2, 29), True)


def test_hidden_and_other_files_are_left_alone(folder: Folder) -> None:
    folder.table("shop.orders")
    folder.write("products/shop/README.md", "words").write("products/.cache/x.sql", "no").write(
        "sources/_draft.yaml", "no: 1\n"
    )
    assert list(folder.read().models) == [Relation("shop", "orders")]


def test_a_project_of_150_files_is_read_in_half_a_second(folder: Folder) -> None:
    columns = [
        f"{{name: column_{n}, physicalType: 'DECIMAL(10,2)', description: Column {n}, required: true}}"
        for n in range(24)
    ]
    rules = [
        "{metric: rowCount, mustBeGreaterThan: 0}",
        "{query: 'SELECT count(*) FROM {object}', mustBeGreaterThan: 0}",
    ]
    quality = "quality:\n" + "".join(f"  - {rule}\n" for rule in rules)
    for number in range(74):
        folder.table(f"schema_{number % 8}.table_{number}", columns, extra=quality)
    assert sum(1 for path in folder.root.rglob("*") if path.is_file()) >= 149
    folder.read()
    began = time.process_time()
    project = folder.read()
    assert time.process_time() - began < 0.5
    assert len(project.contracts) == 74
