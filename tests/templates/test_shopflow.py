"""ShopFlow as a project: every documented table lands, is published under its contract, and says what the files say."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from customer360.synthetic.documented import DOCUMENTED

if TYPE_CHECKING:
    import duckdb
    from tests.templates.conftest import Built

PRODUCT_OF = {
    "shop": "shop",
    "shop_ops": "shop_ops",
    "crm": "sales_crm",
    "erp": "sales_erp",
    "wms": "logistics_wms",
    "cdp": "cdp",
    "care": "care",
}
PORT_OF = {"crm_customers": "customers", "erp_orders": "orders", "wms_shipments": "shipments"}
TABLES = sorted((system, table) for system, tables in DOCUMENTED.items() for table in tables)
TYPES = {"SERIAL": "INTEGER", "INT": "INTEGER", "TEXT": "VARCHAR"}


def documented_type(text: str) -> str:
    return "VARCHAR" if text.startswith("VARCHAR") else TYPES.get(text, text)


def test_the_as_of_date_is_the_last_day_of_the_data(shopflow: Built) -> None:
    assert shopflow.report.as_of == date(2024, 11, 30)


def test_every_check_passes(shopflow: Built) -> None:
    assert shopflow.report.checks_warned == 0
    assert shopflow.report.checks_passed > 400


@pytest.mark.parametrize(("system", "table"), [*TABLES, ("support", "support_tickets")])
def test_a_product_holds_every_row_of_its_source(
    shopflow: Built, shopflow_files: duckdb.DuckDBPyConnection, system: str, table: str
) -> None:
    relation = f"{PRODUCT_OF.get(system, system)}.{PORT_OF.get(table, table)}"
    with shopflow.engine.read() as session:
        rows = session.query(f"SELECT * FROM {relation}")
    assert rows.num_rows > 0
    for one, other in (("rows", f"{system}.{table}"), (f"{system}.{table}", "rows")):
        apart = shopflow_files.execute(f"SELECT count(*) FROM (FROM {one} EXCEPT ALL FROM {other})").fetchone()
        assert apart == (0,)


@pytest.mark.parametrize(("system", "table"), TABLES)
def test_a_product_has_the_documented_columns_types_and_key(shopflow: Built, system: str, table: str) -> None:
    relation = f"{PRODUCT_OF[system]}.{PORT_OF.get(table, table)}"
    document = DOCUMENTED[system][table]
    with shopflow.engine.read() as session:
        found = {column.name: column.type for column in session.describe(f"FROM {relation}")}
    assert found == {column.name: documented_type(column.type) for column in document.columns}
    contract = next(c for c in shopflow.project.contracts.values() if str(c.relation) == relation)
    assert contract.key == document.key
    assert all(column.description for column in contract.columns)
