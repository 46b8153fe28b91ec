"""ShopFlow's metrics by hand: flat rows from the systems' own tables, and each metric as an aggregate over them.

Nothing here is taken from the semantic model or the star: only who is who (identity), and scores that models give.
"""

from __future__ import annotations

AS_OF = "DATE '2024-11-30'"
X = "LEFT JOIN identity.customer_xref AS x ON x.system = {s}.system AND x.record_id = {s}.record AND x.valid_to IS NULL"
TIERS = "CASE WHEN device_type IN ('Mobile', 'Tablet') THEN 'Mobile App' ELSE 'Online' END"
SYSTEM_ORDERS = """
SELECT 'shop' AS source_system, 'shop' AS system, o.customer_id AS record, o.order_id AS line,
  o.customer_id || o.order_date || o.payment_method AS basket, o.order_date AS day, o.order_amount AS gross,
  o.discount_amount AS discount, o.order_amount - o.discount_amount AS net, o.quantity AS pieces, p.category, p.brand,
  'shop' || o.product_id AS product, r.order_id IS NOT NULL AS returned, r.refund_amount AS refund,
  o.order_amount - o.discount_amount - p.cost * o.quantity AS margin,
  o.discount_amount > 0 AND EXISTS (SELECT 1 FROM shop_ops.promotions AS m WHERE m.category = p.category
    AND o.order_date BETWEEN m."start" AND m."end") AS promoted
FROM shop.orders AS o INNER JOIN shop.products AS p ON p.product_id = o.product_id
LEFT JOIN shop_ops.returns AS r ON r.order_id = o.order_id
UNION ALL
SELECT 'cdp', 'cdp', CAST(t.customer_id AS VARCHAR), CAST(t.transaction_id AS VARCHAR),
  CAST(t.transaction_id AS VARCHAR), t.purchase_date, t.total_amount, 0, t.total_amount, t.quantity, p.category,
  p.brand, 'cdp' || t.product_id, FALSE, NULL, NULL, FALSE
FROM cdp.purchase_transactions AS t INNER JOIN cdp.product_catalog AS p ON p.product_id = t.product_id
UNION ALL
SELECT 'erp', 'crm', CAST(o.customer_id AS VARCHAR), 'erp' || o.order_id, 'erp' || o.order_id,
  CAST(o.order_date AS DATE), o.total_amount, 0, o.total_amount, NULL, NULL, NULL, NULL, COALESCE(w.back, 0) > 0,
  CASE WHEN w.back = w.parcels THEN o.total_amount END, NULL, FALSE
FROM sales_erp.orders AS o LEFT JOIN (SELECT order_ref, COUNT(*) AS parcels,
  COUNT(*) FILTER (WHERE delivery_status = 'Returned') AS back FROM logistics_wms.shipments GROUP BY order_ref) AS w
  ON w.order_ref = o.order_id
"""
SALES = (
    f"SELECT s.*, CAST(DATE_TRUNC('month', day) AS DATE) AS month, x.customer_id FROM ({SYSTEM_ORDERS}) AS s "
    + X.format(s="s")
)
CONTACTS = """
SELECT CAST(created_date AS DATE) AS day, 'support' AS system, 'shop' AS known_by, customer_id AS record, 'Ticket' AS channel,
  REPLACE(LOWER(status), 'in progress', 'pending') AS status, 'support' || agent_id AS agent,
  CAST(satisfaction_score AS DOUBLE) AS score, NULL AS seconds, NULL AS wait, resolution_hours AS hours
FROM support.support_tickets
UNION ALL
SELECT interaction_date, 'cdp', 'cdp', CAST(customer_id AS VARCHAR), 'In-Store', LOWER(resolution_status), NULL,
  1 + (satisfaction_score - 1) * 4.0 / 9, NULL, NULL, NULL FROM cdp.customer_service
UNION ALL
SELECT CAST(i.start_timestamp AS DATE), 'care', 'care', CAST(i.customer_id AS VARCHAR), c.channel_name, LOWER(i.resolution_status),
  'care' || i.agent_id, 3 + 2.0 * i.satisfaction_score, i.duration_seconds, i.queue_time_seconds, NULL
FROM care.customer_interactions AS i INNER JOIN care.channels AS c ON c.channel_id = i.channel_id
"""
VISITS = f"""
SELECT 'shop' AS source_system, session_id, MIN(device_type) AS device_type, MIN({TIERS}) AS channel,
  MIN(customer_id) AS record, BOOL_OR(event_type = 'add_to_cart') AS carted, BOOL_OR(event_type = 'checkout') AS out,
  BOOL_OR(event_type = 'purchase') AS bought, TRUE AS shop, COUNT(*) FILTER (WHERE event_type = 'page_view') AS pages,
  DATE_DIFF('second', MIN(event_timestamp), MAX(event_timestamp)) AS seconds,
  CAST(MIN(event_timestamp) AS DATE) AS day FROM shop.events GROUP BY session_id
UNION ALL
SELECT 'cdp', CAST(session_id AS VARCHAR), NULL, 'Online', CAST(customer_id AS VARCHAR), FALSE, FALSE, FALSE, FALSE,
  pages_viewed, time_spent, visit_date FROM cdp.website_behavior
"""
ITEMS = """
SELECT e.session_id, p.category, p.brand, p.season_code,
  SUM(CASE e.event_type WHEN 'add_to_cart' THEN 1 ELSE -1 END) AS pieces,
  SUM(CASE e.event_type WHEN 'add_to_cart' THEN p.price ELSE -p.price END) AS value
FROM shop.events AS e INNER JOIN (SELECT p.*, d.season_code FROM shop.products AS p
  LEFT JOIN shop_ops.product_details AS d ON d.product_id = p.product_id) AS p ON p.product_id = e.product_id
WHERE e.event_type IN ('add_to_cart', 'remove_from_cart')
GROUP BY e.session_id, e.product_id, p.category, p.brand, p.season_code HAVING pieces > 0
"""
CARTS = f"""
SELECT c.*, COALESCE(v.value, 0) AS value, m.session_id IS NOT NULL AS mailed,
  m.recovered_order_id IS NOT NULL AS recovered
FROM (SELECT session_id, MIN({TIERS}) AS channel, MIN(event_timestamp) FILTER (WHERE event_type = 'add_to_cart') AS made,
  MAX(event_timestamp) AS last, NOT BOOL_OR(event_type = 'purchase') AS abandoned,
  BOOL_OR(page_url LIKE '/checkout/payment%status=declined%') AS declined,
  CASE WHEN BOOL_OR(event_type = 'purchase') THEN 'purchase'
    WHEN BOOL_OR(event_type = 'checkout' AND page_url LIKE '/checkout/payment%') THEN 'payment'
    WHEN BOOL_OR(event_type = 'checkout') THEN 'shipping' ELSE 'cart' END AS stage,
  CAST(DATE_TRUNC('month', MIN(event_timestamp) FILTER (WHERE event_type = 'add_to_cart')) AS DATE) AS month
  FROM shop.events GROUP BY session_id HAVING made IS NOT NULL) AS c
LEFT JOIN (SELECT session_id, SUM(value) AS value FROM ({ITEMS}) AS i GROUP BY session_id) AS v
  ON v.session_id = c.session_id
LEFT JOIN shop_ops.cart_recovery_emails AS m ON m.session_id = c.session_id
"""
EVERYBODY = f"""
SELECT k.customer_id, b.baskets, b.net, b.last_day, DATE_DIFF('day', b.last_day, {AS_OF}) AS idle, b.lately, b.before,
  COALESCE(t.contacts, 0) AS contacts, a.received, a.answered, c.status, c.churn_risk_band, c.favorite_product_category,
  c.churn_risk_score, c.predicted_clv_12m, c.expected_purchases_12m, c.recency_score, c.frequency_score,
  c.monetary_score, c.consent_email
FROM (SELECT DISTINCT customer_id FROM identity.customer_xref WHERE valid_to IS NULL) AS k
LEFT JOIN (SELECT customer_id, COUNT(DISTINCT basket) AS baskets, SUM(net) AS net, MAX(day) AS last_day,
  BOOL_OR(DATE_DIFF('day', day, {AS_OF}) < 90) AS lately,
  BOOL_OR(DATE_DIFF('day', day, {AS_OF}) BETWEEN 90 AND 179) AS before
  FROM ({SALES}) AS s WHERE NOT returned GROUP BY customer_id) AS b ON b.customer_id = k.customer_id
LEFT JOIN (SELECT x.customer_id, COUNT(*) AS contacts FROM (SELECT known_by AS system, record FROM ({CONTACTS}) AS a) AS i
  {X.format(s="i")} GROUP BY x.customer_id) AS t ON t.customer_id = k.customer_id
LEFT JOIN (SELECT x.customer_id, COUNT(DISTINCT r.campaign_id) AS received,
  COUNT(DISTINCT r.campaign_id) FILTER (WHERE r.response_type IN ('click', 'purchase')) AS answered
  FROM (SELECT 'cdp' AS system, CAST(customer_id AS VARCHAR) AS record, campaign_id, response_type
    FROM cdp.campaign_responses) AS r {X.format(s="r")} GROUP BY x.customer_id) AS a ON a.customer_id = k.customer_id
LEFT JOIN customer_360.customer_360 AS c ON c.customer_id = k.customer_id
"""
RESPONSES = f"""
SELECT r.response_type AS kind, r.campaign_id, x.customer_id, CAST(DATE_TRUNC('month', r.response_date) AS DATE) AS month,
  c.target_audience AS audience, CASE c.channel WHEN 'email' THEN 'Email' WHEN 'social media' THEN 'Social Media'
    WHEN 'print' THEN 'Print' WHEN 'radio' THEN 'Radio' ELSE c.channel END AS channel
FROM (SELECT *, 'cdp' AS system, CAST(customer_id AS VARCHAR) AS record FROM cdp.campaign_responses) AS r
INNER JOIN cdp.marketing_campaigns AS c ON c.campaign_id = r.campaign_id {X.format(s="r")}
"""
ROWS: dict[str, tuple[str, dict[str, str]]] = {
    "sales": (
        SALES,
        {"sales.source_system": "source_system", "product.category_level_1": "category", "time:month": "month"},
    ),
    "sales now": (
        SALES,
        {"sales.source_system": "source_system", "product.category_level_1": "category", "product.brand": "brand"},
    ),
    "customers": (
        EVERYBODY,
        {
            "customer_360.status": "status",
            "customer_360.churn_risk_band": "churn_risk_band",
            "customer_360.favorite_product_category": "favorite_product_category",
        },
    ),
    "visits": (
        f"SELECT v.*, x.customer_id FROM (SELECT *, source_system AS system FROM ({VISITS}) AS a) AS v "
        + X.format(s="v"),
        {
            "web_session.source_system": "source_system",
            "web_session.device_type": "device_type",
            "channel.channel_name": "channel",
        },
    ),
    "events": (
        (
            f"SELECT e.*, CAST(e.event_timestamp AS DATE) AS day, p.category, {TIERS} AS channel FROM shop.events AS e "
            "LEFT JOIN shop.products AS p ON p.product_id = e.product_id"
        ),
        {
            "web_event.browser": "browser",
            "product.category_level_1": "category",
            "channel.channel_name": "channel",
        },
    ),
    "carts": (CARTS, {"cart.last_stage": "stage", "channel.channel_name": "channel", "time:month": "month"}),
    "items": (
        (
            f"SELECT i.*, c.abandoned, c.recovered, c.stage FROM ({ITEMS}) AS i "
            f"INNER JOIN ({CARTS}) AS c ON c.session_id = i.session_id"
        ),
        {"product.category_level_1": "category", "product.brand": "brand", "cart.last_stage": "stage"},
    ),
    "contacts": (
        f"SELECT i.*, x.customer_id FROM (SELECT * EXCLUDE (system), known_by AS system, system AS desk FROM ({CONTACTS}) AS a) AS i "
        + X.format(s="i"),
        {"interaction.system": "desk", "interaction.status": "status", "interaction.contact_channel": "channel"},
    ),
    "stock": (
        (
            "SELECT i.*, p.cost, p.category, p.brand, d.category_level_2, i.date = (SELECT MAX(date) FROM shop.inventory) AS is_last "
            "FROM shop.inventory AS i INNER JOIN shop.products AS p ON p.product_id = i.product_id "
            "LEFT JOIN shop_ops.product_details AS d ON d.product_id = i.product_id"
        ),
        {
            "product.category_level_1": "category",
            "product.brand": "brand",
            "product.category_level_2": "category_level_2",
        },
    ),
    "responses": (
        RESPONSES,
        {
            "campaign_contact.campaign_channel": "channel",
            "campaign_contact.target_audience": "audience",
            "time:month": "month",
        },
    ),
    "plans": (
        (
            "SELECT s.*, p.plan_name, p.plan_type, p.monthly_fee, x.customer_id, "
            f"CAST(DATE_TRUNC('month', s.start_date) AS DATE) AS month, s.end_date IS NULL OR s.end_date >= {AS_OF} AS runs "
            "FROM (SELECT *, 'care' AS system, CAST(customer_id AS VARCHAR) AS record FROM care.customer_service_plans) AS s "
            "INNER JOIN care.service_plans AS p ON p.service_plan_id = s.service_plan_id " + X.format(s="s")
        ),
        {
            "plan_subscription.plan_name": "plan_name",
            "plan_subscription.plan_type": "plan_type",
            "plan_subscription.start_date:month": "month",
        },
    ),
    "parcels": (
        (
            "SELECT w.*, CAST(DATE_TRUNC('month', w.shipped_date) AS DATE) AS month, "
            "w.shipment_id = FIRST_VALUE(w.shipment_id) OVER (PARTITION BY w.order_ref ORDER BY w.shipped_date, w.shipment_id) AS is_first, "
            "DATE_DIFF('day', CAST(o.order_date AS DATE), CAST(w.shipped_date AS DATE)) AS days "
            "FROM logistics_wms.shipments AS w LEFT JOIN sales_erp.orders AS o ON o.order_id = w.order_ref"
        ),
        {"shipment.delivery_status": "delivery_status", "shipment.is_first": "is_first", "time:month": "month"},
    ),
}
"""Flat rows by name, with the dimensions that stand in them."""


def _if(condition: str) -> str:
    return f"COUNT(*) FILTER (WHERE {condition})"


def _share(part: str, whole: str = "TRUE") -> str:
    return f"{_if(part)} / NULLIF({_if(whole)}, 0)"


NET = "SUM(net) FILTER (WHERE NOT returned)"
BASKETS = "COUNT(DISTINCT basket) FILTER (WHERE NOT returned)"
LINES = _if("NOT returned")
KNOWN = "COUNT(DISTINCT customer_id) FILTER (WHERE NOT returned)"
BOUGHT = "baskets IS NOT NULL"
LOST = "abandoned AND NOT recovered"
PAIRS = "COUNT(DISTINCT customer_id || ':' || campaign_id) FILTER (WHERE kind <> 'sent')"
METRICS: dict[str, dict[str, str]] = {
    "sales": {
        "revenue": NET,
        "gross_sales": "SUM(gross) FILTER (WHERE NOT returned)",
        "discount_amount": "SUM(discount) FILTER (WHERE NOT returned)",
        "discount_rate": "SUM(discount) FILTER (WHERE NOT returned) / SUM(gross) FILTER (WHERE NOT returned)",
        "order_count": BASKETS,
        "line_count": LINES,
        "units_sold": "SUM(pieces) FILTER (WHERE NOT returned)",
        "average_order_value": f"{NET} / {BASKETS}",
        "average_line_value": "AVG(net) FILTER (WHERE NOT returned)",
        "lines_per_order": f"{LINES} / {BASKETS}",
        "active_customers": KNOWN,
        "purchase_frequency": f"{BASKETS} / {KNOWN}",
        "promotional_revenue": "SUM(net) FILTER (WHERE promoted AND NOT returned)",
        "promotional_share": f"SUM(net) FILTER (WHERE promoted AND NOT returned) / {NET}",
        "gross_margin": "SUM(margin) FILTER (WHERE NOT returned)",
        "gross_margin_rate": "SUM(margin) FILTER (WHERE NOT returned) "
        "/ SUM(net) FILTER (WHERE margin IS NOT NULL AND NOT returned)",
        "revenue_with_cost": "SUM(net) FILTER (WHERE margin IS NOT NULL AND NOT returned)",
        "refund_amount": "SUM(refund)",
        "returned_lines": _if("returned"),
        "recorded_lines": "COUNT(*)",
        "return_rate": _share("returned"),
        "products_sold": "COUNT(DISTINCT product) FILTER (WHERE NOT returned)",
        "known_revenue": "SUM(net) FILTER (WHERE NOT returned AND customer_id IS NOT NULL)",
        "revenue_per_customer": f"SUM(net) FILTER (WHERE NOT returned AND customer_id IS NOT NULL) / {KNOWN}",
    },
    "sales now": {
        "revenue_28_days": f"SUM(net) FILTER (WHERE NOT returned AND day > {AS_OF} - 28)",
        "revenue_this_year": "SUM(net) FILTER (WHERE NOT returned AND day >= DATE '2024-01-01')",
    },
    "customers": {
        "total_customers": "COUNT(*)",
        "buyers": _if(BOUGHT),
        "new_buyers": _if(BOUGHT),
        "prospects": _if("baskets IS NULL"),
        "repeat_buyers": _if("baskets >= 2"),
        "customer_retention_rate": _share("baskets >= 2", BOUGHT),
        "repeat_customer_rate": _share("baskets >= 2", BOUGHT),
        "total_lifetime_value": "SUM(net)",
        "average_lifetime_value": "SUM(net) / COUNT(*)",
        "average_customer_aov": "AVG(ROUND(net / baskets, 2))",
        "average_days_since_last_order": "AVG(idle)",
        "average_purchases": "SUM(baskets) / COUNT(*)",
        "lifetime_orders": "SUM(baskets)",
        "average_churn_risk": "AVG(churn_risk_score)",
        "expected_lost_customers": "SUM(churn_risk_score)",
        "high_risk_customers": _if("churn_risk_score >= 0.8"),
        "high_risk_share": _share("churn_risk_score >= 0.8", BOUGHT),
        "inactive_customers": _if("idle > 90"),
        "inactive_customer_rate": _share("idle > 90", BOUGHT),
        "at_risk_rule_customers": _if("idle > 90 AND baskets < 3"),
        "at_risk_rule_rate": _share("idle > 90 AND baskets < 3", BOUGHT),
        "high_recency_risk_customers": _if("idle > 180"),
        "high_recency_risk_rate": _share("idle > 180", BOUGHT),
        "previous_buyers": _if("before"),
        "retained_buyers": _if("before AND lately"),
        "period_retention_rate": _share("before AND lately", "before"),
        "predicted_clv_12m": "SUM(predicted_clv_12m)",
        "average_predicted_clv": "AVG(predicted_clv_12m)",
        "expected_purchases": "SUM(expected_purchases_12m)",
        "campaign_response_rate": "SUM(answered) / SUM(received)",
        "average_recency_score": "AVG(recency_score)",
        "average_frequency_score": "AVG(frequency_score)",
        "average_monetary_score": "AVG(monetary_score)",
        "reachable_by_email": _if("consent_email"),
        "contacts_per_customer": "AVG(contacts)",
    },
    "visits": {
        "web_visits": "COUNT(*)",
        "web_visitors": "COUNT(DISTINCT customer_id)",
        "average_visit_duration": "AVG(seconds)",
        "pages_per_visit": "AVG(pages)",
        "funnel_sessions": _if("shop"),
        "cart_sessions": _if("carted"),
        "checkout_sessions": _if("carted AND (out OR bought)"),
        "purchase_sessions": _if("carted AND bought"),
        "add_to_cart_rate": _share("carted", "shop"),
        "checkout_rate": _share("carted AND (out OR bought)", "carted"),
        "checkout_completion_rate": _share("carted AND bought", "carted AND (out OR bought)"),
        "conversion_rate": _share("carted AND bought", "shop"),
    },
    "events": {
        "web_events": "COUNT(*)",
        "views": _if("event_type = 'page_view'"),
        "add_to_carts": _if("event_type = 'add_to_cart'"),
        "cart_removals": _if("event_type = 'remove_from_cart'"),
        "purchase_events": _if("event_type = 'purchase'"),
    },
    "carts": {
        "carts_created": "COUNT(*)",
        "carts_abandoned": _if("abandoned"),
        "cart_abandonment_rate": _share("abandoned"),
        "carts_unrecovered": _if(LOST),
        "unrecovered_rate": _share(LOST, "abandoned"),
        "recovery_emails_sent": _if("mailed"),
        "carts_recovered": _if("recovered"),
        "recovery_rate": _share("recovered", "mailed"),
        "abandoned_cart_value": "SUM(value) FILTER (WHERE abandoned)",
        "lost_revenue": f"SUM(value) FILTER (WHERE {LOST})",
        "average_abandoned_cart_value": "AVG(value) FILTER (WHERE abandoned)",
        "average_minutes_in_cart": "AVG(DATE_DIFF('minute', made, last)) FILTER (WHERE abandoned)",
        "declined_payments": _if("declined"),
    },
    "items": {
        "abandoned_item_value": "SUM(value) FILTER (WHERE abandoned)",
        "lost_item_value": f"SUM(value) FILTER (WHERE {LOST})",
        "abandoned_items": "SUM(pieces) FILTER (WHERE abandoned)",
        "product_carts": "COUNT(DISTINCT session_id)",
        "product_carts_abandoned": "COUNT(DISTINCT session_id) FILTER (WHERE abandoned)",
        "product_abandonment_rate": "COUNT(DISTINCT session_id) FILTER (WHERE abandoned) / COUNT(DISTINCT session_id)",
    },
    "contacts": {
        "contacts": "COUNT(*)",
        "tickets": _if("desk = 'support'"),
        "customers_in_contact": "COUNT(DISTINCT customer_id)",
        "customer_satisfaction": "AVG(score)",
        "scored_contacts": "COUNT(score)",
        "satisfied_contacts": _if("score >= 4"),
        "csat": _share("score >= 4", "score IS NOT NULL"),
        "csat_response_rate": _share("score IS NOT NULL"),
        "average_handle_time": "AVG(seconds)",
        "p90_handle_time": "QUANTILE_CONT(seconds, 0.9)",
        "average_wait_time": "AVG(wait)",
        "settled_contacts": _if("status IN ('resolved', 'closed')"),
        "resolution_rate": _share("status IN ('resolved', 'closed')"),
        "open_contacts": _if("status IN ('open', 'pending', 'escalated')"),
        "escalated_contacts": _if("status = 'escalated'"),
        "escalation_rate": _share("status = 'escalated'"),
        "average_resolution_hours": "AVG(hours)",
        "median_resolution_hours": "MEDIAN(hours)",
        "agents": "COUNT(DISTINCT agent)",
        "agent_contacts": "COUNT(agent)",
        "contacts_per_agent": "COUNT(agent) / NULLIF(COUNT(DISTINCT agent), 0)",
    },
    "stock": {
        "stock_on_hand": "SUM(stock_level) FILTER (WHERE is_last)",
        "average_stock": "SUM(stock_level) / COUNT(DISTINCT date)",
        "stock_value": "SUM(stock_level * cost) FILTER (WHERE is_last)",
        "stockouts": _if("is_last AND stock_level = 0"),
        "reorder_positions": _if("is_last AND stock_level < reorder_level"),
        "stocked_positions": _if("is_last"),
        "stockout_rate": _share("stock_level = 0"),
    },
    "responses": {
        "campaign_sends": _if("kind = 'sent'"),
        "campaign_clicks": _if("kind = 'click'"),
        "campaign_purchases": _if("kind = 'purchase'"),
        "unsubscribes": _if("kind = 'unsubscribe'"),
        "click_rate": _share("kind = 'click'", "kind = 'sent'"),
        "unsubscribe_rate": _share("kind = 'unsubscribe'", "kind = 'sent'"),
        "campaigns": "COUNT(DISTINCT campaign_id)",
        "campaign_reach": "COUNT(DISTINCT customer_id)",
        "campaign_responses": _if("kind IN ('click', 'purchase')"),
        "responded_campaigns": PAIRS,
        "responses_per_responded_campaign": _if("kind IN ('click', 'purchase')") + f" / NULLIF({PAIRS}, 0)",
    },
    "plans": {
        "plans_running": _if("runs"),
        "plan_customers": "COUNT(DISTINCT customer_id) FILTER (WHERE runs)",
        "monthly_plan_fees": "SUM(monthly_fee) FILTER (WHERE runs)",
    },
    "parcels": {
        "shipments": "COUNT(*)",
        "average_days_to_ship": "AVG(days) FILTER (WHERE is_first)",
        "returned_shipments": _if("delivery_status = 'Returned'"),
        "shipment_return_rate": _share("delivery_status = 'Returned'"),
    },
}
"""Each metric as an aggregate over flat rows."""

SIDE_BY_SIDE: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "revenue_per_visit": (("sales", NET), ("visits", "COUNT(*)")),
    "purchases_per_view": (("sales", BASKETS), ("events", _if("event_type = 'page_view'"))),
    "contacts_per_order": (("contacts", "COUNT(*)"), ("sales", BASKETS)),
}
"""Ratios of two facts: numerator and denominator, each over its own rows."""
