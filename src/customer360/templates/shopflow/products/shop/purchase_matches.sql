-- One row per order line that has its purchase event: same customer, product and day, first line to earliest event.
WITH bought AS (
  SELECT
    event_id,
    session_id,
    device_type,
    event_timestamp,
    customer_id,
    product_id,
    CAST(event_timestamp AS DATE) AS day,
    ROW_NUMBER() OVER (
      PARTITION BY customer_id, product_id, CAST(event_timestamp AS DATE) ORDER BY event_timestamp, event_id
    ) AS place
  FROM shop.events
  WHERE event_type = 'purchase' AND customer_id IS NOT NULL AND product_id IS NOT NULL
),
lines AS (
  SELECT
    order_id,
    customer_id,
    product_id,
    order_date,
    payment_method,
    ROW_NUMBER() OVER (PARTITION BY customer_id, product_id, order_date ORDER BY order_id) AS place
  FROM shop.orders
)
SELECT
  l.order_id,
  b.event_id,
  b.session_id,
  b.device_type,
  b.event_timestamp,
  -- The basket's key, as in conformed.sale_line.
  'shop:' || l.customer_id || ':' || CAST(l.order_date AS VARCHAR) || ':' || COALESCE(l.payment_method, '')
    AS transaction_id
FROM lines AS l
INNER JOIN bought AS b
  ON b.customer_id = l.customer_id
  AND b.product_id = l.product_id
  AND b.day = l.order_date
  AND b.place = l.place
