-- One row per customer and purchase (basket). Returns and what lies after the as-of date are left out.
SELECT
  k.customer_key,
  k.customer_id,
  l.transaction_id,
  MIN(l.sale_date) AS purchase_date,
  MIN(l.channel) AS channel,
  CAST(SUM(l.net_sales_amount) AS DECIMAL(18, 2)) AS amount,
  CAST(SUM(l.discount_amount) AS DECIMAL(18, 2)) AS discount_amount,
  COUNT(*) AS lines
FROM conformed.sale_line AS l
INNER JOIN identity.customer_xref AS x ON x.system = l.system AND x.record_id = l.record_id
INNER JOIN gold.customer_keys AS k ON k.customer_id = x.customer_id
WHERE NOT l.is_return AND l.sale_date <= as_of()
GROUP BY k.customer_key, k.customer_id, l.transaction_id
