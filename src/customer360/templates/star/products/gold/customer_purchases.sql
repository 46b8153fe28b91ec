-- One row per customer and purchase (basket). Returns and what lies after the as-of date are left out.
WITH baskets AS (
  SELECT
    COALESCE(record_system, system) AS record_system,
    record_id,
    transaction_id,
    MIN(sale_date) AS purchase_date,
    MIN(channel) AS channel,
    SUM(net_sales_amount) AS amount,
    SUM(discount_amount) AS discount_amount,
    COUNT(*) AS lines
  FROM conformed.sale_line
  WHERE NOT is_return AND sale_date <= as_of() AND record_id IS NOT NULL
  GROUP BY COALESCE(record_system, system), record_id, transaction_id
)
SELECT
  r.customer_key,
  r.customer_id,
  b.transaction_id,
  b.purchase_date,
  b.channel,
  CAST(b.amount AS DECIMAL(18, 2)) AS amount,
  CAST(b.discount_amount AS DECIMAL(18, 2)) AS discount_amount,
  b.lines
FROM baskets AS b
INNER JOIN gold.record_keys AS r ON r.system = b.record_system AND r.record_id = b.record_id
