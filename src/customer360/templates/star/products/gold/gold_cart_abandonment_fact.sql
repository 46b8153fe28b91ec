-- One row per abandoned cart: a session in which something was added and nothing bought.
WITH stock AS (
  -- All shelves of a product together, as a buyer sees them.
  SELECT product_id, snapshot_date, SUM(stock_level) < SUM(reorder_level) AS is_low
  FROM conformed.inventory_snapshot
  GROUP BY product_id, snapshot_date
),
evidence AS (
  SELECT
    i.cart_id,
    MAX(CASE WHEN s.is_low THEN 1 WHEN NOT s.is_low THEN 0 END) AS low_stock,
    MAX(CASE WHEN i.item_value > i.quantity * i.last_seen_price THEN 1 ELSE 0 END) AS dearer
  FROM conformed.cart_item AS i
  INNER JOIN conformed.cart AS c ON c.cart_id = i.cart_id
  LEFT JOIN stock AS s ON s.product_id = i.product_id AND s.snapshot_date = CAST(c.created_at AS DATE)
  WHERE c.is_abandoned
  GROUP BY i.cart_id
),
orders AS (
  SELECT transaction_id, MIN(sale_date) AS ordered_on
  FROM conformed.sale_line
  WHERE sale_date <= as_of()
  GROUP BY transaction_id
),
carts AS (
  SELECT
    cart_id,
    session_id,
    system,
    COALESCE(record_system, system) AS record_system,
    record_id,
    CAST(created_at AS DATE) AS created_on,
    created_at,
    last_event_at,
    channel,
    last_stage,
    is_payment_declined,
    cart_value,
    items_count,
    recovered_transaction_id,
    CASE WHEN CAST(recovery_email_sent_at AS DATE) <= as_of() THEN recovery_email_sent_at END AS sent_at,
    CASE WHEN CAST(recovery_email_opened_at AS DATE) <= as_of() THEN recovery_email_opened_at END AS opened_at,
    CASE WHEN CAST(recovery_email_clicked_at AS DATE) <= as_of() THEN recovery_email_clicked_at END AS clicked_at
  FROM conformed.cart
  WHERE is_abandoned AND CAST(created_at AS DATE) <= as_of()
)
SELECT
  k.abandonment_id,
  c.cart_id,
  COALESCE(r.customer_key, -1) AS customer_key,
  CAST(
    YEAR(c.created_on) * 10000 + MONTH(c.created_on) * 100 + DAY(c.created_on) AS INTEGER
  ) AS date_key,
  COALESCE(h.channel_key, -1) AS channel_key,
  c.cart_value,
  c.items_count,
  CAST(FLOOR(DATE_DIFF('second', c.created_at, c.last_event_at) / 60.0) AS INTEGER) AS minutes_in_cart,
  c.last_stage AS abandonment_stage,
  CASE
    WHEN e.low_stock = 1 THEN 'low_stock'
    WHEN c.last_stage = 'shipping' THEN 'shipping'
    WHEN c.is_payment_declined THEN 'payment_failed'
    WHEN e.dearer = 1 THEN 'price_increase'
    ELSE 'unknown'
  END AS suspected_reason,
  e.low_stock = 1 AS low_inventory_trigger,
  c.sent_at IS NOT NULL AS recovery_email_sent,
  -- An order within seven days of the e-mail.
  COALESCE(DATE_DIFF('day', CAST(c.sent_at AS DATE), o.ordered_on) BETWEEN 0 AND 7, FALSE) AS recovery_converted,
  COALESCE(v.customer_version_key, -1) AS customer_version_key,
  c.session_id,
  c.created_at,
  c.created_on AS created_date,
  c.opened_at IS NOT NULL AS recovery_email_opened,
  c.clicked_at IS NOT NULL AS recovery_email_clicked,
  CASE
    WHEN DATE_DIFF('day', CAST(c.sent_at AS DATE), o.ordered_on) BETWEEN 0 AND 7 THEN c.recovered_transaction_id
  END AS recovered_transaction_id,
  c.system AS source_system
FROM carts AS c
INNER JOIN gold.cart_keys AS k ON k.cart_id = c.cart_id
LEFT JOIN evidence AS e ON e.cart_id = c.cart_id
LEFT JOIN orders AS o ON o.transaction_id = c.recovered_transaction_id
LEFT JOIN gold.record_keys AS r ON r.system = c.record_system AND r.record_id = c.record_id
LEFT JOIN gold.customer_versions AS v
  ON v.customer_key = r.customer_key
  AND c.created_on >= v.valid_from
  AND c.created_on < v.valid_to
LEFT JOIN gold.gold_channel_dim AS h ON h.channel_name = c.channel
