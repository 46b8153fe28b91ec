"""Hold what ShopFlow's sources document: every table's columns with their PostgreSQL types, keys and indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.synthetic.documented_service import CARE, CDP
from customer360.synthetic.documents import Document, document

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMAS = {
    "shop": "shop",
    "shop_ops": "shop_ops",
    "crm": "sources",
    "erp": "sources",
    "wms": "sources",
    "cdp": "cdp",
    "care": "care",
}
"""PostgreSQL schema of each system that lives in PostgreSQL; support tickets live in MongoDB."""


_SHOP = {
    "customers": document(
        """
        customer_id VARCHAR(20) NOT NULL
        email VARCHAR(255) NOT NULL UNIQUE
        first_name VARCHAR(100)
        last_name VARCHAR(100)
        city VARCHAR(100)
        country VARCHAR(50)
        signup_date DATE
        customer_segment VARCHAR(50)
        total_orders INT
        total_spent DECIMAL(10,2)
        """,
        "customer_id",
        indexes=("customer_segment", "signup_date"),
    ),
    "products": document(
        """
        product_id VARCHAR(20) NOT NULL
        product_name VARCHAR(255)
        category VARCHAR(50)
        brand VARCHAR(50)
        price DECIMAL(10,2)
        cost DECIMAL(10,2)
        margin_pct DECIMAL(5,2)
        stock_status VARCHAR(20)
        """,
        "product_id",
        indexes=("category",),
    ),
    "orders": document(
        """
        order_id VARCHAR(20) NOT NULL
        customer_id VARCHAR(20)
        product_id VARCHAR(20)
        order_date DATE
        order_amount DECIMAL(10,2)
        quantity INT
        discount_amount DECIMAL(10,2)
        payment_method VARCHAR(50)
        """,
        "order_id",
        ("customer_id customers customer_id", "product_id products product_id"),
        ("customer_id", "order_date", "product_id"),
    ),
    "events": document(
        """
        event_id VARCHAR(20) NOT NULL
        customer_id VARCHAR(20)
        session_id VARCHAR(50)
        event_type VARCHAR(50)
        event_timestamp TIMESTAMP
        product_id VARCHAR(20)
        page_url TEXT
        device_type VARCHAR(20)
        browser VARCHAR(50)
        """,
        "event_id",
        ("customer_id customers customer_id", "product_id products product_id"),
        ("customer_id", "event_timestamp", "event_type"),
    ),
    "inventory": document(
        """
        product_id VARCHAR(20) NOT NULL
        warehouse_id VARCHAR(50) NOT NULL
        date DATE NOT NULL
        stock_level INT
        reorder_level INT
        last_updated TIMESTAMP
        """,
        "product_id warehouse_id date",
        ("product_id products product_id",),
    ),
}
_SHOP_OPS = {
    "returns": document(
        """
        order_id VARCHAR(20) NOT NULL
        return_date DATE NOT NULL
        quantity INT NOT NULL
        refund_amount DECIMAL(10,2) NOT NULL
        reason VARCHAR(50)
        """,
        "order_id",
        indexes=("return_date",),
    ),
    "cart_recovery_emails": document(
        """
        session_id VARCHAR(50) NOT NULL
        customer_id VARCHAR(20) NOT NULL
        sent_at TIMESTAMP NOT NULL
        opened_at TIMESTAMP
        clicked_at TIMESTAMP
        recovered_order_id VARCHAR(20)
        """,
        "session_id",
        indexes=("sent_at",),
    ),
    "product_details": document(
        """
        product_id VARCHAR(20) NOT NULL
        category_level_2 VARCHAR(50)
        category_level_3 VARCHAR(50)
        season_code VARCHAR(20)
        launch_date DATE
        """,
        "product_id",
    ),
    "loyalty_members": document(
        """
        customer_id VARCHAR(20) NOT NULL
        tier VARCHAR(20) NOT NULL
        since DATE NOT NULL
        """,
        "customer_id",
    ),
    "promotions": document(
        """
        start DATE NOT NULL
        end DATE NOT NULL
        category VARCHAR(50) NOT NULL
        discount DECIMAL(3,2) NOT NULL
        """,
        "start end category",
    ),
}
_CRM = {
    "crm_customers": document(
        """
        id INTEGER NOT NULL
        first_name VARCHAR(50)
        last_name VARCHAR(50)
        email VARCHAR(100)
        signup_date TIMESTAMP
        """,
        "id",
    )
}
_ERP = {
    "erp_orders": document(
        """
        order_id INTEGER NOT NULL
        customer_id INTEGER
        order_date TIMESTAMP
        total_amount DECIMAL(10,2)
        """,
        "order_id",
        indexes=("customer_id", "order_date"),
    )
}
_WMS = {
    "wms_shipments": document(
        """
        shipment_id INTEGER NOT NULL
        order_ref INTEGER
        shipped_date TIMESTAMP
        delivery_status VARCHAR(20)
        """,
        "shipment_id",
        indexes=("order_ref",),
    )
}
DOCUMENTED: Mapping[str, Mapping[str, Document]] = {
    "shop": _SHOP,
    "shop_ops": _SHOP_OPS,
    "crm": _CRM,
    "erp": _ERP,
    "wms": _WMS,
    "cdp": CDP,
    "care": CARE,
}
"""Every table of every system in PostgreSQL, in an order in which references point backwards."""
