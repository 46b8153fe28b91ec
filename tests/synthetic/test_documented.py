"""Every table is what its source documents: columns in order, types, lengths, keys, references, value sets, ranges."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tests.synthetic.conftest import whole

from customer360.synthetic.documented import DOCUMENTED
from customer360.synthetic.documents import Document

if TYPE_CHECKING:
    import duckdb

    from customer360.synthetic.shopflow import ShopFlow

TABLES = [(system, table) for system, tables in DOCUMENTED.items() for table in tables]
ARROW = {
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "INT": pa.int32(),
    "INTEGER": pa.int32(),
    "SERIAL": pa.int32(),
    "BOOLEAN": pa.bool_(),
    "TEXT": pa.string(),
}

# Typed from the tables of the source documents, which the package's own list must agree with.
COLUMNS = {
    "shop.customers": "customer_id email first_name last_name city country signup_date customer_segment total_orders"
    " total_spent",
    "shop.products": "product_id product_name category brand price cost margin_pct stock_status",
    "shop.orders": "order_id customer_id product_id order_date order_amount quantity discount_amount payment_method",
    "shop.events": "event_id customer_id session_id event_type event_timestamp product_id page_url device_type browser",
    "shop.inventory": "product_id warehouse_id date stock_level reorder_level last_updated",
    "support.support_tickets": "ticket_id customer_id customer_segment created_date resolved_date issue_type"
    " issue_category priority status resolution_hours satisfaction_score agent_id description order_id product_id",
    "shop_ops.returns": "order_id return_date quantity refund_amount reason",
    "shop_ops.cart_recovery_emails": "session_id customer_id sent_at opened_at clicked_at recovered_order_id",
    "shop_ops.product_details": "product_id category_level_2 category_level_3 season_code launch_date",
    "shop_ops.loyalty_members": "customer_id tier since",
    "shop_ops.promotions": "start end category discount",
    "crm.crm_customers": "id first_name last_name email signup_date",
    "erp.erp_orders": "order_id customer_id order_date total_amount",
    "wms.wms_shipments": "shipment_id order_ref shipped_date delivery_status",
    "cdp.customer_info": "customer_id first_name last_name email phone_number date_of_birth registration_date",
    "cdp.purchase_transactions": "transaction_id customer_id product_id purchase_date quantity total_amount store_id",
    "cdp.product_catalog": "product_id product_name category brand price launch_date",
    "cdp.customer_service": "interaction_id customer_id interaction_date interaction_type product_id resolution_status"
    " satisfaction_score",
    "cdp.marketing_campaigns": "campaign_id campaign_name start_date end_date channel target_audience",
    "cdp.campaign_responses": "response_id campaign_id customer_id response_date response_type",
    "cdp.website_behavior": "session_id customer_id visit_date pages_viewed time_spent source",
    "care.customers": "customer_id customer_name email phone registration_date customer_segment status created_at",
    "care.channels": "channel_id channel_name channel_type is_active",
    "care.agents": "agent_id agent_name employee_id department skill_level is_active hire_date",
    "care.interaction_types": "interaction_type_id interaction_code interaction_name category priority_level is_active",
    "care.service_plans": "service_plan_id plan_name plan_type monthly_fee data_allowance_gb voice_minutes"
    " sms_allowance is_active",
    "care.customer_service_plans": "customer_service_plan_id customer_id service_plan_id start_date end_date is_active",
    "care.customer_interactions": "interaction_id customer_id channel_id interaction_type_id agent_id session_id"
    " start_timestamp end_timestamp duration_seconds queue_time_seconds resolution_status satisfaction_score"
    " interaction_summary language",
}

CATEGORIES = {"Electronics", "Clothing", "Home & Garden", "Sports", "Books", "Beauty", "Toys"}
SEGMENTS = {"High Value", "Medium Value", "Low Value", "At Risk", "Churned"}
VALUES = {
    "shop.customers.country": {"USA", "Canada", "UK", "Germany", "France", "Australia"},
    "shop.customers.customer_segment": SEGMENTS,
    "shop.products.category": CATEGORIES,
    "shop.products.brand": {"BrandA", "BrandB", "BrandC", "BrandD", "BrandE", "Generic"},
    "shop.products.stock_status": {"In Stock", "Low Stock", "Out of Stock"},
    "shop.orders.payment_method": {"Credit Card", "PayPal", "Debit Card", "Apple Pay"},
    "shop.orders.quantity": {1, 2, 3, 4, 5},
    "shop.events.event_type": {"page_view", "add_to_cart", "remove_from_cart", "checkout", "purchase"},
    "shop.events.device_type": {"Desktop", "Mobile", "Tablet"},
    "shop.events.browser": {"Chrome", "Safari", "Firefox", "Edge"},
    "shop.inventory.warehouse_id": {"WH-US-EAST", "WH-US-WEST", "WH-EU-CENTRAL", "WH-ASIA-PAC"},
    "support.support_tickets.customer_segment": SEGMENTS,
    "support.support_tickets.issue_type": {
        "Product Defect",
        "Shipping Delay",
        "Billing Issue",
        "Account Issue",
        "Product Question",
    },
    "support.support_tickets.issue_category": CATEGORIES,
    "support.support_tickets.priority": {"Low", "Medium", "High", "Critical"},
    "support.support_tickets.status": {"Resolved", "Closed", "Open", "In Progress"},
    "support.support_tickets.satisfaction_score": {1.0, 2.0, 3.0, 4.0, 5.0},
    "wms.wms_shipments.delivery_status": {"Shipped", "In Transit", "Delivered", "Returned"},
    "cdp.product_catalog.category": {"Home Care", "Personal Care", "Baby Care", "Fabric Care", "Hair Care"},
    "cdp.customer_service.interaction_type": {"complaint", "inquiry", "feedback"},
    "cdp.customer_service.resolution_status": {"resolved", "pending", "escalated"},
    "cdp.customer_service.satisfaction_score": set(range(1, 11)),
    "cdp.marketing_campaigns.channel": {"email", "social media", "TV", "print", "radio"},
    "cdp.marketing_campaigns.target_audience": {"all", "young adults", "parents", "seniors"},
    "cdp.campaign_responses.response_type": {"sent", "click", "purchase", "unsubscribe"},
    "cdp.website_behavior.source": {"organic search", "paid ad", "direct", "social media", "email"},
    "care.customers.customer_segment": {"Premium", "Standard", "Basic"},
    "care.customers.status": {"Active", "Inactive", "Suspended"},
    "care.channels.channel_name": {
        "Phone",
        "Email",
        "Web Chat",
        "Mobile App",
        "WhatsApp",
        "In-Store",
        "Social Media",
        "SMS",
    },
    "care.customer_interactions.resolution_status": {"Resolved", "Pending", "Escalated", "Cancelled"},
}
FORMATS = {
    "shop.customers.customer_id": r"CUST\d{6}",
    "shop.products.product_id": r"PROD\d{5}",
    "shop.orders.order_id": r"ORD\d{7}",
    "shop.events.event_id": r"EVT\d{8}",
    "shop.events.session_id": r"SES\d{7}",
    "shop.events.page_url": r"/[a-z0-9/?=-]*(PROD\d{5})?",
    "support.support_tickets.ticket_id": r"TKT\d{7}",
    "support.support_tickets.agent_id": r"AGT0[0-5]\d",
    "support.support_tickets.order_id": r"ORD\d{7}",
    "support.support_tickets.product_id": r"PROD\d{5}",
}
RANGES = {
    "shop.customers.signup_date": ("2022-01-01", "2024-11-30"),
    "shop.products.price": (10, 500),
    "shop.orders.order_date": ("2022-01-01", "2024-11-29"),
    "shop.events.event_timestamp": ("2022-01-01", "2024-11-30 23:59:59"),
    "shop.inventory.date": ("2024-10-31", "2024-11-30"),
    "shop.inventory.stock_level": (0, 500),
    "shop.inventory.reorder_level": (1, 100),  # the document's 50 would be a year of sales: docs/seeds.md
    "shop.inventory.last_updated": ("2024-11-30", "2024-11-30"),
    "support.support_tickets.created_date": ("2022-01-01", "2024-11-30 23:59:59"),
    "support.support_tickets.resolution_hours": (1, 720),
    "cdp.product_catalog.price": (5, 100),
    "cdp.purchase_transactions.quantity": (1, 5),
    "cdp.website_behavior.pages_viewed": (1, 20),
    "cdp.website_behavior.time_spent": (30, 1_800),
    "care.customer_interactions.satisfaction_score": (-1, 1),
}


def document(system: str, table: str) -> Document:
    return DOCUMENTED[system][table]


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_stand_as_documented(shopflow: ShopFlow, name: str) -> None:
    system, table = name.split(".")
    assert whole(shopflow, system, table).column_names == COLUMNS[name].split()


def test_every_table_is_documented(shopflow: ShopFlow) -> None:
    made = {f"{system}.{table}" for system, tables in shopflow.systems.items() for table in tables}
    assert made == set(COLUMNS)


@pytest.mark.parametrize(("system", "table"), TABLES)
def test_types_lengths_and_presence(shopflow: ShopFlow, system: str, table: str) -> None:
    rows = whole(shopflow, system, table)
    assert rows.column_names == [column.name for column in document(system, table).columns]
    for column in document(system, table).columns:
        values = rows[column.name]
        if decimal := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", column.type):
            assert values.type == pa.decimal128(int(decimal[1]), int(decimal[2]))
        elif varchar := re.fullmatch(r"VARCHAR\((\d+)\)", column.type):
            assert values.type == pa.string()
            assert max(len(text) for text in values.unique().to_pylist() if text is not None) <= int(varchar[1])
        else:
            assert values.type == ARROW[column.type]
        if "NOT NULL" in column.rules:
            assert values.null_count == 0


@pytest.mark.parametrize(("system", "table"), TABLES)
def test_keys_are_unique(data: duckdb.DuckDBPyConnection, system: str, table: str) -> None:
    asked = document(system, table)
    unique = [asked.key, *([asked.unique] if asked.unique else [])]
    unique += [(column.name,) for column in asked.columns if "UNIQUE" in column.rules]
    for columns in unique:
        names = ", ".join(f'"{name}"' for name in columns)
        twice = f"SELECT {names} FROM {system}.{table} GROUP BY ALL HAVING count(*) > 1"
        assert data.execute(twice).fetchall() == []


@pytest.mark.parametrize(("system", "table"), TABLES)
def test_references_hold(data: duckdb.DuckDBPyConnection, system: str, table: str) -> None:
    for link in document(system, table).references:
        orphans = (
            f"SELECT count(*) FROM {system}.{table} AS a WHERE {link.column} IS NOT NULL"
            f" AND NOT EXISTS (SELECT 1 FROM {system}.{link.table} AS b WHERE b.{link.to} = a.{link.column})"
        )
        assert data.execute(orphans).fetchone() == (0,)


@pytest.mark.parametrize("name", VALUES)
def test_value_sets(data: duckdb.DuckDBPyConnection, name: str) -> None:
    relation, _, column = name.rpartition(".")
    found = data.execute(f"SELECT DISTINCT {column} FROM {relation} WHERE {column} IS NOT NULL").fetchall()
    assert {row[0] for row in found} == VALUES[name]


@pytest.mark.parametrize("name", FORMATS)
def test_formats(data: duckdb.DuckDBPyConnection, name: str) -> None:
    relation, _, column = name.rpartition(".")
    wrong = f"SELECT {column} FROM {relation} WHERE NOT regexp_full_match({column}, ?) LIMIT 3"
    assert data.execute(wrong, [FORMATS[name]]).fetchall() == []


@pytest.mark.parametrize("name", RANGES)
def test_ranges(data: duckdb.DuckDBPyConnection, name: str) -> None:
    relation, _, column = name.rpartition(".")
    low, high = RANGES[name]
    wrong = f"SELECT {column} FROM {relation} WHERE {column} NOT BETWEEN ? AND ? LIMIT 3"
    assert data.execute(wrong, [low, high]).fetchall() == []


def test_ids_beyond_the_documented_digits_stay_unique() -> None:
    import numpy as np

    from customer360.synthetic.columns import numbered

    numbers = np.arange(9_999_998, 10_000_003)
    ids = numbered("ORD", numbers, 7).to_pylist()
    assert ids == ["ORD9999998", "ORD9999999", "ORD10000000", "ORD10000001", "ORD10000002"]


def test_telephone_and_shop_values_fit_their_decimals_at_the_extremes() -> None:
    import numpy as np

    from customer360.synthetic.columns import money

    cents = np.array([0, 1, -100, 9_999_999_999])
    assert [str(value) for value in money(cents).to_pylist()] == ["0.00", "0.01", "-1.00", "99999999.99"]
