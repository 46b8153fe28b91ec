"""Hold what the store-side platform and the care centre document: their tables' columns, keys and indexes."""

from __future__ import annotations

from customer360.synthetic.documents import document

CDP = {
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
CARE = {
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
