-- One row per product and day: what was sold of the products that are stocked. Returns are left out.
SELECT
  s.product_key,
  s.sale_date,
  CAST(SUM(s.quantity_sold) AS BIGINT) AS quantity,
  CAST(SUM(s.net_sales_amount) AS DECIMAL(18, 2)) AS net_sales_amount
FROM gold.gold_sales_fact AS s
WHERE NOT s.is_return AND s.product_key IN (SELECT product_key FROM inventory_health.snapshot)
GROUP BY s.product_key, s.sale_date
