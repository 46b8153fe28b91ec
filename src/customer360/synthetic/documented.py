"""Hold what ShopFlow's sources document: every table's columns with their PostgreSQL types, keys and indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
_CDP = {
    "customer_info": document(
        """
        customer_id SERIAL NOT NULL
        first_name TEXT
        last_name TEXT
        email TEXT
        phone_number TEXT
        date_of_birth DATE
        registration_date DATE
        """,
        "customer_id",
    ),
    "product_catalog": document(
        """
        product_id SERIAL NOT NULL
        product_name TEXT
        category TEXT
        brand TEXT
        price DECIMAL(10,2)
        launch_date DATE
        """,
        "product_id",
    ),
    "purchase_transactions": document(
        """
        transaction_id SERIAL NOT NULL
        customer_id INT
        product_id INT
        purchase_date DATE
        quantity INT
        total_amount DECIMAL(10,2)
        store_id INT
        """,
        "transaction_id",
        ("customer_id customer_info customer_id", "product_id product_catalog product_id"),
        ("customer_id", "purchase_date"),
    ),
    "customer_service": document(
        """
        interaction_id SERIAL NOT NULL
        customer_id INT
        interaction_date DATE
        interaction_type TEXT
        product_id INT
        resolution_status TEXT
        satisfaction_score INT
        """,
        "interaction_id",
        ("customer_id customer_info customer_id", "product_id product_catalog product_id"),
        ("customer_id",),
    ),
    "marketing_campaigns": document(
        """
        campaign_id SERIAL NOT NULL
        campaign_name TEXT
        start_date DATE
        end_date DATE
        channel TEXT
        target_audience TEXT
        """,
        "campaign_id",
    ),
    "campaign_responses": document(
        """
        response_id SERIAL NOT NULL
        campaign_id INT
        customer_id INT
        response_date DATE
        response_type TEXT
        """,
        "response_id",
        ("campaign_id marketing_campaigns campaign_id", "customer_id customer_info customer_id"),
        ("customer_id",),
    ),
    "website_behavior": document(
        """
        session_id SERIAL NOT NULL
        customer_id INT
        visit_date DATE
        pages_viewed INT
        time_spent INT
        source TEXT
        """,
        "session_id",
        ("customer_id customer_info customer_id",),
        ("customer_id",),
    ),
}
_CARE = {
    "customers": document(
        """
        customer_id SERIAL NOT NULL
        customer_name VARCHAR(100) NOT NULL
        email VARCHAR(150) UNIQUE
        phone VARCHAR(20)
        registration_date DATE DEFAULT CURRENT_DATE
        customer_segment VARCHAR(20) CHECK (customer_segment IN ('Premium', 'Standard', 'Basic'))
        status VARCHAR(20) CHECK (status IN ('Active', 'Inactive', 'Suspended'))
        created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
        """,
        "customer_id",
    ),
    "channels": document(
        """
        channel_id SERIAL NOT NULL
        channel_name VARCHAR(50) NOT NULL UNIQUE
        channel_type VARCHAR(20) CHECK (channel_type IN ('Digital', 'Voice', 'In-Person'))
        is_active BOOLEAN DEFAULT TRUE
        """,
        "channel_id",
    ),
    "agents": document(
        """
        agent_id SERIAL NOT NULL
        agent_name VARCHAR(100) NOT NULL
        employee_id VARCHAR(20) UNIQUE
        department VARCHAR(50)
        skill_level VARCHAR(20) CHECK (skill_level IN ('Junior', 'Senior', 'Expert'))
        is_active BOOLEAN DEFAULT TRUE
        hire_date DATE
        """,
        "agent_id",
    ),
    "interaction_types": document(
        """
        interaction_type_id SERIAL NOT NULL
        interaction_code VARCHAR(20) NOT NULL UNIQUE
        interaction_name VARCHAR(100) NOT NULL
        category VARCHAR(50)
        priority_level VARCHAR(20) CHECK (priority_level IN ('Low', 'Medium', 'High', 'Critical'))
        is_active BOOLEAN DEFAULT TRUE
        """,
        "interaction_type_id",
    ),
    "service_plans": document(
        """
        service_plan_id SERIAL NOT NULL
        plan_name VARCHAR(100) NOT NULL UNIQUE
        plan_type VARCHAR(50)
        monthly_fee DECIMAL(10,2)
        data_allowance_gb INT
        voice_minutes INT
        sms_allowance INT
        is_active BOOLEAN DEFAULT TRUE
        """,
        "service_plan_id",
    ),
    "customer_service_plans": document(
        """
        customer_service_plan_id SERIAL NOT NULL
        customer_id INT NOT NULL
        service_plan_id INT NOT NULL
        start_date DATE NOT NULL
        end_date DATE
        is_active BOOLEAN DEFAULT TRUE
        """,
        "customer_service_plan_id",
        ("customer_id customers customer_id CASCADE", "service_plan_id service_plans service_plan_id"),
        ("customer_id", "service_plan_id"),
        unique="customer_id service_plan_id start_date",
    ),
    "customer_interactions": document(
        """
        interaction_id SERIAL NOT NULL
        customer_id INT NOT NULL
        channel_id INT NOT NULL
        interaction_type_id INT NOT NULL
        agent_id INT
        session_id VARCHAR(100)
        start_timestamp TIMESTAMP NOT NULL
        end_timestamp TIMESTAMP
        duration_seconds INT
        queue_time_seconds INT DEFAULT 0
        resolution_status VARCHAR(20) CHECK (resolution_status IN ('Resolved', 'Pending', 'Escalated', 'Cancelled'))
        satisfaction_score DECIMAL(3,2) CHECK (satisfaction_score BETWEEN -1.0 AND 1.0)
        interaction_summary TEXT
        language VARCHAR(10) DEFAULT 'es'
        """,
        "interaction_id",
        (
            "customer_id customers customer_id",
            "channel_id channels channel_id",
            "interaction_type_id interaction_types interaction_type_id",
            "agent_id agents agent_id",
        ),
        ("customer_id", "channel_id", "interaction_type_id", "agent_id", "start_timestamp", "session_id"),
    ),
}

DOCUMENTED: Mapping[str, Mapping[str, Document]] = {
    "shop": _SHOP,
    "shop_ops": _SHOP_OPS,
    "crm": _CRM,
    "erp": _ERP,
    "wms": _WMS,
    "cdp": _CDP,
    "care": _CARE,
}
"""Every table of every system in PostgreSQL, in an order in which references point backwards."""
