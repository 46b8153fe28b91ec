-- One row per shipment of an order; an order may have several.
WITH orders AS (
  SELECT
    transaction_id,
    MIN(COALESCE(record_system, system)) AS record_system,
    MIN(record_id) AS record_id,
    MIN(sale_date) AS ordered_on
  FROM conformed.sale_line
  GROUP BY transaction_id
)
SELECT
  s.shipment_id,
  COALESCE(r.customer_key, -1) AS customer_key,
  COALESCE(
    CAST(YEAR(s.shipped_date) * 10000 + MONTH(s.shipped_date) * 100 + DAY(s.shipped_date) AS INTEGER), -1
  ) AS date_key,
  s.transaction_id,
  s.delivery_status,
  CAST(DATE_DIFF('day', o.ordered_on, s.shipped_date) AS INTEGER) AS days_from_order_to_ship,
  COALESCE(v.customer_version_key, -1) AS customer_version_key,
  o.ordered_on AS order_date,
  s.shipped_date,
  s.delivered_date,
  s.system AS source_system
FROM conformed.shipment AS s
LEFT JOIN orders AS o ON o.transaction_id = s.transaction_id
LEFT JOIN gold.record_keys AS r ON r.system = o.record_system AND r.record_id = o.record_id
LEFT JOIN gold.customer_versions AS v
  ON v.customer_key = r.customer_key
  AND COALESCE(s.shipped_date, o.ordered_on) >= v.valid_from
  AND COALESCE(s.shipped_date, o.ordered_on) < v.valid_to
WHERE s.shipped_date IS NULL OR s.shipped_date <= as_of()
