"""Any subset of a template's systems is a whole project: nothing in it points at what is not there."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

import duckdb
import pytest

from customer360.errors import ProjectError
from customer360.names import RAW_PREFIX, Relation
from customer360.project.reader import read_project
from customer360.project.starter import create_project, template_systems
from customer360.project.systems import keep_systems

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from customer360.project.spec import Project

SYSTEMS = template_systems("shopflow")
PRODUCT = {"crm": "sales_crm", "erp": "sales_erp", "wms": "logistics_wms"}


def without_rows(project: Project) -> set[str]:
    return {str(r) for r, model in project.models.items() if any("WHERE FALSE" in part.sql for part in model.parts)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Project]:
    """Return the project of some systems, made once."""

    @cache
    def made(*systems: str) -> Project:
        root = tmp_path_factory.mktemp("of") / "acme"
        create_project(root, template="shopflow", name="acme", systems=systems)
        return read_project(root)

    return made


def all_but(out: str) -> tuple[str, ...]:
    return tuple(name for name in SYSTEMS if name != out)


@pytest.mark.parametrize(
    "systems",
    [
        pytest.param(systems, marks=() if name in {"shop", "crm"} else pytest.mark.full, id=str(systems))
        for name in SYSTEMS
        for systems in ((name,), all_but(name))
    ],
)
def test_one_system_and_all_but_one(made: Callable[..., Project], systems: tuple[str, ...]) -> None:
    project = made(*systems)
    assert set(project.sources) == set(systems)
    assert project.warnings == ()
    assert {PRODUCT.get(name, name) for name in systems} <= set(project.products)
    assert project.settings.as_of_columns
    assert {path.stem for path in (project.root / "servers").iterdir()} == set(systems)
    landed = {c.relation.schema for c in project.contracts.values() if c.relation.schema.startswith(RAW_PREFIX)}
    assert landed == {RAW_PREFIX + name for name in systems}


def test_products_of_systems_that_are_not_there_drop_out(made: Callable[..., Project]) -> None:
    project = made("shop", "support")
    of_systems = {"shop", "shop_ops", "support", "sales_crm", "sales_erp", "logistics_wms", "cdp", "care"}
    # The shop's mappings read what the shop keeps beside: it stays, without rows.
    assert set(project.products) & of_systems == {"shop", "shop_ops", "support"}
    assert {name.partition(".")[0] for name in without_rows(project)} == {"shop_ops"}
    tickets = project.contract_of(Relation("support", "support_tickets"))
    assert tickets is not None
    assert {str(reference.to) for reference in tickets.references} == {
        "shop.customers",
        "shop.orders",
        "shop.products",
    }


def test_references_and_rules_that_lead_nowhere_go_with_their_system(made: Callable[..., Project]) -> None:
    everything = made(*SYSTEMS).contract_of(Relation("support", "support_tickets"))
    alone = made("support").contract_of(Relation("support", "support_tickets"))
    assert everything is not None
    assert alone is not None
    assert alone.references == ()
    assert {rule.id for rule in everything.rules} - {rule.id for rule in alone.rules} == {"order_is_the_customers"}
    assert [(c.name, c.type, c.description) for c in alone.columns] == [
        (c.name, c.type, c.description) for c in everything.columns
    ]


def test_a_product_that_reads_a_kept_system_finds_the_others_empty(made: Callable[..., Project]) -> None:
    project = made("crm", "erp")
    assert without_rows(project) == {"logistics_wms.shipments"}
    assert "marketing_360" in project.products
    assert project.products["logistics_wms"].input_ports == ()
    assert [port.name for port in project.products["logistics_wms"].output_ports] == ["shipments"]
    shipments = project.contract_of(Relation("logistics_wms", "shipments"))
    assert shipments is not None
    assert not any(rule.metric == "rowCount" for rule in shipments.rules)
    assert [column.name for column in shipments.columns] == [
        "shipment_id",
        "order_ref",
        "shipped_date",
        "delivery_status",
    ]


def test_a_supplement_that_a_mapping_reads_stays_without_rows(tmp_path: Path) -> None:
    root = tmp_path / "acme"
    create_project(root, template="shopflow", name="acme")
    entity = root / "products/conformed/line"
    entity.mkdir(parents=True)
    contract = (root / "products/shop/orders.odcs.yaml").read_text(encoding="utf-8")
    head, _, _ = contract.partition("    quality:\n      - id: not_empty")
    entity.with_name("line.odcs.yaml").write_text(
        head.replace("c360:shop:orders", "c360:conformed:line")
        .replace("name: orders", "name: line")
        .replace("to: customers.", "to: shop.customers.")
        .replace("to: products.", "to: shop.products.")
    )
    (entity / "shop.sql").write_text(
        "-- One row per line.\nSELECT o.* FROM shop.orders AS o ANTI JOIN shop_ops.returns AS r USING (order_id)\n"
    )
    (entity / "erp.sql").write_text("-- One row per order.\nSELECT order_id FROM sales_erp.orders -- not shop.orders\n")
    keep_systems(root, ["shop"])
    project = read_project(root)
    assert without_rows(project) == {
        "shop_ops.cart_recovery_emails",
        "shop_ops.loyalty_members",
        "shop_ops.product_details",
        "shop_ops.promotions",
        "shop_ops.returns",
    }
    assert [part.name for part in project.models[Relation("conformed", "line")].parts] == ["shop"]
    assert "WHERE FALSE" in (root / "products/shop_ops/returns.sql").read_text(encoding="utf-8")
    # Nothing of the shop reads the other back offices' tables: they go, mappings and all.
    assert not (root / "products/sales_erp").exists()
    assert "sales_crm" not in project.products


def test_check_sql_of_metrics_finds_nothing_where_a_system_is_left_out(made: Callable[..., Project]) -> None:
    def checks(project: Project) -> dict[str, str]:
        metrics = project.semantics["shopflow"].document["semantic_model"][0]["metrics"]
        return {m["name"]: json.loads(m["custom_extensions"][0]["data"])["check_sql"] for m in metrics}

    everything, some = checks(made(*SYSTEMS)), checks(made("shop", "support"))
    assert set(some) == set(everything)
    gone = ("cdp.", "care.", "sales_erp.", "sales_crm.", "logistics_wms.")
    assert any(name in sql for sql in everything.values() for name in gone)
    assert not [sql for sql in some.values() if any(f" {name}" in sql for name in gone)]
    kept = {name for name, sql in everything.items() if not any(f" {each}" in sql for each in gone)}
    assert {name: some[name] for name in kept} == {name: everything[name] for name in kept}, "these stay as written"
    with duckdb.connect() as connection:
        rows = connection.execute(some["campaign_sends"].replace("as_of()", "DATE '2024-11-30'")).fetchall()
    assert rows == [(0,)]


def test_no_system_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="A project needs at least one system"):
        create_project(tmp_path / "acme", template="shopflow", systems=[])
    assert not (tmp_path / "acme").exists()
