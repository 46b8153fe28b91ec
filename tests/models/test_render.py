from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest
from tests.models.projects import column, contract, model, project

from customer360.errors import C360Error, Place
from customer360.models.render import fill, literal, render, with_as_of
from customer360.project.spec import ModelPart, OutputPort, Product

PRODUCT = Product(
    "sales_crm_customers", "sales_crm", "CRM", "1.0.0", "active", None, Place("products/sales_crm/product.odps.yaml"),
    output_ports=(OutputPort("customers", "1.0.0", "c360:sales_crm:customers"),),
)  # fmt: skip
PROJECT = project(
    model("sales_crm.customers", "-- One row per customer.\nSELECT 1 AS id"),
    model("gold.customers", "-- One row per customer.\nSELECT 1 AS id"),
    model("gold.orders", "-- One row per order.\nSELECT 1 AS id"),
    contracts=[contract("sales_crm.customers", [column("id", "INTEGER")])],
    products=[PRODUCT],
    policies={
        "tier": {"high": 1000, "share": 0.05, "name": "it's", "on": True, "since": date(2024, 1, 2), "none": None},
        "countries": ["US", "DE"],
        "regions": {"US": "North America", "DE": "Europe"},
        "sales": [{"name": "Summer", "start": date(2024, 7, 1)}, {"name": "Winter", "start": date(2024, 1, 1)}],
        "odd": [{"a": 1}, {"b": 2}],
    },
)
HERE = Place("products/gold/x.sql", 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ ref('orders') }}", "gold.orders"),
        ("{{ref('customers')}}", "gold.customers"),
        ("{{ ref('sales_crm.customers') }}", "sales_crm.customers"),
        ("{{ ref('sales_crm', 'customers') }}", "sales_crm.customers"),
        ('{{ source("sales_crm_customers", "customers") }}', "sales_crm.customers"),
        ("{{ source('shop', 'orders') }}", "raw_shop.orders"),
        ("{{ policy('tier.high') }}", "1000"),
        ("{{ policy('tier.share') }}", "0.05"),
        ("{{ policy('tier.name') }}", "'it''s'"),
        ("{{ policy('tier.on') }}", "TRUE"),
        ("{{ policy('tier.since') }}", "DATE '2024-01-02'"),
        ("{{ policy('tier.none') }}", "NULL"),
        ("{{ policy('countries') }}", "('US', 'DE')"),
    ],
)
def test_a_template_becomes_sql(text, expected):
    assert fill(text, PROJECT, schema="gold", place=HERE) == expected


def test_a_policy_table_can_be_read_like_a_table():
    sql = "SELECT region.value AS v FROM {{ policy('regions') }} AS region WHERE region.key = 'DE'"
    assert duckdb.sql(fill(sql, PROJECT, schema="gold", place=HERE)).fetchall() == [("Europe",)]
    sql = "SELECT s.name FROM {{ policy('sales') }} AS s WHERE s.start > DATE '2024-06-01'"
    assert duckdb.sql(fill(sql, PROJECT, schema="gold", place=HERE)).fetchall() == [("Summer",)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ ref('order') }}", "Did you mean 'orders'"),
        ("{{ source('sales_crm_customer', 'customers') }}", "Did you mean 'sales_crm_customers'"),
        ("{{ source('sales_crm_customers', 'custmers') }}", "Did you mean 'customers'"),
        ("{{ policy('tier.hihg') }}", "Did you mean 'tier.high'"),
        ("{{ polcy('tier.high') }}", "Did you mean 'policy'"),
        ("{{ var }}", "is no call"),
        ("{{ ref(orders) }}", "quoted names"),
        ("{{ policy('odd') }}", "the same keys"),
    ],
)
def test_a_wrong_template_is_named_with_its_line(text, message):
    with pytest.raises(C360Error, match=message) as caught:
        fill("SELECT 1\nFROM " + text, PROJECT, schema="gold", place=HERE)
    assert "products/gold/x.sql:2" in str(caught.value)


def test_a_name_in_two_schemas_needs_its_schema_elsewhere():
    with pytest.raises(C360Error, match=r"several models: gold\.customers, sales_crm\.customers"):
        fill("{{ ref('customers') }}", PROJECT, schema="insights", place=HERE)


def test_as_of_is_filled_in_but_not_inside_texts_and_comments():
    sql = "SELECT as_of() AS a, 'as_of()' AS b, As_Of ( ) AS c -- as_of()\n"
    assert with_as_of(sql, date(2024, 3, 31)) == (
        "SELECT DATE '2024-03-31' AS a, 'as_of()' AS b, DATE '2024-03-31' AS c -- as_of()\n"
    )


def test_what_is_not_one_select_is_refused_with_its_line():
    for sql, message in [
        ("-- x\nDROP TABLE a", "one SELECT"),
        ("SELECT 1 AS a; SELECT 2 AS b", "one SELECT"),
        ("-- x\nSELECT 1 frm x y", "cannot be parsed"),
        ("SELECT 'a", "cannot be parsed"),
    ]:
        with pytest.raises(C360Error, match=message):
            render(ModelPart("x", sql, HERE), PROJECT, "gold")
    with pytest.raises(C360Error, match=r"x\.sql:2"):
        render(ModelPart("x", "-- x\nSELECT 1 frm x y", HERE), PROJECT, "gold")


def test_numbers_keep_their_digits():
    assert literal(Decimal("0.10")) == "0.10"
    assert literal(-3) == "-3"
