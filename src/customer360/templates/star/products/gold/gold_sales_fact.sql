-- One row per order line. Returns are flagged, missing parents point at the Unknown member -1, no line is dropped.
SELECT
  l.transaction_id,
  l.line_item_id,
  COALESCE(r.customer_key, -1) AS customer_key,
  COALESCE(p.product_key, -1) AS product_key,
  CAST(
    YEAR(l.sale_date) * 10000 + MONTH(l.sale_date) * 100 + DAY(l.sale_date) AS INTEGER
  ) AS date_key,
  COALESCE(h.channel_key, -1) AS channel_key,
  COALESCE(o.location_key, -1) AS location_key,
  l.quantity AS quantity_sold,
  l.unit_price,
  l.discount_amount,
  l.net_sales_amount,
  CAST(l.net_sales_amount - l.cost_amount AS DECIMAL(12, 2)) AS gross_margin_amount,
  l.is_return,
  l.is_promotional,
  COALESCE(v.customer_version_key, -1) AS customer_version_key,
  l.sale_date,
  l.sold_at,
  l.order_amount,
  l.third_party_amount,
  l.refund_amount,
  l.return_date,
  l.returned_quantity,
  l.session_id,
  l.unit_of_measure,
  l.payment_method,
  l.system AS source_system
FROM conformed.sale_line AS l
LEFT JOIN gold.record_keys AS r ON r.system = COALESCE(l.record_system, l.system) AND r.record_id = l.record_id
LEFT JOIN gold.customer_versions AS v
  ON v.customer_key = r.customer_key
  AND l.sale_date >= v.valid_from
  AND l.sale_date < v.valid_to
LEFT JOIN gold.product_keys AS p ON p.product_id = l.product_id
LEFT JOIN gold.gold_channel_dim AS h ON h.channel_name = l.channel
LEFT JOIN gold.gold_location_dim AS o ON o.location_id = l.location_id
WHERE l.sale_date <= as_of()
