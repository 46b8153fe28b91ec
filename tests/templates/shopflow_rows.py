"""ShopFlow's flat rows by hand, from the systems' own tables, with the dimensions that stand in them.

Nothing here is taken from the semantic model or the star: only who is who (identity), and scores that models give.
"""

from __future__ import annotations

AS_OF = "DATE '2024-11-30'"
CLOSE = "TIMESTAMP '2024-12-01'"
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
SERVED = f"""
SELECT v.*, x.customer_id, s.hours, LEAST(COALESCE(v.ended, {CLOSE}), {CLOSE}) AS until,
  COALESCE(v.ended < {CLOSE}, v.status IN ('resolved', 'closed')) AS done
FROM (
  SELECT 'shop' AS system, 'support' AS desk, customer_id AS record, 'support:' || ticket_id AS id, issue_type AS topic,
    'Ticket' AS channel, priority, REPLACE(LOWER(status), 'in progress', 'pending') AS status, created_date AS began,
    resolved_date AS ended
  FROM support.support_tickets
  UNION ALL
  SELECT 'cdp', 'cdp', CAST(customer_id AS VARCHAR), 'cdp:' || interaction_id, interaction_type, 'In-Store', NULL,
    LOWER(resolution_status), interaction_date, NULL FROM cdp.customer_service
  UNION ALL
  SELECT 'care', 'care', CAST(i.customer_id AS VARCHAR), 'care:' || i.interaction_id, t.interaction_name, c.channel_name,
    t.priority_level, LOWER(i.resolution_status), i.start_timestamp,
    CASE WHEN i.resolution_status = 'Resolved' THEN i.start_timestamp + i.duration_seconds * INTERVAL 1 SECOND END
  FROM care.customer_interactions AS i INNER JOIN care.channels AS c ON c.channel_id = i.channel_id
  INNER JOIN care.interaction_types AS t ON t.interaction_type_id = i.interaction_type_id
) AS v
LEFT JOIN (VALUES ('Critical', 24), ('High', 48), ('Medium', 96), ('Low', 168)) AS s(priority, hours)
  ON s.priority = v.priority {X.format(s="v")}
"""
OUTCOMES = f"""
SELECT c.*, c.hours IS NOT NULL AND c.status <> 'cancelled' AND (c.ended IS NOT NULL OR NOT c.done) AS promised,
  EPOCH(c.until - c.began) / 3600 > c.hours AS late,
  c.customer_id IS NOT NULL AND c.began < {CLOSE} - INTERVAL 7 DAY AS watched,
  COUNT(n.id) > 0 AS again, COUNT(n.id) FILTER (WHERE n.topic = c.topic) > 0 AS again_on_topic
FROM ({SERVED}) AS c LEFT JOIN ({SERVED}) AS n ON n.customer_id = c.customer_id
  AND (n.began, n.id) > (c.began, c.id) AND n.began - c.began <= INTERVAL 7 DAY
GROUP BY ALL
"""
SHELVES = f"""
SELECT p.product_id, p.category, p.brand, d.category_level_2, i.stock, i.mark, COALESCE(o.units, 0) / (28 - i.empty) AS daily
FROM (
  SELECT product_id, SUM(level) FILTER (WHERE day = {AS_OF}) AS stock, SUM(mark) FILTER (WHERE day = {AS_OF}) AS mark,
    COUNT(*) FILTER (WHERE level = 0 AND day > {AS_OF} - 28) AS empty
  FROM (SELECT product_id, date AS day, SUM(stock_level) AS level, SUM(reorder_level) AS mark FROM shop.inventory GROUP BY ALL)
  GROUP BY product_id
) AS i INNER JOIN shop.products AS p ON p.product_id = i.product_id
LEFT JOIN shop_ops.product_details AS d ON d.product_id = i.product_id
LEFT JOIN (
  SELECT product_id, SUM(quantity) AS units FROM shop.orders AS s ANTI JOIN shop_ops.returns AS r ON r.order_id = s.order_id
  WHERE order_date > {AS_OF} - 28 GROUP BY product_id
) AS o ON o.product_id = i.product_id
"""
AFFINITIES = """
SELECT a.*, p.category, p.brand, c.status FROM insights.product_interest AS a
INNER JOIN gold.product_keys AS k ON k.product_key = a.product_key
INNER JOIN (SELECT 'shop:' || product_id AS id, category, brand FROM shop.products
  UNION ALL SELECT 'cdp:' || product_id, category, brand FROM cdp.product_catalog) AS p ON p.id = k.product_id
INNER JOIN customer_360.customer_360 AS c ON c.customer_key = a.customer_key
WHERE a.affinity_rank <= 20
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
    "outcomes": (
        OUTCOMES,
        {"interaction.system": "desk", "interaction.priority": "priority", "interaction.contact_channel": "channel"},
    ),
    "shelves": (
        SHELVES,
        {
            "product.category_level_1": "category",
            "product.brand": "brand",
            "product.category_level_2": "category_level_2",
        },
    ),
    "affinities": (
        AFFINITIES,
        {"product.category_level_1": "category", "product.brand": "brand", "customer_360.status": "status"},
    ),
}
"""Flat rows by name, with the dimensions that stand in them."""
