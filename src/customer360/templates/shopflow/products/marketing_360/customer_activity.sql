-- One row per customer and order. A customer without orders has one row, an order without shipments too.
WITH customers AS (
  SELECT * FROM {{ source('sales_crm_customers', 'customers') }}
),
orders AS (
  SELECT * FROM {{ source('sales_erp_orders', 'orders') }}
),
ranked_shipments AS (
  SELECT
    order_ref,
    delivery_status,
    MIN(shipped_date) OVER (PARTITION BY order_ref) AS first_shipped,
    ROW_NUMBER() OVER (PARTITION BY order_ref ORDER BY shipped_date DESC NULLS LAST, shipment_id DESC) AS rank_from_last
  FROM {{ source('logistics_wms_shipments', 'shipments') }}
),
-- One row per order before the join: a split shipment must not double what was ordered.
last_shipments AS (
  SELECT order_ref, delivery_status, first_shipped FROM ranked_shipments WHERE rank_from_last = 1
)
SELECT
  COALESCE(c.id, o.customer_id) AS customer_id,
  NULLIF(TRIM(COALESCE(c.first_name, '') || ' ' || COALESCE(c.last_name, '')), '') AS customer_name,
  c.email AS customer_email,
  -- Who signed up after the as-of date has an account of no age.
  CAST(
    CASE
      WHEN CAST(c.signup_date AS DATE) > as_of() THEN 0
      ELSE DATE_DIFF('day', CAST(c.signup_date AS DATE), as_of())
    END AS INTEGER
  ) AS account_age_days,
  o.order_id,
  o.total_amount AS order_total,
  CAST(DATE_DIFF('day', CAST(o.order_date AS DATE), CAST(s.first_shipped AS DATE)) AS INTEGER)
    AS days_from_order_to_ship,
  s.delivery_status
FROM customers AS c
FULL JOIN orders AS o ON o.customer_id = c.id
LEFT JOIN last_shipments AS s ON s.order_ref = o.order_id
