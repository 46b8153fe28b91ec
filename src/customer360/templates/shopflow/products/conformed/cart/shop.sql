-- One row per session of the web shop in which something was added to the cart.
WITH kept AS (
  SELECT
    e.session_id,
    e.product_id,
    SUM(CASE e.event_type WHEN 'add_to_cart' THEN 1 ELSE -1 END) AS quantity
  FROM shop.events AS e
  WHERE e.event_type IN ('add_to_cart', 'remove_from_cart')
  GROUP BY e.session_id, e.product_id
),
filled AS (
  SELECT
    k.session_id,
    CAST(SUM(k.quantity * p.price) AS DECIMAL(12, 2)) AS cart_value,
    CAST(SUM(k.quantity) AS INTEGER) AS items_count
  FROM kept AS k
  LEFT JOIN shop.products AS p ON p.product_id = k.product_id
  WHERE k.quantity > 0
  GROUP BY k.session_id
),
sessions AS (
  SELECT
    session_id,
    MIN(customer_id) AS customer_id,
    MIN(device_type) AS device_type,
    MIN(CASE WHEN event_type = 'add_to_cart' THEN event_timestamp END) AS created_at,
    MAX(event_timestamp) AS last_event_at,
    MAX(CASE WHEN event_type = 'checkout' THEN 1 ELSE 0 END) AS reached_shipping,
    MAX(CASE WHEN event_type = 'checkout' AND page_url LIKE '/checkout/payment%' THEN 1 ELSE 0 END) AS reached_payment,
    MAX(CASE WHEN page_url LIKE '/checkout/payment%status=declined%' THEN 1 ELSE 0 END) AS was_declined,
    MAX(CASE WHEN event_type = 'purchase' THEN 1 ELSE 0 END) AS bought
  FROM shop.events
  GROUP BY session_id
),
orders AS (
  SELECT
    m.session_id,
    'shop:' || o.customer_id || ':' || CAST(o.order_date AS VARCHAR) || ':' || COALESCE(o.payment_method, '')
      AS transaction_id
  FROM shop_ops.cart_recovery_emails AS m
  INNER JOIN shop.orders AS o ON o.order_id = m.recovered_order_id
)
SELECT
  'shop' AS system,
  'shop:' || s.session_id AS cart_id,
  'shop:' || s.session_id AS session_id,
  COALESCE(s.customer_id, m.customer_id) AS record_id,
  s.created_at,
  s.last_event_at,
  CASE WHEN s.device_type IN ('Mobile', 'Tablet') THEN 'Mobile App' ELSE 'Online' END AS channel,
  CASE
    WHEN s.bought = 1 THEN 'purchase'
    WHEN s.reached_payment = 1 THEN 'payment'
    WHEN s.reached_shipping = 1 THEN 'shipping'
    ELSE 'cart'
  END AS last_stage,
  s.bought = 0 AS is_abandoned,
  s.was_declined = 1 AS is_payment_declined,
  COALESCE(f.cart_value, 0) AS cart_value,
  COALESCE(f.items_count, 0) AS items_count,
  m.sent_at AS recovery_email_sent_at,
  m.opened_at AS recovery_email_opened_at,
  m.clicked_at AS recovery_email_clicked_at,
  o.transaction_id AS recovered_transaction_id
FROM sessions AS s
LEFT JOIN filled AS f ON f.session_id = s.session_id
LEFT JOIN shop_ops.cart_recovery_emails AS m ON m.session_id = s.session_id
LEFT JOIN orders AS o ON o.session_id = s.session_id
WHERE s.created_at IS NOT NULL
