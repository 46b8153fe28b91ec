-- One row per product: its price, else what it was sold for on average.
-- kind: view
SELECT
  p.product_key,
  COALESCE(p.base_price, s.price) AS price
FROM gold.gold_product_dim AS p
LEFT JOIN (
  SELECT product_key, CAST(CAST(AVG(unit_price) AS DECIMAL(18, 8)) AS DECIMAL(12, 2)) AS price
  FROM gold.gold_sales_fact
  WHERE NOT is_return AND unit_price > 0
  GROUP BY product_key
) AS s ON s.product_key = p.product_key
WHERE p.product_key <> -1
